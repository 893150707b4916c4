package search

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"headwater/internal/news"
)

func TestPut(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, Options{})
	check(t, x, 0, 0)
	put(t, x, 6, corpus()...)
	put(t, x, 6, corpus()...)
	check(t, x, 6, 6)

	revised := corpus()[0]
	revised.Title = "Central bank holds"
	put(t, x, 9, revised)
	check(t, x, 9, 6)
	equal(t, []int64{1}, found(t, x, Request{Query: "title:holds"}))
	equal(t, []int64(nil), found(t, x, Request{Query: "title:raises"}))

	put(t, x, 12)
	check(t, x, 12, 6)
	if err := x.Delete(t.Context(), []int64{1, 2, 99}, 3); err != nil {
		t.Fatal(err)
	}
	check(t, x, 12, 4)
	equal(t, []int64{3}, found(t, x, Request{Query: "bank"}))

	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir, Options{})
	check(t, x, 12, 4)
	equal(t, []int64{3}, found(t, x, Request{Query: "bank"}))
}

// A later article of the same batch replaces an earlier one.
func TestPutTwiceInABatch(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	a, b := numbered(1), numbered(1)
	b.Title = "Second thoughts"
	put(t, x, 2, a, b)
	check(t, x, 2, 1)
	equal(t, []int64{1}, found(t, x, Request{Query: "thoughts"}))
}

func TestPartSize(t *testing.T) {
	short := make([]news.Article, maxPart+1)
	long := []news.Article{{Text: strings.Repeat("x", maxPartBytes+1)}, {Summary: strings.Repeat("x", maxPartBytes)}, {Title: "x"}}
	for _, tt := range []struct {
		articles []news.Article
		want     int
	}{{nil, 0}, {short[:1], 1}, {short[:maxPart], maxPart}, {short, maxPart}, {long, 1}, {long[1:], 1}, {long[2:], 1}} {
		if got := partSize(tt.articles, make([]string, len(tt.articles))); got != tt.want {
			t.Errorf("part of %d articles: %d, want %d", len(tt.articles), got, tt.want)
		}
	}
	x := open(t, t.TempDir(), Options{})
	put(t, x, 3, news.Article{ID: 1, Text: strings.Repeat("Ferry boats. ", maxPartBytes/12)}, numbered(2), numbered(3))
	check(t, x, 3, 3)
	hits := find1(t, x, Request{Query: "ferry"})
	if len(hits.Hits) != 1 || len(hits.Hits[0].Body) != maxSpans {
		t.Errorf("%d hits", len(hits.Hits))
	}
}

func TestCancelled(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Put(ctx, corpus(), 6); !errors.Is(err, context.Canceled) {
		t.Errorf("Put gives %v", err)
	}
	check(t, x, 0, 0)
	if _, err := Open(ctx, t.TempDir(), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open gives %v", err)
	}
}

func TestClosed(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	for range 2 {
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, err1 := x.Watermark()
	_, err2 := x.Count()
	_, err3 := x.Search(t.Context(), Request{Query: "bank"}, now)
	for i, err := range []error{err1, err2, err3, x.Put(t.Context(), nil, 1), x.Delete(t.Context(), []int64{1}, 1), x.Swap(t.Context())} {
		if !errors.Is(err, errClosed) {
			t.Errorf("call %d after Close gives %v", i, err)
		}
	}
}

// A failed write leaves an index that goes on from what the disk holds, here from nothing.
func TestFailedWrite(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, Options{})
	put(t, x, 6, corpus()...)
	if err := os.RemoveAll(filepath.Join(dir, folder, "store")); err != nil {
		t.Fatal(err)
	}
	if err := x.Put(t.Context(), []news.Article{numbered(7)}, 7); err == nil {
		t.Fatal("Put says nothing though the disk took nothing")
	}
	check(t, x, 0, 0)
	put(t, x, 7, numbered(7))
	check(t, x, 7, 1)
}

