package clean

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"headwater/feeds/words"
	"headwater/internal/news"
)

// Outlets finds outlets by address and by name. Without Outlets (nil), host names are used.
type Outlets interface {
	ByURL(url string) (news.Outlet, bool)
	ByName(name string) (news.Outlet, bool)
	Namesakes(o news.Outlet) []news.Outlet
	Redirects(url string) bool
}

// outletNames finds the outlet of an address, a source or a name. Outlets may be nil.
type outletNames struct{ Outlets }

// outlet returns the publisher of an item. It is the outlet of the item's <source>, unless that is the feed's own site.
// Otherwise it is the site of the item's address if the feed collects from many sites, and the feed's site if not.
func (n outletNames) outlet(e news.Entry, doc news.Document, feed news.Feed) news.Outlet {
	isPublic := func(host string) bool { return !isLocal(host) && !n.redirects(host) }
	own := "" // host of the feed's site; "" if that is no public name, as for recorded and local feeds
	for _, u := range []string{feed.Site, doc.Link, feed.URL} {
		if h := hostOf(u); own == "" && isPublic(h) {
			own = h
		}
	}
	itemHost, sourceHost, source := hostOf(e.URL), hostOf(e.Source.URL), foldLine(e.Source.Title)
	if !isPublic(itemHost) {
		itemHost = ""
	}
	if !isPublic(sourceHost) {
		sourceHost = ""
	}
	var site news.Outlet // the feed's
	if own != "" {
		site = n.byURL("https://" + own + "/")
	}
	// If an item of the feed's own site has a source with only an address, the source is a citation and not the publisher.
	isOwn := itemHost != "" && own != "" && registrableDomain(itemHost) == registrableDomain(own)
	if source != "" || sourceHost != "" && !isOwn {
		if o := n.byNameOrHost(source, sourceHost, e.Source.URL); o.Domain == "" || own == "" || o.Domain != site.Domain {
			return o
		}
	}
	if itemHost != "" && !isOwn {
		return n.byURL(e.URL)
	}
	if site.Name != "" && site.Name != site.Domain {
		return site
	}
	for _, title := range []string{feed.Title, doc.Title} {
		if t := foldLine(title); t != "" && len(t) <= 80 {
			site.Name = t
		}
	}
	if site.Name == "" {
		site.Name = hostOf(feed.URL)
	}
	return site
}

// redirects reports whether a host redirects to pages of other sites or serves feeds.
func (n outletNames) redirects(host string) bool {
	return strings.HasPrefix(host, "feeds.") || strings.HasPrefix(host, "rss.") || n.Outlets != nil && n.Outlets.Redirects("https://"+host+"/")
}

func (n outletNames) byNameOrHost(name, host, url string) news.Outlet {
	if n.Outlets != nil && name != "" {
		if o, ok := n.Outlets.ByName(name); ok && (host == "" || len(n.Outlets.Namesakes(o)) == 0) {
			return o
		}
	}
	if isDomain(name) {
		return n.byURL("https://" + strings.ToLower(name) + "/")
	}
	if host == "" {
		return news.Outlet{Name: name}
	}
	o := n.byURL(url)
	if name != "" && (o.Name == "" || o.Name == o.Domain) {
		o.Name = name
	}
	return o
}

func isDomain(name string) bool {
	return !strings.ContainsAny(name, " /") && strings.Contains(name, ".") && hostOf("https://"+name+"/") != "" &&
		registrableDomain(strings.ToLower(name)) != "" && !strings.HasSuffix(name, ".")
}

func (n outletNames) byURL(url string) news.Outlet {
	if n.Outlets != nil {
		if o, ok := n.Outlets.ByURL(url); ok {
			return o
		}
	}
	host := hostOf(url)
	return news.Outlet{Name: host, Domain: host}
}

// comparableTitle is outletNames.title without known outlets.
func comparableTitle(title string) string { return outletNames{}.title(title) }

// title returns a title for comparing: NFKC, straight quotes, without prefixes such as "Report:" and "UPDATE 2-", and without a
// trailing name of a known outlet or one of names. Letters keep their case.
func (n outletNames) title(title string, names ...string) string {
	t := foldLine(straightQuotes(norm.NFKC.String(title)))
	outlet, known := func(name string) bool { return n.isOutlet(name, names) }, func(name string) bool { return n.isKnown(name, names) }
	signed := false // the name of an outlet was removed; its section may precede it
	for {
		rest := dropTail(t, outlet)
		if signed = signed || rest != t; signed {
			rest = dropTail(rest, func(name string) bool { return sections[strings.ToLower(name)] })
		}
		rest = dropPrefix(dropAttribution(rest, known), known)
		if rest == t || rest == "" {
			return t
		}
		t = rest
	}
}

func straightQuotes(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '“', '”', '„', '«', '»':
			return '"'
		case '‘', '’', '‚', '`':
			return '\''
		}
		return r
	}, s)
}

