package web

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

const (
	shortEdition = 12 // cards; fewer are laid out in rows, since columns of few cards end far apart
	frontPages   = 5  // of perFront cards: more than anybody reads, and all that the page is kept for
	perFront     = 40 // cards
	maxOthers    = 6  // other outlets that a card names
	maxLangs     = 6  // languages that the page links to, the most frequent ones
	earlierDays  = 7  // days that the page links to
	visitEnds    = 30 * time.Minute
	cookieAge    = 365 * 24 * time.Hour
	cookieView   = "headwater_view"
	viewDense    = "dense"
)

type frontView struct {
	Now      timestamp
	Earlier  bool // the page is of an earlier hour
	Part     bool // of an earlier hour, a folder or a language
	Cards    []frontCard
	Dense    bool
	Short    bool   // fewer than shortEdition cards
	View     link   // to the other view
	Sections []link // folders and languages
	Days     []link
	Day      string // shown, in the form of <input type=date>
	Hidden   []hidden
	Pager    pager
	Status   news.Status
	Fresh    freshView
}

// hidden is a field that a form carries along.
type hidden struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// freshView says why there is nothing to show yet.
type freshView struct {
	Feeds, Read, Failed int
	Offline             bool
	Unsettled           int
	Articles            int
}

// frontCard is a card of the front page.
type frontCard struct {
	Title, Lang string
	Page        string // of the event, or of the story where that is all
	Outlet      string // that the story goes back to
	Via         string // whose article it is where that is another
	Out         outLink
	Time        timestamp
	Dek         string
	Picture     template.HTML
	Counts      string // "14 outlets, 5 independent"
	Coverage    string // the page with all of it; "" where it is one story
	Others      []otherOutlet
	More        int
	New         string // "New" or "New reports" since the last visit; "" for neither
	Marks       markView
}

// otherOutlet is an outlet that tells of a card's event too.
type otherOutlet struct {
	Name, Title, Lang, Page string
}

// front shows what is told now, or at the end of a day.
func (s *server) front(w http.ResponseWriter, r *http.Request) error {
	l := s.locale(r)
	query := r.URL.Query()
	n := pageNumber(r.URL.Query())
	q := news.FrontQuery{Limit: perFront, Folder: query.Get("folder"), Langs: query["lang"], Viewer: s.viewer(r).User.ID}
	if n <= frontPages {
		q.Offset = (n - 1) * perFront
	}
	day, err := frontDay(query.Get("day"), l)
	if err != nil {
		return err
	}
	q.At = day
	page, err := s.readFront(r, q)
	if err != nil {
		return fmt.Errorf("front page: %w", err)
	}
	if n > frontPages {
		page.Cards = nil
	}
	view := frontView{
		Now: timestampOf(page.At, l), Earlier: !day.IsZero(), Day: l.Local(page.At).Format(time.DateOnly),
		Pager: pagerOf(r, n, page.Total > n*perFront && n < frontPages),
	}
	view.Part = view.Earlier || q.Folder != "" || len(query["lang"]) > 0
	view.Dense = chosenView(w, r, s.viewer(r).Settings.Density) == viewDense
	view.View = otherView(r, view.Dense, l)
	view.Sections = sectionsOf(r, page, q, l)
	view.Days = earlierOf(r, page.At, l)
	view.Hidden = hiddenOf(query, "day", "page", "view")
	since, err := s.lastVisit(r, l.Now)
	if err != nil {
		return err
	}
	for _, c := range page.Cards {
		if len(c.Articles) > 0 {
			view.Cards = append(view.Cards, s.frontCardOf(c, since, l))
		}
	}
	view.Short = len(view.Cards) < shortEdition
	marks := make([]*markView, len(view.Cards))
	for i := range view.Cards {
		marks[i] = &view.Cards[i].Marks
	}
	if err := s.marks(r, marks...); err != nil {
		return err
	}
	if view.Status, err = s.backend.Status(r.Context()); err != nil {
		return fmt.Errorf("front page: %w", err)
	}
	p := frontFrame(q, l)
	if len(view.Cards) == 0 && n == 1 && !view.Part {
		if view.Fresh, err = s.freshOf(r.Context(), view.Status); err != nil {
			return err
		}
		if f := view.Fresh; f.Read+f.Failed < f.Feeds || f.Unsettled > 0 { // there will be more soon
			p.Refresh = 5
		}
	}
	p.Body, p.keep = view, r.URL.RawQuery == "" && len(view.Cards) > 0
	return s.write(w, r, http.StatusOK, "front", p)
}

