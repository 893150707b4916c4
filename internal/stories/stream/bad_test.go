package stream_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"headwater/feeds"
	"headwater/internal/news"
	"headwater/internal/stories/outlets"
	"headwater/internal/stories/stream"
)

// One outlet has one headline a day for ten years. Each day is a story of its own where its text is, and only the window
// is held.
func TestDailyHeadline(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, minutes under the race detector")
	}
	const days = 3650
	for name, round := range map[string]int{"in rounds": 100, "at once": 0} {
		t.Run(name, func(t *testing.T) {
			b, y := newGrouper(t, stream.Options{Round: round})
			for i := range days {
				e := news.Entry{Title: "Harbour bulletin: ships, tides and weather", Content: prose(uint64(i), 60)}
				y.add(t, b, e, "harbour", dawn.AddDate(0, 0, i))
			}
			y.end(t, b)
			stories := map[int64]bool{}
			for _, s := range y.story {
				stories[s] = true
			}
			if len(stories) != days {
				t.Errorf("%d days of other texts under one headline are %d stories", days, len(stories))
			}
			if round > 0 && y.most > 2*round+10 {
				t.Errorf("%d articles were held, of a window of 3 days", y.most)
			}
		})
	}
}

// The same without any text is one item that is shown again each day, as no word tells its days apart. It stays open while
// it is shown, and is closed when it is not.
func TestDailyHeadlineWithoutText(t *testing.T) {
	const days = 3650
	b, y := newGrouper(t, stream.Options{Round: 100})
	for i := range days {
		y.add(t, b, news.Entry{Title: "Harbour bulletin: ships, tides and weather"}, "harbour", dawn.AddDate(0, 0, i))
	}
	y.fill(t, b, 250, minutely(dawn.AddDate(0, 0, days+10)))
	if y.story[1] == 0 {
		t.Error("the story is still open ten days after it was shown last")
	}
	y.end(t, b)
	if first, last := y.story[1], y.story[days]; first != last {
		t.Errorf("one headline without a text is the stories %d and %d", first, last)
	}
}

// An agency sends a story thirty times in an hour, each time with a sentence more, another sentence, another figure or
// another headline: one story, at one address or at an address for each version, however many other articles the agency has.
func TestThirtyVersions(t *testing.T) {
	body := "<p>Fire broke out at the mill of Orling early on Sunday, and the river road was closed. " + prose(777, 40) + "</p><p>" + prose(778, 40) + "</p>"
	more := func(i int) string { return "<p>Then the brigade said: " + prose(uint64(i), 12) + ".</p>" }
	grown := []string{body}
	for i := range 30 {
		grown = append(grown, grown[i]+more(i))
	}
	for name, version := range map[string]func(i int) (title, text string){
		"a sentence more": func(i int) (string, string) { return "Fire at the mill of Orling, dozens led to safety", grown[i] },
		"another sentence": func(i int) (string, string) {
			return "Fire at the mill of Orling, dozens led to safety", body + more(i)
		},
		"another figure": func(i int) (string, string) {
			return fmt.Sprintf("Fire at the mill of Orling, %d people led to safety", 10+i), body + fmt.Sprintf("<p>%d people were led to safety.</p>", 10+i)
		},
		"another headline": func(i int) (string, string) { // of words that stand in the text
			return "Fire at the mill of Orling: " + strings.Join(strings.Fields(prose(777, 40))[i:i+3], " "), body
		},
	} {
		for where, others := range map[string]int{"at one address": 0, "at an address for each": 500, "at an address for each, few others": 100, "at an address for each, alone": 1} {
			t.Run(name+" "+where, func(t *testing.T) {
				b, y := newGrouper(t, stream.Options{Round: 507}) // the versions come in several rounds
				for i := range others {
					y.add(t, b, told(uint64(5000+i)), "wire", dawn.Add(time.Duration(i)*time.Minute))
				}
				for i := range 30 {
					e := news.Entry{GUID: fmt.Sprint("v", i), URL: "https://wire.example/2026/03/01/fire-at-the-mill-of-orling", Published: dawn.Add(time.Duration(2*i) * time.Minute)}
					if others > 0 {
						e.URL += fmt.Sprint("-", i)
					}
					e.Title, e.Content = version(i)
					y.added++
					must(t, b.Add(e, "wire", e.Published))
				}
				y.end(t, b)
				for i := others + 2; i <= others+30; i++ {
					if y.story[int64(i)] != y.story[int64(others+1)] {
						t.Errorf("version %d is in another story than the first", i-others)
					}
				}
			})
		}
	}
}

