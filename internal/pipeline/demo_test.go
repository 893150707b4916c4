package pipeline_test

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"headwater/internal/demo"
	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/stories/outlets"
)

// demoRoom polls the invented newsroom and gives what its writers planted and the server's address.
func demoRoom(t *testing.T) (*pipelinetest.Room, []demo.Planted, string) {
	t.Helper()
	press, err := demo.New(time.Now())
	must(t, err)
	srv := httptest.NewServer(press)
	t.Cleanup(srv.Close)
	var extra []outlets.Entry
	for _, o := range press.Outlets() {
		extra = append(extra, outlets.Entry{
			Name: o.Name, Domains: []string{o.Domain}, Aliases: o.Aliases, Signs: o.Signs, Agency: o.Agency, Aggregator: o.Aggregator,
		})
	}
	room := open(t, t.TempDir(), settings{extra: extra, allow: netip.MustParsePrefix("127.0.0.0/8")})
	subscribeTo(t, room, srv.URL+"/feeds.opml")
	pass(t, room)
	return room, press.Truth(), srv.URL
}

// TestDemoNewsroom polls the invented newsroom and holds the stories against what its writers planted.
func TestDemoNewsroom(t *testing.T) {
	room, truth, server := demoRoom(t)
	got := membership(t, room)

	storyOf := map[string]int64{} // of the original, or of the named origin's first article
	for _, p := range truth {
		if p.Role == news.RoleOriginal || p.Named && storyOf[p.Story] == 0 {
			storyOf[p.Story] = got[server+p.Feed+" "+p.GUID].story.ID
		}
	}
	planted := map[int64]string{}
	missed := map[news.Role]int{}
	all := map[news.Role]int{}
	for _, p := range truth {
		m, ok := got[server+p.Feed+" "+p.GUID]
		if !ok {
			t.Errorf("%s %s is in no story", p.Feed, p.GUID)
			continue
		}
		if was := planted[m.story.ID]; was != "" && was != p.Story {
			t.Errorf("story %d mixes %s with %s (%q)", m.story.ID, was, p.Story, p.Title)
		}
		planted[m.story.ID] = p.Story
		all[p.Role]++
		if m.story.ID != storyOf[p.Story] {
			missed[p.Role]++
			t.Logf("apart: %s %s of %s: %q (%s)", p.Outlet, p.Role, p.Story, p.Title, m.story.Origin.Name)
			continue
		}
		if m.story.Origin.Name != p.Origin || m.story.Origin.Named() != p.Named {
			t.Errorf("%s: origin is %s (named only: %v), want %s (%v)\n%s", p.Story, m.story.Origin.Name, m.story.Origin.Named(),
				p.Origin, p.Named, reasons(m.story))
		}
	}
	// Copies must all be found. A headline alone and a rewrite without the words may stand apart when in doubt, but few.
	for role, most := range map[news.Role]int{news.RoleCopy: 0, news.RoleExcerpt: 2, news.RoleRewrite: 3} {
		if missed[role] > most {
			t.Errorf("%d of %d planted with the role %s stand apart from their original, at most %d may", missed[role], all[role], role, most)
		}
	}
}

func reasons(s news.Story) string {
	out := ""
	for _, e := range s.Origin.Evidence {
		out += fmt.Sprintf("  %+.2f %s\n", e.Weight, e.Detail)
	}
	return out
}
