package main

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"headwater/internal/store"
)

// TestPollFindsDamage spoils a page of a database that a poll with nothing to do does not look at.
func TestPollFindsDamage(t *testing.T) {
	data := t.TempDir()
	poll := func() (code int, said string) {
		var out, errs bytes.Buffer
		code = run(t.Context(), []string{"--data", data, "poll"}, strings.NewReader(""), &out, &errs)
		return code, errs.String()
	}
	t.Setenv("HEADWATER_LISTS", "")
	if code, said := poll(); code != exitOK {
		t.Fatalf("exit %d: %s", code, said)
	}
	file := filepath.Join(data, store.File)
	pages, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	copy(pages[(pageOf(t, file, "aged_redirects")-1)*page:], bytes.Repeat([]byte{0xa5}, page))
	if err := os.WriteFile(file, pages, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said := poll(); code != exitFailed || !strings.Contains(said, "headwater: check ") || !strings.Contains(said, "is damaged") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// pageOf gives the number of the page where a table begins.
func pageOf(t *testing.T, file, table string) (number int) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(t.Context(), `SELECT rootpage FROM sqlite_schema WHERE name = ?`, table).Scan(&number); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return number
}