// Two agencies of one name, at domains of their own, are two outlets unless a list of outlets has the name. Their texts
// are two stories, and go back to the one that wrote them.
func TestTwoAgenciesOfOneName(t *testing.T) {
	for name, listed := range map[string]bool{"unlisted": false, "listed": true} {
		t.Run(name, func(t *testing.T) {
			var extra []outlets.Entry
			if listed {
				for _, domain := range []string{"anp-north.example", "anp-south.example"} {
					extra = append(extra, outlets.Entry{Name: "Orling News Press", Domains: []string{domain}, Agency: true})
				}
			}
			registry, err := outlets.Load(feeds.Agencies(), extra...)
			must(t, err)
			y := &printout{story: map[int64]int64{}}
			b := stream.New(stream.Options{Outlets: registry, Print: y.print})
			for i, domain := range []string{"anp-north.example", "anp-south.example"} {
				e := told(uint64(i))
				y.added += 2
				for n, at := range []string{domain, fmt.Sprintf("paper%d.example", i)} {
					e.GUID, e.URL, e.Published = "g", fmt.Sprintf("https://%s/2026/%s", at, strings.ReplaceAll(e.Title, " ", "-")), dawn.Add(time.Duration(n)*time.Hour)
					if n == 1 {
						e.Authors = []string{"Orling News Press"}
					}
					must(t, b.Add(e, at, e.Published))
				}
			}
			y.end(t, b)
			for i, want := range []string{"anp-north.example", "anp-south.example"} {
				original, paper := y.placed(int64(2*i+1)), y.placed(int64(2*i+2))
				if original.Story.ID != paper.Story.ID || original.Origin.Article != original.Article {
					t.Errorf("the paper's copy of %s is in story %d with the origin %+v, want %d with %d", want, paper.Story.ID, paper.Origin, original.Story.ID, original.Article)
				}
			}
			if y.story[1] == y.story[3] {
				t.Error("what the two wrote is one story")
			}
		})
	}
}

// placed gives what was printed of an article.
func (y *printout) placed(article int64) stream.Placed {
	for _, batch := range y.batches {
		for _, p := range batch {
			if p.Article == article {
				return p
			}
		}
	}
	return stream.Placed{}
}

// A page credits forty outlets, each for news of its own. It joins none of their reports, and brings none of them together.
func TestFortyCredits(t *testing.T) {
	registry, err := outlets.Load(feeds.Agencies())
	must(t, err)
	var credited []outlets.Entry
	for _, e := range registry.All() {
		if len(credited) < 40 && len(e.Domains) > 0 && !e.Common && !e.Quiet && !e.Aggregator && !strings.HasSuffix(e.Name, ")") {
			credited = append(credited, e)
		}
	}
	b, y := newGrouper(t, stream.Options{})
	var page []string
	for i, e := range credited {
		report := told(uint64(i))
		at := dawn.Add(time.Duration(i) * time.Minute)
		report.GUID, report.URL, report.Published = fmt.Sprint("r", i), fmt.Sprintf("https://%s/2026/03/01/%s", e.Domains[0], strings.ReplaceAll(report.Title, " ", "-")), at
		y.added++
		must(t, b.Add(report, e.Name, at))
		page = append(page, fmt.Sprintf("%s, according to %s.", report.Title, e.Name))
	}
	y.add(t, b, news.Entry{Title: "What the papers of the world say today", Content: "<p>" + strings.Join(page, "</p><p>") + "</p>"}, "review", dawn.Add(2*time.Hour))
	y.end(t, b)
	stories := map[int64]bool{}
	for _, s := range y.story {
		stories[s] = true
	}
	if len(credited) != 40 || len(stories) != 41 {
		t.Errorf("a page and the %d reports that it credits are %d stories, want 41", len(credited), len(stories))
	}
}

// A feed's clock runs a day ahead. Its copies of others' texts are in their stories, and none is the original, whether it is
// known when they were fetched or the feed is believed; nothing is closed early while such articles are few.
func TestClockAhead(t *testing.T) {
	for name, tt := range map[string]struct {
		few     int
		fetched bool
	}{
		"one in a hundred and fifty": {few: 150}, "one in ten": {few: 10}, "one in ten, fetched at the right time": {few: 10, fetched: true},
	} {
		t.Run(name, func(t *testing.T) {
			b, y := newGrouper(t, stream.Options{Round: 200})
			var pairs [][2]int64
			for i := range 1500 {
				at := dawn.Add(time.Duration(i) * 10 * time.Minute)
				id := y.add(t, b, told(uint64(i)), fmt.Sprint("paper", i%20), at)
				if i%tt.few > 0 {
					continue
				}
				e, seen := told(uint64(i)), at.Add(24*time.Hour)
				e.GUID, e.URL, e.Published = fmt.Sprint("a", i), fmt.Sprintf("https://ahead.example/%d", i), seen
				if tt.fetched {
					seen = at.Add(time.Minute)
				}
				y.added++
				must(t, b.Add(e, "ahead", seen))
				pairs = append(pairs, [2]int64{id, int64(y.added)})
			}
			y.end(t, b)
			for _, p := range pairs {
				if y.story[p[0]] != y.story[p[1]] {
					t.Errorf("article %d is not in the story of %d, which it copies a day ahead", p[1], p[0])
				} else if o := y.placed(p[1]).Origin; o.Article != p[0] {
					t.Errorf("article %d copies %d, and the origin is %d", p[1], p[0], o.Article)
				}
			}
		})
	}
}
