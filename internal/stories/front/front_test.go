package front_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/stories/front"
)

var evening = time.Date(2026, 8, 19, 20, 0, 0, 0, time.UTC)

// report is a story in short: its event, the outlet that it goes back to, its age in hours, its headline and language, and the
// outlets that carry it.
type report struct {
	event    int64
	origin   string
	age      float64
	title    string
	lang     string
	carriers []string
}

// edition makes stories of reports. Ids follow their order.
func edition(reports []report) (stories []front.Story, texts map[int64]front.Text) {
	var articles []news.Article
	for i, r := range reports {
		first := evening.Add(-time.Duration(r.age * float64(time.Hour)))
		s := front.Story{ID: int64(i + 1), Event: r.event, Origin: r.origin, First: first}
		for k, outlet := range append([]string{r.origin}, r.carriers...) {
			id := int64(100*(i+1) + k)
			lang := r.lang
			if lang == "" {
				lang = "en"
			}
			s.Members = append(s.Members, front.Member{Article: id, Outlet: outlet, Lang: lang, Time: first.Add(time.Duration(k) * time.Hour)})
			articles = append(articles, news.Article{ID: id, Title: r.title, Lang: lang})
		}
		stories = append(stories, s)
	}
	return stories, front.Texts(articles)
}

// fitOf returns the fitness of an article.
func fitOf(a news.Article) float64 { return front.Texts([]news.Article{a})[0].Fit }

// page returns the headlines of a page in order.
func page(reports []report, r front.Reader) []string {
	stories, texts := edition(reports)
	p := front.Join(front.Events(stories, evening, r), texts, evening, r)
	var titles []string
	for _, e := range p.Events {
		titles = append(titles, reports[p.Headline(e, texts)/100-1].title)
	}
	return titles
}

