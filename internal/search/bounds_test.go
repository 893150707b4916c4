package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
)

// queries are what people type, and what breaks programs.
func queries(t testing.TB) (list []string) {
	t.Helper()
	data, err := os.ReadFile("testdata/queries.json")
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// checkSearch says no where a search ends in anything but an answer or an error with a place in the query.
func checkSearch(t interface{ Fatalf(string, ...any) }, x *Index, query string) {
	for _, s := range []Request{{Query: query, Facets: true, Stories: true}, {Query: query, Newest: true, User: 1}} {
		hits, err := x.Search(context.Background(), s, now)
		var syntax *QueryError
		switch {
		case errors.As(err, &syntax):
		case err != nil:
			t.Fatalf("%q: %v", query, err)
		case hits.Matches > 7 || hits.Total > hits.Matches || len(hits.Hits) > hits.Total:
			t.Fatalf("%q of seven articles: %d stories in %d articles, %d shown", query, hits.Total, hits.Matches, len(hits.Hits))
		}
	}
}

func TestQueriesEnd(t *testing.T) {
	x, _ := room(t)
	for _, s := range queries(t) {
		for _, query := range []string{s, "title:" + s, "origin:" + s, `"` + s + `"`, "(" + s + ") OR comet", "-" + s} {
			checkQuery(t, query)
			checkSearch(t, x, query)
		}
	}
}

// FuzzSearch asks a small index for anything: it finds or refuses, and ends.
func FuzzSearch(f *testing.F) {
	x, err := Open(f.Context(), f.TempDir(), Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := x.Close(); err != nil {
			f.Error(err)
		}
	})
	var articles []news.Article
	for id := int64(1); id <= 7; id++ {
		articles = append(articles, news.Article{
			ID: id, Title: fmt.Sprintf("Comet %d", id), Text: "The comet's return. 全人代 met; COVID-19 didn't. AT&T, C# and #comet in the US.", Lang: []string{"en", "fi", ""}[id%3],
			URL: fmt.Sprintf("https://paper.example/sky/%d", id), Categories: []string{"Deep Space"}, Outlet: outlet("paper"), Seen: now,
		})
	}
	if err := x.Put(f.Context(), articles, 7); err != nil {
		f.Fatal(err)
	}
	for _, s := range queries(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkSearch(t, x, s) })
}

func TestSearchTime(t *testing.T) {
	x := open(t, t.TempDir(), Options{Timeout: time.Nanosecond})
	put(t, x, 1, news.Article{ID: 1, Title: "Comet", Seen: now})
	for _, query := range []string{"comet", "com*", `"comet comet"`, "is:original"} {
		if _, err := x.Search(t.Context(), Request{Query: query}, now); !errors.Is(err, ErrSlow) || !strings.Contains(err.Error(), "1ns") {
			t.Errorf("%s: %v, want ErrSlow", query, err)
		}
	}
}

// A search that is cancelled while it waits ends, and the next one runs.
func TestLimiter(t *testing.T) {
	x, _ := room(t)
	for range cap(x.limiter) {
		if err := x.limiter.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Search(ctx, Request{Query: "comet"}, now); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := x.Search(t.Context(), Request{Query: "comet"}, now)
		ended <- err
	}()
	for range cap(x.limiter) {
		x.limiter.release()
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// What a list holds does not outlive the articles that it tells of, and what is deleted is not found in a list that is kept.
func TestListsAreKept(t *testing.T) {
	x, _ := room(t)
	for range 2 {
		equal(t, 7, find1(t, x, Request{Query: "comet"}).Total)
		equal(t, 0, find1(t, x, Request{Query: "asteroid"}).Total)
	}
	if len(x.lists.recent) == 0 || x.lists.size <= 0 {
		t.Error("nothing is kept")
	}
	if err := x.Delete(t.Context(), []int64{3}, 1); err != nil {
		t.Fatal(err)
	}
	put(t, x, 8, news.Article{ID: 4, Title: "Asteroid", Seen: now})
	equal(t, 5, find1(t, x, Request{Query: "comet"}).Total)
	equal(t, []int64{4}, found(t, x, Request{Query: "asteroid"}))
}

func TestListsAreBounded(t *testing.T) {
	var k hitLists
	docs := make([]uint32, maxLists/100)
	for i := range uint64(60) {
		_, err := k.get(listKey{i, "comet"}, func() (*hitList, error) { return &hitList{docs: docs, weights: make([]uint16, len(docs))}, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	each := (&hitList{docs: docs}).size()
	if n := len(k.recent) + len(k.older); n*each > maxLists || n < 5 {
		t.Errorf("%d lists of %d bytes are kept; they may take %d", n, each, maxLists)
	}
	if k.lookup(listKey{59, "comet"}) == nil || k.lookup(listKey{0, "comet"}) != nil {
		t.Error("not the oldest was forgotten")
	}
	wrong := errors.New("unreadable")
	if _, err := k.get(listKey{99, "x"}, func() (*hitList, error) { return nil, wrong }); !errors.Is(err, wrong) {
		t.Errorf("got %v, want the error of reading", err)
	}
}

// Scores stay above 0 where most of what held a word was taken out.
func TestIDF(t *testing.T) {
	for _, n := range []uint64{0, 1, 10, 1_000_000} {
		for _, count := range []uint64{0, 1, n, 10*n + 100} {
			if got := idf(n, count); !(got > 0) {
				t.Errorf("%d of %d: %f", count, n, got)
			}
		}
	}
}

func TestDecay(t *testing.T) {
	for _, seconds := range []int64{-5, 0, 1, 4095, 4096, 4097, 259_200, 1_000_003, 7_000_000, 7_774_000, 7_776_000, 1 << 31} {
		want := math.Exp2(-math.Max(float64(seconds), 0) / halfLife.Seconds())
		if got := decay(seconds); math.Abs(got-want) > 1.1e-9 {
			t.Errorf("after %d s: %g, want %g", seconds, got, want)
		}
	}
}
