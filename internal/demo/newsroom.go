package demo

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"html"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"headwater/internal/news"
)

// outlet is an entry of newsroom/outlets.yaml.
type outlet struct {
	ID      string
	Name    string
	Domain  string
	Aliases []string
	Signs   []string // how it signs datelines and credits
	Agency  bool     // others rerun its texts or pictures

	Folder      string // in the list of feeds
	Format      string // rss, atom, json, or "" for no feed
	Lang        string // "" is English
	Link        string // pattern of its articles' addresses
	GUID        string // pattern of its items' ids; "" is the address
	Rights      string // copyright of the feed
	Credit      string // label of the link to an article's source; "" is "Original Source"
	Teaser      string // label of a related article in mid-page; "" puts related articles in a list at the end
	Before      string // HTML of each page, above the text
	After       string // and below
	Excerpt     int    // words in a summary; 0 is the whole first paragraph
	SummaryOnly bool   `yaml:"summary_only"`
	Aggregator  bool   // lists articles of others
	Typographic bool   // sets curly quotation marks
}

func (o outlet) site() string { return "https://www." + o.Domain + "/" }

// path is that of the feed on the server; "" is none.
func (o outlet) path() string {
	switch o.Format {
	case "":
		return ""
	case "json":
		return "/feed/" + o.ID + ".json"
	default:
		return "/feed/" + o.ID + ".xml"
	}
}

func (o outlet) language() string {
	if o.Lang == "" {
		return "en"
	}
	return o.Lang
}

func loadOutlets(fsys fs.FS) ([]outlet, error) {
	const name = "newsroom/outlets.yaml"
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("demo outlets: %w", err)
	}
	var list []outlet
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&list); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return list, nil
}

// alone is the folder of articles that are a story each.
const alone = "alone"

// header is the YAML before the text of an article's file; newsroom/README.md explains it.
type header struct {
	By         string `yaml:"outlet"`
	Title      string
	Author     string
	Hours      float64
	Role       news.Role
	Event      string
	Lang       string
	Topics     []string
	Photo      string
	Picture    string // name of a scene
	Series     string
	Related    []string
	Source     string
	SourceName string `yaml:"source_name"`
	SourceURL  string `yaml:"source_url"`
	Origin     string
	OriginURL  string `yaml:"origin_url"`
}

// article is one file of the newsroom.
type article struct {
	header
	key        string // folder/file without the extension
	story      string
	paragraphs []string // plain text with [text](address) links

	outlet  outlet
	url     string
	guid    string
	time    time.Time
	source  *reference
	picture string // address of the picture on the server, one for the whole story as where an agency supplies it; "" is none
	summary string // plain
	html    string // the text and what a page has around it
}

// reference is the source that an article names: another article, or an outlet without a feed.
type reference struct {
	name, site, url string
}

func (a *article) publisher() string {
	if a.outlet.Aggregator {
		return a.source.name
	}
	return a.outlet.Name
}

// loader reads the articles. It holds all of them, since pages link to each other.
type loader struct {
	now      time.Time
	articles map[string]*article // by key
}

// loadArticles reads newsroom/*/*.md, newest first. Articles are dated relative to now.
func loadArticles(fsys fs.FS, outlets []outlet, now time.Time) ([]*article, error) {
	names, err := fs.Glob(fsys, "newsroom/*/*.md")
	if err != nil {
		return nil, fmt.Errorf("demo articles: %w", err)
	}
	l := &loader{now: now, articles: make(map[string]*article)}
	var list []*article
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("demo articles: %w", err)
		}
		a, err := l.parse(name, data, outlets)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		l.articles[a.key] = a
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *article) int {
		return cmp.Or(b.time.Compare(a.time), cmp.Compare(a.key, b.key))
	})
	for _, a := range list {
		if err := l.render(a); err != nil {
			return nil, fmt.Errorf("newsroom/%s.md: %w", a.key, err)
		}
	}
	return list, nil
}

