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

	r.undoMarks(t, first)
}

// undoMarks marks an article in each way by a form, and takes that back by the form of the page after it, as is done without JavaScript.
func (r *reader) undoMarks(t *testing.T, id string) {
	t.Helper()
	form := regexp.MustCompile(`(?s)<div id="done".*?<p role="status" dir="auto">(.*?)</p>.*?action="(.*?)">(.*?)<button class="undo"( hidden)?>`)
	field := regexp.MustCompile(`<input type="hidden" name="(.*?)" value="(.*?)">`)
	// send sends a form, and returns what the page after it says, and the form that takes it back.
	send := func(path string, values url.Values) (said, action string, undo url.Values) {
		t.Helper()
		page := r.ask(t, path, values)
		parts := form.FindStringSubmatch(page)
		if parts == nil {
			t.Fatalf("%s: the page does not say what was done:\n%s", path, page)
		}
		undo = url.Values{}
		for _, f := range field.FindAllStringSubmatch(parts[3], -1) {
			undo.Add(f[1], html.UnescapeString(f[2]))
		}
		if parts[4] != "" {
			parts[2] = ""
		}
		return html.UnescapeString(parts[1]), html.UnescapeString(parts[2]), undo
	}
	// states are the marks that the page of the article shows.
	buttons := regexp.MustCompile(`name="(unread|read|unstar|star)" value="` + id + `"|<a href="/label/[^"]*" dir="auto">[^<]*</a> <button`)
	states := func() string { return strings.Join(buttons.FindAllString(r.ask(t, "/article/"+id, nil), -1), " ") }
	const label = `Later & "soon"`
	r.ask(t, "/marks", url.Values{"read": {id}, "unstar": {id}})
	for _, tt := range []struct {
		path, field, value, says string
	}{
		{"/marks", "unread", id, "Marked as unread: "},
		{"/marks", "star", id, "Starred: "},
		{"/article/" + id + "/labels", "add", label, "Label " + label + " added: "},
	} {
		before := states()
		said, action, undo := send(tt.path, url.Values{tt.field: {tt.value}, "back": {"/topics?x=1"}})
		if !strings.HasPrefix(said, tt.says) || undo.Get("back") != "/topics?x=1" {
			t.Errorf("%s %s: the page says %q, and goes back to %q", tt.field, tt.value, said, undo.Get("back"))
		}
		if tt.field != "unread" && states() == before { // to look at an article marks it as read
			t.Errorf("%s %s changed nothing: %s", tt.field, tt.value, before)
		}
		said, action, again := send(action, undo)
		if got := states(); got != before {
			t.Errorf("%s %s: the undo left %s, want %s", tt.field, tt.value, got, before)
		}
		if _, _, _ = send(action, again); said == "" || action == "" {
			t.Errorf("%s %s: the undo says %q and cannot be undone", tt.field, tt.value, said)
		}
	}
	if _, action, undo := send("/article/"+id+"/labels", url.Values{"add": {label}}); action != "" || undo.Has("remove") {
		t.Error("a label that the article had already can be undone")
	}
	read := r.count(t, "read")
	if _, action, undo := send("/marks", url.Values{"read": {id}}); action != "" || undo.Has("undo") {
		t.Error("what was read already can be undone")
	}
	r.ask(t, "/marks", url.Values{"unread": {id}})
	said, action, undo := send("/marks", url.Values{"read": {id}})
	if !strings.HasPrefix(said, "Marked as read: ") || r.count(t, "read") != read {
		t.Errorf("the page says %q, and %d articles are read, want %d", said, r.count(t, "read"), read)
	}
	if said, _, _ := send(action, undo); said != "1 article is unread again." || r.count(t, "read") != read-1 {
		t.Errorf("the page says %q, and %d articles are read, want %d", said, r.count(t, "read"), read-1)
	}

	list := "/label/" + url.PathEscape(label)
	said, action, undo = send(list, url.Values{"remove": {"1"}})
	if want := "The label " + label + " is removed. Its articles stay."; said != want || strings.Contains(states(), list) {
		t.Errorf("the page says %q, want %q", said, want)
	}
	if said, _, _ := send(action, undo); said != "The label "+label+" is back." || !strings.Contains(states(), "Later") {
		t.Errorf("the page says %q; the article has %s", said, states())
	}
}
