package pipeline_test

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"headwater/internal/demo"
	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/serve/compare"
	"headwater/internal/stories/outlets"
)

// demoRoom polls the demo feeds. It returns the key with the right answers and the server's address.
func demoRoom(t *testing.T) (*pipelinetest.Room, []demo.Expected, string) {
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

// TestDemoNewsroom polls the demo feeds and compares the stories with the key.
func TestDemoNewsroom(t *testing.T) {
	room, truth, server := demoRoom(t)
	got := membership(t, room)

	storyOf := map[string]int64{} // of the original, or of the first article if the origin is only named
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
		if m.story.Template != (p.Series != "") {
			t.Errorf("%s: made from a template: %v, want %v", p.Title, m.story.Template, p.Series != "")
		}
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
	// All copies must be found. A few bare headlines and rewrites with different words may stay separate in doubt.
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

// TestCompareDemo compares what the demo's members take from their origins with the stored texts and the key.
func TestCompareDemo(t *testing.T) {
	room, truth, server := demoRoom(t)
	places := membership(t, room)
	retold, reasons, named := 0, 0, 0
	translated := map[string]int{} // members by language
	for _, p := range truth {
		m := places[server+p.Feed+" "+p.GUID]
		if m.story.Origin.Name != p.Origin {
			continue // grouped separately; TestDemoNewsroom counts these
		}
		all, err := compare.New(room.Store).Comparisons(t.Context(), m.story)
		must(t, err)
		k, compared := all[m.Article.ID]
		if original := m.story.Origin.Article == m.Article.ID; original == compared {
			t.Fatalf("%s: compared %v, original %v", p.Title, compared, original)
		}
		if !compared {
			continue
		}
		wantPassages(t, room, m, k)
		if p.Named {
			named++
			continue
		}
		if strings.HasPrefix(k.Note, "A translation of the version of ") {
			translated[p.Lang]++
			continue
		}
		switch m.Role {
		case news.RoleCopy:
			if k.Share < .75 || k.Longest < 40 || k.Retelling {
				t.Errorf("a copy, %s: %.2f is reused, %d words at once\n%s", p.Title, k.Share, k.Longest, k.Note)
			}
		case news.RoleRewrite:
			if k.Share > .6 || k.Added == 0 || k.Retelling && !quotesACredit(k) {
				t.Errorf("a rewrite, %s: %.2f is reused, %d sentences added\n%s", p.Title, k.Share, k.Added, k.Note)
			}
		}
		if k.Retelling {
			retold++
		}
		if k.Like != 0 {
			reasons++
		}
	}
	// The blackout was told in Spanish first.
	for _, lang := range []string{"ar", "en", "ja"} {
		if translated[lang] < 2 || len(translated) != 3 {
			t.Errorf("translations by language: %v, want a translation and its copy in ar, en and ja each", translated)
			break
		}
	}
	if retold < 5 || reasons < 40 || named < 2 {
		t.Errorf("%d retellings, %d with reasons, %d of an origin that is only named", retold, reasons, named)
	}
}

func quotesACredit(k news.Comparison) bool {
	return slices.ContainsFunc(k.Credits, func(c news.Credit) bool { return strings.Contains(k.Note, "“"+c.Text+"”") })
}

// wantPassages checks that a member's passages are the same words in both stored texts.
func wantPassages(t *testing.T, room *pipelinetest.Room, m place, k news.Comparison) {
	t.Helper()
	a, err := room.Store.Article(t.Context(), m.Article.ID)
	must(t, err)
	if k.With == 0 {
		if len(k.Passages) > 0 || !m.story.Origin.Named() || !strings.Contains(k.Note, "is not among those") {
			t.Errorf("%s is compared with nothing: %+v", m.Article.Title, k)
		}
		return
	}
	origin, err := room.Store.Article(t.Context(), k.With)
	must(t, err)
	fold := strings.NewReplacer("’", "'", "\n\n", " ", "\u00a0", " ")
	for _, p := range k.Passages {
		here, there := fold.Replace(a.Body()[p.Start:p.End]), fold.Replace(origin.Body()[p.OriginStart:p.OriginEnd])
		if strings.EqualFold(here, there) {
			continue
		}
		if !slices.Equal(letters(here), letters(there)) {
			t.Errorf("%q is not %q", here, there)
		}
	}
}

// letters returns the words of a text without marks, possessive endings and capitals.
func letters(text string) []string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" ,.;:!?“”\"()—–-'", r) })
	return slices.DeleteFunc(words, func(w string) bool { return w == "s" })
}
