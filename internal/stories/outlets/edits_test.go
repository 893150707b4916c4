package outlets_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

func amended(t *testing.T, r *outlets.Registry, edits ...news.OutletEdit) {
	t.Helper()
	if err := r.Amend(edits); err != nil {
		t.Fatal(err)
	}
}

var reutersEdit = news.OutletEdit{Outlet: "reuters.com", Name: "Thomson Reuters", Aliases: []string{"Reuters Wire"}, Domains: []string{"reuters.com", "reuters.example"}}

func TestEditOutranksTheList(t *testing.T) {
	r := load(t)
	amended(t, r, reutersEdit)
	want := news.Outlet{Name: "Thomson Reuters", Domain: "reuters.com"} // no agency any more
	for _, name := range []string{"Thomson Reuters", "reuters wire", "reuters.com", "reuters.example"} {
		if got, _ := r.ByName(name); got != want {
			t.Errorf("%q is %+v", name, got)
		}
	}
	if got, _ := r.ByURL("https://www.reuters.example/world/1"); got != want {
		t.Errorf("the new domain is %+v", got)
	}
	found := r.Mentions("The minister told Reuters Wire so.")
	if len(found) != 1 || found[0].Outlet != want {
		t.Errorf("mentions: %+v", found)
	}
	if m, ok := r.Dateline("HELSINKI (Reuters) - A ship"); ok {
		t.Errorf("no agency signs as %+v", m)
	}
	if e, _ := r.Entry(want); !e.Edited || len(e.Signs) == 0 && len(mustEntry(t, load(t), "reuters.com").Signs) > 0 {
		t.Errorf("the entry is %+v", e)
	}
}

func mustEntry(t *testing.T, r *outlets.Registry, domain string) outlets.Entry {
	t.Helper()
	e, ok := r.Entry(news.Outlet{Domain: domain})
	if !ok {
		t.Fatalf("%s is not listed", domain)
	}
	return e
}

func TestEditIsTakenBack(t *testing.T) {
	r, same := load(t), load(t)
	amended(t, r, reutersEdit, news.OutletEdit{Outlet: "gazette.example", Name: "The Gazette", Domains: []string{"gazette.example"}})
	builtIn := r.BuiltIn()
	if diff := cmp.Diff(same.All(), builtIn.All()); diff != "" {
		t.Errorf("the built-in entries changed (-want +got):\n%s", diff)
	}
	amended(t, r)
	if diff := cmp.Diff(same.All(), r.All()); diff != "" {
		t.Errorf("entries after the edits are taken back (-want +got):\n%s", diff)
	}
	if got := r.Present(news.Outlet{Name: "gazette.example", Domain: "gazette.example"}); got.Name != "gazette.example" {
		t.Errorf("an outlet is still called %s", got.Name)
	}
}

func TestPresent(t *testing.T) {
	r := load(t)
	stored := news.Outlet{Name: "Gazette Online - World", Domain: "gazette-news.example"}
	if got := r.Present(stored); got != stored {
		t.Errorf("without edits it is %+v", got)
	}
	amended(t, r, news.OutletEdit{
		Outlet: "gazette.example", Name: "The Gazette", Agency: true, Aliases: []string{"Gazette of Nowhere"}, Domains: []string{"gazette.example", "gazette-news.example"},
	})
	want := news.Outlet{Name: "The Gazette", Domain: "gazette.example", Agency: true}
	for _, o := range []news.Outlet{stored, {Name: "gazette.example", Domain: "gazette.example"}, {Name: "GAZETTE of Nowhere"}} {
		if got := r.Present(o); got != want {
			t.Errorf("%+v is %+v", o, got)
		}
	}
	for _, o := range []news.Outlet{{}, {Name: "Another"}, {Name: "The Gazette", Domain: "another.example"}} {
		if got := r.Present(o); got != o {
			t.Errorf("%+v is %+v", o, got)
		}
	}
	keys := r.StoredKeys("gazette.example")
	if diff := cmp.Diff([]string{"gazette.example", "gazette-news.example", "the gazette", "gazette of nowhere"}, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

// An outlet whose name or domain an edit claims becomes part of the edited one, with what signs and aliases it has.
func TestEditTakesAnOutletIn(t *testing.T) {
	r := load(t)
	nyt := mustEntry(t, r, "nytimes.com")
	amended(t, r, news.OutletEdit{Outlet: "gazette.example", Name: "The Gazette", Domains: []string{"gazette.example", "nytimes.com"}})
	if got, _ := r.ByURL("https://www.nytimes.com/1"); got.Name != "The Gazette" {
		t.Errorf("the claimed domain is %+v", got)
	}
	if got, ok := r.ByName(nyt.Name); ok && got.Domain == "nytimes.com" {
		t.Errorf("the claimed outlet is still there: %+v", got)
	}
	amended(t, r,
		news.OutletEdit{Outlet: "a.example", Name: "A", Domains: []string{"a.example", "both.example"}, Changed: time.Unix(2, 0)},
		news.OutletEdit{Outlet: "b.example", Name: "B", Domains: []string{"b.example", "both.example"}, Changed: time.Unix(1, 0)})
	if got, _ := r.ByURL("https://both.example/"); got.Name != "A" {
		t.Errorf("the later edit does not have the domain, but %+v", got)
	}
}

func TestInvalidEdits(t *testing.T) {
	r := load(t)
	names := func(n int) (all []string) {
		for i := range n {
			all = append(all, strings.Repeat("n", i%9+1)+strings.Repeat("o", i/9+1))
		}
		return all
	}
	for want, e := range map[string]news.OutletEdit{
		"needs a name":                  {Outlet: "a.example", Name: " ", Domains: []string{"a.example"}},
		`"no/domain" is no domain`:      {Outlet: "a.example", Name: "A", Domains: []string{"a.example", "no/domain"}},
		"at most 100 are kept":          {Outlet: "a.example", Name: "A", Aliases: names(101)},
		"characters; at most 200":       {Outlet: "a.example", Name: strings.Repeat("a", 201)},
		`the alias "..." has no letter`: {Outlet: "a.example", Name: "A", Aliases: []string{"..."}},
	} {
		err := r.Amend([]news.OutletEdit{e, {Outlet: "b.example", Name: "B", Domains: []string{"b.example"}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+.80v: %v, want %q", e, err, want)
		}
		if got, _ := r.ByURL("https://b.example/"); got.Name != "B" {
			t.Errorf("the edit beside it does not hold: %+v", got)
		}
	}
	if err := outlets.CheckEdit(news.OutletEdit{Outlet: "a.example", Name: "A", Aliases: names(40), Domains: []string{"a.example"}}); err != nil {
		t.Errorf("forty names: %v", err)
	}
}
