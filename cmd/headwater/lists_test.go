package main

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	// headlines are the headlines of the page of a list that lead to an article or a story.
	headlines = regexp.MustCompile(`<h2 dir="auto"[^>]*><a href="(/(?:article|story)/[^"]*)"`)
	// entries are those of the page of an event.
	entries = regexp.MustCompile(`<h3 dir="auto"[^>]*><a href="(/story/[^"]*)"`)
)

// TestReadingLists opens pages from lists, goes on to the next and previous of the list, and narrows lists of marks down to a folder, a feed
// and a topic.
func TestReadingLists(t *testing.T) {
	if testing.Short() {
		t.Skip("walks some hundred pages, one by one")
	}
	r := &reader{server: startDemo(t)}
	r.auth = r.login(t)
	r.walkLists(t,
		walkedList{"/", 1, headlines},
		walkedList{"/?lang=en", 1, headlines},
		walkedList{"/latest", 3, headlines},
		walkedList{"/search?q=the", 2, headlines},
		walkedList{"/search?q=the&show=articles&sort=newest", 2, headlines},
		walkedList{"/topic/ferries", 1, headlines},
		walkedList{"/unread?by=article&order=newest", 2, headlines},
	)
	r.narrowLists(t)
	event := r.largestEvent(t)
	r.walkLists(t,
		walkedList{"/folder/Local", 2, headlines},
		walkedList{"/folder/Local?by=article", 3, headlines},
		walkedList{"/feed/1", 1, headlines},
		walkedList{"/feed/1?by=article", 1, headlines},
		walkedList{event, 1, entries},
		walkedList{event + "?order=time", 1, entries},
	)
}

// walkedList is the address of a list, how many pages it has, and what its entries look like.
type walkedList struct {
	path  string
	pages int
	rows  *regexp.Regexp
}

// walkLists opens pages at the beginning and around the end of the first page of lists, and looks where they lead.
func (r *reader) walkLists(t *testing.T, lists ...walkedList) {
	t.Helper()
	around := regexp.MustCompile(`<a rel="(prev|next)" href="([^"]*)"|<a class="(up)" href="([^"]*)"`)
	beside := func(page string) map[string]string {
		found := map[string]string{}
		for _, m := range around.FindAllStringSubmatch(r.ask(t, page, nil), -1) {
			found[m[1]+m[3]] = html.UnescapeString(m[2] + m[4])
		}
		return found
	}
	next := regexp.MustCompile(`<a rel="next" href="([^"]*)"`)
	for _, list := range lists {
		var all, from []string // addresses, and the page of the list that has each
		address := list.path
		for n := range min(list.pages, 2) {
			page := r.ask(t, address, nil)
			for _, m := range list.rows.FindAllStringSubmatch(page, -1) {
				all, from = append(all, html.UnescapeString(m[1])), append(from, address)
			}
			if n == 0 && (len(all) < 4 && list.rows == headlines || len(all) < 2) {
				t.Fatalf("%s lists %v", list.path, all)
			}
			if m := next.FindStringSubmatch(page); m != nil {
				address = html.UnescapeString(m[1])
			} else if n == 0 && list.pages > 1 {
				t.Fatalf("%s has no page after it", address)
			}
		}
		path := func(address string) string { p, _, _ := strings.Cut(address, "?"); return p }
		for _, i := range []int{0, 1, 28, 29, 30, 38, 39, 40, len(all) - 1} {
			if i >= len(all) {
				continue
			}
			r.from = from[i] // as a browser says it
			got := beside(all[i])
			r.from = ""
			if to := got["next"]; to != "" {
				if back := beside(to)["prev"]; path(back) != path(all[i]) {
					t.Errorf("%s: before %s comes %q", list.path, to, back)
				}
			}
			if i > 0 && path(got["prev"]) != path(all[i-1]) || i == 0 && got["prev"] != "" {
				t.Errorf("%s: before %s comes %q", list.path, all[i], got["prev"])
			}
			if i+1 < len(all) && path(got["next"]) != path(all[i+1]) || i+1 == len(all) && list.pages == 1 && got["next"] != "" {
				t.Errorf("%s: after %s comes %q", list.path, all[i], got["next"])
			}
			if path(got["up"]) != path(list.path) {
				t.Errorf("%s: %s leads back to %q", list.path, all[i], got["up"])
			}
		}
	}
	for _, bad := range []string{"https://evil.example/", "//evil.example/", "/feeds", "/search", "/search?q=%22", "/topic/None", "/topic/", "/?day=x", "/unread?feed=x", "/search?q=ferry&page=900", "%zz", "/latest?page=-1", "/feed/x", "/feed/999", "/folder/", "/folder/None", "/folder/Local?before=x", "/event/0", "/event/999999"} {
		got := beside("/article/1?in=" + url.QueryEscape(bad))
		if got["prev"] != "" || got["next"] != "" || strings.Contains(got["up"], "evil") {
			t.Errorf("from %s article 1 leads to %v", bad, got)
		}
	}
}

