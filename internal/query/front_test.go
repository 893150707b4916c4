package query_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
)

// leads returns the headlines of a front page, and how many articles each card has.
func leads(t *testing.T, l *library, q news.FrontQuery) (titles []string, articles []int) {
	t.Helper()
	page, err := l.Front(t.Context(), q)
	must(t, err)
	for _, c := range page.Cards {
		titles, articles = append(titles, c.Articles[0].Title), append(articles, len(c.Articles))
	}
	return titles, articles
}

func TestFront(t *testing.T) {
	l := openLibrary(t)
	titles, articles := leads(t, l, news.FrontQuery{})
	if want := []string{"River floods Aldermere", "Gardener finds a comet", "Bakers strike in the north"}; !slices.Equal(titles, want) {
		t.Errorf("the page has %q, want %q", titles, want)
	}
	if want := []int{3, 1, 1}; !slices.Equal(articles, want) {
		t.Errorf("the cards have %d articles, want %d", articles, want)
	}
	first, err := l.Front(t.Context(), news.FrontQuery{Limit: 1})
	must(t, err)
	second, err := l.Front(t.Context(), news.FrontQuery{Limit: 1, Offset: 1})
	must(t, err)
	if first.Total != 3 || len(first.Cards) != 1 || len(second.Cards) != 1 || second.Cards[0].Articles[0].ID != heraldComet {
		t.Errorf("parts of the page: %+v, %+v", first, second)
	}
	if c := first.Cards[0]; c.Outlets != 3 || c.Independent != 0 || c.Event != 1 || !slices.Equal(c.Stories, []int64{flood}) {
		t.Errorf("the flood's card is %+v; no story of the library names its origin", c)
	}

	// as of an earlier hour, later copies are not there
	_, articles = leads(t, l, news.FrontQuery{At: day.Add(90 * time.Minute)})
	if want := []int{2}; !slices.Equal(articles, want) {
		t.Errorf("after an hour and a half the cards have %d articles, want %d", articles, want)
	}
	if titles, _ := leads(t, l, news.FrontQuery{At: day.Add(-time.Minute)}); len(titles) > 0 {
		t.Errorf("before the first article the page has %q", titles)
	}
	if titles, _ := leads(t, l, news.FrontQuery{Folder: "Papers"}); !slices.Equal(titles, []string{"River floods Aldermere"}) {
		t.Errorf("the folder's page has %q", titles)
	}
	if titles, _ := leads(t, l, news.FrontQuery{Offset: 500}); len(titles) > 0 {
		t.Errorf("past the end there is %q", titles)
	}
}

// TestFrontFollows asks for the page again and again while stories change.
func TestFrontFollows(t *testing.T) {
	l := openLibrary(t)
	before, _ := leads(t, l, news.FrontQuery{})
	l.settle(t, store.Settlement{Stories: []news.Story{story(flood, 1, heraldFlood, gazetteFlood, tribuneFlood), story(unknown, 5, gazetteFair)}, Through: gazetteFair})
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		after, _ := leads(t, l, news.FrontQuery{})
		if slices.Contains(after, "A goat wins the fair") {
			break
		}
		if !slices.Equal(before, after) {
			t.Fatalf("the page has neither what it had nor what is new: %q", after)
		}
		if time.Now().After(until) {
			t.Fatalf("the page does not show what was settled: %q", after)
		}
	}
	l.clock.Advance(100 * 24 * time.Hour) // nothing new for long: it looks further back
	if titles, _ := leads(t, l, news.FrontQuery{}); len(titles) != 4 {
		t.Errorf("after a hundred days without news the page has %q", titles)
	}
}

func TestAffair(t *testing.T) {
	l := openLibrary(t)
	others, err := l.Affair(t.Context(), 1, day)
	must(t, err)
	if len(others) > 0 {
		t.Errorf("three matters that have nothing in common are an affair: %+v", others)
	}
	if others, err := l.Affair(t.Context(), 4711, day); err != nil || len(others) > 0 {
		t.Errorf("an event that does not exist: %+v, %v", others, err)
	}
}

// TestOwnItem lists the Herald's report on a site that lists others' news, with the headline that tells most, and later on its own.
func TestOwnItem(t *testing.T) {
	l := openLibrary(t)
	listing, own := article("Herald", "Mill burns down in Aldermere", "", 6), article("Herald", "Mill burns", "", 7)
	listing.URL = "https://listing.example/read/1"
	feeds, err := l.store.Feeds(t.Context())
	must(t, err)
	for i, a := range []news.Article{listing, own} {
		a.GUID, a.Outlet.Domain = fmt.Sprint("mill", i), "herald.example"
		_, err := l.store.Collect(t.Context(), []store.Poll{{Feed: feeds[0], Articles: []news.Article{a}}})
		must(t, err)
	}
	const first int64 = gazetteFair + 1
	alone := story(unknown, 5, first)
	l.settle(t, store.Settlement{Stories: []news.Story{alone}, Through: first})
	lead := func(hour time.Duration) news.Article {
		page, err := l.Front(t.Context(), news.FrontQuery{At: day.Add(hour * time.Hour)})
		must(t, err)
		for _, c := range page.Cards {
			if slices.Contains(c.Stories, unknown) {
				return c.Articles[0]
			}
		}
		return news.Article{}
	}
	if got := lead(8).URL; got != listing.URL {
		t.Errorf("without an item of the Herald's site its report leads to %q, want the listing", got)
	}
	l.settle(t, store.Settlement{Stories: []news.Story{story(unknown, 5, first, first+1)}, Through: first + 1})
	if got := lead(9).URL; got != own.URL {
		t.Errorf("the Herald's report leads to %q, want its own site", got)
	}
}
