package group

import (
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// Each file of testdata says which of its articles belong together.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d case files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			c := readCase(t, file)
			s := settleAll(t, c.items)
			if diff := gocmp.Diff(c.stories, parts(s.of, lookup(c.names))); diff != "" {
				t.Errorf("stories (-want +got):\n%s", diff)
				for _, e := range s.edges {
					t.Logf("%s - %s: story %.2f, event %.2f %v", c.names[e.A], c.names[e.B], e.Story, e.Event, e.Reasons)
				}
			}
			if c.event == nil {
				return
			}
			if diff := gocmp.Diff(c.event, parts(s.eventOf(), lookup(c.names))); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}
