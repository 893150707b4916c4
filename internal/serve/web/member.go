package web

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
)

// memberView is a member, for its outlet's report the newest version, in the order in which the story spread.
type memberView struct {
	ID          int64
	Role, Label string
	Kind        string // the shape of its mark, see kindOf
	Class       string // for the label: the kind, or "original", "likely" or "earliest"
	Compare     string // address of the comparison with the story's lead; empty for the lead itself
	Outlet      string
	Title, Lang string
	Page        string
	Out         outLink
	Time        timestamp
	Share       int        // percent of its own prose that ShareIn contains too
	ShareIn     string     // "the original"; empty where nothing was compared
	Files       []fileView // none for the lead, whose files are part of the story
	Claims      []claimView
	Reasons     []reason
	Compared    *comparisonView // nil for an original
	Again       []listingView   // other listings of it
	Earlier     string          // "2 earlier versions"; empty where there is none
	Count       string          // "3 versions"
	Versions    []versionView   // where there are earlier ones: the newest, newest first
	Fewer       string          // "5 more": versions that are not in Versions

	Marks markView

	quoted quotations // what stands on the page already
}

// outletView is what one outlet published of a story: its first report, and in a line those in other languages.
type outletView struct {
	memberView
	Others []memberView
}

// comparisonView is what a member takes from the origin and what it adds.
type comparisonView struct {
	Note     string
	NoteLang string         // of Note, where no catalogue has it
	Shared   string         // "3 shared passages, the longest of 41 words"; empty where nothing is shared
	Marked   [][]view.Piece // its paragraphs with the passages marked; nil where nothing is shared or the page is full
	Added    string         // "Adds 3 sentences"
	Adds     []string       // the first of them
	Beside   string         // the outlet whose version gave the reasons, where that is not the one compared with
}

// versionView is one version of a running report.
type versionView struct {
	Title, Lang string
	Page        string
	Out         outLink
	Time        timestamp
	Again       []listingView
	Changed     *changesView // nil for the first
	Summary     string       // of Changed: "new headline, 3 dead → 12 dead, adds 2 sentences"; empty for the first
}

// listingView is the same version, listed again.
type listingView struct {
	Title, Lang, Page string // Title is empty where it is that of the version
	Time              timestamp
}

// changesView is how a version differs from the one before it.
type changesView struct {
	Before, After  []view.Piece // the headlines, words that only one of them has marked; nil where they are the same
	Figures        []news.FigureChange
	Adds, Drops    string // "Adds 3 sentences"; empty where there are none
	Added, Dropped []string
}

// claimView is a credit in words.
type claimView struct {
	What   string // "Credits a report by %s": a key of the catalogues, for the outlet
	Outlet string
	Text   string // the words that make the claim; empty where they stand elsewhere
	Where  string // and where that is: "in its headline"
	Out    outLink
}

const (
	maxMarked   = 256 << 10 // bytes of members' texts with marked passages on one page
	maxFigures  = 3         // changed figures that a version's line names
	maxVersions = 20        // of one report that are shown
	maxOutlets  = 30        // of a story that are shown in full on one page
	pageOutlets = 60        // of a story on one page
)

// reportOf shows an outlet's newest version, with those that it replaced.
func reportOf(st news.Story, heads headsView, r news.Report, l *locale.Locale) memberView {
	v := memberOf(st, heads, newestOf(r), l)
	v.Again = listingsOf(r.Versions[0], l)
	if len(r.Versions) == 1 {
		return v
	}
	v.Earlier, v.Count = l.Text("%d earlier versions", len(r.Versions)-1), l.Text("%d versions", len(r.Versions))
	for _, x := range r.Versions[:min(len(r.Versions), maxVersions)] {
		a := x.Member.Article
		v.Versions = append(v.Versions, versionView{
			Title: articleTitle(a, l), Lang: a.Lang, Page: articlePath(a.ID), Out: outTo(a.URL), Time: articleTime(a, l),
			Again: listingsOf(x, l), Changed: changesOf(x.Changed, l), Summary: changesText(x.Changed, l),
		})
	}
	if more := len(r.Versions) - len(v.Versions); more > 0 {
		v.Fewer = l.Text("%d more", more)
	}
	v.Versions[0].Again = nil // v.Again has them
	return v
}

