package compare_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/compare"
)

// shelf is a few articles and edges by hand.
type shelf struct {
	articles []news.Article
	links    []news.Edge
	reads    int
}

var errShelf = errors.New("the shelf fell")

func (s *shelf) ArticlesByID(_ context.Context, ids []int64) ([]news.Article, error) {
	s.reads++
	var found []news.Article
	for _, id := range ids {
		for _, a := range s.articles {
			if a.ID == id {
				found = append(found, a)
			}
		}
	}
	return found, nil
}

func (s *shelf) EdgesBetween(context.Context, []int64) ([]news.Edge, error) {
	if s.links == nil {
		return nil, errShelf
	}
	return s.links, nil
}

const (
	launch = "The harbour office bought a launch on Monday that will carry passengers and their bicycles across the sound until the pier is mended in spring. " +
		"Its skipper retired from the fishing fleet nine years ago and says that he has missed the fog."
	other = "Nobody who waited at the quay believed the notice when it went up, because three earlier ones had promised a boat that never came to take them over. " +
		"This time somebody had drawn a fish on it."
)

// storyOf makes a story of the given texts, the first of which is the origin unless it is only named.
func storyOf(named bool, texts ...string) (news.Story, *shelf) {
	st := news.Story{ID: 7, Origin: news.Origin{Outlet: news.Outlet{Name: "Examiner", Domain: "examiner.example"}}}
	s := &shelf{links: []news.Edge{}}
	for i, text := range texts {
		a := news.Article{
			ID: int64(i + 1), Text: text, Seen: time.Date(2026, 11, 20, i, 0, 0, 0, time.UTC),
			Outlet: news.Outlet{Name: fmt.Sprint("Paper ", i+1), Domain: fmt.Sprintf("paper%d.example", i+1)},
		}
		s.articles = append(s.articles, a)
		a.Text = ""
		st.Members = append(st.Members, news.Member{Article: a, Role: news.RoleRewrite})
	}
	if !named && len(texts) > 0 {
		st.Origin.Outlet, st.Origin.Article = s.articles[0].Outlet, 1
	}
	return st, s
}