// parse reads an article's file, without what it takes from other articles.
func (l *loader) parse(name string, data []byte, outlets []outlet) (*article, error) {
	parts := bytes.SplitN(data, []byte("---\n"), 3)
	if len(parts) != 3 || len(parts[0]) > 0 {
		return nil, errors.New("no header: a file begins with --- and the text follows a second ---")
	}
	a := new(article)
	dec := yaml.NewDecoder(bytes.NewReader(parts[1]))
	dec.KnownFields(true)
	if err := dec.Decode(&a.header); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	for p := range strings.SplitSeq(string(parts[2]), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			a.paragraphs = append(a.paragraphs, strings.ReplaceAll(p, "\n", " "))
		}
	}
	i := slices.IndexFunc(outlets, func(o outlet) bool { return o.ID == a.By })
	if i < 0 {
		return nil, fmt.Errorf("outlet %q is not in outlets.yaml", a.By)
	}
	a.outlet = outlets[i]
	folder, file := path.Split(strings.TrimSuffix(strings.TrimPrefix(name, "newsroom/"), ".md"))
	a.key = folder + file
	a.story = path.Clean(folder)
	if a.story == alone {
		a.story = file
	}
	a.Role = cmp.Or(a.Role, news.RoleOriginal)
	a.time = l.now.Add(-time.Duration(a.Hours * float64(time.Hour))).Truncate(time.Second).UTC()
	sum := sha256.Sum256([]byte(a.key))
	patterns := strings.NewReplacer(
		"{slug}", slug(a.Title, path.Base(a.key)),
		"{number}", strconv.Itoa(10_000+int(crc32.ChecksumIEEE([]byte(a.key))%90_000)),
		"{code}", "CBM"+base64.RawURLEncoding.EncodeToString(sum[:24]),
	)
	a.url = patterns.Replace(a.outlet.Link)
	a.guid = patterns.Replace(cmp.Or(a.outlet.GUID, a.outlet.Link))
	if a.Picture != "" {
		if _, ok := scenes[a.Picture]; !ok {
			return nil, fmt.Errorf("picture: there is no scene %q", a.Picture)
		}
		a.picture = fmt.Sprintf("/picture/%010d.png", crc32.ChecksumIEEE([]byte(a.story)))
	}
	return a, nil
}

