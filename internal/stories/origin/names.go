package origin

import (
	"cmp"
	"slices"
	"strings"

	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

// namedOutlet is the name of an outlet in a text: of one in the registry, of one that is not, or a short name of either.
type namedOutlet struct {
	namePhrase
	own bool // the article's own outlet
}

// names returns the outlets that a text names, in text order.
func (r *reading) names(text string) []namedOutlet {
	listed := mergeMentions(capMentions(r.outlets.Mentions(text)), capMentions(r.outlets.AtHome(text)))
	listed = withoutExplained(text, capMentions(listed))
	var all []namedOutlet
	for _, m := range listed {
		all = append(all, namedOutlet{namePhrase{Mention: m, whole: news.Span{Start: m.Start, End: m.End}}, same(m.Outlet, r.article.Outlet)})
	}
	for _, p := range unlistedNames(text, listed) {
		if p.short || strings.Contains(p.Outlet.Name, " ") { // "the Free Beacon"
			if o, ok := r.resolveShort(p, text, all); ok {
				p.Outlet = o
				all = append(all, namedOutlet{p, same(o, r.article.Outlet)})
				continue
			}
		}
		if p.short {
			continue
		}
		if !isGeneric(text, p.whole) {
			all = append(all, namedOutlet{p, ownName(r.article.Outlet, p.Outlet.Name)})
		}
	}
	slices.SortStableFunc(all, func(x, y namedOutlet) int { return cmp.Compare(x.Start, y.Start) })
	return all
}

func capMentions(mentions []outlets.Mention) []outlets.Mention {
	return mentions[:min(len(mentions), maxMentions)]
}

// mergeMentions merges two ordered lists of mentions. Of overlapping mentions those in all are kept.
func mergeMentions(all, more []outlets.Mention) []outlets.Mention {
	if len(more) == 0 {
		return all
	}
	for _, m := range more {
		if !slices.ContainsFunc(all, func(x outlets.Mention) bool { return x.Start < m.End && m.Start < x.End }) {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(x, y outlets.Mention) int { return cmp.Compare(x.Start, y.Start) })
	return all
}

// withoutExplained removes the mentions of abbreviations that the text explains as something else. After "the National
// Geographic Institute (IGN)", IGN means the institute.
func withoutExplained(text string, listed []outlets.Mention) []outlets.Mention {
	explained := ""
	for i, m := range listed {
		name := text[m.Start:m.End]
		acronym := len(name) > 1 && len(name) < 7 && strings.IndexFunc(name, func(r rune) bool { return r < 'A' || r > 'Z' }) < 0
		if acronym && strings.HasSuffix(text[:m.Start], " (") && strings.HasPrefix(text[m.End:], ")") &&
			(i == 0 || listed[i-1].End < m.Start-2) && matchesInitials(excerpt(text, m.Start-82, m.Start-2), name) {
			explained = name
			break
		}
	}
	if explained == "" {
		return listed
	}
	return slices.DeleteFunc(slices.Clone(listed), func(m outlets.Mention) bool { return text[m.Start:m.End] == explained })
}

// matchesInitials reports whether a text ends with capitalised words whose first letters form the short name, in any order. The
// order may differ because names are translated and their abbreviations are not.
func matchesInitials(text, short string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '-' })
	left := []byte(short)
	for i := len(words) - 1; i >= 0 && len(left) > 0; i-- {
		if words[i][0] < 'A' || words[i][0] > 'Z' {
			if len(words[i]) > 3 {
				return false
			}
			continue
		}
		at := slices.Index(left, words[i][0])
		if at < 0 || len(words[i]) == 1 {
			return false
		}
		left = slices.Delete(left, at, at+1)
	}
	return len(left) == 0
}

// resolveShort returns the outlet of a short name such as "the Journal". It is the one to which a link on the name leads, or
// the only outlet in the text whose name ends with these words. The article's own outlet is included.
func (r *reading) resolveShort(p namePhrase, text string, named []namedOutlet) (news.Outlet, bool) {
	ends := func(o news.Outlet) bool { return strings.HasSuffix(o.Name, " "+p.Outlet.Name) }
	if url := r.linkAt(text, p.Mention); url != "" {
		if o, ok := r.byURL(url); ok && ends(o) {
			return o, true
		}
	}
	var found news.Outlet
	if ends(r.article.Outlet) {
		found = r.article.Outlet
	}
	for _, m := range named {
		if !ends(m.Outlet) || same(m.Outlet, found) {
			continue
		}
		if found.Name != "" {
			return news.Outlet{}, false
		}
		found = m.Outlet
	}
	return found, found.Name != ""
}

// isGeneric reports whether a mention that ends with a noun for outlets is generic: "a Springfield newspaper".
func isGeneric(text string, whole news.Span) bool {
	words := strings.Fields(text[whole.Start:whole.End])
	return len(words) > 1 && slices.Contains(cues.genericNouns, words[len(words)-1]) && indefinite(strings.TrimRight(text[:whole.Start], " "))
}