// frontFrame is what stands around the front page.
func frontFrame(q news.FrontQuery, l *locale.Locale) page {
	p := page{Nav: "front", Feeds: feedLinks(l.Text("All stories"), "/feeds/all", "")}
	if q.Folder != "" {
		p.Title = q.Folder
		p.Feeds = feedLinks(q.Folder, "/feeds/folder/"+url.PathEscape(q.Folder), "")
	}
	return p
}

// frontDay reads the day of the reader whose page is asked for, and returns its end; the zero time for now.
func frontDay(s string, l *locale.Locale) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, s, l.Zone)
	if err != nil {
		return day, problem{Status: http.StatusBadRequest, Heading: "No such day", Message: "%q is no day; give one as 2026-08-19.", Args: []any{publish.Cut(s, 40)}}
	}
	if end := day.AddDate(0, 0, 1).Add(-time.Second); end.Before(l.Now) {
		return end, nil
	}
	return time.Time{}, nil
}

// readFront reads a page in the languages that the reader's browser asks for, as far as anything is told in them.
func (s *server) readFront(r *http.Request, q news.FrontQuery) (news.Front, error) {
	page, err := s.backend.Front(r.Context(), q)
	if err != nil || len(q.Langs) > 0 || len(page.Langs) < 2 {
		return page, err
	}
	if q.Langs = readerLangs(r.Header.Get("Accept-Language"), page.Langs); len(q.Langs) == 0 {
		return page, nil
	}
	return s.backend.Front(r.Context(), q)
}

// readerLangs returns the languages of an Accept-Language header in which something is told, by name.
func readerLangs(header string, told []news.LangCount) []string {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil { // a browser that says nothing sensible asks for nothing
		return nil
	}
	var langs []string
	for _, t := range tags {
		base, _ := t.Base()
		if lang := base.String(); slices.ContainsFunc(told, func(l news.LangCount) bool { return l.Lang == lang }) {
			langs = append(langs, lang)
		}
	}
	slices.Sort(langs)
	return slices.Compact(langs)
}

// chosenView returns how dense the reader wants the page, and keeps what ?view= asks for in a cookie. Without either the setting
// says it.
func chosenView(w http.ResponseWriter, r *http.Request, set news.Density) string {
	if view := r.URL.Query().Get("view"); view != "" {
		http.SetCookie(w, &http.Cookie{Name: cookieView, Value: url.QueryEscape(view), Path: "/", MaxAge: int(cookieAge.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode})
		return view
	}
	if c, err := r.Cookie(cookieView); err == nil {
		return c.Value
	}
	if set == news.DensityCompact {
		return viewDense
	}
	return ""
}

func otherView(r *http.Request, dense bool, l *locale.Locale) link {
	q := r.URL.Query()
	if dense {
		q.Set("view", "roomy")
		return link{Name: l.Text("Roomy view"), URL: "/?" + q.Encode()}
	}
	q.Set("view", viewDense)
	return link{Name: l.Text("Dense view"), URL: "/?" + q.Encode()}
}

// lastVisit returns when the visit of the reader before this one ended; zero for the first. A visit ends after visitEnds.
func (s *server) lastVisit(r *http.Request, now time.Time) (time.Time, error) {
	v := s.viewer(r)
	if !v.Known() || !looked(r) {
		return time.Time{}, nil
	}
	since, err := s.backend.Visit(r.Context(), v.User.ID, now, visitEnds)
	if err != nil {
		return since, fmt.Errorf("last visit: %w", err)
	}
	return since, nil
}

// sectionsOf links to the folders, and to the languages where there are several.
func sectionsOf(r *http.Request, page news.Front, q news.FrontQuery, l *locale.Locale) []link {
	if len(page.Folders) == 0 && len(page.Langs) < 2 {
		return nil
	}
	to := func(key, value string) string {
		query := r.URL.Query()
		for _, k := range []string{"page", "folder", "lang"} {
			query.Del(k)
		}
		if key != "" {
			query.Set(key, value)
		}
		if len(query) == 0 {
			return "/"
		}
		return "/?" + query.Encode()
	}
	asked := r.URL.Query().Get("lang")
	all := []link{{Name: l.Text("All|sections"), URL: to("", ""), Current: q.Folder == "" && asked == ""}}
	for _, f := range page.Folders {
		all = append(all, link{Name: f, URL: to("folder", f), Current: f == q.Folder})
	}
	if len(page.Langs) > 1 {
		for _, told := range page.Langs[:min(len(page.Langs), maxLangs)] {
			if tag, err := language.Parse(told.Lang); err == nil && told.Lang != "" {
				all = append(all, link{Name: cmp.Or(display.Self.Name(tag), told.Lang), Lang: told.Lang, URL: to("lang", told.Lang), Current: told.Lang == asked})
			}
		}
	}
	return all
}

// earlierOf links to the pages of the days before.
func earlierOf(r *http.Request, at time.Time, l *locale.Locale) (days []link) {
	for i := range earlierDays {
		day := l.Local(l.Now).AddDate(0, 0, -i)
		q := r.URL.Query()
		q.Del("page")
		q.Set("day", day.Format(time.DateOnly))
		name := l.Weekday(day)
		if i == 0 {
			name = l.Text("Now")
			q.Del("day")
		}
		to := "/?" + q.Encode()
		if len(q) == 0 {
			to = "/"
		}
		if i > 0 && l.SameDay(day, at) {
			to = ""
		}
		days = append(days, link{Name: name, URL: to})
	}
	return days
}

// hiddenOf returns the parameters of an address that a form carries along, without some.
func hiddenOf(q url.Values, without ...string) (all []hidden) {
	for name, values := range q {
		if !slices.Contains(without, name) {
			for _, v := range values {
				all = append(all, hidden{name, v})
			}
		}
	}
	slices.SortFunc(all, func(a, b hidden) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Value, b.Value))
	})
	return all
}

