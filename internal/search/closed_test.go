package search

import (
	"os"
	"path/filepath"
	"testing"
)

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
