package web

import (
	"fmt"
	"net/http"
	"net/url"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// maxEventStories bounds the stories of an event that a story's page lists.
const maxEventStories = 50

type storyView struct {
	Title, Lang string
	Marks       markView
	Around      around
	Verdict     verdictView
	Out         outLink // the origin's own article, in its newest version
	Headline    string  // of that, where it is a page that is no article of ours
	Page        string  // that article here; empty where the origin is only named
	Confidence  int     // percent
	Dek         string
	Files       []fileView // of the article that the story leads with
	Reasons     reasonsView
	Scoop       *scoopView // nil where the origin had the news first itself
	Timeline    *timelineView
	Correct     string       // address of the page with the forms
	Outlets     []outletView // in full
	Rest        []memberView // of further outlets, in a line each
	More        string       // "and 62 more outlets": those of Rest
	Part        string       // "Outlets 1 to 60 of 500, ..."; empty where all are on one page
	Beyond      bool         // the page is behind the last one
	Start       string       // the first page
	Pager       pager
	Kinds       []kindView // of its members
	Versions    []roleGroup
	First       timestamp
	Latest      timestamp
	Coverage    []card
	Event       string // the page of the event that these tell, too
	Aged        string // how many of its articles were aged out; empty where none was

	more bool // there is a page after this one
}

// scoopView is who had the news first, in whose words.
type scoopView struct {
	Outlet, By, Text string
	Out              outLink
}

// scoopOf gives nil where the origin had the news first itself.
func scoopOf(st news.Story) *scoopView {
	f := st.Origin.Scoop
	if f.Key() == "" {
		return nil
	}
	return &scoopView{Outlet: publish.Name(f.Outlet), Out: outTo(f.URL), By: f.By, Text: publish.Line(f.Text)}
}

// agedView is a story whose articles were all aged out. Only what lists and links need is left of it.
type agedView struct {
	Title, Origin     string
	Out               outLink
	Articles, Outlets string // "3 articles"
	First, Latest     timestamp
}

// ofStory makes a handler of a page that stands below a story's own. Where the story was merged into another, it leads to the same
// page of that one.
func (s *server) ofStory(below string, show func(http.ResponseWriter, *http.Request, news.Story) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		st, err := s.storyAt(r)
		if err != nil {
			return err
		}
		if id, _ := pathID(r); st.ID != id {
			http.Redirect(w, r, (&url.URL{Path: storyPath(st.ID) + below, RawQuery: r.URL.RawQuery}).String(), http.StatusMovedPermanently)
			return nil
		}
		return show(w, r, st)
	}
}

// storyAt reads the story of an address, or the one that it was merged into.
func (s *server) storyAt(r *http.Request) (news.Story, error) {
	id, err := pathID(r)
	if err != nil {
		return news.Story{}, err
	}
	st, err := s.backend.Story(r.Context(), id)
	if err != nil {
		return st, fmt.Errorf("story %d: %w", id, err)
	}
	return st, nil
}

func (s *server) story(w http.ResponseWriter, r *http.Request, st news.Story) error {
	l := s.locale(r)
	if len(st.Members) == 0 {
		return s.write(w, r, http.StatusOK, "aged", page{Title: titleOf(st, l), Body: agedView{
			Title: titleOf(st, l), Origin: publish.Name(st.Origin.Outlet), Out: outTo(st.Origin.URL),
			Articles: l.Text("%d articles", st.Aged), Outlets: l.Text("%d outlets", st.Outlets),
			First: storyTime(st, st.First, l), Latest: storyTime(st, st.Latest, l),
		}})
	}
	n := pageNumber(r.URL.Query())
	var compared map[int64]news.Comparison
	var err error
	if n == 1 { // the first members alone are compared
		if compared, err = s.backend.Comparisons(r.Context(), st); err != nil {
			return err
		}
	}
	reports, err := s.backend.Reports(r.Context(), st)
	if err != nil {
		return err
	}
	view := storyOf(st, reports, compared, n, l)
	view.Pager = pagerOf(r, n, view.more)
	view.Dek = s.dekOf(st.Current().Article, view.Title, 2*maxDek)
	if st.Event != 0 && n == 1 {
		view.Event = eventPath(st.Event)
		all, err := s.backend.Stories(r.Context(), news.StoryList{Event: st.Event, Limit: maxEventStories})
		if err != nil {
			return fmt.Errorf("event %d: %w", st.Event, err)
		}
		for _, other := range all {
			if other.ID != st.ID && len(other.Members) > 0 {
				view.Coverage = append(view.Coverage, s.cardOf(other, l))
			}
		}
	}
	if err := s.addMarks(r, &view, st); err != nil {
		return err
	}
	return s.write(w, r, http.StatusOK, "story", page{Title: view.Title, Body: view})
}

