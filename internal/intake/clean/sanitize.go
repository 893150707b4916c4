package clean

import (
	"net/url"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html/atom"
)

const (
	maxHTML  = 1 << 20 // bytes of HTML kept for show
	maxDepth = 40      // of elements within each other; deeper ones lose their tags
)

// policy is built once and only read afterwards, which bluemonday allows from many goroutines.
var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "b", "strong", "i", "em", "u", "s", "del", "ins", "small", "sub", "sup", "mark", "q",
		"cite", "code", "kbd", "pre", "abbr", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5",
		"h6", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "figure", "figcaption", "time", "ruby", "rt", "rp")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("dir").Matching(bluemonday.Direction).OnElements("p", "blockquote", "li", "td", "h1", "h2", "h3", "h4")
	p.AllowAttrs("colspan", "rowspan").Matching(bluemonday.Integer).OnElements("td", "th")
	p.AllowAttrs("src", "alt", "title").OnElements("img")
	p.AllowAttrs("width", "height").Matching(bluemonday.Integer).OnElements("img")
	for _, scheme := range []string{"http", "https"} {
		p.AllowURLSchemeWithCustomPolicy(scheme, func(u *url.URL) bool { return u.Host != "" })
	}
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}

// Sanitize makes HTML safe to show: text markup, tables, links and pictures (an address, two texts and a size each) are
// kept; scripts, styles, forms and everything else that could load or run is not. Frames and players become links, formulas
// text. Links get rel="nofollow noreferrer noopener". What is open is closed and what closes nothing goes, so that the page
// around it stays whole. Plain text is escaped and put in paragraphs.
func Sanitize(src string) string {
	src = strings.ToValidUTF8(src[:min(len(src), maxHTML)], "\ufffd")
	if strings.TrimSpace(src) == "" {
		return ""
	}
	return strings.TrimSpace(policy.Sanitize(balance(legible(src))))
}

func isVoid(t atom.Atom) bool { return t == atom.Br || t == atom.Hr }

// isShown names the elements that the policy keeps and that need closing.
func isShown(t atom.Atom) bool {
	switch t {
	case atom.P, atom.A, atom.B, atom.Strong, atom.I, atom.Em, atom.U, atom.S, atom.Del, atom.Ins, atom.Small, atom.Sub,
		atom.Sup, atom.Mark, atom.Q, atom.Cite, atom.Code, atom.Kbd, atom.Pre, atom.Abbr, atom.Blockquote, atom.Ul, atom.Ol,
		atom.Li, atom.Dl, atom.Dt, atom.Dd, atom.Table, atom.Thead, atom.Tbody, atom.Tfoot, atom.Tr, atom.Td, atom.Th,
		atom.Caption, atom.Figure, atom.Figcaption, atom.Time, atom.Ruby, atom.Rt, atom.Rp:
		return true
	}
	return isHeading(t)
}
