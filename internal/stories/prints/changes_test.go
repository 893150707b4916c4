package prints

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

func TestChanges(t *testing.T) {
	const first = "At least three people died when a strong quake shook the coast of Norvia on Monday. " +
		"The ministry said that rescue teams were on their way. Schools stay closed."
	for name, tt := range map[string]struct {
		before, after news.Article
		want          news.Changes
	}{
		"nothing": {
			news.Article{Title: "Quake hits Norvia, 3 dead", Text: first}, news.Article{Title: "Quake hits Norvia, 3 dead", Text: first}, news.Changes{},
		},
		"headline, a toll, a sentence for another": {
			news.Article{Title: "Quake hits Norvia, 3 dead", Text: first},
			news.Article{
				Title: "Quake hits Norvia, 12 dead",
				Text: "At least 12 people died when a strong quake shook the coast of Norvia on Monday. " +
					"Soldiers dug through the rubble of a hotel until nightfall. Schools stay closed.",
			},
			news.Changes{
				Headline: &news.HeadlineChange{
					Before: "Quake hits Norvia, 3 dead", After: "Quake hits Norvia, 12 dead",
					Dropped: []news.Span{{Start: 19, End: 20}}, Added: []news.Span{{Start: 19, End: 21}},
				},
				Figures: []news.FigureChange{{Before: "3 dead", After: "12 dead"}, {Before: "three people died", After: "12 people died"}},
				Added:   []string{"Soldiers dug through the rubble of a hotel until nightfall."}, Adds: 1,
				Dropped: []string{"The ministry said that rescue teams were on their way."}, Drops: 1,
			},
		},
		"a sum at the end of its sentence": {
			news.Article{Title: "Fund buys port", Text: "The fund pays the city of Harrow for its port $3.5m."},
			news.Article{Title: "Fund buys port", Text: "The fund pays the city of Harrow for its port $4.1m."},
			news.Changes{Figures: []news.FigureChange{{Before: "port $3.5m", After: "port $4.1m"}}},
		},
		"a text where there was none says nothing": {
			news.Article{Title: "Fund buys port"}, news.Article{Title: "Fund buys port", Text: first}, news.Changes{},
		},
		"other words order": {
			news.Article{Title: "Minister resigns over port deal"},
			news.Article{Title: "Over port deal, minister resigns"},
			news.Changes{Headline: &news.HeadlineChange{
				Before: "Minister resigns over port deal", After: "Over port deal, minister resigns",
				Dropped: []news.Span{{Start: 0, End: 16}}, Added: []news.Span{{Start: 16, End: 32}},
			}},
		},
		"a headline turned round": {
			news.Article{Title: "Ministry says 40 missing as ferry sinks"},
			news.Article{Title: "Ferry sinks: 12 missing"},
			news.Changes{
				Headline: &news.HeadlineChange{
					Before: "Ministry says 40 missing as ferry sinks", After: "Ferry sinks: 12 missing",
					Dropped: []news.Span{{Start: 0, End: 27}}, Added: []news.Span{{Start: 13, End: 23}},
				},
				Figures: []news.FigureChange{{Before: "40 missing", After: "12 missing"}},
			},
		},
		"a figure gives way to something else": {
			news.Article{Title: "Ferry sinks: 180 saved"},
			news.Article{Title: "Ferry sinks: captain held"},
			news.Changes{Headline: &news.HeadlineChange{
				Before: "Ferry sinks: 180 saved", After: "Ferry sinks: captain held",
				Dropped: []news.Span{{Start: 13, End: 22}}, Added: []news.Span{{Start: 13, End: 25}},
			}},
		},
		"script without spaces": {
			news.Article{Title: "地震で3人死亡"},
			news.Article{Title: "地震で12人死亡"},
			news.Changes{
				Headline: &news.HeadlineChange{
					Before: "地震で3人死亡", After: "地震で12人死亡",
					Dropped: []news.Span{{Start: 9, End: 10}}, Added: []news.Span{{Start: 9, End: 11}},
				},
				Figures: []news.FigureChange{{Before: "3人死", After: "12人死"}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, Changes(tt.before, tt.after)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestChangesOfLongTexts(t *testing.T) {
	line := "One more line about the harbour and nothing else. "
	long := news.Article{Title: strings.Repeat("harbour ", 1000), Text: strings.Repeat(line, 20_000)}
	other := news.Article{Title: strings.Repeat("port ", 1000), Text: strings.Repeat("port ", 100_000)}
	if c := Changes(long, other); c.Drops != maxSentences || c.Adds != 1 || c.Headline == nil {
		t.Errorf("%d sentences dropped and %d added, headline %v", c.Drops, c.Adds, c.Headline)
	}
}