// slug is the headline as content systems write it in an address, or fallback where it has no Latin letters.
func slug(title, fallback string) string {
	folded := strings.NewReplacer("á", "a", "é", "e", "í", "i", "ó", "o", "ú", "u", "ñ", "n", "'", "").
		Replace(strings.ToLower(title))
	words := strings.FieldsFunc(folded, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	if len(words) < 2 {
		return fallback
	}
	return strings.Join(words[:min(len(words), 9)], "-")
}

// render sets an article's source, page and summary.
func (l *loader) render(a *article) error {
	switch {
	case a.SourceName != "":
		a.source = &reference{name: a.SourceName, site: a.SourceURL, url: a.SourceURL}
	case a.Origin != "" && a.Source == a.OriginURL:
		a.source = &reference{name: a.Origin, url: a.Source}
	case a.Source != "":
		from, ok := l.articles[a.Source]
		if !ok {
			return fmt.Errorf("source: there is no article %q", a.Source)
		}
		a.source = &reference{name: from.outlet.Name, site: "https://www." + from.outlet.Domain, url: from.url}
	case a.outlet.Aggregator:
		return errors.New("an aggregator's item needs source, or source_name and source_url")
	}
	var err error
	if a.html, err = l.page(a); err != nil {
		return err
	}
	if len(a.paragraphs) == 0 {
		return nil
	}
	text := a.paragraphs[0]
	if a.outlet.SummaryOnly {
		text = strings.Join(a.paragraphs, " ")
	}
	a.summary = linkMark.ReplaceAllString(l.plainText(a, text), "$1")
	words := strings.Fields(a.summary)
	if n := a.outlet.Excerpt; n > 0 && len(words) > n {
		a.summary = strings.Join(words[:n], " ") + " […]"
	}
	return nil
}

var (
	linkMark = regexp.MustCompile(`\[([^\]]+)\]\(([^)\s]+)\)`)
	dayMark  = regexp.MustCompile(`\{day([+-]\d)?\}`)
)

// page is the HTML of an article in its feed: the text, and what a page has around it. Teasers, the outlet's links to other
// stories, are in mid-page, where they are hardest to tell from the text.
func (l *loader) page(a *article) (string, error) {
	related := make([]*article, len(a.Related))
	for i, key := range a.Related {
		if related[i] = l.articles[key]; related[i] == nil {
			return "", fmt.Errorf("related: there is no article %q", key)
		}
	}
	surroundings := strings.NewReplacer(
		"{link}", html.EscapeString(a.url),
		"{title}", html.EscapeString(a.Title),
		"{author}", html.EscapeString(a.Author),
	)
	var b strings.Builder
	if a.Author != "" {
		b.WriteString(surroundings.Replace(a.outlet.Before))
	}
	if a.Photo != "" {
		fmt.Fprintf(&b, "<figure><figcaption>%s</figcaption></figure>\n", html.EscapeString(a.Photo))
	}
	for i, p := range a.paragraphs {
		text, err := l.paragraph(a, p)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "<p>%s</p>\n", text)
		if i == 2 && a.outlet.Teaser != "" {
			for _, to := range related {
				fmt.Fprintf(&b, "<p><strong>%s:</strong> %s</p>\n", a.outlet.Teaser, anchor(to.url, to.Title))
			}
		}
	}
	if a.source != nil {
		fmt.Fprintf(&b, "<p>%s: %s</p>\n", cmp.Or(a.outlet.Credit, "Original Source"), anchor(a.source.url, a.source.name))
	}
	if a.outlet.Teaser == "" && len(related) > 0 {
		b.WriteString("<h3>Related stories</h3>\n<ul>\n")
		for _, to := range related {
			fmt.Fprintf(&b, "<li>%s</li>\n", anchor(to.url, to.Title))
		}
		b.WriteString("</ul>\n")
	}
	b.WriteString(surroundings.Replace(a.outlet.After))
	return b.String(), nil
}

// paragraph is the HTML of one paragraph. A link leads to self:, link: and the key of an article, or an https address.
func (l *loader) paragraph(a *article, p string) (string, error) {
	var missing string
	text := linkMark.ReplaceAllStringFunc(html.EscapeString(l.plainText(a, p)), func(m string) string {
		part := linkMark.FindStringSubmatch(m)
		target := part[2]
		if key, ok := strings.CutPrefix(target, "link:"); target == "self:" {
			target = a.url
		} else if to := l.articles[key]; ok && to != nil {
			target = to.url
		} else if ok || !strings.HasPrefix(target, "https://") {
			missing = target
		}
		return `<a href="` + html.EscapeString(target) + `">` + part[1] + "</a>"
	})
	if missing != "" {
		return "", fmt.Errorf("link to %q: there is no such article", missing)
	}
	return text, nil
}

// plainText replaces {day-1} and the like by the name of a weekday, and sets the outlet's kind of quotation marks.
func (l *loader) plainText(a *article, text string) string {
	text = dayMark.ReplaceAllStringFunc(text, func(m string) string {
		n, _ := strconv.Atoi(dayMark.FindStringSubmatch(m)[1]) // {day} is today: Atoi returns 0 for ""
		return l.now.AddDate(0, 0, n).Weekday().String()
	})
	if a.outlet.Typographic {
		return curl(text)
	}
	return text
}

func anchor(url, text string) string {
	return `<a href="` + html.EscapeString(url) + `">` + html.EscapeString(text) + "</a>"
}

// curl replaces straight quotation marks and apostrophes by typographic ones.
func curl(s string) string {
	var b strings.Builder
	before := ' '
	for _, r := range s {
		opens := strings.ContainsRune(" (\"'", before)
		switch {
		case r == '"' && opens:
			b.WriteRune('“')
		case r == '"':
			b.WriteRune('”')
		case r == '\'' && opens:
			b.WriteRune('‘')
		case r == '\'':
			b.WriteRune('’')
		default:
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}
