package store

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
)

// TestDowngrade takes a schema back by one version, as a program of the version before needs it, and up again. What both versions know
// stays; what is said to be lost is what goes.
func TestDowngrade(t *testing.T) {
	db := newsroom(t, 3)
	settle(t, db, Settlement{Through: 3, Stories: []news.Story{story(1, 1, 1, 2), story(2, 1, 3)}})
	if err := db.AddUser(t.Context(), news.User{Name: "anna"}, "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.MarkAllRead(t.Context(), 1, news.ItemList{In: []news.Stream{{Kind: news.StreamAll}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.AddRule(t.Context(), news.UserRule{User: 1, Query: "whale", Action: news.RuleStar}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.MarkItems(t.Context(), 1, news.Marking{Articles: []int64{2}, AddLabels: []string{""}}); err != nil {
		t.Fatal(err)
	}
	_, files := db.engine.schema()
	known, err := knownVersion(files)
	if err != nil {
		t.Fatal(err)
	}
	lost, err := db.LostByDowngrade(t.Context(), 47)
	if want := []Lost{{"rules", 1}}; err != nil || !slices.Equal(lost, want) {
		t.Errorf("lost: %v, %v; want %v", lost, err, want)
	}
	for _, to := range []int64{oldestDowngrade - 1, known, known + 1} {
		if err := db.Downgrade(t.Context(), to); err == nil || !strings.Contains(err.Error(), "can be taken back to 46") {
			t.Errorf("to schema %d: %v", to, err)
		}
	}
	if err := db.Downgrade(t.Context(), 47); err != nil {
		t.Fatal(err)
	}
	if have, _, err := db.versions(t.Context(), db.reader); err != nil || have != 47 {
		t.Errorf("the schema is %d, %v", have, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, db.Dir())
	check(t, db)
	marks, errMarks := db.Marks(t.Context(), 1)
	status, errStatus := db.Status(t.Context())
	rules, errRules := db.Rules(t.Context(), 1)
	if errMarks != nil || errStatus != nil || errRules != nil {
		t.Fatal(errMarks, errStatus, errRules)
	}
	if !marks.Read.Has(1) || !marks.Read.Has(2) || !marks.Read.Has(3) || !marks.Starred.Has(2) || status.Articles != 3 || status.Stories != 2 || len(rules) != 0 {
		t.Errorf("afterwards: marks %v, status %+v, rules %v", marks, status, rules)
	}
}

// TestDowngradeBesideAnotherNode changes nothing under a node that works.
func TestDowngradeBesideAnotherNode(t *testing.T) {
	all := nodes(t, 2, time.Minute)
	db, other := all[0], all[1]
	if err := other.Beat(t.Context(), "web", nil); err != nil {
		t.Fatal(err)
	}
	if err := db.Downgrade(t.Context(), 47); err == nil || !strings.Contains(err.Error(), "stop all nodes first") {
		t.Errorf("beside a node: %v", err)
	}
	if err := other.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Downgrade(t.Context(), 47); err != nil {
		t.Error(err)
	}
}

// TestWaysBackOnlyDropTables holds that what lostBy reads is all that the ways back down to oldestDowngrade do.
func TestWaysBackOnlyDropTables(t *testing.T) {
	_, files := engineOf(t).schema()
	names, err := migrationsAfter(files, oldestDowngrade)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		_, down, ok := strings.Cut(string(text), "-- +goose Down\n")
		for line := range strings.Lines(down) {
			if line := strings.TrimSpace(line); line != "" && !droppedTable.MatchString(line) {
				t.Errorf("%s: the way back does %q, which headwater downgrade does not tell: raise oldestDowngrade", name, line)
			}
		}
		if !ok {
			t.Errorf("%s has no way back", name)
		}
	}
	if len(names) < 2 {
		t.Errorf("%d migrations were looked at", len(names))
	}
}
