package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"headwater/internal/news"
)

func TestBackupAndRestore(t *testing.T) {
	sqliteOnly(t)
	db := newsroom(t, 3)
	settle(t, db, Settlement{Through: 2, Stories: []news.Story{story(1, 1, 1, 2)}})
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "backup.db")
	if err := db.Backup(ctx, file); err != nil {
		t.Fatal(err)
	}
	saysAll(t, db.Backup(ctx, file), file, "exists already")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("backup has mode %v, %v", info.Mode(), err)
	}
	dir := filepath.Join(t.TempDir(), "new")
	if err := Restore(ctx, file, dir, RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	check(t, again)
	if got, want := guids(logged(t, again, 0)), guids(logged(t, db, 0)); got != want {
		t.Errorf("restored %s, want %s", got, want)
	}
	if mark, err := again.Watermark(ctx, "settle"); mark != 2 || err != nil {
		t.Errorf("mark %d, %v", mark, err)
	}
	if s, err := again.Story(ctx, 1); err != nil || len(s.Members) != 2 {
		t.Errorf("story %+v, %v", s, err)
	}
	saysAll(t, Restore(ctx, file, dir, RestoreOptions{}), dir, "held by process")
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	saysAll(t, Restore(ctx, file, dir, RestoreOptions{}), dir, "not empty")
}

// TestRestoreFromALivingFolder restores from a database whose newest changes are in its WAL.
func TestRestoreFromALivingFolder(t *testing.T) {
	sqliteOnly(t)
	db := newsroom(t, 3)
	dir := filepath.Join(t.TempDir(), "new")
	if err := Restore(t.Context(), filepath.Join(db.Dir(), File), dir, RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, want := guids(logged(t, open(t, dir), 0)), guids(logged(t, db, 0)); got != want {
		t.Errorf("restored %s, want %s", got, want)
	}
}

func TestRestoreRefuses(t *testing.T) {
	sqliteOnly(t)
	backup := func(t *testing.T, change string) string {
		db := newsroom(t, 30)
		file := filepath.Join(t.TempDir(), File)
		if err := db.Backup(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		if change != "" {
			execute(t, filepath.Dir(file), change)
			unsummed(t, file)
		}
		return file
	}
	tests := []struct {
		name string
		file func(t *testing.T) string
		says string
	}{
		{"nothing there", func(t *testing.T) string { return filepath.Join(t.TempDir(), "no.db") }, "no such file"},
		{"a folder", func(t *testing.T) string { return t.TempDir() }, "not a file"},
		{"text", func(t *testing.T) string {
			file := filepath.Join(t.TempDir(), "text.db")
			write(t, file, strings.Repeat("text ", 999))
			return file
		}, "not a headwater backup"},
		{"empty", func(t *testing.T) string {
			file := filepath.Join(t.TempDir(), "empty.db")
			write(t, file, "")
			return file
		}, "not a headwater backup"},
		{"another program's", func(t *testing.T) string { return backup(t, `PRAGMA application_id = 7`) }, "not a headwater backup"},
		{"newer", func(t *testing.T) string {
			return backup(t, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (900, 1)`)
		}, "newer headwater"},
		{"damaged", func(t *testing.T) string {
			file := backup(t, "")
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i := 8192; i < len(b)-1000; i += 4096 {
				copy(b[i:], strings.Repeat("\xff", 1000))
			}
			write(t, file, string(b))
			unsummed(t, file)
			return file
		}, "the file is damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file, dir := tt.file(t), filepath.Join(t.TempDir(), "new")
			saysAll(t, Restore(t.Context(), file, dir, RestoreOptions{}), file, dir, tt.says)
			if _, err := os.Stat(filepath.Join(dir, File)); err == nil {
				t.Error("a database was put in place all the same")
			}
		})
	}
}

// unsummed removes the checksum of a backup.
func unsummed(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(SumFile(file)); err != nil {
		t.Fatal(err)
	}
}

// TestRestoreAgain repeats a restore that was interrupted at some point.
func TestRestoreAgain(t *testing.T) {
	sqliteOnly(t)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := newsroom(t, 30).Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	index := func(t *testing.T, dir string) {
		if err := os.Mkdir(filepath.Join(dir, "index"), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "index", "half"), "half an index")
	}
	restored := func(t *testing.T, dir string) {
		if err := Restore(t.Context(), backup, dir, RestoreOptions{Others: []string{"index*"}}); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name   string
		before func(t *testing.T, dir string)
		says   string // "": the restore can be repeated
	}{
		{"while it was written", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, File+".part"), "half a database")
			write(t, filepath.Join(dir, File+".part-journal"), "half a journal")
		}, ""},
		{"when it was written", restored, ""},
		{"while it was indexed", func(t *testing.T, dir string) {
			restored(t, dir)
			db, err := Open(t.Context(), dir, Options{Restoring: true})
			if err != nil {
				t.Fatal(err)
			}
			index(t, dir)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, File+"-wal"), "half a log")
		}, ""},
		{"and something else was put there", func(t *testing.T, dir string) {
			restored(t, dir)
			write(t, filepath.Join(dir, "letter.txt"), "Dear reader")
		}, "letter.txt is there"},
		{"and the folder was used", func(t *testing.T, dir string) {
			restored(t, dir)
			db, err := Open(t.Context(), dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}, "headwater.db is there"},
		{"when it was done", func(t *testing.T, dir string) {
			restored(t, dir)
			if err := Restored(dir); err != nil {
				t.Fatal(err)
			}
		}, "headwater.db is there"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			tt.before(t, dir)
			err := Restore(t.Context(), backup, dir, RestoreOptions{Others: []string{"index*"}})
			if tt.says != "" {
				saysAll(t, err, tt.says)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(dir, "index")); err == nil {
				t.Error("the index of the one that was interrupted is left")
			}
			db := open(t, dir)
			check(t, db)
			if s, err := db.Status(t.Context()); err != nil || s.Articles != 30 {
				t.Errorf("%d articles, %v", s.Articles, err)
			}
		})
	}
}

// TestRestoreInterrupted: opening reports an interrupted restore.
func TestRestoreInterrupted(t *testing.T) {
	sqliteOnly(t)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := newsroom(t, 30).Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Restore(ctx, backup, t.TempDir(), RestoreOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("it says: %v", err)
	}
}
