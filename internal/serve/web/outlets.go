package web

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
	"headwater/internal/weburl"
)

const (
	outletsPerPage = 50
	maxOutletName  = 200 // characters of an outlet's search
	longestName    = 80  // characters of an outlet's name in tables
	shownNames     = 4   // other names of an outlet that its page shows before it folds the rest
	shownReruns    = 15  // outlets that a table of reruns shows before it folds the rest
	maxReruns      = 500 // outlets that a table of reruns has at most
)

type outletsView struct {
	Query    string
	Columns  []outletColumn
	Rows     []outletRow
	Summary  string
	Unnamed  int
	Counting bool
	Counted  timestamp
	Pager    pager
}

// outletColumn is the head of a column, with the link that sorts by it.
type outletColumn struct {
	Name, URL string
	Sort      string // "ascending" or "descending" where the table is sorted by it; "" elsewhere
	Number    bool
}

type outletRow struct {
	outletLink
	Agency      bool
	Articles    int
	Originals   string // "12 of 40"; empty where no article of it is stored
	Share       string // "30%"
	ShareWidth  int    // of 100
	Most        *rerunView
	Lag         string
	First, Last timestamp
	Named       int // where no article of it is stored
}

// outletLink is an outlet's name with the address of its page; "" where it has none.
type outletLink struct {
	Name, Domain, Page string
}

func linkOutlet(o news.Outlet) outletLink {
	l := outletLink{Name: publish.Cut(publish.Name(o), longestName), Page: outletPath(o)}
	if o.Domain != l.Name {
		l.Domain = o.Domain
	}
	return l
}

// outletPath is the path of an outlet's page, "" for an outlet without name and domain.
func outletPath(o news.Outlet) string {
	if key := o.Key(); strings.Trim(key, "./") != "" { // browsers take dots alone for a folder
		return "/outlet/" + url.PathEscape(key)
	}
	return ""
}

// outletColumns are the columns, by keys of the catalogues, with the order in which each sorts.
var outletColumns = []struct {
	name   string
	by     news.OutletSort
	order  string
	number bool
}{
	{locale.Key("Outlet"), news.OutletsByName, "ascending", false},
	{locale.Key("Articles"), news.OutletsByArticles, "descending", true},
	{locale.Key("Originals"), news.OutletsByOriginals, "descending", true},
	{locale.Key("Share"), news.OutletsByShare, "descending", true},
	{locale.Key("Reruns most"), news.OutletsByReruns, "descending", false},
	{locale.Key("Median lag"), news.OutletsByLag, "ascending", true},
	{locale.Key("First seen"), news.OutletsByFirst, "descending", false},
	{locale.Key("Last seen"), news.OutletsByLast, "descending", false},
}

func (s *server) outlets(w http.ResponseWriter, r *http.Request) error {
	query := publish.Cut(publish.Line(queryOf(r)), maxOutletName)
	by := news.OutletSort(r.URL.Query().Get("sort"))
	if !slices.Contains(news.OutletSorts, by) {
		by = news.OutletsByArticles
	}
	n := pageNumber(r.URL.Query())
	list, err := s.backend.Outlets(r.Context(), news.OutletList{Query: query, Sort: by, Offset: (n - 1) * outletsPerPage, Limit: outletsPerPage})
	if err != nil {
		return fmt.Errorf("outlets: %w", err)
	}
	l := s.locale(r)
	v := outletsView{
		Query: query, Unnamed: list.Unnamed, Counting: list.Counting, Counted: timestampOf(list.Counted, l),
		Pager: pagerOf(r, n, n*outletsPerPage < list.Total), Summary: l.Text("%d outlets", list.All),
	}
	if query != "" {
		v.Summary = l.Text("%d of %d outlets", list.Total, list.All)
	}
	for _, c := range outletColumns {
		values := url.Values{"sort": {string(c.by)}}
		if query != "" {
			values.Set("q", query)
		}
		column := outletColumn{Name: l.Text(c.name), URL: "/outlets?" + values.Encode(), Number: c.number}
		if c.by == by {
			column.Sort = c.order
		}
		v.Columns = append(v.Columns, column)
	}
	for _, o := range list.Outlets {
		v.Rows = append(v.Rows, outletRowOf(o, l))
	}
	return s.write(w, r, http.StatusOK, "outlets", page{Title: l.Text("Outlets"), Nav: "outlets", Body: v})
}

