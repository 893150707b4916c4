package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
)

func (f *fake) Outlets(_ context.Context, l news.OutletList) (news.OutletPage, error) {
	defer f.lock()()
	page := news.OutletPage{All: len(f.outlets), Unnamed: 3, Counted: now}
	for _, d := range f.outlets {
		if strings.Contains(strings.ToLower(d.Name+" "+d.Domain), strings.ToLower(l.Query)) {
			page.Outlets = append(page.Outlets, d.OutletSummary)
		}
	}
	page.Total = len(page.Outlets)
	page.Outlets = cut(page.Outlets, l.Limit, l.Offset)
	return page, f.broken
}

// Outlet finds an outlet also by its key behind "former.".
func (f *fake) Outlet(_ context.Context, key string) (news.OutletDetails, error) {
	defer f.lock()()
	for _, d := range f.outlets {
		if d.Key() == key || d.Key() == strings.TrimPrefix(key, "former.") {
			return d, f.broken
		}
	}
	return news.OutletDetails{}, fmt.Errorf("outlet %s: %w", key, news.ErrNotFound)
}

func (f *fake) StoriesBy(_ context.Context, key string, limit, offset int) ([]news.Story, error) {
	defer f.lock()()
	var by []news.Story
	for _, st := range f.stories {
		if st.Origin.Key() == key {
			by = append(by, st)
		}
	}
	return cut(by, limit, offset), f.broken
}

func (f *fake) EditOutlet(ctx context.Context, e news.OutletEdit) (news.OutletDetails, error) {
	if strings.Contains(strings.Join(e.Domains, " "), "/") {
		return news.OutletDetails{}, &news.RefusedError{Text: "that is no domain; write it like example.com"}
	}
	f.mu.Lock()
	f.edits = append(f.edits, e)
	f.mu.Unlock()
	return f.Outlet(ctx, e.Outlet)
}

func (f *fake) RestoreOutlet(ctx context.Context, key string) (news.OutletDetails, error) {
	d, err := f.Outlet(ctx, key)
	if err == nil && d.Edited.IsZero() {
		err = fmt.Errorf("changes of outlet %s: %w", key, news.ErrNotFound)
	}
	return d, err
}

// longOutlet has no domain, and a name that is as long as may be and has what addresses mean otherwise.
func longOutlet() news.Outlet {
	return news.Outlet{Name: "A/B? <i>&c</i> " + strings.Repeat("Unbreakable", 25)}
}

func rerun(name, domain string, n int, lag time.Duration) news.Rerun {
	return news.Rerun{Outlet: news.Outlet{Name: name, Domain: domain}, Stories: n, Lag: lag, Lags: n}
}

// sampleOutlets are one of each kind.
func sampleOutlets() []news.OutletDetails {
	post := news.OutletDetails{
		OutletSummary: news.OutletSummary{
			Outlet:   news.Outlet{Name: "Harbour Post", Domain: "harbourpost.example", Agency: true},
			Articles: 1204, Stories: 900, Wrote: 310, Rerun: 44, Share: 310. / 900, Most: rerun("Nordlys Wire", "nordlyswire.example", 120, 35*time.Minute),
			Lag: 40 * time.Minute, Lags: 400, First: ago(90_000), Last: ago(12),
		},
		Reruns: []news.Rerun{rerun("Nordlys Wire", "nordlyswire.example", 120, 35*time.Minute), {Outlet: news.Outlet{Name: "The Northern Ledger", Domain: "northernledger.example"}, Stories: 1}},
		Clocks: []news.OutletClock{{Feed: 1, Outlet: "harbourpost.example", Ahead: -7 * time.Hour}}, Learnt: ago(600),
		Feeds:   []news.Feed{{ID: 1, Title: "Harbour Post", URL: "https://harbourpost.example/feed.xml"}},
		Aliases: []string{"The Post"}, Domains: []string{"harbourpost.example"}, Edited: ago(3000),
	}
	for i := range 20 {
		post.RerunBy = append(post.RerunBy, rerun(fmt.Sprint("Carrier ", i), fmt.Sprintf("carrier%d.example", i), 20-i, time.Duration(i)*7*time.Hour))
	}
	named := news.OutletDetails{
		OutletSummary: news.OutletSummary{Outlet: news.Outlet{Name: "The Northern Ledger", Domain: "northernledger.example"}, Named: 1, Rerun: 1},
		RerunBy:       []news.Rerun{{Outlet: news.Outlet{Name: "Valley Observer", Domain: "valleyobserver.example"}, Stories: 1}},
	}
	forty := news.OutletDetails{OutletSummary: news.OutletSummary{
		Outlet: news.Outlet{Name: "جريدة الميناء", Domain: "forty.example"}, Articles: 40, Stories: 40, Wrote: 40, Share: 1, First: ago(100), Last: ago(1),
	}, Lists: true}
	for i := range 40 {
		forty.Names = append(forty.Names, fmt.Sprint("Gazette Section ", i))
	}
	bare := news.OutletDetails{OutletSummary: news.OutletSummary{Outlet: news.Outlet{Domain: "nameless.example"}, Articles: 2, Stories: 2, First: ago(100), Last: ago(100)}}
	long := news.OutletDetails{OutletSummary: news.OutletSummary{Outlet: longOutlet(), Articles: 1, Stories: 1, Most: rerun(longOutlet().Name, "", 1, 0)}}
	return []news.OutletDetails{post, named, forty, bare, long}
}

