package store

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

// letters returns letters that do not compress, so that an index can't hold more of them than its limit.
func letters(seed uint64, n int) string {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[r.IntN(64)]
	}
	return string(b)
}

// TestLongIDs polls items whose ids are longer than an index holds, and differ in their last character only.
func TestLongIDs(t *testing.T) {
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	long := letters(1, 16<<10)
	one, two := article(long+"a", "one"), article(long+"b", "two")
	one.Outlet.Name = letters(2, 9000)
	two.URL, two.Canonical = "https://paper.example/"+letters(3, 9000), letters(4, 9000)
	if got := store(t, db, poll(f, one, two))[0]; got != (Tally{New: 2, First: 1}) {
		t.Errorf("the first poll gave %+v", got)
	}
	if got := store(t, db, poll(f, one, two))[0]; got != (Tally{Same: 2}) {
		t.Errorf("the same document gave %+v", got)
	}
	two.Title, two.Hash = "two, corrected", "two, corrected"
	if got := store(t, db, poll(f, one, two))[0]; got != (Tally{Revised: 1, Same: 1}) {
		t.Errorf("a revision gave %+v", got)
	}
	// The text of its page does not change what the item is known by.
	queued := Page{Article: 1, Hash: "one", URL: "https://paper.example/one", Host: "paper.example", Asked: day, State: news.FeedOK}
	stored, err := db.Article(t.Context(), 1)
	if err := errors.Join(err, db.QueuePages(t.Context(), 2, []Page{queued})); err != nil {
		t.Fatal(err)
	}
	if len(stored.GUID) > maxKey || !strings.HasPrefix(stored.GUID, long[:900]) || stored.Outlet.Name != one.Outlet.Name[:maxOutlet] {
		t.Errorf("stored as %q of %q", stored.GUID, stored.Outlet.Name)
	}
	stored.Text = "The whole page."
	if err := db.SavePage(t.Context(), queued, &stored); err != nil {
		t.Fatal(err)
	}
	one.URL, one.Canonical = "https://paper.example/moved", "paper.example/moved"
	if got := store(t, db, poll(f, one, two))[0]; got != (Tally{Same: 2}) {
		t.Errorf("after the page was read: %+v", got)
	}
	check(t, db)
}

// TestLongIDsOfOlderVersions polls an item that an older version stored under its whole id.
func TestLongIDsOfOlderVersions(t *testing.T) {
	sqliteOnly(t)
	db := open(t, t.TempDir())
	f := addFeeds(t, db, 1)[0]
	long := letters(1, 16<<10)
	store(t, db, poll(f, article("short", "one")))
	execute(t, db.Dir(), `UPDATE articles SET guid = '`+long+`', id_key = NULL, address_key = NULL, title_key = NULL, text_key = NULL`)
	one := article(long, "another title")
	one.URL, one.Canonical = "https://paper.example/elsewhere", "paper.example/elsewhere"
	if got := store(t, db, poll(f, one))[0]; got != (Tally{Revised: 1}) {
		t.Errorf("the poll gave %+v", got)
	}
}

func TestLongAddresses(t *testing.T) {
	db := newsroom(t, 1)
	ctx := t.Context()
	address, host := "https://"+letters(1, 40)+".example/", letters(2, 3000)+".example"
	longest := address + letters(3, weburl.MaxLength-len(address))
	f, err := db.AddFeed(ctx, news.Feed{URL: longest, Added: day})
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.AddFeed(ctx, news.Feed{URL: longest + "x"})
	saysAll(t, err, "2001 bytes", "2000 are the most")
	p := poll(f)
	p.NewURL, p.Rest = longest+"x", news.Rest{Host: host, Until: day.Add(time.Hour)}
	store(t, db, p)
	if got, err := db.Feed(ctx, f.ID); err != nil || got.URL != longest {
		t.Errorf("the feed is at %.60s, %v", got.URL, err)
	}
	settle(t, db, Settlement{Cited: []Cited{
		{Article: 1, Address: longest[len("https://"):], Link: longest, Host: "a.example"},
		{Article: 1, Address: longest + "x", Link: longest + "x", Host: "b.example"},
		{Article: 1, Address: "c.example/1", Link: "https://c.example/1", Host: host},
	}})
	pages, _, err := db.ClaimCreditedPages(ctx, PageQuota{Now: day.Add(time.Hour), Period: time.Hour, PerHost: 9, Lease: time.Minute, Limit: 9})
	if err != nil || len(pages) != 1 || pages[0].Host != "a.example" {
		t.Errorf("credited pages %v, %v", pages, err)
	}
	if err := db.QueuePages(ctx, 1, []Page{{Article: 1, Hash: "title 1", URL: longest, Host: host}}); err != nil {
		t.Error(err)
	}
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		s    string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abc", 2, "ab"}, {"aé", 2, "a"}, {"é", 1, ""}, {"日本", 5, "日"}} {
		if got := cut(tt.s, tt.n); got != tt.want {
			t.Errorf("cut(%q, %d) = %q, want %q", tt.s, tt.n, got, tt.want)
		}
	}
}
