package discover

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"headwater/feeds/words"
	"headwater/internal/text"
)

var commentWord = commentPattern(words.Lists("comments.txt")["comment"])

// commentPattern matches any word of a list between characters that are not letters. In scripts without spaces it matches
// anywhere.
func commentPattern(list []string) *regexp.Regexp {
	var whole, anywhere []string
	for _, word := range list {
		stem, begins := strings.CutSuffix(word, "*")
		pattern := regexp.QuoteMeta(stem)
		switch {
		case strings.ContainsFunc(stem, func(r rune) bool { return text.ScriptOf(r).Unbounded() }):
			anywhere = append(anywhere, pattern)
		case begins:
			whole = append(whole, pattern+`[\pL\pM]*`)
		default:
			whole = append(whole, pattern)
		}
	}
	return regexp.MustCompile(`(?:^|[^\pL\pM])(?:` + strings.Join(whole, "|") + `)(?:$|[^\pL\pM])|` + strings.Join(anywhere, "|"))
}

// commentsIn counts the words for comments in a text.
func commentsIn(text string) int {
	text = strings.Join(strings.Fields(strings.ToLower(norm.NFC.String(text))), "  ") // a match includes the space on either side
	return len(commentWord.FindAllStringIndex(text, -1))
}

// commentsLast moves feeds of comments after feeds of posts, and otherwise keeps the order. The name and address of a site may
// contain a word for comments, and then all its feeds contain it. So the links are compared with each other by the number of
// such words.
func commentsLast(links []Link, page string) {
	counts := make(map[string][3]int, len(links))
	least := [3]int{1 << 20, 1 << 20, 1 << 20}
	replies := discourseReplies(links)
	for _, l := range links {
		n := commentCounts(l, page)
		if l.URL == replies {
			n[kindCount]++
		}
		for i := range n {
			if i != titleCount || l.Title != "" {
				least[i] = min(least[i], n[i])
			}
		}
		counts[l.URL] = n
	}
	slices.SortStableFunc(links, func(a, b Link) int {
		for i := range least {
			if d := max(counts[a.URL][i]-least[i], 0) - max(counts[b.URL][i]-least[i], 0); d != 0 {
				return d
			}
		}
		return 0
	})
}

// Signs of a feed of comments, the clearest first: the kind of feed that the address names, the words of the title, and those
// elsewhere in the address.
const (
	kindCount = iota
	titleCount
	wordCount
)

func commentCounts(l Link, page string) (n [3]int) {
	n[titleCount] = commentsIn(l.Title)
	u, err := url.Parse(l.URL)
	if err != nil {
		return n
	}
	host := u.Hostname()
	if p, err := url.Parse(page); err == nil && strings.EqualFold(p.Hostname(), host) {
		host = "" // the site's own name
	}
	parameters := strings.ReplaceAll(u.RawQuery, "&", "/")
	if unescaped, err := url.QueryUnescape(parameters); err == nil {
		parameters = unescaped
	}
	for _, part := range strings.FieldsFunc(host+"/"+path(u, page)+"/"+parameters, func(r rune) bool { return r == '/' }) {
		if commentFeed.MatchString(strings.ToLower(part)) {
			n[kindCount]++
		}
		n[wordCount] += commentsIn(strings.NewReplacer("-", " ", "_", " ", ".", " ", "=", " ").Replace(part))
	}
	return n
}

// commentFeed is a part of an address that names a feed of comments: comments, comments.xml, comments-rss2 (WordPress),
// feed=comments-rss2, commentsrss, crss (Drupal).
var commentFeed = regexp.MustCompile(`^(?:\w+=)?[_-]?(?:(?:recent|latest|all|new|feed|feeds|rss|atom)[_-]?)?` +
	`(?:comments?|replies|kommentare?|commentaires|comentarios|commenti|reacties|crss)(?:[._-]?(?:rss2?|atom|rdf|xml|json|feed|default|\d+))*(?:\.\w+)?$`)

// path returns the part of an address's path after the folder of a page, if the address is in that folder.
func path(u *url.URL, page string) string {
	if p, err := url.Parse(page); err == nil && strings.EqualFold(p.Host, u.Host) {
		if rest, ok := strings.CutPrefix(u.Path, folderOf(p.Path)); ok {
			return rest
		}
	}
	return u.Path
}

// discourseReplies returns the address of the feed of all posts of a forum, including replies, if the links are those of a
// forum that runs Discourse. The feed of its topics is latest.rss.
func discourseReplies(links []Link) string {
	posts, topics := "", false
	for _, l := range links {
		if strings.HasSuffix(l.URL, "/posts.rss") {
			posts = l.URL
		}
		topics = topics || strings.HasSuffix(l.URL, "/latest.rss")
	}
	if !topics {
		return ""
	}
	return posts
}
