package search

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"headwater/internal/news"
)

// writerDir makes the test binary a program that writes to the index in a folder until it is killed.
const writerDir = "INDEX_TEST_WRITER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(dir))
		os.Exit(1)
	}
	// Bleve starts these once, for every index of the process.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"))
}

// now is when the tests search.
var now = time.Date(2026, 8, 20, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, dir string, options Options) *Index {
	t.Helper()
	x, err := Open(t.Context(), dir, options)
	if err != nil {
		t.Fatal(err)
	}
	x.share, x.kept.from = 1, 1 // so that all searches of tests are shared out and kept
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func put(t *testing.T, x *Index, mark int64, articles ...news.Article) {
	t.Helper()
	if err := x.Put(t.Context(), articles, mark); err != nil {
		t.Fatal(err)
	}
}

func find1(t *testing.T, x *Index, s Request) Result {
	t.Helper()
	hits, err := x.Search(t.Context(), s, now)
	if err != nil {
		t.Fatalf("%s: %v", s.Query, err)
	}
	return hits
}

// found gives the ids of the hits in their order.
func found(t *testing.T, x *Index, s Request) []int64 {
	t.Helper()
	var ids []int64
	for _, h := range find1(t, x, s).Hits {
		ids = append(ids, h.ID)
	}
	return ids
}

func check(t *testing.T, x *Index, mark int64, count uint64) {
	t.Helper()
	gotMark, err := x.Watermark()
	if err != nil {
		t.Fatal(err)
	}
	gotCount, err := x.Count()
	if err != nil {
		t.Fatal(err)
	}
	if gotMark != mark || gotCount != count {
		t.Errorf("mark %d and %d articles, want mark %d and %d", gotMark, gotCount, mark, count)
	}
}

func equal(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// writeUntilKilled puts articles 1, 2, 3 ... in batches, revising some, and says each mark once Put has returned.
func writeUntilKilled(dir string) error {
	ctx := context.Background()
	x, err := Open(ctx, dir, Options{})
	if err != nil {
		return err
	}
	mark, err := x.Watermark()
	if err != nil {
		return err
	}
	for {
		var batch []news.Article
		for range 20 {
			mark++
			batch = append(batch, numbered(mark))
		}
		if err := x.Put(ctx, batch, mark); err != nil {
			return err
		}
		fmt.Println(mark)
	}
}

func numbered(id int64) news.Article {
	return news.Article{ID: id, Title: fmt.Sprintf("Report %d", id), Text: "The same words stand in every report.", Seen: now}
}
