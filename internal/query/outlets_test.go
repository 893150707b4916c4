package query_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/store/pgtest"
)

// outletLines prints a list of outlets as "key: articles, wrote/stories, named, most".
func outletLines(t *testing.T, l *library, list news.OutletList) (lines []string) {
	t.Helper()
	page, err := l.Outlets(t.Context(), list)
	must(t, err)
	for _, o := range page.Outlets {
		lines = append(lines, fmt.Sprintf("%s (%s): %d, %d/%d, %d, %s", o.Key(), o.Name, o.Articles, o.Wrote, o.Stories, o.Named, o.Most.Outlet.Name))
	}
	return lines
}

// tell stores articles of some outlets by their names and hosts, as one settled story that goes back to the first.
func tell(t *testing.T, l *library, id int64, outlets ...news.Outlet) {
	t.Helper()
	list, err := l.store.Feeds(t.Context())
	must(t, err)
	before, err := l.store.LastSeq(t.Context())
	must(t, err)
	var articles []news.Article
	for i, o := range outlets {
		a := article("x", fmt.Sprint("told ", id, " ", i), fmt.Sprint("text ", id, " ", i), i)
		a.Outlet = o
		articles = append(articles, a)
	}
	_, err = l.store.Collect(t.Context(), []store.Poll{{Feed: list[0], Articles: articles}})
	must(t, err)
	log, err := l.store.Log(t.Context(), before, 1000)
	must(t, err)
	var ids []int64
	for _, a := range log {
		ids = append(ids, a.ID)
	}
	s := story(id, id, ids...)
	s.Origin.Outlet = outlets[0]
	l.settle(t, store.Settlement{Stories: []news.Story{s}})
	l.clock.Advance(2 * time.Minute) // the table is counted again
}

func TestTableOfOutlets(t *testing.T) {
	l := openStored(t)
	tell(t, l, 31, news.Outlet{Name: "Wire", Domain: "wire.example"}, news.Outlet{Name: "The Herald", Domain: "herald.example"}, news.Outlet{})
	for _, tt := range []struct {
		list news.OutletList
		want string
	}{
		{news.OutletList{Query: "WIRE.example"}, "wire.example harbour-wire.example"},
		{news.OutletList{Query: "harbour"}, "harbour-wire.example"},
		{news.OutletList{Query: "nobody"}, ""},
		{news.OutletList{Sort: news.OutletsByName, Limit: 2}, "gazette.example harbour-wire.example"},
		{news.OutletList{Sort: news.OutletsByName, Limit: 2, Offset: 2}, "herald.example tribune.example"},
		{news.OutletList{Sort: news.OutletsByName, Limit: 1, After: "herald.example"}, "tribune.example"},
		{news.OutletList{Sort: news.OutletsByOriginals, Limit: 1}, "herald.example"},
		{news.OutletList{Sort: news.OutletsByShare, Limit: 1}, "wire.example"},
		{news.OutletList{Sort: news.OutletsByLag, Limit: 1}, "gazette.example"},
		{news.OutletList{Offset: 99}, ""},
	} {
		page, err := l.Outlets(t.Context(), tt.list)
		must(t, err)
		var keys []string
		for _, o := range page.Outlets {
			keys = append(keys, o.Key())
		}
		if got := strings.Join(keys, " "); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.list, got, tt.want)
		}
		if page.All != 5 || page.Unnamed != 1 {
			t.Errorf("%d outlets, %d articles without one", page.All, page.Unnamed)
		}
	}
	if _, err := l.Outlets(t.Context(), news.OutletList{After: "nobody.example"}); !errors.Is(err, news.ErrCursor) {
		t.Errorf("after an outlet that is not there: %v", err)
	}
}

// An outlet whose feeds give it forty names is one outlet, called by the commonest.
func TestOutletOfFortyNames(t *testing.T) {
	l := openStored(t)
	for i := range int64(40) {
		name := fmt.Sprint("Gazette Section ", i)
		if i%4 == 0 {
			name = "Gazette"
		}
		tell(t, l, 40+i, news.Outlet{Name: name, Domain: "many.example"})
	}
	d, err := l.Outlet(t.Context(), "many.example")
	must(t, err)
	if d.Name != "Gazette" || len(d.Names) != 30 || d.Articles != 40 || d.Wrote != 40 {
		t.Errorf("%s, also %d names, %d articles, %d originals", d.Name, len(d.Names), d.Articles, d.Wrote)
	}
	by, err := l.StoriesBy(t.Context(), "many.example", 3, 38)
	if err != nil || len(by) != 2 {
		t.Errorf("the last of forty stories: %d, %v", len(by), err)
	}
	tell(t, l, 90, news.Outlet{Name: "A/B & ünnamed"}) // no domain
	d, err = l.Outlet(t.Context(), "a/b & ünnamed")
	if err != nil || d.Name != "A/B & ünnamed" || d.Domain != "" {
		t.Errorf("an outlet without a domain: %+v, %v", d.Outlet, err)
	}
}

