package search

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/blevesearch/bleve/v2/index/scorch"

	"headwater/internal/news"
)

// full makes a closed index in a new data folder and gives the folder.
func full(t *testing.T) string {
	t.Helper()
	return closedIndex(t, corpus()[:3], corpus()[3:])
}

// closedIndex makes an index of a segment for each batch of articles, and closes it. bleve merges segments at any time, but one alone.
func closedIndex(t *testing.T, batches ...[]news.Article) string {
	t.Helper()
	dir := t.TempDir()
	x := open(t, dir, Options{})
	mark := int64(0)
	for _, articles := range batches {
		mark += int64(len(articles))
		put(t, x, mark, articles...)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// segment gives one of the segments that the index stands on.
func segment(t *testing.T, dir string) string {
	t.Helper()
	names, err := segmentNames(filepath.Join(dir, folder, "store", "root.bolt"))
	if err != nil || len(names) == 0 {
		t.Fatalf("segments: %v %v", names, err)
	}
	return filepath.Join(dir, folder, "store", names[0])
}

func write(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func half(b []byte) []byte  { return b[:len(b)/2] }
func empty([]byte) []byte   { return nil }
func zeros(b []byte) []byte { return make([]byte, len(b)) }

func noise(b []byte) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

func oneByte(b []byte) []byte {
	b[len(b)/3] ^= 0x10
	return b
}

func TestTorn(t *testing.T) {
	root := func(dir string) string { return filepath.Join(dir, folder, "store", "root.bolt") }
	meta := func(dir string) string { return filepath.Join(dir, folder, "index_meta.json") }
	tests := []struct {
		name   string
		file   func(t *testing.T, dir string) string
		change func([]byte) []byte // nil removes
	}{
		{"a segment cut short", segment, half},
		{"a segment empty", segment, empty},
		{"a segment with one bad byte", segment, oneByte},
		{"a segment of noise", segment, noise},
		{"a segment missing", segment, nil},
		{"the root file cut short", func(_ *testing.T, dir string) string { return root(dir) }, half},
		{"the root file cut to three pages", func(_ *testing.T, dir string) string { return root(dir) }, func(b []byte) []byte { return b[:3*4096] }},
		{"the root file empty", func(_ *testing.T, dir string) string { return root(dir) }, empty},
		{"the root file zeros", func(_ *testing.T, dir string) string { return root(dir) }, zeros},
		{"the root file noise", func(_ *testing.T, dir string) string { return root(dir) }, noise},
		{"the root file's pages noise", func(_ *testing.T, dir string) string { return root(dir) }, func(b []byte) []byte {
			copy(b[2*4096:], noise(b[2*4096:]))
			return b
		}},
		{"the root file missing", func(_ *testing.T, dir string) string { return root(dir) }, nil},
		{"the description cut short", func(_ *testing.T, dir string) string { return meta(dir) }, half},
		{"the description missing", func(_ *testing.T, dir string) string { return meta(dir) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := full(t)
			if tt.change == nil {
				if err := os.Remove(tt.file(t, dir)); err != nil {
					t.Fatal(err)
				}
			} else {
				write(t, tt.file(t, dir), tt.change)
			}
			var log bytes.Buffer
			x := open(t, dir, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			check(t, x, 0, 0)
			if n := strings.Count(log.String(), "index begun anew"); n != 1 {
				t.Errorf("said %d times:\n%s", n, log.String())
			}
			names := list(t, dir)
			if len(names) != 2 || names[0] != folder || !strings.HasPrefix(names[1], tornName) {
				t.Errorf("the data folder holds %v", names)
			}
			put(t, x, 6, corpus()...)
			equal(t, []int64{5}, found(t, x, Request{Query: "全人代"}))
		})
	}
}

// What was never part of the newest snapshot, such as a segment that a merge did not finish, is no damage.
func TestStraySegment(t *testing.T) {
	dir := full(t)
	stray := filepath.Join(dir, folder, "store", "0000000000ff.zap")
	if err := os.WriteFile(stray, []byte("half a segm"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, open(t, dir, Options{}), 6, 6)
}

func TestOneTornIsKept(t *testing.T) {
	dir := full(t)
	old := filepath.Join(dir, tornName+"20260101T000000.000")
	if err := os.Mkdir(old, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, segment(t, dir), half)
	open(t, dir, Options{})
	if names := list(t, dir); len(names) != 2 {
		t.Errorf("the data folder holds %v", names)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the older one is kept")
	}
}

func TestOtherMappingVersion(t *testing.T) {
	dir := full(t)
	x := open(t, dir, Options{})
	if err := x.b.SetInternal(mappingKey, []byte("0")); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	x = open(t, dir, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	check(t, x, 0, 0)
	equal(t, []string{folder}, list(t, dir))
	if !strings.Contains(log.String(), outdated) {
		t.Errorf("the log says %s", log.String())
	}
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, Options{})
	put(t, x, 6, corpus()...)
	_, err := Open(t.Context(), dir, Options{})
	if !errors.Is(err, errLocked) || !strings.Contains(err.Error(), "stop the other headwater") {
		t.Errorf("opened twice: %v", err)
	}
	check(t, x, 6, 6)
	equal(t, []string{folder}, list(t, dir))
}

func TestDataFolderIsAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), file, Options{}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

// A process that is killed while it writes leaves an index whose mark and articles agree, and that has every article
// whose Put returned.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	for range 6 {
		said := killWriter(t, dir, 1+random.IntN(8))
		var log bytes.Buffer
		x := open(t, dir, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		mark, err := x.Watermark()
		if err != nil {
			t.Fatal(err)
		}
		if mark < said {
			t.Errorf("mark %d, though Put returned for %d", mark, said)
		}
		check(t, x, mark, uint64(mark))
		if log.Len() > 0 {
			t.Errorf("the log says %s", log.String())
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killWriter runs writeUntilKilled, kills it while it works on the batch after the given number, and gives the last mark
// that it said.
func killWriter(t *testing.T, dir string, batches int) (mark int64) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), writerDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if mark, err = strconv.ParseInt(lines.Text(), 10, 64); err != nil {
			t.Fatalf("the writer says %q", lines.Text())
		}
		if batches--; batches == 0 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || batches > 0 {
		t.Fatalf("the writer ended by itself: %v", err)
	}
	return mark
}

// An index that was closed is not read through when it is opened, which is seen by a bad byte that stays unnoticed.
func TestClosedIsTrusted(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		change  func(t *testing.T, dir string)
		trusted bool
	}{
		{"closed", Options{}, func(*testing.T, string) {}, true},
		{"closed, and to be verified", Options{Verify: true}, func(*testing.T, string) {}, false},
		{"not closed", Options{}, func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, folder, closeMarker)); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"the closing cut short", Options{}, func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, folder, closeMarker), half)
		}, false},
		{"another root file of the same time", Options{}, func(t *testing.T, dir string) {
			spoil(t, filepath.Join(dir, folder, "store", "root.bolt"))
		}, false},
		{"a file more", Options{}, func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, folder, "store", "0000000000ff.zap"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := full(t)
			spoil(t, segment(t, dir))
			tt.change(t, dir)
			x := open(t, dir, tt.options)
			mark, err := x.Watermark()
			if err != nil || (mark == 6) != tt.trusted {
				t.Errorf("mark %d, %v; trusted is to be %t", mark, err, tt.trusted)
			}
		})
	}
}

