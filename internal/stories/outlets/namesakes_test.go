package outlets_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/feeds"
	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

var (
	finnish  = outlets.Entry{Name: "Harbour Press", Domains: []string{"harbourpress.fi"}, Agency: true}
	chilean  = outlets.Entry{Name: "Harbour Press", Domains: []string{"harbourpress.cl"}, Aliases: []string{"Prensa del Puerto"}, Agency: true}
	magazine = outlets.Entry{Name: "Harbour Quarterly", Domains: []string{"quarterly.example"}, Aliases: []string{"The Harbour Press"}}
)

// Two outlets of one name stay two, whichever the configuration has first, and the name alone is neither's.
func TestNamesakes(t *testing.T) {
	someHarbourPress := news.Outlet{Name: "Harbour Press", Agency: true}
	for _, extra := range [][]outlets.Entry{{finnish, chilean}, {chilean, finnish}} {
		r := load(t, extra...)
		if o, ok := r.ByName("harbour press"); !ok || o != someHarbourPress {
			t.Errorf("ByName: %+v, %v; want %+v", o, ok, someHarbourPress)
		}
		if o, _ := r.ByName("Prensa del Puerto"); o != chilean.Outlet() {
			t.Errorf("a name that only one has: %+v", o)
		}
		for _, e := range extra {
			if o, _ := r.ByURL("https://www." + e.Domains[0] + "/a"); o != e.Outlet() {
				t.Errorf("ByURL of %s: %+v", e.Domains[0], o)
			}
			if o, _ := r.ByName(e.Domains[0]); o != e.Outlet() {
				t.Errorf("ByName of %s: %+v", e.Domains[0], o)
			}
			if got, ok := r.Entry(e.Outlet()); !ok || got.Domains[0] != e.Domains[0] {
				t.Errorf("Entry of %s: %+v, %v", e.Domains[0], got, ok)
			}
		}
		if e, ok := r.Entry(someHarbourPress); ok {
			t.Errorf("the entry of the name alone is %+v", e)
		}
		found := r.Mentions("the harbour was shut, Harbour Press reported")
		if len(found) != 1 || found[0].Outlet != someHarbourPress {
			t.Errorf("mentions: %+v", found)
		}
		if m, ok := r.Dateline("VALDOR (Harbour Press) — The quay closed."); !ok || m.Outlet != someHarbourPress {
			t.Errorf("dateline: %+v, %v", m, ok)
		}
		all := r.Namesakes(someHarbourPress)
		if len(all) != 2 || !slices.Contains(all, finnish.Outlet()) || !slices.Contains(all, chilean.Outlet()) {
			t.Errorf("namesakes: %+v", all)
		}
		for _, tt := range []struct{ host, lang, want string }{
			{"turku-post.fi", "en", "harbourpress.fi"}, {"valparaiso-post.cl", "en", "harbourpress.cl"}, {"valley-post.example", "en", ""},
		} {
			if o := r.Local(someHarbourPress, "Harbour Press", tt.host, tt.lang); o.Domain != tt.want {
				t.Errorf("on %s: %q, want %q", tt.host, o.Domain, tt.want)
			}
		}
		if got := len(r.SharedNames()); got != 1 {
			t.Errorf("%d names are shared, want 1", got)
		}
	}
}

// An alias may be shared as well. Who signs a text is the one that is an agency.
func TestNamesakeByAlias(t *testing.T) {
	r := load(t, finnish, magazine)
	if o, _ := r.ByName("Harbour Press"); o != (news.Outlet{Name: "Harbour Press"}) {
		t.Errorf("by name: %+v", o)
	}
	if m, ok := r.Dateline("VALDOR (Harbour Press) — The quay closed."); !ok || m.Outlet != finnish.Outlet() {
		t.Errorf("dateline: %+v, %v", m, ok)
	}
	if o, _ := r.ByName("Harbour Quarterly"); o != magazine.Outlet() {
		t.Errorf("by its own name: %+v", o)
	}
}

// What is built in is mended by an entry of its name, unless that says that it is another.
func TestNamesakeOfABuiltInOutlet(t *testing.T) {
	other := outlets.Entry{Name: "Reuters", Domains: []string{"reuters.example"}}
	for _, namesake := range []bool{false, true} {
		other.Namesake = namesake
		r := load(t, other)
		o, _ := r.ByURL("https://reuters.example/a")
		if got := o.Domain == "reuters.example"; got != namesake {
			t.Errorf("namesake: %v: reuters.example is %+v", namesake, o)
		}
		if o, _ := r.ByURL("https://www.reuters.com/a"); o.Domain != "reuters.com" || !o.Agency {
			t.Errorf("namesake: %v: reuters.com is %+v", namesake, o)
		}
		want := []outlets.SharedName{}
		if namesake {
			builtIn, _ := load(t).ByName("Reuters")
			want = append(want, outlets.SharedName{Name: "Reuters", Outlets: []news.Outlet{builtIn, other.Outlet()}})
		}
		if diff := cmp.Diff(want, r.SharedNames()); diff != "" {
			t.Errorf("namesake: %v: shared names (-want +got):\n%s", namesake, diff)
		}
	}
	if _, err := outlets.Load(feeds.Agencies(), outlets.Entry{Name: "Reuters", Namesake: true}); err == nil {
		t.Error("a namesake without a domain is none that could be told from the others")
	}
}
