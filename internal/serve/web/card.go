package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"headwater/internal/intake/clean"
	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

const (
	maxDek      = 260 // characters of summary on a card
	maxNames    = 3   // outlets named for a role before "+n more"
	maxDots     = 24
	maxCoverage = 3 // other stories of its event that a card names
)

// card is a story as lists show it.
type card struct {
	Title, Lang string
	Page        string
	By          originView
	Out         outLink
	Dek         string
	Versions    []roleGroup
	Dots        []dot
	Time        timestamp
	Coverage    []headline // other stories of the same event
	Event       string     // the page of that event
	More        int        // those not in Coverage
	Marks       markView
}

// originView says who wrote a story and how sure that is.
type originView struct {
	Name    string
	Level   string
	Class   string // for the badge: "original", "likely" or "earliest"
	Named   bool   // no feed of ours carries the outlet's own article
	Absence string // says so where Named
	Aged    bool   // Named, as the article that there was has been aged out
}

// roleGroup is the reports of one role.
type roleGroup struct {
	Role  string
	Label string // "3 copies"
	Names []string
	More  int
}

// dot is one report in a card's row of dots.
type dot struct {
	X    int // centre
	Role string
}

// headline is another story, in one line.
type headline struct {
	Title, Lang, Page, Outlet string
	Time                      timestamp
}

func (s *server) cardOf(st news.Story, l *locale.Locale) card {
	lead, reports := st.Current().Article, st.Reports()
	c := card{
		Title:    titleOf(st, l),
		Lang:     lead.Lang,
		Page:     storyPath(st.ID),
		By:       originOf(st, l),
		Out:      outTo(st.Link()),
		Versions: roleGroupsOf(reports, l),
		Dots:     []dot{{X: 6, Role: "source"}}, // the origin's is larger
		Time:     storyTime(st, st.Latest, l),
	}
	if c.By.Named {
		c.Dots[0].Role = "unseen"
	}
	for _, r := range reports {
		if len(c.Dots) == maxDots {
			break
		}
		if role := r.Role(); role != news.RoleOriginal {
			c.Dots = append(c.Dots, dot{X: 9 + 10*len(c.Dots), Role: string(role)})
		}
	}
	c.Dek = s.dekOf(lead, c.Title, maxDek)
	c.Marks = markView{ID: st.Lead().Article.ID}
	return c
}

func titleOf(st news.Story, l *locale.Locale) string {
	return cmp.Or(publish.Line(st.Headline()), l.Text("Untitled"))
}

// langOf is the language of a story's headline.
func langOf(st news.Story) string {
	if len(st.Members) == 0 {
		return ""
	}
	return st.Current().Article.Lang
}

// headlineOf shows a story in one line, with a time of it.
func headlineOf(st news.Story, at timestamp, l *locale.Locale) headline {
	return headline{Title: titleOf(st, l), Lang: langOf(st), Page: storyPath(st.ID), Outlet: publish.Name(publish.Author(st)), Time: at}
}

// dekOf is what an article's summary says besides its headline, cut to some characters; "" where that is nothing.
func (s *server) dekOf(a news.Article, title string, most int) string {
	a.Summary = clean.ReadableText(a.Summary)
	dek := publish.Line(s.backend.Dek(a))
	if dek == title {
		return ""
	}
	return publish.Cut(dek, most)
}

// articleTitle is an article's headline as pages show it.
func articleTitle(a news.Article, l *locale.Locale) string {
	return cmp.Or(publish.Line(a.Headline()), l.Text("Untitled"))
}

func originOf(st news.Story, l *locale.Locale) originView {
	level := cmp.Or(st.Origin.Level, news.LevelEarliest)
	c := originView{
		Name:  publish.Name(publish.Author(st)),
		Level: l.Text(level),
		Class: "earliest",
		Named: st.Origin.Named() && st.Origin.Key() != "", Absence: l.Known(st.Origin.Absence()), Aged: st.Origin.Aged,
	}
	switch level {
	case news.LevelOriginal:
		c.Class = "original"
	case news.LevelLikely:
		c.Class = "likely"
	}
	return c
}

// roleGroupsOf groups reports by role, but for the original. An outlet is named once in each.
func roleGroupsOf(reports []news.Report, l *locale.Locale) []roleGroup {
	return groupReports(reports, l, func(r news.Report) string { return string(r.Role()) })
}

// groupReports groups reports by role, or by what kind tells apart.
func groupReports(reports []news.Report, l *locale.Locale, kind func(news.Report) string) []roleGroup {
	var all []roleGroup
	for _, role := range []struct{ kind, many string }{
		{"copy", locale.Key("%d copies")},
		{"rewrite", locale.Key("%d rewrites")},
		{"excerpt", locale.Key("%d excerpts")},
		{"translation", locale.Key("%d translations")},
		{"headline", locale.Key("%d headlines only")},
	} {
		g := roleGroup{Role: role.kind}
		count, seen := 0, map[string]bool{}
		for _, r := range reports {
			if kind(r) != role.kind {
				continue
			}
			count++
			outlet := r.Newest().Article.Outlet
			switch {
			case seen[outlet.Key()]:
			case len(g.Names) < maxNames:
				g.Names = append(g.Names, publish.Name(outlet))
			default:
				g.More++
			}
			seen[outlet.Key()] = true
		}
		if count > 0 {
			g.Label = l.Text(role.many, count)
			all = append(all, g)
		}
	}
	return all
}

// oneOfEachEvent leaves out the stories of an event after its first, and those without articles.
func oneOfEachEvent(stories []news.Story) (ones []news.Story) {
	shown := map[int64]bool{}
	for _, st := range stories {
		if len(st.Members) == 0 || st.Event != 0 && shown[st.Event] {
			continue
		}
		shown[st.Event] = true
		ones = append(ones, st)
	}
	return ones
}

// cards shows the stories of one event as one card, led by the first of them.
func (s *server) cards(r *http.Request, l *locale.Locale, stories []news.Story) ([]card, error) {
	var events []int64
	for _, st := range stories {
		if st.Event != 0 && !slices.Contains(events, st.Event) {
			events = append(events, st.Event)
		}
	}
	coverage, err := s.backend.Coverage(r.Context(), events, maxCoverage+1) // one of them may be the card's own
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	var cards []card
	for _, st := range oneOfEachEvent(stories) {
		c, of := s.cardOf(st, l), coverage[st.Event]
		c.Event = eventPath(st.Event)
		for _, o := range of.Stories {
			if o.ID != st.ID && len(o.Members) > 0 && len(c.Coverage) < maxCoverage {
				c.Coverage = append(c.Coverage, headlineOf(o, storyTime(o, o.Latest, l), l))
			}
		}
		c.More = max(of.Total-1-len(c.Coverage), 0)
		cards = append(cards, c)
	}
	marks := make([]*markView, len(cards))
	for i := range cards {
		marks[i] = &cards[i].Marks
	}
	return cards, s.marks(r, marks...)
}
