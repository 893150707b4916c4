package store

import (
	"slices"
	"testing"
	"time"
)

func TestNode(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	if err := db.Beat(t.Context(), "poll", map[string]string{"title": "x"}); err != nil {
		t.Fatal(err)
	}
	if err := db.Beat(t.Context(), "poll,web", map[string]string{"title": "y"}); err != nil {
		t.Fatal(err)
	}
	got, err := db.Nodes(t.Context())
	if err != nil || len(got) != 1 || got[0].ID != db.Node() || got[0].Roles != "poll,web" || got[0].Settings["title"] != "y" || !got[0].Works() || got[0].Host == "" || got[0].Started.IsZero() {
		t.Errorf("nodes %+v, %v", got, err)
	}
	if err := db.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Nodes(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("after it left: %+v, %v", got, err)
	}
}

// TestNodeAloneForgetsTheOthers opens a folder again whose process was killed.
func TestNodeAloneForgetsTheOthers(t *testing.T) {
	sqliteOnly(t)
	dir := t.TempDir()
	first := open(t, dir)
	if err := first.Beat(t.Context(), "all", nil); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := open(t, dir)
	if err := second.Beat(t.Context(), "all", nil); err != nil {
		t.Fatal(err)
	}
	got, err := second.Nodes(t.Context())
	if err != nil || len(got) != 1 || got[0].ID != second.Node() {
		t.Errorf("nodes %+v, %v; want the second only", got, err)
	}
}

func TestNodes(t *testing.T) {
	all := nodes(t, 3, time.Minute)
	for _, db := range all {
		if err := db.Beat(t.Context(), "poll", nil); err != nil {
			t.Fatal(err)
		}
	}
	// The second was killed a minute ago, and one of an earlier day is forgotten.
	for _, query := range []string{
		`UPDATE nodes SET seen = seen - 60000 WHERE id = ?1`,
		`INSERT INTO nodes (id, host, roles, settings, started, seen) SELECT 'old' || ?1, '', '', '{}', 1, 1`,
	} {
		if err := all[0].exec(t.Context(), "change nodes", query, all[1].Node()); err != nil {
			t.Fatal(err)
		}
	}
	if err := all[2].Beat(t.Context(), "poll", nil); err != nil {
		t.Fatal(err)
	}
	got, err := all[2].Nodes(t.Context())
	if err != nil || len(got) != 3 {
		t.Fatalf("%d nodes, %v: %+v", len(got), err, got)
	}
	for _, n := range got {
		if want := n.ID != all[1].Node(); n.Works() != want {
			t.Errorf("node %s, silent for %s, works: %v, want %v", n.ID, n.Silent, n.Works(), want)
		}
	}
}

func TestDifferingSettings(t *testing.T) {
	a := Node{Settings: map[string]string{"title": "1", "keep": "2", "poll.interval": "3"}}
	b := Node{Settings: map[string]string{"title": "1", "keep": "4", "group.window": "5"}}
	want := []string{"group.window", "keep", "poll.interval"}
	if got := a.Differing(b); !slices.Equal(got, want) {
		t.Errorf("differing: %q, want %q", got, want)
	}
	if got := a.Differing(a); len(got) > 0 {
		t.Errorf("a node differs from itself: %q", got)
	}
}
