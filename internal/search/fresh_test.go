package search

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

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
