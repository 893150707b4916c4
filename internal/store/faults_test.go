package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"headwater/internal/news"
)

// runs returns how many runs of a kind a test does: few of them, a quarter of these with -short, or as many as a variable of the
// environment says (make faults).
func runs(t *testing.T, variable string, few int) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv(variable))
	switch {
	case err == nil:
		return n
	case testing.Short():
		return few / 4
	default:
		return few
	}
}

// workload stores documents, settles them and lets SQLite copy the WAL into the file, until something fails. It calls
// acknowledged with the number of documents after each that is stored.
func workload(ctx context.Context, dir string, acknowledged func(documents int)) (err error) {
	db, err := Open(ctx, dir, Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.writer.ExecContext(ctx, `PRAGMA wal_autocheckpoint = 20`); err != nil {
		return err
	}
	f, err := db.AddFeed(ctx, news.Feed{URL: feedURL(0)})
	if err != nil {
		return err
	}
	for i := 1; i <= faultDocuments; i++ {
		p := Poll{Feed: f, Articles: []news.Article{article(fmt.Sprint("item", i), strings.Repeat(fmt.Sprint("title", i, " "), 50))}}
		p.Feed.ETag = fmt.Sprint(i) // stands for all items up to this one
		if _, err := db.Collect(ctx, []Poll{p}); err != nil {
			return err
		}
		acknowledged(i)
		if err := db.Settle(ctx, Settlement{Through: int64(i), Stories: []news.Story{story(int64(i), 1, int64(i))}}); err != nil {
			return err
		}
		if i%5 == 0 {
			if err := db.Checkpoint(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

const faultDocuments = 12

// wantKept checks what a fault has left: it opens, is consistent, and has each acknowledged document once.
func wantKept(t *testing.T, dir string, acknowledged int) {
	t.Helper()
	db, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Errorf("after %d documents it does not open: %v", acknowledged, err)
		return
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
	feeds, err := db.Feeds(t.Context())
	if err != nil || acknowledged > 0 && len(feeds) != 1 {
		t.Errorf("%d feeds, want one (%v)", len(feeds), err)
		return
	}
	articles, err := db.Articles(t.Context(), news.ArticleList{Limit: 2 * faultDocuments})
	if err != nil {
		t.Error(err)
	}
	stored := map[string]int{}
	for _, a := range articles {
		stored[a.GUID]++
	}
	stands := 0
	for _, f := range feeds {
		stands, _ = strconv.Atoi(f.ETag) // "" stands for none
	}
	if stands < acknowledged || len(articles) != stands {
		t.Errorf("%d documents were acknowledged, the validator stands for %d, and %d articles are stored", acknowledged, stands, len(articles))
	}
	for i := 1; i <= stands; i++ {
		if n := stored[fmt.Sprint("item", i)]; n != 1 {
			t.Errorf("item %d is stored %d times", i, n)
		}
	}
}

// TestDiskFails lets the Nth write or sync of SQLite fail, of all operations from the beginning of a data folder on.
func TestDiskFails(t *testing.T) {
	sqliteOnly(t)
	whole := &faultyDisk{room: -1}
	useFaultyDisk(t, whole)
	if err := workload(t.Context(), t.TempDir(), func(int) {}); err != nil {
		t.Fatal(err)
	}
	n := runs(t, "HEADWATER_TEST_FAULTS", 40)
	t.Logf("%d runs; a run without fault has %d writes and syncs of %d bytes", n, whole.ops, whole.bytes)
	said := 0
	for i := range n {
		d := &faultyDisk{room: -1, failWith: 1, failAt: i + 1}
		if n < whole.ops { // spread them
			d.failAt = 1 + i*whole.ops/n
		}
		said += failing(t, d, fmt.Sprint("operation ", d.failAt), "failed", "disk")
	}
	if said < n/2 {
		t.Errorf("of %d faults %d were reported; the others were of no consequence", n, said)
	}
}

// TestDiskFills lets the disk be full at several points.
func TestDiskFills(t *testing.T) {
	sqliteOnly(t)
	whole := &faultyDisk{room: -1}
	useFaultyDisk(t, whole)
	if err := workload(t.Context(), t.TempDir(), func(int) {}); err != nil {
		t.Fatal(err)
	}
	n := runs(t, "HEADWATER_TEST_FULL", 15)
	for i := range n {
		d := &faultyDisk{room: whole.bytes * int64(i) / int64(n)}
		if failing(t, d, fmt.Sprint("byte ", d.room), "full") == 0 && d.failed {
			t.Logf("a disk that is full at byte %d is of no consequence", d.room)
		}
	}
}

// failing runs the workload on a disk, requires that an error says what it must, and that nothing is lost. It returns 1 if
// the fault was reported.
func failing(t *testing.T, d *faultyDisk, what string, says ...string) int {
	t.Helper()
	disk.current = d
	dir, last := t.TempDir(), 0
	err := workload(t.Context(), dir, func(n int) { last = n })
	if err != nil && !d.failed {
		t.Errorf("%s: %v", what, err)
	}
	disk.current = &faultyDisk{room: -1} // the disk works again
	wantKept(t, dir, last)
	if t.Failed() {
		t.Fatalf("%s, after %d documents: %v", what, last, err)
	}
	if err == nil {
		return 0
	}
	for _, s := range says {
		if strings.Contains(err.Error(), s) {
			return 1
		}
	}
	t.Fatalf("%s: %v; it does not say what is wrong with the disk", what, err)
	return 0
}

// TestPowerFails builds the files as they may be after a power failure: what was synced is there; of each write after that, all,
// nothing, or some of its sectors.
func TestPowerFails(t *testing.T) {
	sqliteOnly(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	d := &faultyDisk{room: -1, keep: true}
	useFaultyDisk(t, d)
	acknowledged := []int{} // by document, how many operations had been done
	if err := workload(t.Context(), t.TempDir(), func(int) { acknowledged = append(acknowledged, d.written()) }); err != nil {
		t.Fatal(err)
	}
	log := d.log
	disk.current = &faultyDisk{room: -1}
	n, lost, begin := runs(t, "HEADWATER_TEST_POWER", 40), 0, acknowledged[0]*2/3 // before, the schema is being made
	for i := range n {
		end := begin + random.IntN(len(log)-begin+1)
		dir := t.TempDir()
		lost += afterPowerFailure(t, dir, log[:end], random)
		documents := 0
		for _, ops := range acknowledged {
			if ops <= end {
				documents++
			}
		}
		wantKept(t, dir, documents)
		if t.Failed() {
			t.Fatalf("run %d, at operation %d of %d, after %d documents", i, end, len(log), documents)
		}
	}
	if lost == 0 {
		t.Error("no write was lost, so nothing was tried")
	}
	t.Logf("%d runs, %d writes lost or torn", n, lost)
}

// afterPowerFailure writes the files as they may be after the operations and a power failure. It returns how many writes
// were lost or torn.
func afterPowerFailure(t *testing.T, dir string, log []diskOp, random *rand.Rand) (lost int) {
	t.Helper()
	const sector = 512
	files := map[string][]byte{}
	pending := map[string][]diskOp{}
	apply := func(op diskOp) {
		b := files[op.file]
		switch op.kind {
		case 'w':
			if need := op.at + int64(len(op.data)); int64(len(b)) < need {
				b = append(b, make([]byte, need-int64(len(b)))...)
			}
			copy(b[op.at:], op.data)
		case 't':
			b = b[:min(op.at, int64(len(b)))]
		}
		files[op.file] = b
	}
	for _, op := range log {
		switch op.kind {
		case 's':
			for _, p := range pending[op.file] {
				apply(p)
			}
			pending[op.file] = nil
		case 'd':
			delete(files, op.file)
			delete(pending, op.file)
		default:
			pending[op.file] = append(pending[op.file], op)
		}
	}
	for _, ops := range pending {
		for _, op := range ops {
			switch random.IntN(3) {
			case 0:
				lost++
				continue
			case 1:
				if op.kind == 'w' && len(op.data) > sector {
					lost++
					for from := 0; from < len(op.data); from += sector {
						if random.IntN(2) == 0 {
							apply(diskOp{op.file, 'w', op.at + int64(from), op.data[from:min(from+sector, len(op.data))]})
						}
					}
					continue
				}
			}
			apply(op)
		}
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return lost
}