// largestEvent is the page of the event of the front page that has the most stories.
func (r *reader) largestEvent(t *testing.T) string {
	t.Helper()
	page, most := "", 0
	for _, m := range regexp.MustCompile(`href="(/event/[0-9]+)"`).FindAllStringSubmatch(r.ask(t, "/", nil), -1) {
		if n := len(entries.FindAllString(r.ask(t, m[1], nil), -1)); n > most {
			page, most = m[1], n
		}
	}
	return page
}

// narrowLists stars, labels and reads articles, and follows each link that narrows their lists down: it has as many articles as it says.
func (r *reader) narrowLists(t *testing.T) {
	t.Helper()
	var page struct{ ItemRefs []struct{ ID string } }
	r.get(t, "stream/items/ids?n=100&s=user/-/state/com.google/reading-list", &page)
	for i, ref := range page.ItemRefs {
		if i%5 != 0 {
			continue
		}
		r.ask(t, "/marks", url.Values{"star": {ref.ID}})
		r.ask(t, "/article/"+ref.ID+"/labels", url.Values{"add": {"Later"}})
	}
	narrow := regexp.MustCompile(`<li><a href="([^"]*[?&;](?:feed|folder)=[^"]*)" dir="auto">[^<]*</a> <span class="count">([0-9]+)</span>`)
	for _, list := range []string{"/starred", "/label/Later", "/history?by=article", "/history?by=story", "/unread?by=article", "/unread?by=story"} {
		links := narrow.FindAllStringSubmatch(r.ask(t, list, nil), -1)
		if len(links) < 3 {
			t.Errorf("%s can be narrowed down by %d links", list, len(links))
		}
		for _, link := range links {
			want, err := strconv.Atoi(link[2])
			if err != nil {
				t.Fatal(err)
			}
			shown := len(headlines.FindAllString(r.ask(t, html.UnescapeString(link[1]), nil), -1))
			if shown != min(want, 30) {
				t.Errorf("%s has %d articles, and shows %d", link[1], want, shown)
			}
		}
	}
	topics := regexp.MustCompile(`<li><a href="(/unread[^"]*topic=[^"]*)" dir="auto">ferries<`).FindStringSubmatch(r.ask(t, "/unread", nil))
	if topics == nil {
		t.Fatal("unread articles cannot be narrowed down to a topic")
	}
	of, all := r.ask(t, html.UnescapeString(topics[1]), nil), r.ask(t, "/topic/ferries", nil)
	shown := headlines.FindAllString(of, -1)
	if len(shown) == 0 || !strings.Contains(of, `<span class="of" dir="auto">ferries</span>`) {
		t.Errorf("the unread articles of a topic are %v", shown)
	}
	var stories []string
	for _, m := range regexp.MustCompile(`data-article="([0-9]+)"`).FindAllStringSubmatch(all, -1) {
		stories = append(stories, m[1])
	}
	if !slices.ContainsFunc(stories, func(id string) bool { return strings.Contains(of, `data-article="`+id+`"`) }) {
		t.Errorf("none of the articles %v of the topic is among the unread ones of it", stories)
	}
}