// addMarks fills in what the viewer said of a story, its members and the other stories of its event. The story is read by then, if
// the viewer wants that.
func (s *server) addMarks(r *http.Request, v *storyView, st news.Story) error {
	lead := st.Lead().Article
	state, err := s.opened(r, lead.ID)
	if err != nil {
		return err
	}
	v.Marks = markView{ID: lead.ID}
	marks := []*markView{&v.Marks}
	for i := range v.Outlets {
		marks = append(marks, &v.Outlets[i].Marks)
	}
	for i := range v.Coverage {
		marks = append(marks, &v.Coverage[i].Marks)
	}
	if err := s.marks(r, marks...); err != nil {
		return err
	}
	if v.Around, err = s.aroundOf(r, storyPath(st.ID), lead, state); err != nil {
		return err
	}
	if v.Page != "" {
		v.Page = inList(v.Page, v.Around.List)
	}
	return nil
}

func storyOf(st news.Story, reports []news.Report, compared map[int64]news.Comparison, n int, l *locale.Locale) storyView {
	lead := st.Current().Article
	v := storyView{
		Title: titleOf(st, l), Lang: lead.Lang, Verdict: verdictOf(st, l), Headline: publish.Line(st.Origin.Title),
		Confidence: percent(st.Origin.Confidence),
		Reasons:    sortReasons(reasonsOf(st.Origin.Evidence, quotationsUnder(titleOf(st, l)), l), l),
		Versions: groupReports(reports, l, func(r news.Report) string {
			if r.Role() == news.RoleOriginal {
				return "original"
			}
			return kindOf(r.Newest())
		}),
		Files: filesOf(lead, false, l),
		First: storyTime(st, st.First, l), Latest: storyTime(st, st.Latest, l),
	}
	if st.Aged > 0 {
		v.Aged = l.Text("%d of its %d articles were aged out.", st.Aged, st.Aged+len(st.Members))
	}
	v.Scoop = scoopOf(st)
	if st.Origin.Named() {
		v.Out = outTo(st.Origin.URL)
	} else {
		v.Page, v.Out = articlePath(lead.ID), outTo(st.Link())
	}
	v.Start, v.Correct = storyPath(st.ID), storyPath(st.ID)+"/correct"
	v.addMembers(st, reports, compared, n, l)
	return v
}

// addMembers fills in what the outlets published, as far as it stands on page n. The first page has the timeline of all of it.
func (v *storyView) addMembers(st news.Story, reports []news.Report, compared map[int64]news.Comparison, n int, l *locale.Locale) {
	have := map[string]bool{}
	for _, r := range reports {
		have[kindOf(newestOf(r))] = true
	}
	v.Kinds = kindsAmong(have, l)
	outlets := byOutlet(reports)
	from := min((n-1)*pageOutlets, len(outlets))
	to := min(from+pageOutlets, len(outlets))
	if len(outlets) > pageOutlets && from < to {
		v.Part = l.Text("Outlets %d to %d of %d, in the order in which they carried it.", from+1, to, len(outlets))
	}
	v.more, v.Beyond = to < len(outlets), from == to
	heads := headsOf(st)
	for i, of := range outlets[from:to] {
		if i >= maxOutlets {
			v.Rest = append(v.Rest, memberLine(st, heads, newestOf(of[0]), l))
			continue
		}
		members := make([]memberView, len(of))
		for i, r := range of {
			members[i] = reportOf(st, heads, r, l)
		}
		v.Outlets = append(v.Outlets, outletView{members[0], members[1:]})
	}
	compareMembers(v.shown(), st, compared, l)
	if len(v.Rest) > 0 {
		v.More = l.Text("and %d more outlets", len(v.Rest))
	}
	if n == 1 {
		v.Timeline = timelineOf(st, reports, l)
	}
}

// shown are the members that are shown in full.
func (v *storyView) shown() (all []*memberView) {
	for i := range v.Outlets {
		o := &v.Outlets[i]
		all = append(all, &o.memberView)
		for j := range o.Others {
			all = append(all, &o.Others[j])
		}
	}
	return all
}