// logged opens an index and returns it with what it logs.
func logged(t *testing.T, dir string) (*Index, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	return open(t, dir, Options{Logger: slog.New(slog.NewTextHandler(log, nil))}), log
}

// What an index that was closed hides from Open is found by Check, once.
func TestCheckAfterTrust(t *testing.T) {
	dir := closedIndex(t, corpus()) // a damaged segment that is merged is gone before Check
	spoil(t, segment(t, dir))
	x, log := logged(t, dir)
	check(t, x, 6, 6)
	for range 2 {
		if err := x.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	begunAnew(t, x, log, "does not match its checksum")
}

// begunAnew checks that an index was begun anew, that this was logged once with the words given, and that it can be filled.
func begunAnew(t *testing.T, x *Index, log *bytes.Buffer, said string) {
	t.Helper()
	check(t, x, 0, 0)
	if n := strings.Count(log.String(), said); n != 1 {
		t.Errorf("said %d times:\n%s", n, log)
	}
	put(t, x, 6, corpus()...)
	equal(t, []int64{5}, found(t, x, Request{Query: "全人代"}))
}

// A file that is cut short under an open index must not end the process when it is read, nor stay unnoticed. The index has one
// segment, so that bleve has nothing to merge: a fault in a goroutine of its own ends the process.
func TestCutWhileOpen(t *testing.T) {
	uses := map[string]func(x *Index) error{
		"search": func(x *Index) error {
			_, err := x.Search(t.Context(), Request{Query: "全人代"}, now)
			return err
		},
		"put":          func(x *Index) error { return x.Put(t.Context(), corpus()[:1], 6) },
		"each article": func(x *Index) error { return x.EachArticle(t.Context(), func([]int64) error { return nil }) },
		"search, again": func(x *Index) error { // found by the next process
			_, err := x.Search(t.Context(), Request{Query: "全人代"}, now)
			return errors.Join(err, x.Close())
		},
	}
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			x, log := logged(t, dir)
			put(t, x, 6, corpus()...)
			segments, err := filepath.Glob(filepath.Join(dir, folder, "store", "*.zap"))
			if err != nil || len(segments) == 0 {
				t.Fatalf("segments: %v %v", segments, err)
			}
			for _, path := range segments {
				if err := os.Truncate(path, 0); err != nil {
					t.Fatal(err)
				}
			}
			if err := use(x); !errors.Is(err, ErrDamaged) {
				t.Fatalf("got %v", err)
			}
			if x.closed {
				x, log = logged(t, dir)
			} else if err := x.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			begunAnew(t, x, log, "index begun anew")
		})
	}
}