func TestOrder(t *testing.T) {
	var fillers []report // older, so that they stand below
	fillerTitles := []string{
		"Goat wins fair", "Comet found", "Ferry line opens", "Choir tours islands", "Vaccine for sheep tested", "Lighthouse painted", "Chess final drawn", "Storm warning lifted",
	}
	for i, title := range fillerTitles {
		fillers = append(fillers, report{int64(100 + i), title[:4], float64(8 + i), title, "", nil})
	}
	fillers = slices.Clip(fillers)
	for _, tt := range []struct {
		name    string
		reports []report
		langs   map[string]bool
		want    []string
	}{
		{
			name: "independent reports before copies of one",
			reports: []report{
				{1, "wire", 3, "Council buys a ferry", "", []string{"a", "b", "c"}},
				{2, "wire", 3, "Dam bursts above Aldermere", "", nil},
				{2, "herald", 3, "Aldermere dam gives way", "", nil},
				{2, "gazette", 3, "Dam of Aldermere broken", "", nil},
			},
			want: []string{"Dam of Aldermere broken", "Council buys a ferry"},
		}, {
			name:    "a rerun does not renew what was told yesterday",
			reports: []report{{1, "wire", 30, "Gardener finds comet", "", []string{"a"}}, {2, "herald", 1, "Bakers strike in north", "", nil}},
			want:    []string{"Bakers strike in north", "Gardener finds comet"},
		}, {
			name: "an outlet's own posts are no independent reports",
			reports: []report{
				{1, "blog", 2, "Goat wins fair", "", nil},
				{1, "blog", 2, "Goat wins county fair", "", nil},
				{1, "blog", 2, "Goat has won fair", "", nil},
				{2, "herald", 2, "Harbour closes berth", "", nil},
				{2, "gazette", 2, "Berth of harbour closed", "", nil},
			},
			want: []string{"Harbour closes berth", "Goat wins fair"},
		}, {
			name:    "the reader's languages first",
			reports: []report{{1, "zeitung", 1, "Damm gebrochen", "de", []string{"blatt"}}, {2, "herald", 3, "Bakers strike in north", "en", nil}},
			langs:   map[string]bool{"en": true},
			want:    []string{"Bakers strike in north", "Damm gebrochen"},
		}, {
			name: "one affair, one place",
			reports: []report{
				{11, "l", 8, "Ferry line opens", "", nil},
				{12, "m", 9, "Choir tours islands", "", nil},
				{13, "n", 10, "Vaccine for sheep tested", "", nil},
				{14, "o", 11, "Lighthouse painted", "", nil},
				{15, "p", 12, "Chess final drawn", "", nil},
				{16, "q", 13, "Storm warning lifted", "", nil},
				{1, "wire", 2, "Quintero resigns as mayor of Aldermere", "", []string{"a"}},
				{2, "herald", 1, "Who follows Quintero, mayor of Aldermere?", "", nil},
				{3, "gazette", 2, "Bakers strike in north", "", nil},
				{4, "a", 3, "Goat wins fair", "", nil},
				{5, "b", 4, "Comet found", "", nil},
			},
			want: []string{
				"Quintero resigns as mayor of Aldermere", "Bakers strike in north", "Goat wins fair", "Comet found", "Ferry line opens", "Choir tours islands",
				"Vaccine for sheep tested", "Lighthouse painted", "Chess final drawn", "Storm warning lifted",
			},
		}, {
			name: "one shared name makes no affair",
			reports: append(fillers,
				report{1, "wire", 2, "Black hole flings star at Milky Way", "", nil},
				report{2, "herald", 3, "Black market in eels thrives", "", nil},
			),
			want: append([]string{"Black hole flings star at Milky Way", "Black market in eels thrives"}, fillerTitles...),
		}, {
			name: "what one outlet alone tells alike stays apart",
			reports: append(fillers,
				report{1, "site", 2, "Aldermere Mills declares dividend of two crowns", "", nil},
				report{2, "site", 3, "Aldermere Docks declares dividend of nine crowns", "", nil},
			),
			want: append([]string{"Aldermere Mills declares dividend of two crowns", "Aldermere Docks declares dividend of nine crowns"}, fillerTitles...),
		}, {
			name: "what two outlets tell alike is an affair",
			reports: append(fillers,
				report{1, "site", 2, "Aldermere Mills declares dividend of two crowns", "", nil},
				report{2, "wire", 3, "Aldermere Docks declares dividend of nine crowns", "", nil},
			),
			want: append([]string{"Aldermere Mills declares dividend of two crowns"}, fillerTitles...),
		}, {
			name: "a report of a market stands with what moved it",
			reports: append(fillers,
				report{1, "wire", 2, "Quintero doubles purchases of harbour debt", "", []string{"a"}},
				report{2, "herald", 1, "Bonds rally as Quintero doubles purchases, bakers, millers, tanners, coopers, weavers, sailors, potters, cobblers, hatters and grocers gain", "", nil},
			),
			want: append([]string{"Quintero doubles purchases of harbour debt"}, fillerTitles...),
		}, {
			name: "a comment on the same stands alone",
			reports: append(fillers,
				report{1, "wire", 2, "Quintero doubles purchases of harbour debt", "", []string{"a"}},
				report{2, "herald", 1, "Songs sung as Quintero doubles purchases, bakers, millers, tanners, coopers, weavers, sailors, potters, cobblers, hatters and grocers gain", "", nil},
			),
			want: append([]string{
				"Quintero doubles purchases of harbour debt", "Songs sung as Quintero doubles purchases, bakers, millers, tanners, coopers, weavers, sailors, potters, cobblers, hatters and grocers gain",
			}, fillerTitles...),
		}, {
			name: "what is told in more languages stands above",
			reports: append(fillers,
				report{1, "wire", 3, "Quintero resigns as mayor of Aldermere", "en", nil},
				report{1, "wire", 3, "Dimite el alcalde de la capital", "es", nil},
				report{2, "herald", 2, "Bakers strike in north", "en", nil},
				report{2, "herald", 2, "Ovens of north stay cold", "en", nil},
			),
			want: append([]string{"Quintero resigns as mayor of Aldermere", "Bakers strike in north"}, fillerTitles...),
		}, {
			name: "what many follow up stands above",
			reports: append(fillers,
				report{1, "wire", 6, "Quintero resigns as mayor of Aldermere", "", nil},
				report{1, "wire", 6, "Aldermere's mayor Quintero packs", "", []string{"a"}},
				report{1, "wire", 6, "Mayor Quintero of Aldermere leaves", "", nil},
				report{2, "herald", 1, "Bakers strike in north", "", nil},
				report{2, "gazette", 1, "Ovens of north stay cold", "", nil},
			),
			want: append([]string{"Aldermere's mayor Quintero packs", "Bakers strike in north"}, fillerTitles...),
		}, {
			name: "affairs that are alike as wholes",
			reports: append(fillers,
				report{1, "wire", 2, "Budget of debt by Quintero the mayor", "", nil},
				report{2, "herald", 3, "Strike over debt of Quintero and council", "", nil},
				report{3, "gazette", 4, "Ferry of Aldermere on strike as council resigns", "", nil},
				report{4, "times", 5, "Ferry of Aldermere not in council budget", "", nil},
			),
			want: append([]string{"Budget of debt by Quintero the mayor"}, fillerTitles...),
		}, {
			name: "an outlet's later post joins an affair that others tell by then",
			reports: append(fillers,
				report{1, "wire", 1, "Budget of debt by Quintero the mayor", "", nil},
				report{2, "herald", 3, "Stocks fall, bonds rise on Quintero budget", "", nil},
				report{3, "wire", 5, "Mayor Quintero leaves budget of debt", "", nil},
			),
			want: append([]string{"Budget of debt by Quintero the mayor"}, fillerTitles...),
		}, {
			name: "programmes and live pages do not stand there",
			reports: []report{
				{1, "tv", 1, "Watch: bakers on strike", "", []string{"a", "b"}},
				{2, "radio", 1, "Strike talk (Podcast)", "", nil},
				{3, "herald", 2, "Bakers strike in north", "", nil},
				{4, "site", 1, "Bakers on strike", "", nil},
			},
			want: []string{"Bakers strike in north"},
		}, {
			name: "a digest of two events joins nothing and does not stand there",
			reports: []report{
				{1, "wire", 2, "Quintero resigns as mayor of Aldermere", "", []string{"a"}},
				{2, "gazette", 3, "Bakers strike in north spreads to mills", "", []string{"b"}},
				{3, "tv", 1, "Quintero resigns as mayor, bakers strike spreads", "", []string{"c", "d"}},
				{4, "e", 4, "Goat wins fair", "", nil},
				{5, "f", 5, "Comet found", "", nil},
				{6, "g", 6, "Ferry line opens", "", nil},
				{7, "h", 7, "Choir tours islands", "", nil},
				{8, "i", 8, "Lighthouse painted", "", nil},
				{9, "j", 9, "Storm warning lifted", "", nil},
				{10, "k", 10, "Chess final drawn", "", nil},
			},
			want: []string{
				"Quintero resigns as mayor of Aldermere", "Bakers strike in north spreads to mills", "Goat wins fair", "Comet found", "Ferry line opens",
				"Choir tours islands", "Lighthouse painted", "Storm warning lifted", "Chess final drawn",
			},
		},
	} {
		if diff := cmp.Diff(tt.want, page(tt.reports, front.Reader{Langs: tt.langs})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestAnyOrder gives the same stories in other orders. The page stays the same.
func TestAnyOrder(t *testing.T) {
	subjects := []string{"Aldermere dam bursts", "Quintero trial opens", "bakers strike spreads", "comet passes Jupiter", "ferry line closes"}
	var reports []report
	for i := range 60 {
		s := i % len(subjects)
		reports = append(reports, report{int64(s + len(subjects)*(i/20) + 1), fmt.Sprint("outlet", i%7), float64(i%11) + .5, fmt.Sprintf("%s report %d of day", subjects[s], i), "", nil})
	}
	stories, texts := edition(reports)
	ids := func(stories []front.Story) (out [][]int64) {
		p := front.Join(front.Events(stories, evening, front.Reader{}), texts, evening, front.Reader{})
		for _, e := range p.Events {
			of := []int64{p.Headline(e, texts)}
			for _, s := range e.Stories {
				of = append(of, s.ID)
			}
			out = append(out, of)
		}
		return out
	}
	want := ids(stories)
	if len(want) != len(subjects) {
		t.Errorf("%d places, want one for each subject", len(want))
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		other := slices.Clone(stories)
		rng.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
		if diff := cmp.Diff(want, ids(other)); diff != "" {
			t.Fatalf("in another order (-want +got):\n%s", diff)
		}
	}
}

func TestFit(t *testing.T) {
	report := fitOf(news.Article{Title: "Dam bursts above Aldermere", Lang: "en"})
	for _, title := range []string{
		"What to know about the dam", "Why the dam burst", "Analysis: a dam and its builders", "Will the dam hold?", "¿Resistirá la presa?", "Cómo se rompió la presa", "アングル：ダム決壊の背景",
	} {
		if got := fitOf(news.Article{Title: title}); got >= report || got <= 0 {
			t.Errorf("%q: fitness %v, a report has %v", title, got, report)
		}
	}
	if got := fitOf(news.Article{Summary: "Just walked past the old mill and saw two herons in the weir."}); got >= report || got <= .1 {
		t.Errorf("a post without a title: fitness %v, a report has %v", got, report)
	}
	comment := fitOf(news.Article{Title: "Why the dam burst"})
	for _, a := range []news.Article{
		{Title: "Dam talk | Podcast"}, {Title: "Watch: the dam bursts"}, {Title: "Dam live updates"}, {Title: "Dam bursts", Roundup: true}, {Title: "Wall St closes higher"}, {Title: "Die Bilderstrecke zum Damm"}, {},
	} {
		if got := fitOf(a); got >= comment {
			t.Errorf("%+v: fitness %v, a comment has %v", a.Title, got, comment)
		}
	}
	for _, title := range []string{"Whatsapp is fined", "Whitehall plans a levy", "Livestock prices rise", "Watchdog opens an inquiry", "Canada signs the treaty"} {
		if got := fitOf(news.Article{Title: title}); got != report {
			t.Errorf("%q: fitness %v, want that of a report", title, got)
		}
	}
}

func TestMarket(t *testing.T) {
	for title, want := range map[string]bool{
		"Wall St rises as yields ease":                                  true,
		"US stocks: Bulls regain ground":                                true,
		"Oil holds gains of four days":                                  true,
		"Japan bond yields near 3%":                                     true,
		"Dax fällt auf ein Jahrestief":                                  true,
		"La bolsa cae por tercer día":                                   true,
		"日経平均は続落、半導体株に売り":                                               true,
		"Treasury doubles purchases as yields rise":                     false,
		"Millworks shares jump after bid":                               false,
		"Golden hour falls on the harbour":                              false,
		"The town of Aldermere says that its oil lamps will not fall":   false,
		"Oil tanker in Aldermere's harbour opened to visitors; no rise": false,
		"": false,
	} {
		got := front.Texts([]news.Article{{ID: 1, Title: title}})[1].Market
		if got != want {
			t.Errorf("%q is a report of a market: %v, want %v", title, got, want)
		}
	}
}

// TestHeadlineLanguage has a story of an English agency that an Arabic outlet translates.
func TestHeadlineLanguage(t *testing.T) {
	stories, texts := edition([]report{{1, "wire", 3, "Dam bursts above Aldermere", "en", []string{"herald", "marfa", "site"}}})
	const english, arabic, unknown = 100, 102, 103
	stories[0].Members[2].Lang, stories[0].Members[3].Lang = "ar", ""
	for _, tt := range []struct {
		langs map[string]bool
		want  int64
	}{
		{nil, english},
		{map[string]bool{"en": true}, english},
		{map[string]bool{"ar": true}, arabic},
		{map[string]bool{"ar": true, "en": true}, english},
		{map[string]bool{"de": true}, unknown}, // it may be German
	} {
		by := front.Reader{Langs: tt.langs}
		p := front.Join(front.Events(stories, evening, by), texts, evening, by)
		if got := p.Headline(p.Events[0], texts); got != tt.want {
			t.Errorf("for readers of %v the headline is that of %d, want %d", tt.langs, got, tt.want)
		}
	}
}