func TestOutletPages(t *testing.T) {
	h := handler(edition())
	for _, tt := range []struct {
		path   string
		status int
		want   []string
	}{
		{"/outlets", 200, []string{
			"5 outlets", "Harbour Post agency", "310 of 900", "34%", "Nordlys Wire 120 stories", "40 min", "only named, 1 time", "but for 3 that give no outlet", "nameless.example",
		}},
		{"/outlets?q=post&sort=share", 200, []string{"1 of 5 outlets", "Share ↓"}},
		{"/outlets?q=nobody", 200, []string{"No outlet has nobody in its name or domain"}},
		{"/outlets?page=7", 200, []string{"There are no more outlets", "Page 7"}},
		{"/outlet/harbourpost.example", 200, []string{
			"1,204", "310 of 900 stories", "What it wrote first Ferry with 340 aboard", "rerun by Coastline Daily, Nordlys Wire, Capital Herald and 4 more",
			"Whom it reruns", "Nordlys Wire 120 35 min", "Carrier 0 20 under 1 min", "Carrier 1 19 7 h", "5 more", "Carrier 19 1 6 days",
			"Its stamps run about 7 h early.", "https://harbourpost.example/feed.xml", "Take the change back",
		}},
		{"/outlet/northernledger.example", 200, []string{"No article of this outlet is stored. 1 story goes back to it all the same", "Last copper mine", "rerun by Valley Observer, Metal Week", "Valley Observer 1"}},
		{"/outlet/forty.example", 200, []string{"also call it Gazette Section 0, Gazette Section 1", "and 36 more names", "hardly anything of its own"}},
		{"/outlet/nameless.example", 200, []string{"nameless.example", "No stored story goes back to it."}},
		{"/outlet/" + url.PathEscape(longOutlet().Key()), 200, []string{"A/B? <i>&c</i>"}},
		{"/outlet/nobody.example", 404, []string{"Not found"}},
	} {
		w := get(t, h, tt.path)
		if w.Code != tt.status {
			t.Errorf("%s: status %d, want %d", tt.path, w.Code, tt.status)
		}
		text := words(t, w.Body.String())
		for _, want := range tt.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q:\n%s", tt.path, want, text)
			}
		}
	}
	w := get(t, h, "/outlet/former.forty.example")
	if w.Code != http.StatusFound || w.Header().Get("Location") != "/outlet/forty.example" {
		t.Errorf("a former key: %d to %s", w.Code, w.Header().Get("Location"))
	}
}

func TestMendOutlet(t *testing.T) {
	f := edition()
	h := handler(f)
	w := post(t, h, "/outlet/forty.example", url.Values{"name": {" Port  News "}, "aliases": {"The Port\r\nPort"}, "domains": {"forty.example\nforty-two.example"}, "agency": {"1"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/outlet/forty.example?changed" {
		t.Fatalf("status %d, %s", w.Code, w.Header().Get("Location"))
	}
	want := "{forty.example Port News true [The Port Port] [forty.example forty-two.example] 0001-01-01 00:00:00 +0000 UTC}"
	if got := fmt.Sprint(f.edits[0]); got != want {
		t.Errorf("the edit is %s", got)
	}
	if text := words(t, get(t, h, "/outlet/forty.example?changed").Body.String()); !strings.Contains(text, "The change holds from now on") {
		t.Error("the page does not say that it is changed")
	}
	w = post(t, h, "/outlet/forty.example", url.Values{"name": {"Port"}, "domains": {"no/domain"}})
	page := w.Body.String()
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(page, "That is no domain") || !strings.Contains(page, "no/domain") {
		t.Errorf("a wrong domain: status %d:\n%s", w.Code, words(t, page))
	}
	if w := post(t, h, "/outlet/harbourpost.example/restore", nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/outlet/harbourpost.example?restored" {
		t.Errorf("taken back: %d to %s", w.Code, w.Header().Get("Location"))
	}
	if w := post(t, h, "/outlet/forty.example/restore", nil); w.Code != http.StatusNotFound {
		t.Errorf("nothing to take back: %d", w.Code)
	}
}