// dropTail removes one " - Reuters" from the end of a title.
func dropTail(t string, isOutlet func(string) bool) string {
	at, size := -1, 0
	for _, sep := range [...]string{" - ", " | ", " – ", " — ", " -- ", " :: ", " · ", " • ", "|"} {
		if i := strings.LastIndex(t, sep); i > at {
			at, size = i, len(sep)
		}
	}
	if at <= 0 || !isOutlet(strings.TrimSpace(t[at+size:])) {
		return t
	}
	return strings.TrimSpace(t[:at])
}

// dropAttribution removes one ": Reuters", ": report" or "(AP)" from the end of a title.
func dropAttribution(t string, isKnown func(string) bool) string {
	if head, name, ok := cutLast(t, ":"); ok && head != "" && (isKnown(strings.TrimSpace(name)) || isReport(strings.TrimSpace(name))) {
		return strings.TrimSpace(head)
	}
	if head, name, ok := cutLast(t, " - "); ok && head != "" && isReport(name) {
		return head
	}
	for _, p := range [...][2]string{{"(", ")"}, {"[", "]"}} {
		head, name, ok := cutLast(t, p[0])
		if name, closed := strings.CutSuffix(name, p[1]); ok && closed && strings.TrimSpace(head) != "" && isKnown(name) {
			return strings.TrimSpace(head)
		}
	}
	return t
}

func isReport(name string) bool {
	return strings.EqualFold(name, "report") || strings.EqualFold(name, "reports")
}

// isOutlet reports whether a name is known, or has words that are typical of outlet names.
func (n outletNames) isOutlet(name string, names []string) bool {
	if n.isKnown(name, names) {
		return true
	}
	words := strings.Fields(name)
	if name == "" || countWords(name) > 6 || len(words) == 0 {
		return false
	}
	if len(words) == 1 && isDomain(name) {
		return true
	}
	if len(words) > 5 || !isNameList(strings.TrimPrefix(name, "the "), 5) {
		return false
	}
	last := strings.ToLower(words[len(words)-1])
	switch {
	case len(words) == 1 && broadcasters[name]:
		return true
	case len(words) == 1 && (last == "today" || last == "press" || last == "news"):
		return false
	}
	return outletWords[last]
}

// isKnown reports whether name is the name of a known outlet or one of names.
func (n outletNames) isKnown(name string, names []string) bool {
	if name == "" || countWords(name) > 6 {
		return false
	}
	for _, n := range names {
		if n != "" && strings.EqualFold(n, name) {
			return true
		}
	}
	if n.Outlets != nil {
		if _, ok := n.Outlets.ByName(name); ok {
			return true
		}
	}
	return isAgency(name)
}

// The word lists of the prefixes and suffixes of headlines.
var (
	headlineWords = words.Sets("titles.txt")
	broadcasters  = headlineWords["broadcaster"]
	outletWords   = headlineWords["outlet"]
	titlePrefixes = headlineWords["head"]
	sections      = headlineWords["section"]
)

// prefixSeparators are the characters that separate a prefix from its title.
const prefixSeparators = ":-|–—"

// dropPrefix removes one "Report:", "UPDATE 2-", "(LEAD)", "【速報】" or "Reuters:" from the beginning of a title.
func dropPrefix(t string, isKnown func(string) bool) string {
	if rest, ok := bracketedPrefix(t); ok {
		return rest
	}
	at := strings.IndexAny(t, prefixSeparators)
	if at <= 0 || at > 24 {
		return t
	}
	dash := t[at] == '-'
	name := strings.TrimRight(t[:at], " 0123456789")
	switch {
	case t[at] == ':' && isKnown(strings.TrimSpace(t[:at])):
	case !titlePrefixes[strings.ToLower(strings.TrimSpace(name))] || dash && name != strings.ToUpper(name) && at+1 < len(t) && t[at-1] != ' ':
		return t
	}
	return strings.TrimLeftFunc(t[at:], func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(prefixSeparators, r) })
}

func bracketedPrefix(t string) (string, bool) {
	for _, p := range [...][2]string{{"(", ")"}, {"[", "]"}, {"【", "】"}, {"［", "］"}, {"<", ">"}} {
		rest, ok := strings.CutPrefix(t, p[0])
		if !ok {
			continue
		}
		name, rest, ok := strings.Cut(rest, p[1])
		if ok && titlePrefixes[strings.ToLower(strings.TrimSpace(name))] {
			return strings.TrimSpace(rest), true
		}
	}
	return t, false
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// shownTitle returns an entry's title without the source name that an aggregator appends.
func shownTitle(e news.Entry) string {
	t := foldLine(e.Title)
	name := foldLine(e.Source.Title)
	if name == "" {
		return t
	}
	for _, sep := range [...]string{" - ", " | ", " – ", " — "} {
		if head, ok := strings.CutSuffix(t, sep+name); ok && head != "" {
			return head
		}
	}
	return t
}
