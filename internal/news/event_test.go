package news

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// telling returns a story of an event whose members are in the given outlets, an hour apart from the given hour on. The first is
// its original.
func telling(id int64, hour int, outlets ...string) Story {
	s := Story{ID: id, Outlets: len(outlets)}
	for i, o := range outlets {
		role := RoleCopy
		if i == 0 {
			role = RoleOriginal
		}
		s.Members = append(s.Members, listed(10*id+int64(i), o, fmt.Sprint("Story ", id), hour+i, role))
	}
	s.Origin = Origin{Outlet: s.Members[0].Article.Outlet, Article: s.Members[0].Article.ID}
	s.First, s.Latest = s.Members[0].Article.Time(), s.Members[len(outlets)-1].Article.Time()
	return s
}

// named leaves of a story's origin no more than its name.
func named(s Story, outlet string) Story {
	s.Origin = Origin{Outlet: Outlet{Name: outlet}}
	return s
}

func ids(stories []Story) string {
	var all []string
	for _, s := range stories {
		all = append(all, fmt.Sprint(s.ID))
	}
	return strings.Join(all, " ")
}

func TestFullCoverage(t *testing.T) {
	undated := func(s Story) Story {
		for i := range s.Members {
			s.Members[i].Article.Undated = true
		}
		return s
	}
	template := func(s Story) Story { s.Template = true; return s }
	running := telling(3, 8, "Wire", "Post")
	running.Members = append(running.Members, keeping(.6, listed(39, "Wire", "Story 3, with more", 15, RoleRewrite)))
	again := telling(4, 8, "Wire", "Post")
	again.Members = append(again.Members, listed(49, "Wire", "Story 4", 16, RoleCopy))
	for name, tt := range map[string]struct {
		all            []Story
		byIndependence string
		byTime         string
		broke          int64 // the article
		newest         int64
	}{
		"none":      {nil, "", "", 0, 0},
		"one story": {[]Story{telling(1, 9, "Wire")}, "1", "1", 10, 1},
		"most carried first, of several the earlier": {
			[]Story{telling(1, 9, "Post"), telling(2, 8, "Herald"), telling(3, 10, "Wire", "Post", "Herald")}, "3 | 2 | 1", "3 1 2", 20, 3,
		},
		"an outlet's further stories are with its first": {
			[]Story{telling(1, 9, "Wire", "Post"), telling(2, 8, "Herald", "Post"), telling(3, 12, "Wire"), telling(4, 11, "Wire", "Mail", "Sun")}, "4 3 1 | 2", "3 4 1 2", 20, 3,
		},
		"a named origin stands with its own articles": {
			[]Story{telling(1, 9, "Wire"), named(telling(2, 7, "Post"), "Wire"), named(telling(3, 8, "Sun"), "")}, "2 1 | 3", "1 3 2", 20, 1,
		},
		"two that nobody knows stand alone":  {[]Story{named(telling(1, 9, "Wire"), ""), named(telling(2, 8, "Wire"), "")}, "2 | 1", "1 2", 20, 1},
		"no dates":                           {[]Story{undated(telling(1, 9, "Wire")), undated(telling(2, 9, "Post"))}, "1 | 2", "2 1", 0, 0},
		"a template is no development":       {[]Story{telling(1, 9, "Wire"), template(telling(2, 12, "Post"))}, "1 | 2", "2 1", 10, 1},
		"a new version is one":               {[]Story{running, telling(5, 14, "Sun")}, "3 | 5", "3 5", 30, 3},
		"the same text listed again is none": {[]Story{again, telling(5, 14, "Sun")}, "4 | 5", "5 4", 40, 5},
	} {
		c := FullCoverage{All: tt.all}
		var groups []string
		for _, g := range c.ByIndependence() {
			groups = append(groups, ids(g))
		}
		if got := strings.Join(groups, " | "); got != tt.byIndependence {
			t.Errorf("%s: by independence %s, want %s", name, got, tt.byIndependence)
		}
		if got := ids(c.ByTime()); got != tt.byTime {
			t.Errorf("%s: by time %s, want %s", name, got, tt.byTime)
		}
		story, m, ok := c.Broke()
		if m.Article.ID != tt.broke || ok != (tt.broke != 0) || ok && !slices.ContainsFunc(story.Members, func(x Member) bool { return x.Article.ID == tt.broke }) {
			t.Errorf("%s: first report %d of story %d, want %d", name, m.Article.ID, story.ID, tt.broke)
		}
		if s, ok := c.Newest(); s.ID != tt.newest || ok != (tt.newest != 0) {
			t.Errorf("%s: latest development %d, want %d", name, s.ID, tt.newest)
		}
	}
}
