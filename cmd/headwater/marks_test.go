package main

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestMarksBothWays marks articles on the pages and by the API of feed readers in turn, on one account: each shows at once what
// the other did, and undo takes back what one marking changed and nothing else.
func TestMarksBothWays(t *testing.T) {
	r := &reader{server: startDemo(t)}
	r.auth = r.login(t)
	var page struct{ ItemRefs []struct{ ID string } }
	r.get(t, "stream/items/ids?n=3&s=user/-/state/com.google/reading-list&xt=user/-/state/com.google/read", &page)
	if len(page.ItemRefs) < 3 {
		t.Fatalf("%d articles are unread", len(page.ItemRefs))
	}
	first, second, third := page.ItemRefs[0].ID, page.ItemRefs[1].ID, page.ItemRefs[2].ID
	// has says whether an article has a state in the API.
	has := func(id, state string) bool {
		t.Helper()
		var list struct {
			Items []struct{ Categories []string }
		}
		r.get(t, "stream/items/contents?i="+id, &list)
		return len(list.Items) == 1 && strings.Contains(strings.Join(list.Items[0].Categories, " ")+" ", "/state/com.google/"+state+" ")
	}
	// shows says whether the page of a list has an article.
	shows := func(list, id string) bool {
		t.Helper()
		return strings.Contains(r.ask(t, list+"?by=article", nil), `data-article="`+id+`"`)
	}

	starred := r.count(t, "starred")
	r.ask(t, "/marks", url.Values{"read": {first}, "star": {second}})
	if !has(first, "read") || has(second, "read") || !has(second, "starred") || r.count(t, "starred") != starred+1 {
		t.Error("the API lacks what was marked on the page")
	}
	r.post(t, "edit-tag", url.Values{"i": {third}, "a": {"user/-/state/com.google/read", "user/-/state/com.google/starred"}})
	if !shows("/history", third) || !shows("/starred", third) || !shows("/starred", second) {
		t.Error("the pages lack what was marked by the API")
	}
	r.ask(t, "/marks", url.Values{"unread": {third}, "unstar": {second, third}})
	if has(third, "read") || r.count(t, "starred") != starred {
		t.Error("the API has what was taken back on the page")
	}

	// All of a list is marked from a page; meanwhile a feed reader reads one of its articles.
	through := regexp.MustCompile(`name="through" value="([0-9]+)"`).FindStringSubmatch(r.ask(t, "/unread?by=article", nil))
	if through == nil {
		t.Fatal("the list has no form that marks all as read")
	}
	r.post(t, "edit-tag", url.Values{"i": {third}, "a": {"user/-/state/com.google/read"}})
	want := r.count(t, "read")
	if !has(second, "read") { // it may be a copy of another
		want++
	}
	marked := r.ask(t, "/marks/all", url.Values{"list": {"/unread?by=article"}, "through": through[1:], "back": {"/unread?by=article"}})
	if all := r.count(t, "reading-list"); r.count(t, "read") != all {
		t.Errorf("%d of %d articles are read after all were marked", r.count(t, "read"), all)
	}
	undo := regexp.MustCompile(`name="undo" value="([0-9]+)"`).FindStringSubmatch(html.UnescapeString(marked))
	if undo == nil {
		t.Fatalf("the page has no way back:\n%s", marked)
	}
	r.post(t, "edit-tag", url.Values{"i": {second}, "r": {"user/-/state/com.google/read"}})
	r.post(t, "edit-tag", url.Values{"i": {second}, "a": {"user/-/state/com.google/read"}}) // its reader's own mark from here on
	r.ask(t, "/marks/undo", url.Values{"undo": undo[1:], "back": {"/unread"}})
	if got := r.count(t, "read"); !has(first, "read") || !has(second, "read") || !has(third, "read") || got != want {
		t.Errorf("%d articles are read after the undo, want %d", got, want)
	}
	r.ask(t, "/marks/undo", url.Values{"undo": undo[1:], "back": {"/unread"}})
	if got := r.count(t, "read"); got != want {
		t.Errorf("%d articles are read after a second undo, want %d", got, want)
	}
}
