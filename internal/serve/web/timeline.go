package web

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// timelineView shows which outlet had a story when: a row an outlet, the hours across. Positions are in percent of the width, so
// that it fits every screen with letters of one size.
type timelineView struct {
	From, To timestamp
	Zone     string // of the scale: "CEST"
	Since    string // what lags count from: "the original"
	Ticks    []tick
	Rows     []timelineRow
	More     *timelineRow // the outlets beyond maxRows, together
	Again    bool         // a row has articles beside its first
	Undated  string       // "2 outlets gave no time."; empty where all do
}

// tick is a line of a timeline's scale.
type tick struct {
	X, Label, Anchor string
}

// timelineRow is what an outlet published of the story.
type timelineRow struct {
	Name  string
	Kind  string // of its first article
	Label string
	Time  timestamp
	Lag   string // "+2 h 10 min"; empty for the original
	Marks []mark
}

// mark is an article on a timeline.
type mark struct {
	X    string // "43.2%"
	Kind string
}

const (
	maxRows   = 20
	eventRows = 12 // of an event's timeline
	maxTicks  = 5
	maxMarks  = 40 // of one row
	allMarks  = 200
	marginX   = 1.5 // percent left free at either side
)

// extent is from the earliest to the latest of some times.
type extent struct{ from, to time.Time }

func (e *extent) add(t time.Time) {
	if e.from.IsZero() || t.Before(e.from) {
		e.from = t
	}
	if t.After(e.to) {
		e.to = t
	}
}

// datedRow is a row that is being made, with the articles that have a time.
type datedRow struct {
	timelineRow
	extent
	articles []*news.Member
}

func (r *datedRow) add(m *news.Member) {
	r.articles = append(r.articles, m)
	r.extent.add(m.Article.Time())
}

// timelineOver gives a timeline of an extent, with its scale and no rows yet.
func timelineOver(e extent, l *locale.Locale) (*timelineView, scale) {
	s := scaleOf(e.from, e.to)
	return &timelineView{From: timestampOf(e.from, l), To: timestampOf(e.to, l), Zone: l.ZoneName(e.to), Ticks: s.ticks(l)}, s
}

