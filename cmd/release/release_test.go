package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var commitTime = time.Date(2026, 12, 2, 13, 30, 0, 0, time.UTC)

// TestVersions lists versions as dpkg sorts them, oldest first.
func TestVersions(t *testing.T) {
	for _, tt := range [][2]string{
		{"30ffab3b", "0.0.0~20261202133000.30ffab3b"},
		{"30ffab3b-dirty", "0.0.0~20261202133000.30ffab3b.dirty"},
		{"v1.2.0-rc.1", "1.2.0~rc.1"},
		{"v1.2.0-rc.1-4-gabc0123", "1.2.0~rc.1+4.gabc0123"},
		{"v1.2.0", "1.2.0"},
		{"1.2.0-dirty", "1.2.0+dirty"},
		{"v1.2.0-3-gabc0123", "1.2.0+3.gabc0123"},
		{"v1.2.0-3-gabc0123-dirty", "1.2.0+3.gabc0123+dirty"},
	} {
		if got := versionOf(tt[0], commitTime); got != tt[1] {
			t.Errorf("versionOf(%s) = %s, want %s", tt[0], got, tt[1])
		}
	}
}

// TestArchives writes the same files twice, found in another order and written at another time.
func TestArchives(t *testing.T) {
	tests := []struct {
		name  string
		write func(io.Writer, string, []file, time.Time) error
		list  func(*testing.T, []byte) []string
	}{{"tar.gz", writeTarGz, listTarGz}, {"zip", writeZip, listZip}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var first, second bytes.Buffer
			program, manual := written(t, "headwater", "program"), written(t, "manual.md", "text")
			if err := tt.write(&first, "headwater-1.0.0", []file{{"headwater", program, 0o755}, {"manual.md", manual, 0o644}}, commitTime); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{program, manual} {
				if err := os.Chtimes(name, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
					t.Fatal(err)
				}
			}
			if err := tt.write(&second, "headwater-1.0.0", []file{{"manual.md", manual, 0o644}, {"headwater", program, 0o755}}, commitTime); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first.Bytes(), second.Bytes()) {
				t.Error("two archives of the same files differ")
			}
			want := []string{"headwater-1.0.0/headwater -rwxr-xr-x program", "headwater-1.0.0/manual.md -rw-r--r-- text"}
			if diff := cmp.Diff(want, tt.list(t, first.Bytes())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func listTarGz(t *testing.T, content []byte) (names []string) {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(unzipped); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil || !h.ModTime.Equal(commitTime) {
			t.Errorf("%s: of %s, err %v", h.Name, h.ModTime, err)
		}
		names = append(names, h.Name+" "+h.FileInfo().Mode().String()+" "+string(text))
	}
}

func listZip(t *testing.T, content []byte) (names []string) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		opened, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(opened)
		if err != nil || !f.Modified.Equal(commitTime) {
			t.Errorf("%s: of %s, err %v", f.Name, f.Modified, err)
		}
		names = append(names, f.Name+" "+f.Mode().String()+" "+string(text))
	}
	return names
}

func TestNotices(t *testing.T) {
	module := filepath.Dir(written(t, "LICENSE", "You may."))
	written := func(name, text string) {
		t.Helper()
		if err := writeFile(filepath.Join(module, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written("NOTICE.txt", "By us.\r\n")
	written("license.go", "package license")
	written("vendored/COPYING", "They may.")
	written("unused/LICENSE", "Nobody may.")
	got, err := writeNotices(map[string]map[string]bool{"example.org/a v1.0.0": {module: true, filepath.Join(module, "vendored"): true}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "example.org/a v1.0.0\n\n--- LICENSE\n\nYou may.\n\n--- NOTICE.txt\n\nBy us.\n\n--- COPYING\n\nThey may.\n"; !strings.HasSuffix(string(got), want) {
		t.Errorf("notices are\n%s\nwant at their end\n%s", got, want)
	}
	if _, err := writeNotices(map[string]map[string]bool{"example.org/b v1.0.0": {t.TempDir(): true}}); err == nil || !strings.Contains(err.Error(), "example.org/b") {
		t.Errorf("a module without a licence: err = %v", err)
	}
}

func written(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}