func outletRowOf(o news.OutletSummary, l *locale.Locale) outletRow {
	row := outletRow{
		outletLink: linkOutlet(o.Outlet), Agency: o.Agency, Articles: o.Articles, Lag: medianText(o.Lag, o.Lags, l),
		First: timestampOf(o.First, l), Last: timestampOf(o.Last, l),
	}
	if o.Stories == 0 {
		row.Named = o.Named
		return row
	}
	row.Originals, row.ShareWidth = l.Text("%d of %d", o.Wrote, o.Stories), percent(o.Share)
	row.Share = l.Percent(o.Share)
	if o.Most.Stories > 0 {
		most := rerunOf(o.Most, l)
		row.Most = &most
	}
	return row
}

// medianText is a median of n times; "" for none.
func medianText(d time.Duration, n int, l *locale.Locale) string {
	minutes := int(math.Round(d.Minutes()))
	switch {
	case n == 0:
		return ""
	case minutes < 1:
		return l.Text("under 1 min")
	case minutes < 60:
		return l.Text("%d min", minutes)
	case minutes < 10*60:
		return l.Text("%s h", l.Decimal(d.Hours(), 1))
	case minutes < 48*60:
		return l.Text("%d h", int(math.Round(d.Hours())))
	}
	return l.Text("%d days", int(math.Round(d.Hours()/24)))
}

type rerunView struct {
	outletLink
	Stories int
	Lag     string
}

func rerunOf(r news.Rerun, l *locale.Locale) rerunView {
	return rerunView{linkOutlet(r.Outlet), r.Stories, medianText(r.Lag, r.Lags, l)}
}

// rerunTable is a table of outlets that one reruns, or that rerun it.
type rerunTable struct {
	Caption     string
	Shown, More []rerunView
	Left        int // those that are not listed
}

func rerunTableOf(caption string, all []news.Rerun, l *locale.Locale) rerunTable {
	t := rerunTable{Caption: caption, Left: max(len(all)-maxReruns, 0)}
	for i, r := range all[:min(len(all), maxReruns)] {
		if i < shownReruns {
			t.Shown = append(t.Shown, rerunOf(r, l))
		} else {
			t.More = append(t.More, rerunOf(r, l))
		}
	}
	return t
}

type outletDetails struct {
	outletRow
	Out          outLink
	Names        []string // the first other names
	MoreNames    []string
	Stories      int
	Written      int // of these, those that go back to it
	Rerun        int
	Wrote        []wroteView
	Pager        pager
	Reruns, By   rerunTable
	Clocks       []string // sentences
	Learnt       timestamp
	Lists        bool
	Feeds        []outletFeed
	Edited       timestamp
	Counting     bool
	Form         outletForm
	Notice       string
	NothingKnown bool // neither an article nor a credit
}

// wroteView is a story that goes back to the outlet.
type wroteView struct {
	headline
	By     originView
	Others []outletLink
	More   int
}

type outletFeed struct {
	Title, URL string
}

type outletForm struct {
	Action, Restore        string
	Name, Aliases, Domains string
	Agency, Edited         bool
	Error                  string
}

func (s *server) outlet(w http.ResponseWriter, r *http.Request) error {
	d, err := s.backend.Outlet(r.Context(), r.PathValue("key"))
	if err != nil {
		return fmt.Errorf("outlet %s: %w", r.PathValue("key"), err)
	}
	if key := d.Key(); key != r.PathValue("key") {
		http.Redirect(w, r, outletPath(d.Outlet), http.StatusFound) // not for good, as a change may be taken back
		return nil
	}
	return s.showOutlet(w, r, http.StatusOK, d, formOf(d))
}

func formOf(d news.OutletDetails) outletForm {
	return outletForm{
		Action: outletPath(d.Outlet), Restore: outletPath(d.Outlet) + "/restore", Edited: !d.Edited.IsZero(),
		Name: d.Name, Agency: d.Agency, Aliases: strings.Join(d.Aliases, "\n"), Domains: strings.Join(d.Domains, "\n"),
	}
}

