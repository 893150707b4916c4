package main

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"headwater/internal/store"
)

// TestPollFindsDamage spoils pages of a database that a poll with nothing to do does not look at.
func TestPollFindsDamage(t *testing.T) {
	data := t.TempDir()
	poll := func() (code int, stderr string) {
		var out, errs bytes.Buffer
		code = run(t.Context(), []string{"--data", data, "poll"}, strings.NewReader(""), &out, &errs)
		return code, errs.String()
	}
	t.Setenv("HEADWATER_LISTS", "")
	if code, stderr := poll(); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	spoilTable(t, filepath.Join(data, store.File), "api_tokens")
	if code, stderr := poll(); code != exitFailed || !strings.Contains(stderr, "headwater: check ") || !strings.Contains(stderr, "is damaged") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

// spoilTable overwrites the first page of a table.
func spoilTable(t *testing.T, file, table string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	var root, size int64
	err = db.QueryRowContext(t.Context(), `SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = ?`, table).Scan(&root, &size)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte{0xa5}, int(size)), (root-1)*size)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}
