package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

func TestItemsSeen(t *testing.T) {
	db := newsroom(t, 5)
	credit := news.Claim{Kind: news.ClaimByline, Outlet: "Wire", Domain: "wire.example", Text: "By Wire", Strength: 1}
	settle(t, db, Settlement{Through: 2, Claims: map[int64][]news.Claim{2: {credit}}})
	read := func(from, until time.Duration, limit int) (seen []string) {
		err := db.ItemsSeen(t.Context(), day.Add(from), day.Add(until), limit, func(r ItemRow) error {
			a := r.Article
			if a.Outlet.Domain != "paper.example" || a.URL != "https://paper.example/"+a.GUID || a.FeedID == 0 || !a.Published.Equal(a.Seen) {
				t.Errorf("%+v", a)
			}
			seen = append(seen, fmt.Sprintf("%s %s %d", a.GUID, a.Seen.Sub(day), len(r.Claims)))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	if diff := cmp.Diff([]string{"g4 3h0m0s 0", "g3 2h0m0s 0", "g2 1h0m0s 1"}, read(time.Hour, 4*time.Hour, 10)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := read(0, 10*time.Hour, 2); len(got) != 2 || got[0] != "g5 4h0m0s 0" {
		t.Errorf("the newest two: %q", got)
	}
	stop := errors.New("enough")
	if err := db.ItemsSeen(t.Context(), day, day.Add(time.Hour), 10, func(ItemRow) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v, want the error of each", err)
	}
}

func TestPublished(t *testing.T) {
	db := open(t, t.TempDir())
	nameless := article("g2", "two")
	nameless.Outlet = news.Outlet{Name: "The Nameless Post"}
	store(t, db, poll(addFeeds(t, db, 1)[0], article("g1", "one"), nameless))
	got, err := db.HaveArticles(t.Context(), []news.Outlet{
		{Name: "Paper", Domain: "paper.example"}, {Name: "The Paper"}, {Name: "The Nameless Post"}, {Name: "Wire", Domain: "wire.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]bool{"paper.example": true, "the nameless post": true}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