func listingsOf(v news.Version, l *locale.Locale) (all []listingView) {
	for _, m := range v.Again[:min(len(v.Again), maxVersions)] {
		one := listingOf(m.Article, l)
		if one.Title == articleTitle(v.Member.Article, l) {
			one.Title = ""
		}
		all = append(all, one)
	}
	return all
}

func listingOf(a news.Article, l *locale.Locale) listingView {
	return listingView{Title: articleTitle(a, l), Lang: a.Lang, Page: articlePath(a.ID), Time: articleTime(a, l)}
}

// changesText says in a line what a version changed.
func changesText(c *news.Changes, l *locale.Locale) string {
	if c == nil {
		return ""
	}
	var say []string
	if c.Headline != nil {
		say = append(say, l.Text("new headline"))
	}
	for _, f := range c.Figures[:min(len(c.Figures), maxFigures)] {
		say = append(say, f.Before+" → "+f.After)
	}
	if c.Adds > 0 {
		say = append(say, l.Text("adds %d sentences", c.Adds))
	}
	if c.Drops > 0 {
		say = append(say, l.Text("drops %d sentences", c.Drops))
	}
	if len(say) == 0 {
		return l.Text("the same words")
	}
	return strings.Join(say, ", ")
}

// kindOf tells the roles of members apart as readers see them: an item that is only a headline, and a translation, are kinds of
// their own. The others are the role.
func kindOf(m news.Member) string {
	if m.Role != news.RoleOriginal {
		if m.Role == news.RoleExcerpt && m.Share == 0 {
			return "headline"
		}
		for _, e := range m.Evidence {
			if e.Kind == "headline" || e.Kind == "translation" {
				return e.Kind
			}
		}
	}
	return string(m.Role)
}

// kindView explains a kind of member. In kinds its texts are keys of the catalogues.
type kindView struct{ Kind, Label, Meaning string }

var kinds = []kindView{
	{"original", locale.Key("Original"), locale.Key("the text that the others go back to")},
	{"copy", locale.Key("Copy|of a text"), locale.Key("the same text, nearly all of it")},
	{"rewrite", locale.Key("Rewrite"), locale.Key("the same report, partly or wholly in other words")},
	{"excerpt", locale.Key("Excerpt"), locale.Key("a part of the text, much shorter")},
	{"translation", locale.Key("Translation"), locale.Key("the same text in another language")},
	{"headline", locale.Key("Headline only"), locale.Key("no text to compare")},
}

// kindsAmong explains the kinds that some members have.
func kindsAmong(have map[string]bool, l *locale.Locale) (all []kindView) {
	for _, k := range kinds {
		if have[k.Kind] {
			all = append(all, kindView{k.Kind, l.Text(k.Label), l.Text(k.Meaning)})
		}
	}
	return all
}

// labelOf says what a member is to its story.
func labelOf(st news.Story, m news.Member, l *locale.Locale) string {
	kind := kindOf(m)
	switch kind {
	case "original":
		return originOf(st, l).Level
	case "headline":
		if articleTitle(m.Article, l) == articleTitle(st.Lead().Article, l) {
			return l.Text("Same headline")
		}
	}
	return l.Text(kinds[slices.IndexFunc(kinds, func(k kindView) bool { return k.Kind == kind })].Label)
}

// classOf is the class of that label: the kind, or how sure the origin is.
func classOf(st news.Story, m news.Member, l *locale.Locale) string {
	if m.Role == news.RoleOriginal {
		return originOf(st, l).Class
	}
	return kindOf(m)
}