// timelineOf gives nil where there is only one time to show.
func timelineOf(st news.Story, reports []news.Report, l *locale.Locale) *timelineView {
	var rows []*datedRow
	byOutlet := map[string]*datedRow{}
	undated := map[string]bool{}
	origin := st.Lead().Article.Outlet.Key()
	var all extent
	for _, r := range reports {
		for _, v := range r.Versions {
			for _, m := range append([]news.Member{v.Member}, v.Again...) {
				a := m.Article
				key := cmp.Or(a.Outlet.Key(), strconv.FormatInt(a.ID, 10))
				if a.Undated {
					undated[key] = true
					continue
				}
				if byOutlet[key] == nil {
					byOutlet[key] = &datedRow{timelineRow: timelineRow{Name: publish.Name(a.Outlet)}}
					rows = append(rows, byOutlet[key])
				}
				byOutlet[key].add(&m)
				all.add(a.Time())
			}
		}
	}
	for key := range byOutlet {
		delete(undated, key)
	}
	if len(rows) < 2 && (len(rows) == 0 || len(rows[0].articles) < 2) {
		return nil
	}
	v, scale := timelineOver(all, l)
	since := all.from
	v.Since = l.Text("the earliest of them|lags count from")
	if x := byOutlet[origin]; x != nil && !st.Origin.Named() {
		v.Since, since = l.Text("the original|lags count from"), x.from
		if len(x.articles) > 1 {
			v.Since = l.Text("the first version of the original|lags count from")
		}
	}
	if n := len(undated); n > 0 {
		v.Undated = l.Text("%d outlets gave no time.", n)
	}
	slices.SortStableFunc(rows, func(a, b *datedRow) int {
		first := func(r *datedRow) int {
			if r == byOutlet[origin] && !st.Origin.Named() {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(first(a), first(b)), a.from.Compare(b.from), cmp.Compare(a.Name, b.Name))
	})
	for i, r := range rows {
		if d := r.from.Sub(since); (i > 0 || d != 0) && (i < maxRows || i == len(rows)-1) { // of the rows in More that of the last is shown
			r.Lag = lagText(d, l)
		}
		slices.SortStableFunc(r.articles, func(a, b *news.Member) int { return a.Article.Time().Compare(b.Article.Time()) })
		lead := r.articles[0]
		if at := slices.IndexFunc(r.articles, func(m *news.Member) bool { return m.Role == news.RoleOriginal }); at >= 0 {
			lead = r.articles[at]
		}
		r.Kind, r.Time = kindOf(*lead), timestampOf(r.from, l)
		if i >= maxRows {
			if v.More == nil {
				v.More = &timelineRow{Label: l.Text("and %d more outlets", len(rows)-maxRows), Time: r.Time}
			}
			v.More.Lag = r.Lag
			if len(v.More.Marks) < allMarks {
				v.More.Marks = append(v.More.Marks, mark{scale.at(r.from), r.Kind})
			}
			continue
		}
		r.Label = labelOf(st, *lead, l)
		others := 0
		for _, m := range r.articles {
			if m.Article.ID != lead.Article.ID && others < maxMarks {
				r.Marks = append(r.Marks, mark{scale.at(m.Article.Time()), "again"})
				others++
				v.Again = true
			}
		}
		r.Marks = append(r.Marks, mark{scale.at(lead.Article.Time()), r.Kind}) // above the others
		v.Rows = append(v.Rows, r.timelineRow)
	}
	return v
}

// timelineOfEvent shows when the event was told: a row for each outlet that its stories go back to, the earliest first, with all
// articles of these stories. It gives nil where there is only one time to show, and the kinds of marks that it has.
func timelineOfEvent(groups [][]news.Story, l *locale.Locale) (*timelineView, []kindView) {
	var rows []datedRow
	var all extent
	count, undated, used := 0, 0, map[string]bool{}
	for _, g := range groups {
		var x datedRow
		outlets := map[string]bool{}
		x.Name = cmp.Or(publish.Name(publish.Author(g[0])), l.Text("Unknown outlet"))
		for _, st := range g {
			dated := false
			for i := range st.Members {
				m := &st.Members[i]
				outlets[m.Article.Outlet.Key()] = true
				if m.Article.Undated {
					continue
				}
				dated = true
				x.add(m)
				all.add(m.Article.Time())
			}
			if !dated {
				undated++
			}
		}
		count += len(x.articles)
		if len(x.articles) > 0 {
			x.Time, x.Label = timestampOf(x.from, l), l.Text("in %d outlets", len(outlets))
			if len(g) > 1 {
				x.Label = l.Text("%d stories, %s", len(g), x.Label)
			}
			rows = append(rows, x)
		}
	}
	if count < 2 {
		return nil, nil
	}
	slices.SortStableFunc(rows, func(a, b datedRow) int { return a.from.Compare(b.from) })
	v, scale := timelineOver(all, l)
	if undated > 0 {
		v.Undated = l.Text("%d stories without a time.", undated)
	}
	for i, x := range rows {
		if i >= eventRows && len(rows) > eventRows+1 {
			if v.More == nil {
				v.More = &timelineRow{Label: l.Text("and %d more outlets", len(rows)-eventRows), Time: x.Time}
			}
			if len(v.More.Marks) < allMarks {
				used["original"] = true
				v.More.Marks = append(v.More.Marks, mark{scale.at(x.from), "original"})
			}
			continue
		}
		// Originals are drawn last, above the others.
		slices.SortStableFunc(x.articles, func(a, b *news.Member) int {
			if a, b := a.Role == news.RoleOriginal, b.Role == news.RoleOriginal; a != b {
				return map[bool]int{false: -1, true: 1}[a]
			}
			return a.Article.Time().Compare(b.Article.Time())
		})
		drawn := map[mark]bool{}
		for _, m := range x.articles {
			at, kind := m.Article.Time(), kindOf(*m)
			place := mark{scale.at(at.Truncate(scale.long / allMarks)), kind} // the same for marks that would cover each other
			if drawn[place] {
				continue
			}
			drawn[place], used[kind] = true, true
			x.Marks = append(x.Marks, mark{scale.at(at), kind})
		}
		v.Rows = append(v.Rows, x.timelineRow)
	}
	return v, kindsAmong(used, l)
}

// scale is the part of time that a timeline shows.
type scale struct {
	from time.Time
	long time.Duration
}

func scaleOf(from, to time.Time) scale {
	return scale{from.UTC(), max(to.Sub(from), time.Minute)}
}

// at is where a time stands, in percent.
func (s scale) at(t time.Time) string {
	return strconv.FormatFloat(marginX+(100-2*marginX)*float64(t.Sub(s.from))/float64(s.long), 'f', 1, 64) + "%"
}

// ticks are at round times of the reader's day, maxTicks at most.
func (s scale) ticks(l *locale.Locale) (all []tick) {
	const day = 24 * time.Hour
	step := day
	for _, d := range []time.Duration{
		time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
		day, 2 * day, 7 * day, 14 * day, 30 * day, 91 * day, 365 * day, 730 * day, 3650 * day,
	} {
		if step = d; int(s.long/step) < maxTicks {
			break
		}
	}
	first := l.Midnight(s.from)
	for i, end := 0, s.from.Add(s.long); len(all) < maxTicks; i++ {
		at := first.Add(time.Duration(i) * step)
		if step >= day { // days with a change of the clock are not 24 hours long
			at = first.AddDate(0, 0, i*int(step/day))
		}
		if at.After(end) {
			break
		}
		if at.Before(s.from) {
			continue
		}
		t := tick{X: s.at(at), Label: l.Hour(at), Anchor: "middle"}
		if at.Equal(l.Midnight(at)) {
			t.Label = l.Day(at)
		}
		switch share := float64(at.Sub(s.from)) / float64(s.long); {
		case share < .08:
			t.Anchor = "start"
		case share > .92:
			t.Anchor = "end"
		}
		all = append(all, t)
	}
	return all
}

// lagText is how much later something came out: "+2 h 10 min".
func lagText(d time.Duration, l *locale.Locale) string {
	sign, d := "+", d.Round(time.Minute)
	if d < 0 {
		sign, d = "−", -d
	}
	if d == 0 {
		return l.Text("the same minute")
	}
	return sign + l.Duration(d)
}