func TestCompareNotes(t *testing.T) {
	credit := func(o string, domain string, text string) []news.Claim {
		return []news.Claim{{Kind: news.ClaimReport, Outlet: o, Domain: domain, Text: text, Strength: .6}}
	}
	link := func(a, b int64, detail string) []news.Edge {
		return []news.Edge{
			{A: 2, B: 4, Story: .9},
			{A: a, B: b, Story: .6, Reasons: []news.Evidence{{Detail: "a little", Weight: .4}, {Detail: detail, Weight: 3}, {Detail: "against it", Weight: -5}}},
		}
	}
	tests := map[string]struct {
		named  bool
		texts  []string
		claims []news.Claim // of the second
		links  []news.Edge
		of     int64
		want   string
	}{
		"a copy needs no note": {false, []string{launch, launch}, nil, nil, 2, ""},
		"a retelling with its credit": {
			false,
			[]string{launch, other},
			credit("Paper 1", "paper1.example", "Paper 1 reported on Monday"), link(1, 2, "figures agree"), 2,
			"A retelling: none of its own words stand in the version of Paper 1. It belongs here because it credits Paper 1: “Paper 1 reported on Monday”.",
		},
		"a retelling with a name only": {
			false,
			[]string{launch, other},
			credit("Paper 1", "paper1.example", "Paper 1"), nil, 2,
			"A retelling: none of its own words stand in the version of Paper 1. It belongs here because it names Paper 1.",
		},
		"a retelling like the origin": {
			false,
			[]string{launch, other},
			nil, link(1, 2, "figures agree"), 2,
			"A retelling: none of its own words stand in the version of Paper 1. It belongs here because of what it has in common with the version of Paper 1: figures agree.",
		},
		"a retelling like another": {
			false,
			[]string{launch, other, other},
			credit("Elsewhere", "elsewhere.example", "said Elsewhere"), link(2, 3, "the headline is the same"), 2,
			"A retelling: none of its own words stand in the version of Paper 1. It belongs here because of what it has in common with the version of Paper 3: the headline is the same.",
		},
		"a retelling without a reason": {
			false,
			[]string{launch, other + " " + other + " It will carry passengers and their bicycles."},
			nil, nil, 2,
			"A retelling: only 6 of its 81 own words stand in the version of Paper 1. It belongs here by way of the other versions.",
		},
		"a headline": {
			false, []string{launch, "A launch!"}, nil, nil, 2, "Its feed gives too little text to compare. It belongs here by way of the other versions.",
		},
		"an origin without text": {
			false, []string{"", other}, nil, nil, 2, "The feed of Paper 1 gives no text to compare with. It belongs here by way of the other versions.",
		},
		"a copy under a name": {
			true, []string{launch, launch}, nil, nil, 2, "Examiner's own article is not among those that your feeds brought; compared with the version of Paper 1, the earliest.",
		},
		"a retelling under a name": {
			true,
			[]string{launch, other},
			credit("Examiner", "examiner.example", "the Examiner found"), nil, 2,
			"Examiner's own article is not among those that your feeds brought; compared with the version of Paper 1, the earliest. A retelling: none of its own words stand in that version. It belongs here because it credits Examiner: “the Examiner found”.",
		},
		"the lead under a name": {
			true,
			[]string{launch, other},
			nil, link(1, 2, "figures agree"), 1,
			"Examiner's own article is not among those that your feeds brought. It belongs here because of what it has in common with the version of Paper 2: figures agree. The other versions are compared with this one.",
		},
		"alone under a name": {true, []string{launch}, nil, nil, 1, "Examiner's own article is not among those that your feeds brought. It belongs here by way of the other versions."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			st, s := storyOf(tt.named, tt.texts...)
			if len(st.Members) > 1 {
				st.Members[1].Claims = tt.claims
			}
			s.links = append(s.links, tt.links...)
			all, err := compare.New(s).Comparisons(t.Context(), st)
			must(t, err)
			if got := all[tt.of].Note; got != tt.want {
				t.Errorf("note %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestCompareTranslation(t *testing.T) {
	st, s := storyOf(false, launch, "El puerto compró el lunes una lancha que llevará a los pasajeros y sus bicicletas hasta que reparen el muelle en primavera. "+
		"Su patrón dejó la flota pesquera hace nueve años y dice que echa de menos la niebla.")
	for i, lang := range []string{"en", "es"} {
		s.articles[i].Lang, st.Members[i].Article.Lang = lang, lang
	}
	st.Members[1].Evidence = []news.Evidence{{Kind: "translation", Detail: "it is a translation of the text of Paper 1, from en to es"}}
	s.links = []news.Edge{{A: 1, B: 2, Story: .9, Reasons: []news.Evidence{{Kind: "translation", Detail: "a translation: 5 names agree", Weight: 3}}}}
	all, err := compare.New(s).Comparisons(t.Context(), st)
	must(t, err)
	const want = "A translation of the version of Paper 1, from en to es. " +
		"It belongs here because of what it has in common with the version of Paper 1: a translation: 5 names agree."
	if k := all[2]; k.Note != want || len(k.Reasons) != 2 || k.Added != 0 {
		t.Errorf("note %q, reasons %v, %d sentences added\nwant %q", k.Note, k.Reasons, k.Added, want)
	}
}

// A kept comparison with the lead comes before a closer one with another member; what settling guessed gives way to it.
func TestCompareReasons(t *testing.T) {
	st, s := storyOf(false, launch, launch, launch)
	share, headline := news.Evidence{Kind: "share", Detail: "90%"}, news.Evidence{Kind: "headline", Detail: "short"}
	for i := range st.Members {
		st.Members[i].Evidence = []news.Evidence{share, headline}
	}
	s.links = []news.Edge{
		{A: 1, B: 2, Story: .5, Reasons: []news.Evidence{{Detail: "of 1"}}}, {A: 2, B: 3, Story: .9, Reasons: []news.Evidence{{Detail: "of 3"}}},
	}
	all, err := compare.New(s).Comparisons(t.Context(), st)
	must(t, err)
	if k := all[2]; k.Like != 1 || fmt.Sprint(k.Reasons) != "[{ of 1 0} {headline short 0}]" {
		t.Errorf("2 is like %d: %v", k.Like, k.Reasons)
	}
	if k := all[3]; k.Like != 2 || k.Reasons[0].Detail != "of 3" {
		t.Errorf("3 is like %d: %v", k.Like, k.Reasons)
	}
	s.links = []news.Edge{}
	all, err = compare.New(s).Comparisons(t.Context(), st)
	must(t, err)
	if k := all[2]; k.Like != 0 || len(k.Reasons) != 2 || k.Credits == nil || k.Adds == nil || k.Passages == nil {
		t.Errorf("without links: %+v", k)
	}
}

// A story of many long texts must not hold a page up, nor fill the memory.
func TestCompareIsBounded(t *testing.T) {
	long := strings.Repeat(launch+" ", 1<<20/len(launch))
	texts := []string{launch}
	for range 50 {
		texts = append(texts, long)
	}
	st, s := storyOf(false, texts...)
	all, err := compare.New(s).Comparisons(t.Context(), st)
	must(t, err)
	if k := all[2]; strings.HasPrefix(k.Note, "Not compared") || k.Longest == 0 {
		t.Errorf("the first is not compared: %+v", k.Note)
	}
	if k := all[51]; !strings.HasPrefix(k.Note, "Not compared: ") || k.With != 0 || k.Passages == nil {
		t.Errorf("the last: %+v", k)
	}
	if len(all) != 50 || s.reads > 2 {
		t.Errorf("%d members, %d reads", len(all), s.reads)
	}
}

func TestCompareFails(t *testing.T) {
	st, s := storyOf(false, launch, other)
	if all, err := compare.New(s).Comparisons(t.Context(), news.Story{}); err != nil || len(all) != 0 {
		t.Errorf("a story without members: %v, %v", all, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := compare.New(s).Comparisons(ended, st); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := compare.New(&shelf{links: []news.Edge{}}).Comparisons(t.Context(), st); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("without the origin's article: %v", err)
	}
	s.links = nil
	if _, err := compare.New(s).Comparisons(t.Context(), st); !errors.Is(err, errShelf) {
		t.Errorf("without edges: %v", err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
