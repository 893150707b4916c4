package store

import (
	gocmp "cmp"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"headwater/internal/news"
	"headwater/internal/store/pgtest"
)

// showing returns a poll of a feed whose document has this furniture.
func showing(f news.Feed, checked time.Time, shown news.Furniture) Poll {
	p := poll(f)
	p.Feed.Checked, p.Furniture = checked, shown
	return p
}

func furniture(t *testing.T, db *DB, feed int64) news.Furniture {
	t.Helper()
	f, err := db.Furniture(t.Context(), feed)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func wantFurniture(t *testing.T, db *DB, feed int64, want news.Furniture) {
	t.Helper()
	if diff := cmp.Diff(want, furniture(t, db, feed)); diff != "" {
		t.Errorf("furniture of feed %d (-want +got):\n%s", feed, diff)
	}
	blocks, err := db.FurnitureBlocks(t.Context(), feed)
	if diff := cmp.Diff(want.Blocks, blocks); diff != "" || err != nil {
		t.Errorf("blocks of feed %d: %v (-want +got):\n%s", feed, err, diff)
	}
}

// oneItem has all kinds of numbers.
func oneItem(key uint64) news.ItemBlocks {
	return news.ItemBlocks{
		Key: key, Title: math.MaxUint64, Content: 1 << 63, Words: []uint64{7, math.MaxUint64 - 1},
		Blocks: []news.Block{{Hash: math.MaxUint64, Words: 3}, {Hash: 2, Words: 100_000}},
	}
}

func items(from, to uint64) []news.ItemBlocks {
	var out []news.ItemBlocks
	for k := from; k < to; k++ {
		out = append(out, news.ItemBlocks{Key: k, Title: k})
	}
	return out
}

func TestFurnitureIsKept(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	feeds := addFeeds(t, db, 2)
	one := news.Furniture{Blocks: []uint64{3, math.MaxUint64, 1 << 63}, Items: []news.ItemBlocks{oneItem(math.MaxUint64), oneItem(4)}}
	store(t, db, showing(feeds[0], day, one), showing(feeds[1], day, news.Furniture{Blocks: []uint64{9}}))
	slices.SortFunc(one.Blocks, func(a, b uint64) int { return gocmp.Compare(int64(a), int64(b)) }) // equal times, as SQLite orders them
	wantFurniture(t, db, feeds[0].ID, one)
	wantFurniture(t, db, feeds[1].ID, news.Furniture{Blocks: []uint64{9}})
	wantFurniture(t, db, 99, news.Furniture{})
	check(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	wantFurniture(t, open(t, dir), feeds[0].ID, one)
}

// The store remembers exactly what news.Furniture.Then returns.
func TestFurnitureIsBounded(t *testing.T) {
	db := open(t, t.TempDir())
	feeds := addFeeds(t, db, 2)
	store(t, db, showing(feeds[1], day, news.Furniture{Blocks: []uint64{5}, Items: items(0, 2)}))
	want := news.Furniture{}
	for i := range uint64(5) {
		shown := news.Furniture{Items: items(20*i, 20*i+10)}
		for b := range uint64(900) {
			shown.Blocks = append(shown.Blocks, 600*i+b)
		}
		want = want.Then(shown)
		store(t, db, showing(feeds[0], day.Add(time.Duration(i)*time.Hour), shown))
		got := furniture(t, db, feeds[0].ID)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after poll %d (-want +got):\n%s", i, diff)
		}
	}
	got := furniture(t, db, feeds[0].ID)
	if len(got.Blocks) != news.FurnitureBlocks || len(got.Items) != news.FurnitureItems {
		t.Errorf("%d blocks and %d items", len(got.Blocks), len(got.Items))
	}
	if got.Blocks[0] != 2400 || slices.Contains(got.Blocks, 599) {
		t.Errorf("the newest block is %d; the oldest is there: %v", got.Blocks[0], slices.Contains(got.Blocks, 599))
	}
	if other := furniture(t, db, feeds[1].ID); len(other.Blocks) != 1 || len(other.Items) != 2 {
		t.Errorf("of the other feed %+v", other)
	}
}

// A block that is also in an older document keeps its newer time.
func TestFurnitureSeenAgain(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	store(t, db, showing(f, day, news.Furniture{Blocks: []uint64{1, 2}, Items: items(1, 3)}))
	again := oneItem(2)
	store(t, db, showing(f, day.Add(time.Hour), news.Furniture{Blocks: []uint64{2}, Items: []news.ItemBlocks{again}}))
	store(t, db, showing(f, day.Add(-time.Hour), news.Furniture{Blocks: []uint64{2}}))
	wantFurniture(t, db, f.ID, news.Furniture{Blocks: []uint64{2, 1}, Items: []news.ItemBlocks{again, items(1, 2)[0]}})
}

func TestFurnitureGoesWithItsFeed(t *testing.T) {
	db := open(t, t.TempDir())
	feeds := addFeeds(t, db, 2)
	shown := news.Furniture{Blocks: []uint64{1}, Items: items(1, 2)}
	store(t, db, showing(feeds[0], day, shown), showing(feeds[1], day, shown))
	if err := db.RemoveFeed(t.Context(), feeds[0].ID); err != nil {
		t.Fatal(err)
	}
	wantFurniture(t, db, feeds[0].ID, shown) // the removal can still be undone
	if ended, err := db.EndRemovals(t.Context(), db.Now().Add(time.Second), 10); err != nil || ended != 1 {
		t.Fatalf("%d removals ended: %v", ended, err)
	}
	store(t, db, showing(feeds[0], day, shown)) // its last poll arrives late
	wantFurniture(t, db, feeds[0].ID, news.Furniture{})
	wantFurniture(t, db, feeds[1].ID, shown)
	again, err := db.AddFeed(t.Context(), news.Feed{URL: feeds[0].URL})
	if err != nil || again.ID != feeds[0].ID {
		t.Fatalf("added again as %d, %v", again.ID, err)
	}
	wantFurniture(t, db, again.ID, news.Furniture{})
	check(t, db)
}

// Articles and furniture of a poll are stored together or not at all.
func TestFurnitureIsOfOnePollWithItsArticles(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	f := addFeeds(t, db, 1)[0]
	if pgtest.OnPostgreSQL() {
		execute(t, dir, `ALTER TABLE shown ADD CHECK (false)`)
	} else {
		execute(t, dir, `CREATE TRIGGER refuse BEFORE INSERT ON shown BEGIN SELECT raise(ABORT, 'refused'); END`)
	}
	p := showing(f, day, news.Furniture{Blocks: []uint64{1}, Items: items(1, 2)})
	p.Articles = []news.Article{article("g1", "title 1")}
	if _, err := db.Collect(t.Context(), []Poll{p}); err == nil {
		t.Fatal("stored")
	}
	if n := len(logged(t, db, 0)); n != 0 {
		t.Errorf("%d articles were stored", n)
	}
	wantFurniture(t, db, f.ID, news.Furniture{})
}

// An item whose blocks were damaged counts as never seen.
func TestDamagedItems(t *testing.T) {
	whole := packItem(oneItem(0))
	for n := range whole {
		if it, ok := unpackItem(whole[:n]); ok {
			t.Errorf("%d of %d bytes gave %+v", n, len(whole), it)
		}
	}
	if _, ok := unpackItem(append(whole, 0)); ok {
		t.Error("a byte too many")
	}
	for _, count := range []string{"ffffffffffffffffff01", "ffff7f", "80"} {
		dir := t.TempDir()
		db := open(t, dir)
		f := addFeeds(t, db, 1)[0]
		store(t, db, showing(f, day, news.Furniture{Items: items(1, 3)}))
		execute(t, dir, `UPDATE shown SET blocks = x'00000000000000000000000000000000`+count+`' WHERE item = 1`)
		wantFurniture(t, db, f.ID, news.Furniture{Items: items(2, 3)})
	}
}

func TestFurnitureIsBackedUp(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	shown := news.Furniture{Blocks: []uint64{1}, Items: items(1, 2)}
	store(t, db, showing(f, day, shown))
	wantFurniture(t, restored(t, backedUp(t, db), ownEngine(t)), f.ID, shown)
}

// Polls of many feeds are stored while the furniture of others is read.
func TestFurnitureAtTheSameTime(t *testing.T) {
	db := open(t, t.TempDir())
	feeds := addFeeds(t, db, 6)
	var g errgroup.Group
	for i, f := range feeds {
		g.Go(func() error {
			for n := range uint64(20) {
				before, err := db.Furniture(t.Context(), f.ID)
				if err != nil {
					return err
				}
				if len(before.Blocks) != int(n) {
					t.Errorf("feed %d has %d blocks before poll %d", i, len(before.Blocks), n)
				}
				shown := news.Furniture{Blocks: []uint64{uint64(i)<<32 | n}, Items: items(n, n+1)}
				if _, err := db.Collect(t.Context(), []Poll{showing(f, day.Add(time.Duration(n)*time.Minute), shown)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for i, f := range feeds {
		for n, b := range furniture(t, db, f.ID).Blocks {
			if want := uint64(i)<<32 | uint64(19-n); b != want {
				t.Errorf("feed %d, block %d: %x, want %x", i, n, b, want)
			}
		}
	}
}