func TestOutletPage(t *testing.T) {
	l := openStored(t)
	d, err := l.Outlet(t.Context(), "tribune.example")
	must(t, err)
	got := fmt.Sprintf("%d articles, %d/%d, reruns %v, rerun by %v", d.Articles, d.Wrote, d.Stories, rerunLines(d.Reruns), rerunLines(d.RerunBy))
	if want := "2 articles, 0/2, reruns [Harbour Wire 1 Herald 1], rerun by []"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	d, err = l.Outlet(t.Context(), "harbour-wire.example") // only named
	must(t, err)
	if d.Articles != 0 || d.Named != 1 || d.Name != "Harbour Wire" || fmt.Sprint(rerunLines(d.RerunBy)) != "[Tribune 1]" {
		t.Errorf("only named: %+v", d)
	}
	if _, err := l.Outlet(t.Context(), "nobody.example"); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if d, err := l.Outlet(t.Context(), "reuters.com"); err != nil || d.Articles != 0 || len(d.Aliases)+len(d.Domains) == 0 { // listed, and never seen
		t.Errorf("reuters.com: %+v, %v", d, err)
	}
	must(t, l.store.SaveOutletHabits(t.Context(), news.OutletHabits{
		Learnt: day, Clocks: []news.OutletClock{{Feed: 1, Outlet: "tribune.example", Ahead: -7 * time.Hour}}, Lists: []string{"tribune.example"},
	}))
	d, err = l.Outlet(t.Context(), "tribune.example")
	if err != nil || len(d.Clocks) != 1 || !d.Lists || !d.Learnt.Equal(day) {
		t.Errorf("its habits: %+v, %v", d, err)
	}
}

func rerunLines(all []news.Rerun) (lines []string) {
	for _, r := range all {
		lines = append(lines, fmt.Sprint(r.Outlet.Name, " ", r.Stories))
	}
	return lines
}

// A change of an outlet shows at once, everywhere, in every process, and is gone when it is taken back.
func TestEditedOutlet(t *testing.T) {
	l := openStored(t)
	readers := []*library{l}
	if pgtest.OnPostgreSQL() {
		readers = append(readers, l.another(t))
	}
	var heard []<-chan struct{}
	for _, r := range readers {
		_, err := r.RefreshOutlets(t.Context())
		must(t, err)
		heard = append(heard, r.store.Changed(store.AreaOutlets))
	}
	before := outletLines(t, l, news.OutletList{Sort: news.OutletsByName})
	edit := news.OutletEdit{
		Outlet: "herald.example", Name: " The  Daily Herald ", Agency: true, Aliases: []string{"Herald", "Herald", "Harbour Wire"}, Domains: []string{"WWW.Gazette.example"},
	}
	d, err := l.EditOutlet(t.Context(), edit)
	must(t, err)
	want := news.Outlet{Name: "The Daily Herald", Domain: "herald.example", Agency: true}
	if d.Outlet != want || d.Articles != 3 || d.Wrote != 2 || !d.Edited.Equal(l.clock.Now()) {
		t.Errorf("after the change: %+v", d)
	}
	if diff := cmp.Diff([]string{"herald.example", "gazette.example"}, d.Domains) + cmp.Diff([]string{"Herald", "Harbour Wire"}, d.Aliases); diff != "" {
		t.Error(diff)
	}
	for i, r := range readers {
		select { // another process hears of it
		case <-heard[i]:
		case <-time.After(10 * time.Second):
			t.Fatalf("reader %d did not hear of the change within 10 s", i)
		}
		_, err := r.RefreshOutlets(t.Context())
		must(t, err)
		st, err := r.Story(t.Context(), flood)
		must(t, err)
		if st.Members[0].Article.Outlet != want || st.Members[1].Article.Outlet != want || st.Members[2].Article.Outlet == want {
			t.Errorf("reader %d: members of %v, %v, %v", i, st.Members[0].Article.Outlet, st.Members[1].Article.Outlet, st.Members[2].Article.Outlet)
		}
		rows := outletLines(t, r, news.OutletList{Sort: news.OutletsByName})
		if diff := cmp.Diff([]string{
			"harbour-wire.example (Harbour Wire): 0, 0/0, 1, ", "herald.example (The Daily Herald): 3, 2/3, 0, ", "tribune.example (Tribune): 2, 0/2, 0, Harbour Wire",
		}, rows); diff != "" && i == 0 {
			t.Errorf("table (-want +got):\n%s", diff)
		}
		for _, key := range []string{"gazette.example", "HERALD", "the daily herald"} {
			if d, err := r.Outlet(t.Context(), key); err != nil || d.Outlet != want {
				t.Errorf("reader %d: %s leads to %+v, %v", i, key, d.Outlet, err)
			}
		}
	}
	if _, err := l.EditOutlet(t.Context(), news.OutletEdit{Outlet: "herald.example", Name: "X", Domains: []string{"no domain"}}); !errors.As(err, new(*news.RefusedError)) {
		t.Errorf("an edit that cannot be: %v", err)
	}
	if _, err := l.EditOutlet(t.Context(), news.OutletEdit{Outlet: "nobody.example", Name: "X"}); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("an outlet that nothing is known of: %v", err)
	}
	if d, err = l.RestoreOutlet(t.Context(), "gazette.example"); err != nil || d.Name != "Herald" || d.Agency || !d.Edited.IsZero() {
		t.Errorf("after it is taken back: %+v, %v", d, err)
	}
	if diff := cmp.Diff(before, outletLines(t, l, news.OutletList{Sort: news.OutletsByName})); diff != "" {
		t.Errorf("table after it is taken back (-want +got):\n%s", diff)
	}
	if _, err := l.RestoreOutlet(t.Context(), "herald.example"); !errors.Is(err, news.ErrNotFound) {
		t.Errorf("taken back twice: %v", err)
	}
}