// When one of bleve's goroutines has panicked, writes fail, where bleve would let them wait for ever. What was indexed is kept.
func TestBleveStops(t *testing.T) {
	x, _ := logged(t, full(t))
	scorch.RegistryAsyncErrorCallbacks[panicCallback](scorch.NewScorchError("merger", "panic: index out of range", scorch.ErrAsyncPanic), bleveFolder(x.path))
	err := x.Put(t.Context(), corpus()[:1], 7)
	if !errors.Is(err, news.ErrDisk) || !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "index out of range") {
		t.Errorf("got %v", err)
	}
	check(t, x, 6, 6) // opened again
	put(t, x, 7, corpus()[:1]...)
}

// An error of the program that looks like damage does not cost the index.
func TestSuspectedWrongly(t *testing.T) {
	x, log := logged(t, full(t))
	for range 2 {
		x.suspect.Store(true)
		if err := x.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(t, x, 6, 6)
		equal(t, []int64{5}, found(t, x, Request{Query: "全人代"}))
	}
	if log.Len() > 0 {
		t.Errorf("the log says %s", log)
	}
}

// spoil changes a byte of a file, in the checksum at its end, and keeps its time.
func spoil(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, func(b []byte) []byte {
		b[len(b)-1] ^= 0x10
		return b
	})
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
}

// While it is open, an index does not count as closed, so that a crash has it read through.
func TestOpenIsNotClosed(t *testing.T) {
	dir := full(t)
	x := open(t, dir, Options{})
	equal(t, []int64{5}, found(t, x, Request{Query: "全人代"}))
	if _, err := os.Stat(filepath.Join(dir, folder, closeMarker)); !os.IsNotExist(err) {
		t.Errorf("it counts as closed: %v", err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, folder, closeMarker)); err != nil {
		t.Error(err)
	}
}