// byOutlet groups the reports of a story by outlet, in the order of their first ones. Reports without an outlet stand alone.
func byOutlet(reports []news.Report) (all [][]news.Report) {
	at := map[string]int{}
	for _, r := range reports {
		key := r.Newest().Article.Outlet.Key()
		i, known := at[key]
		if !known || key == "" {
			i = len(all)
			at[key], all = i, append(all, nil)
		}
		all[i] = append(all[i], r)
	}
	return all
}

// newestOf is an outlet's newest version, with the role of its report.
func newestOf(r news.Report) news.Member {
	m := r.Newest()
	if m.Role = r.Role(); m.Role == news.RoleOriginal {
		m.Carries = 0
	}
	return m
}

// headsView is the two members of a story that its other members are told apart from. It is found once for all of them.
type headsView struct{ lead, current int64 }

func headsOf(st news.Story) headsView {
	return headsView{st.Lead().Article.ID, st.Current().Article.ID}
}

// memberLine shows a member in one line.
func memberLine(st news.Story, heads headsView, m news.Member, l *locale.Locale) memberView {
	a := m.Article
	v := memberView{
		ID: a.ID, Role: string(m.Role), Kind: kindOf(m), Label: labelOf(st, m, l), Outlet: publish.Name(a.Outlet), Title: articleTitle(a, l), Lang: a.Lang,
		Page: articlePath(a.ID), Time: articleTime(a, l),
	}
	if heads.lead != a.ID {
		v.Compare = comparePath(st.ID, heads.lead, a.ID)
	}
	return v
}

func memberOf(st news.Story, heads headsView, m news.Member, l *locale.Locale) memberView {
	a := m.Article
	v := memberLine(st, heads, m, l)
	v.Class, v.Out, v.Share = classOf(st, m, l), outTo(a.URL), percent(m.Share)
	v.quoted, v.Marks = quotationsUnder(v.Title), markView{ID: a.ID}
	v.Claims, v.Reasons = claimsOf(m.Claims, v.quoted), reasonsOf(m.Evidence, maps.Clone(v.quoted), l)
	if a.ID != heads.current {
		v.Files = filesOf(a, false, l)
	}
	switch {
	case m.Role == news.RoleOriginal, v.Kind == "headline", v.Kind == "translation", st.Origin.Named() && m.Share == 0 && m.Carries == 0, m.Carries == a.ID: // nothing was compared
	case m.Carries != 0:
		v.ShareIn = l.Text("the version of %s|share in", outletOf(st, m.Carries))
	case st.Origin.Named():
		v.ShareIn = l.Text("the longest version|share in") // compared in place of the origin
	default:
		v.ShareIn = l.Text("the original|share in")
	}
	return v
}

// changesOf gives nil where there is nothing to show.
func changesOf(c *news.Changes, l *locale.Locale) *changesView {
	if c == nil || c.Headline == nil && len(c.Figures)+c.Adds+c.Drops == 0 {
		return nil
	}
	v := &changesView{Figures: c.Figures, Added: c.Added, Dropped: c.Dropped}
	if h := c.Headline; h != nil {
		v.Before, v.After = view.Pieces(h.Before, h.Dropped), view.Pieces(h.After, h.Added)
	}
	if c.Adds > 0 {
		v.Adds = l.Text("Adds %d sentences", c.Adds)
	}
	if c.Drops > 0 {
		v.Drops = l.Text("Drops %d sentences", c.Drops)
	}
	return v
}

// claimWords say what a claim of each kind does: keys of the catalogues, with the outlet that it credits.
var claimWords = map[news.ClaimKind]string{
	news.ClaimDateline:  locale.Key("Dateline of %s"),
	news.ClaimByline:    locale.Key("Byline of %s"),
	news.ClaimPublisher: locale.Key("Published by %s"),
	news.ClaimCanonical: locale.Key("Gives its canonical address at %s"),
	news.ClaimSource:    locale.Key("Names as its source %s"),
	news.ClaimScoop:     locale.Key("Credits the news to %s"),
	news.ClaimReport:    locale.Key("Credits a report by %s"),
	news.ClaimTold:      locale.Key("Quotes what was told to %s"),
	news.ClaimLink:      locale.Key("Links at the start to %s"),
	news.ClaimRights:    locale.Key("Copyright line of %s"),
	news.ClaimPart:      locale.Key("Had help from %s"),
}