// Where even that fails, every call says so, and none waits for ever.
func TestFailedReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	x := open(t, dir, Options{})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := x.Put(t.Context(), []news.Article{numbered(1)}, 1); err == nil {
		t.Fatal("Put says nothing though the disk took nothing")
	}
	if _, err := x.Watermark(); err == nil || !strings.Contains(err.Error(), "could not be opened again") {
		t.Errorf("Watermark gives %v", err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := x.Put(t.Context(), []news.Article{numbered(1)}, 1); err == nil {
		t.Error("Put wrote to an index that is not open")
	}
	put(t, x, 1, numbered(1)) // the write before opened it again
	check(t, x, 1, 1)
}

func TestAtOnce(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for id := range int64(10) {
				if err := x.Put(t.Context(), []news.Article{numbered(id)}, id); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 20 {
				hits, err := x.Search(t.Context(), Request{Query: "report"}, now)
				if err != nil || hits.Total > 10 {
					t.Errorf("%d hits, %v", hits.Total, err)
				}
			}
		})
	}
	wg.Wait()
	check(t, x, 9, 10)
}

func fresh(t *testing.T, dir string) *Index {
	t.Helper()
	x, err := NewRebuild(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func TestSwap(t *testing.T) {
	dir := full(t)
	x := fresh(t, dir)
	check(t, x, 0, 0)
	put(t, x, 40, numbered(40))
	for range 2 {
		if err := x.Swap(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(t, x, 40, 1)
	}
	put(t, x, 41, numbered(41))
	equal(t, []string{folder}, list(t, dir))
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir, Options{})
	check(t, x, 41, 2)
	equal(t, 2, len(found(t, x, Request{Query: "report"})))
}

func TestSwapIntoNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	x := fresh(t, dir)
	put(t, x, 1, numbered(1))
	if err := x.Swap(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, x, 1, 1)
	equal(t, []string{folder}, list(t, dir))
}

// While the old index is open it stays, and so does the new one.
func TestSwapLocked(t *testing.T) {
	dir := full(t)
	old := open(t, dir, Options{})
	x := fresh(t, dir)
	put(t, x, 40, numbered(40))
	if err := x.Swap(t.Context()); !errors.Is(err, errLocked) {
		t.Fatalf("got %v", err)
	}
	check(t, old, 6, 6)
	check(t, x, 40, 1)
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if err := x.Swap(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, x, 40, 1)
}

func TestSwapForATornIndex(t *testing.T) {
	dir := full(t)
	write(t, filepath.Join(dir, folder, "store", "root.bolt"), noise)
	x := fresh(t, dir)
	put(t, x, 1, numbered(1))
	if err := x.Swap(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, []string{folder}, list(t, dir))
}

func TestFreshLocked(t *testing.T) {
	dir := t.TempDir()
	x := fresh(t, dir)
	if _, err := NewRebuild(t.Context(), dir, Options{}); !errors.Is(err, errLocked) {
		t.Errorf("got %v", err)
	}
	open(t, dir, Options{}) // must not tidy away what is being built
	put(t, x, 1, numbered(1))
	check(t, x, 1, 1)
}

// A crash during NewRebuild or at any step of Swap leaves an index that opens.
func TestCrashInSwap(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, dir string)
		mark int64
	}{
		{"building", func(t *testing.T, dir string) {
			leave(t, dir, newFolder, 40)
		}, 6},
		{"the old one moved", func(t *testing.T, dir string) {
			leave(t, dir, newFolder, 40)
			rename(t, dir, folder, oldFolder)
		}, 6},
		{"both moved", func(t *testing.T, dir string) {
			leave(t, dir, newFolder, 40)
			rename(t, dir, folder, oldFolder)
			rename(t, dir, newFolder, folder)
		}, 40},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := full(t)
			tt.make(t, dir)
			x := open(t, dir, Options{})
			if mark, err := x.Watermark(); err != nil || mark != tt.mark {
				t.Errorf("mark %d, %v", mark, err)
			}
			equal(t, []string{folder}, list(t, dir))
		})
	}
}

// leave makes a closed index in a data folder under the name given.
func leave(t *testing.T, dir, name string, mark int64) {
	t.Helper()
	other := t.TempDir()
	x := fresh(t, other)
	put(t, x, mark, numbered(mark))
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(other, newFolder), filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, dir, from, to string) {
	t.Helper()
	if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
		t.Fatal(err)
	}
}