func (s *server) showOutlet(w http.ResponseWriter, r *http.Request, status int, d news.OutletDetails, form outletForm) error {
	n := pageNumber(r.URL.Query())
	wrote, err := s.backend.StoriesBy(r.Context(), d.Key(), perPage+1, (n-1)*perPage)
	if err != nil {
		return fmt.Errorf("outlet %s: %w", d.Key(), err)
	}
	l := s.locale(r)
	v := outletDetails{
		outletRow: outletRowOf(d.OutletSummary, l), Stories: d.Stories, Written: d.Wrote, Rerun: d.Rerun, Form: form, Counting: d.Counting,
		Names: d.Names[:min(len(d.Names), shownNames)], MoreNames: d.Names[min(len(d.Names), shownNames):],
		Pager: pagerOf(r, n, len(wrote) > perPage), Clocks: clockWords(d.Clocks, d.Feeds, l), Learnt: timestampOf(d.Learnt, l), Lists: d.Lists,
		Reruns: rerunTableOf(l.Text("Outlets whose stories it carries"), d.Reruns, l), By: rerunTableOf(l.Text("Outlets that carry its stories"), d.RerunBy, l),
		Edited: timestampOf(d.Edited, l), NothingKnown: d.Stories+d.Named == 0,
	}
	v.Name, v.Named = publish.Cut(publish.Name(d.Outlet), maxOutletName), d.Named
	if d.Domain != "" {
		v.Out = outTo("https://" + d.Domain + "/")
	}
	for _, f := range d.Feeds {
		v.Feeds = append(v.Feeds, outletFeed{feedTitle(f), weburl.Shown(f.URL)})
	}
	for _, st := range wrote[:min(len(wrote), perPage)] {
		v.Wrote = append(v.Wrote, wroteOf(st, l))
	}
	switch q := r.URL.Query(); {
	case q.Has("changed"):
		v.Notice = l.Text("The change holds from now on, on every page.")
	case q.Has("restored"):
		v.Notice = l.Text("The change is taken back. The built-in list and the settings hold again.")
	}
	return s.write(w, r, status, "outlet", page{Title: v.Name, Nav: "outlets", Body: v})
}

func wroteOf(st news.Story, l *locale.Locale) wroteView {
	v := wroteView{By: originOf(st, l), headline: headlineOf(st, storyTime(st, st.First, l), l)}
	seen := map[string]bool{st.Origin.Key(): true}
	for _, m := range st.Members {
		o := m.Article.Outlet
		if seen[o.Key()] {
			continue
		}
		seen[o.Key()] = true
		if len(v.Others) == maxNames {
			v.More++
			continue
		}
		v.Others = append(v.Others, linkOutlet(o))
	}
	return v
}

// clockWords says how each wrong clock of an outlet runs, in sentences.
func clockWords(clocks []news.OutletClock, feeds []news.Feed, l *locale.Locale) []string {
	var all []string
	for _, c := range clocks {
		text := l.Text("Its stamps run about %s late", l.Span(c.Ahead.Abs()))
		if c.Ahead < 0 {
			text = l.Text("Its stamps run about %s early", l.Span(c.Ahead.Abs()))
		}
		if i := slices.IndexFunc(feeds, func(f news.Feed) bool { return f.ID == c.Feed }); i >= 0 && len(clocks) > 1 {
			text = l.Text("%s in the feed %s", text, cmp.Or(publish.Line(feeds[i].Title), feeds[i].URL))
		}
		if text += "."; !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

func (s *server) changeOutlet(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	d, err := s.backend.Outlet(r.Context(), r.PathValue("key"))
	if err != nil {
		return fmt.Errorf("outlet %s: %w", r.PathValue("key"), err)
	}
	form := formOf(d)
	form.Name, form.Agency = publish.Line(r.PostForm.Get("name")), r.PostForm.Get("agency") != ""
	form.Aliases, form.Domains = r.PostForm.Get("aliases"), r.PostForm.Get("domains")
	changed, err := s.backend.EditOutlet(r.Context(), news.OutletEdit{
		Outlet: d.Key(), Name: form.Name, Agency: form.Agency, Aliases: lines(form.Aliases), Domains: lines(form.Domains),
	})
	var refused *news.RefusedError
	if errors.As(err, &refused) {
		form.Error = sentence(s.locale(r), refused)
		return s.showOutlet(w, r, http.StatusUnprocessableEntity, d, form)
	}
	if err != nil {
		return fmt.Errorf("change outlet %s: %w", d.Key(), err)
	}
	http.Redirect(w, r, outletPath(changed.Outlet)+"?changed", http.StatusSeeOther)
	return nil
}

// lines splits what is typed into a text field.
func lines(text string) []string {
	return strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool { return r == '\n' || r == '\r' })
}

func (s *server) restoreOutlet(w http.ResponseWriter, r *http.Request) error {
	d, err := s.backend.RestoreOutlet(r.Context(), r.PathValue("key"))
	if err != nil {
		return fmt.Errorf("restore outlet %s: %w", r.PathValue("key"), err)
	}
	http.Redirect(w, r, outletPath(d.Outlet)+"?restored", http.StatusSeeOther)
	return nil
}