func (s *server) frontCardOf(c news.FrontCard, since time.Time, l *locale.Locale) frontCard {
	lead := c.Articles[0]
	v := frontCard{
		Title: articleTitle(lead, l), Lang: lead.Lang, Page: storyPath(c.Story), Outlet: publish.Name(lead.Outlet), Out: outTo(lead.URL),
		Time: timestampOf(c.First, l), Dek: publish.Cut(publish.Line(c.Dek), maxDek),
		Counts: reachText(news.Reach{Outlets: c.Outlets, Independent: c.Independent}, l),
		Marks:  markView{ID: lead.ID, Story: true},
	}
	if origin := c.Origin; origin.Key() != "" && origin.Key() != lead.Outlet.Key() {
		v.Outlet, v.Via = publish.Name(origin), publish.Name(lead.Outlet)
	}
	if lead.Undated {
		v.Time = timestamp{}
	}
	if len(c.Stories) > 1 && c.Event != 0 {
		v.Coverage = eventPath(c.Event)
	}
	if source := s.pictures.source(); source != nil {
		if address := source(publish.Absolute(c.Picture)); address != "" {
			v.Picture = template.HTML(pictureTag(address, html.Token{}, false)) //nolint:gosec // escaped by pictureTag
		}
	}
	switch {
	case since.IsZero():
	case c.First.After(since):
		v.New = l.Text("New")
	case c.Latest.After(since):
		v.New = l.Text("New reports")
	}
	seen := map[string]bool{lead.Outlet.Key(): true}
	for _, a := range c.Articles[1:] {
		switch key := a.Outlet.Key(); {
		case seen[key]:
			continue
		case len(v.Others) < maxOthers:
			v.Others = append(v.Others, otherOutlet{Name: publish.Name(a.Outlet), Title: articleTitle(a, l), Lang: a.Lang, Page: articlePath(a.ID)})
		default:
			v.More++
		}
		seen[a.Outlet.Key()] = true
	}
	return v
}

// freshOf says why there is nothing to show.
func (s *server) freshOf(ctx context.Context, status news.Status) (f freshView, err error) {
	feeds, err := s.backend.Feeds(ctx)
	if err != nil {
		return f, fmt.Errorf("front page: %w", err)
	}
	f = freshView{Feeds: len(feeds), Offline: offline(feeds), Unsettled: status.Unsettled, Articles: status.Articles}
	for _, feed := range feeds {
		switch {
		case feed.State.Failed():
			f.Failed++
		case feed.State != "" && feed.State != news.FeedWaiting:
			f.Read++
		}
	}
	return f, nil
}

type latestView struct {
	Cards []card
	Pager pager
}

// latest lists all stories, the newest change first.
func (s *server) latest(w http.ResponseWriter, r *http.Request) error {
	n := pageNumber(r.URL.Query())
	stories, err := s.backend.Stories(r.Context(), news.StoryList{Limit: perPage + 1, Offset: (n - 1) * perPage, Newest: true, Viewer: s.viewer(r).User.ID})
	if err != nil {
		return fmt.Errorf("all stories: %w", err)
	}
	view := latestView{Pager: pagerOf(r, n, len(stories) > perPage)}
	if view.Cards, err = s.cards(r, s.locale(r), stories[:min(len(stories), perPage)]); err != nil {
		return err
	}
	return s.write(w, r, http.StatusOK, "latest", page{Title: s.locale(r).Text("All stories"), Nav: "latest", Feeds: feedLinks(s.locale(r).Text("All stories"), "/feeds/all", ""), Body: view})
}

func eventPath(id int64) string { return "/event/" + strconv.FormatInt(id, 10) }