func claimsOf(claims []news.Claim, q quotations) []claimView {
	sorted := slices.Clone(claims)
	slices.SortStableFunc(sorted, func(a, b news.Claim) int { return cmp.Compare(b.Strength, a.Strength) })
	var all []claimView
	for _, c := range sorted {
		v := claimView{
			What:   cmp.Or(claimWords[c.Kind], locale.Key("Mentions %s")),
			Outlet: publish.Name(c.Credited()),
			Text:   publish.Line(c.Text),
			Out:    outTo(c.URL),
		}
		if v.Text == v.Outlet {
			v.Text = ""
		} else if v.Where = q.again(v.Text); v.Where != "" {
			v.Text = ""
		}
		all = append(all, v)
	}
	return all
}

// compareMembers fills in what the members take from the origin, in place of what was estimated when the story was settled.
func compareMembers(members []*memberView, st news.Story, all map[int64]news.Comparison, l *locale.Locale) {
	left := maxMarked
	for _, m := range members {
		k, ok := all[m.ID]
		if !ok || m.Role == string(news.RoleOriginal) { // newer versions of the original are compared as versions
			continue
		}
		note, known := l.Lookup(m.quoted.once(k.Note))
		m.Reasons = reasonsOf(k.Reasons, m.quoted, l)
		m.Share, m.ShareIn = percent(k.Share), ""
		if k.Tells() {
			m.ShareIn = l.Text("the original|share in")
			if k.StandIn {
				m.ShareIn = l.Text("the version of %s|share in", outletOf(st, k.With))
			}
		}
		c := &comparisonView{Note: note, Adds: k.Adds}
		if !known {
			c.NoteLang = "en"
		}
		if n := len(k.Passages); n > 0 {
			c.Shared = l.Text("%d shared passages", n)
			if k.Longest > 0 {
				c.Shared = l.Text("%s, up to %d words in a row", c.Shared, k.Longest)
			}
			if len(k.Text) <= left {
				c.Marked = markPassages(k.Text, k.Passages)
				left -= len(k.Text)
			}
		}
		if k.Added > 0 {
			c.Added = l.Text("Adds %d sentences", k.Added)
		}
		if k.Like != 0 && k.Like != k.With {
			c.Beside = outletOf(st, k.Like)
		}
		m.Compared = c
	}
}

// outletOf names who published a member.
func outletOf(st news.Story, article int64) string {
	for _, m := range st.Members {
		if m.Article.ID == article {
			return publish.Name(m.Article.Outlet)
		}
	}
	return ""
}

// markPassages gives the paragraphs of a text with its passages marked. A passage across the end of a paragraph is marked in
// both.
func markPassages(text string, passages []news.Passage) [][]view.Piece {
	var all [][]view.Piece
	for from := 0; from <= len(text); {
		to := len(text)
		if i := strings.Index(text[from:], "\n\n"); i >= 0 {
			to = from + i
		}
		for len(passages) > 0 && passages[0].End <= from {
			passages = passages[1:]
		}
		if strings.TrimSpace(text[from:to]) != "" {
			var paragraph []view.Piece
			at := from
			for _, p := range passages {
				if p.Start >= to {
					break
				}
				start, end := max(p.Start, at), min(p.End, to)
				if start > at {
					paragraph = append(paragraph, view.Piece{Text: text[at:start]})
				}
				paragraph = append(paragraph, view.Piece{Text: text[start:end], Mark: true, Quoted: p.Quoted})
				at = end
			}
			if at < to {
				paragraph = append(paragraph, view.Piece{Text: text[at:to]})
			}
			all = append(all, paragraph)
		}
		from = to + len("\n\n")
	}
	return all
}
