package greader_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"headwater/internal/news"
)

func TestLogin(t *testing.T) {
	r := open(t)
	login := func(name, password string) (int, string) {
		return r.ask(t, "", "POST /accounts/ClientLogin", url.Values{"Email": {name}, "Passwd": {password}}.Encode())
	}
	if status, body := login(anna, password); status != http.StatusUnauthorized || !strings.Contains(body, "headwater user add NAME") {
		t.Errorf("without users: %d %s", status, body)
	}
	must(t, r.Accounts.AddUserAs(t.Context(), anna, password, news.EditorRole))
	for name, tt := range map[string][2]string{"wrong password": {anna, "wrong"}, "nobody": {"bob", password}, "no name": {"", ""}} {
		if status, body := login(tt[0], tt[1]); status != http.StatusUnauthorized || strings.TrimSpace(body) != "Error=BadAuthentication" {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	auth := r.login(t, anna, password)
	for name, header := range map[string]string{"none": "", "made up": "anna/123", "the password": password} {
		if status, _ := r.ask(t, header, "GET "+api+"token", ""); status != http.StatusUnauthorized {
			t.Errorf("token for %s: %d", name, status)
		}
	}
	if status, _ := r.ask(t, "", "GET /accounts/ClientLogin?Email=anna&Passwd=correct+horse", ""); status != http.StatusBadRequest {
		t.Errorf("a password in the address: %d", status)
	}
	other := r.login(t, anna, password)
	must(t, r.Accounts.SetPassword(t.Context(), anna, "battery staple"))
	for _, token := range []string{auth, other} {
		if status, _ := r.ask(t, token, "GET "+api+"user-info", ""); status != http.StatusUnauthorized {
			t.Errorf("after another password: %d", status)
		}
	}
	auth = r.login(t, anna, "battery staple")
	must(t, r.Store.RemoveUser(t.Context(), anna))
	if status, _ := r.ask(t, auth, "GET "+api+"user-info", ""); status != http.StatusUnauthorized {
		t.Errorf("after the user was removed: %d", status)
	}
}

func TestTooManyTries(t *testing.T) {
	r := filled(t)
	form := url.Values{"Email": {anna}, "Passwd": {"guess"}}.Encode()
	for i := range 10 {
		if status, _ := r.ask(t, "", "POST /accounts/ClientLogin", form); status != http.StatusUnauthorized {
			t.Fatalf("guess %d: %d", i, status)
		}
	}
	good := url.Values{"Email": {anna}, "Passwd": {password}}.Encode()
	if status, body := r.ask(t, "", "POST /accounts/ClientLogin", good); status != http.StatusTooManyRequests || !strings.Contains(body, "300 seconds") && !strings.Contains(body, "301 seconds") {
		t.Errorf("after ten guesses: %d %s", status, body)
	}
	r.want(t, "GET "+api+"user-info", "", "") // who is in stays in
	r.now = r.now.Add(6 * time.Minute)
	r.login(t, anna, password)
}

func TestStreams(t *testing.T) {
	r := filled(t)
	r.follow(t, news.Topic{Name: "Whales", Query: "whale"})
	u, _, err := r.Store.User(t.Context(), anna)
	must(t, err)
	r.follow(t, news.Topic{User: u.ID, Name: "Wires", Query: "bakers OR council"})
	_, err = r.Store.MarkItems(t.Context(), u.ID, news.Marking{Articles: []int64{2}, Read: true, AddLabels: []string{""}})
	must(t, err)
	_, err = r.Store.MarkItems(t.Context(), u.ID, news.Marking{Articles: []int64{5}, AddLabels: []string{"Later"}})
	must(t, err)
	at := func(hour int) string { return fmt.Sprint(day.Add(time.Duration(hour) * time.Hour).Unix()) }
	tests := []struct{ name, stream, more, want string }{
		{"all, newest first", all, "", "5 4 3 2 1"},
		{"oldest first", all, "&r=o", "1 2 3 4 5"},
		{"unread", all, unread, "5 4 3 1"},
		{"unread by it", all, "&it=user/-/state/com.google/kept-unread", "5 4 3 1"},
		{"not unread", all, "&xt=user/-/state/com.google/kept-unread", "2"},
		{"at most", all, "&n=2", "5 4"},
		{"seen since", all, "&ot=" + at(3), "5 4 3"},
		{"seen since, in milliseconds", all, "&ot=" + at(3) + "000", "5 4 3"},
		{"seen before", all, "&nt=" + at(3), "2 1"},
		{"read", read, "", "2"},
		{"starred", starred, "", "2"},
		{"starred and unread", starred, unread, ""},
		{"by user number", "user/1/state/com.google/starred", "", "2"},
		{"by user name", "user/anna/state/com.google/starred", "", "2"},
		{"feed", "feed/2", "", "5 4"},
		{"feed by address", "feed/https://paper.example/feed.xml?a=1&b=2", "", "5 4"},
		{"folder", "user/-/label/Wires", "", "3 2 1"},
		{"without a folder", all, "&xt=user/-/label/Wires", "5 4"},
		{"in two", "user/-/label/Wires", "&it=" + starred, "2"},
		{"own label", "user/-/label/Later", "", "5"},
		{"unknown label", "user/-/label/None", "", ""},
		{"once", once, "", "5 3 2 1"},
		{"once, unread", once, unread, "5 3 1"},
		{"everybody's topic", "user/-/label/Whales", "", "1"},
		{"own topic, called like a folder", "user/-/label/Wires (topic)", "", "5 3"},
		{"shared with friends", "user/-/state/com.google/broadcast", "", ""},
	}
	for _, tt := range tests {
		if got := r.ids(t, tt.stream, tt.more); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	tags := r.want(t, "GET "+api+"tag/list?output=json", "", "")
	for _, id := range []string{starred, once, "user/-/label/Wires", "user/-/label/Wires (topic)", "user/-/label/Whales", "user/-/label/Later"} {
		if !strings.Contains(tags, `"id":"`+id+`"`) {
			t.Errorf("tags lack %s: %s", id, tags)
		}
	}
	r.want(t, "GET "+api+"stream/items/count?s="+url.QueryEscape(all)+unread, "", "4")
	r.want(t, "GET "+api+"stream/items/count?a=true&s="+url.QueryEscape(all), "", "5#August 18, 2026")
}

func TestUnreadCount(t *testing.T) {
	r := filled(t)
	r.follow(t, news.Topic{Name: "Whales", Query: "whale"})
	must(t, r.Pipeline.Matcher.Match(t.Context()))
	r.want(t, "POST "+api+"edit-tag", "i=2&a="+read, "OK")
	counts := decode[struct {
		Max          int
		Unreadcounts []struct {
			ID                      string
			Count                   int
			NewestItemTimestampUsec string
		}
	}](t, r.want(t, "GET "+api+"unread-count?output=json", "", ""))
	got := map[string]int{}
	for _, c := range counts.Unreadcounts {
		got[c.ID] = c.Count
	}
	want := map[string]int{all: 4, "feed/1": 2, "feed/2": 2, "user/-/label/Wires": 2, once: 3, "user/-/label/Whales": 1}
	if fmt.Sprint(got) != fmt.Sprint(want) || counts.Max != 4 {
		t.Errorf("%v, want %v", got, want)
	}
	if c := counts.Unreadcounts[0]; c.NewestItemTimestampUsec != fmt.Sprint(day.Add(5*time.Hour).UnixMicro()) {
		t.Errorf("newest %+v", c)
	}
}

// A page goes on where the one before ended, whatever comes in meanwhile.
func TestContinuation(t *testing.T) {
	for _, order := range []string{"n", "o"} {
		r := filled(t)
		var got []string
		next := ""
		for i := 0; ; i++ {
			page := decode[refs](t, r.want(t, "GET "+api+"stream/items/ids?n=2&r="+order+"&s="+all+"&c="+next, "", ""))
			for _, ref := range page.ItemRefs {
				got = append(got, ref.ID)
			}
			if next = page.Continuation; next == "" {
				break
			}
			if i == 0 { // one newer than all, and one that is published at the time of another
				r.collect(t, 1, article("new", "Brand new", 9), article("same", "At the same time", 3))
			}
		}
		want := map[string]string{"n": "5 4 7 3 2 1", "o": "1 2 3 7 4 5 6"}[order]
		if strings.Join(got, " ") != want {
			t.Errorf("r=%s: %v, want %s", order, got, want)
		}
	}
}

// Reading what stands for a story reads its copies; what comes back comes back alone, and stays.
func TestReadingAStory(t *testing.T) {
	r := filled(t)
	edit := func(form string) { r.want(t, "POST "+api+"edit-tag", form, "OK") }
	edit("i=4&a=" + read) // a copy alone
	if got := r.ids(t, read, ""); got != "4" {
		t.Fatalf("read %q after reading a copy", got)
	}
	edit("i=4&r=" + read)
	edit("i=1&a=" + read)
	if got := r.ids(t, read, ""); got != "4 1" {
		t.Fatalf("read %q after reading what stands for the story", got)
	}
	edit("i=1&r=" + read + "&a=user/-/state/com.google/kept-unread&a=user/-/state/com.google/tracking-kept-unread")
	if got := r.ids(t, read, ""); got != "4" {
		t.Fatalf("read %q after it came back", got)
	}
	edit("i=1&a=" + read)
	edit("i=4&r=" + read)
	edit("i=1&a=" + read) // another reader says the same again
	if got := r.ids(t, read, ""); got != "1" {
		t.Errorf("read %q after the copy came back", got)
	}
}

func TestMarkAllAsRead(t *testing.T) {
	ts := fmt.Sprint(day.Add(2 * time.Hour).UnixMicro())
	tests := []struct{ name, form, want string }{
		{"a feed", "s=feed/2", "5 4"},
		{"what the reader has seen", "s=" + all + "&ts=" + ts, "4 2 1"}, // 4 is a copy of 1
		{"a folder", "s=user/-/label/Wires", "4 3 2 1"},
		{"every story", "s=" + url.QueryEscape(once), "5 4 3 2 1"},
	}
	for _, tt := range tests {
		r := filled(t)
		for range 2 {
			r.want(t, "POST "+api+"mark-all-as-read", tt.form, "OK")
		}
		if got := r.ids(t, read, ""); got != tt.want {
			t.Errorf("%s: read %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Two readers that mark the same at once lose nothing.
func TestAtOnce(t *testing.T) {
	r := filled(t)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			form := fmt.Sprintf("i=%d&a=%s&a=%s", i%4+1, read, starred)
			if status, body := r.ask(t, r.auth, "POST "+api+"edit-tag", form); status != http.StatusOK {
				t.Errorf("%s: %d %s", form, status, body)
			}
		})
	}
	wg.Wait()
	if r.ids(t, read, "") != "4 3 2 1" || r.ids(t, starred, "") != "4 3 2 1" {
		t.Errorf("read %q, starred %q", r.ids(t, read, ""), r.ids(t, starred, ""))
	}
}

func TestOfAnotherUser(t *testing.T) {
	r := filled(t)
	must(t, r.Accounts.AddUser(t.Context(), "bob", password))
	r.want(t, "POST "+api+"edit-tag", "i=2&a="+read+"&a="+starred+"&a=user/-/label/Mine", "OK")
	r.auth = r.login(t, "bob", password)
	if got := r.ids(t, read, "") + r.ids(t, starred, "") + r.ids(t, "user/-/label/Mine", ""); got != "" {
		t.Errorf("bob sees anna's marks: %s", got)
	}
}

func TestItem(t *testing.T) {
	r := filled(t)
	r.want(t, "POST "+api+"edit-tag", "i=1&a="+starred+"&a=user/-/label/Later", "OK")
	want := `{"id":"tag:google.com,2005:reader/item/0000000000000001","crawlTimeMsec":"1787036400000","timestampUsec":"1787036400000000",` +
		`"published":1787036340,"title":"Whale swims free","author":"The Wire Agency","canonical":[{"href":"https://site.example/whale"}],` +
		`"alternate":[{"href":"https://site.example/whale","type":"text/html"}],"summary":{"direction":"ltr","content":"<p>Whale swims free.</p>` +
		`<p>Other versions:</p><ul><li><a href=\"https://site.example/whale2\">Outlet of whale2</a> (copy)</li></ul>"},` +
		`"origin":{"streamId":"feed/1","title":"The Wire","htmlUrl":"https://wire.example/"},"categories":["user/-/state/com.google/reading-list",` +
		`"user/-/state/com.google/starred","user/-/label/Wires","user/-/label/Later","user/-/label/Everything, once"],` +
		`"enclosure":[{"href":"https://site.example/whale.mp3","type":"audio/mpeg","length":7}]}`
	for _, id := range []string{"1", "0000000000000001", "tag:google.com,2005:reader/item/0000000000000001", "tag:google.com,2005:reader/item/1"} {
		for _, ask := range [][2]string{{"GET " + api + "stream/items/contents?i=" + id, ""}, {"POST " + api + "stream/items/contents", "T=x&i=" + id}} {
			items := decode[struct{ Items []json.RawMessage }](t, r.want(t, ask[0], ask[1], "")).Items
			if len(items) != 1 || string(items[0]) != want {
				t.Fatalf("%s: %s\nwant %s", ask[0], items, want)
			}
		}
	}
}

func TestSubscriptions(t *testing.T) {
	r := filled(t)
	edit := func(form string) { r.want(t, "POST "+api+"subscription/edit", form, "OK") }
	edit("ac=subscribe&s=feed/https://new.example/rss&t=New&a=user/-/label/Fresh")
	edit("ac=subscribe&s=feed/https://new.example/rss") // again
	edit("ac=edit&s=feed/2&t=Paper&a=user/-/label/Papers")
	edit("ac=edit&s=feed/1&r=user/-/label/Wires")
	got := r.want(t, "GET "+api+"subscription/list?output=json", "", "")
	for _, want := range []string{
		`"id":"feed/3","title":"New","categories":[{"id":"user/-/label/Fresh","label":"Fresh","type":"folder"}]`,
		`"id":"feed/2","title":"Paper","categories":[{"id":"user/-/label/Papers","label":"Papers","type":"folder"}]`,
		`"id":"feed/1","title":"The Wire","categories":[]`, `"url":"https://paper.example/feed.xml?a=1&b=2"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("subscriptions lack %s: %s", want, got)
		}
	}
	r.want(t, "POST "+api+"rename-tag", "s=user/-/label/Papers&dest=user/-/label/Press", "OK")
	r.want(t, "POST "+api+"disable-tag", "s=user/-/label/Fresh", "OK")
	edit("ac=unsubscribe&s=feed/1")
	got = r.want(t, "GET "+api+"subscription/list?output=json", "", "")
	if strings.Contains(got, "feed/1") || strings.Contains(got, "Fresh") || !strings.Contains(got, `"label":"Press"`) {
		t.Errorf("subscriptions %s", got)
	}
	added := decode[map[string]any](t, r.want(t, "POST "+api+"subscription/quickadd", "quickadd=https://quick.example/feed", ""))
	if added["numResults"] != 1. || added["streamId"] != "feed/4" {
		t.Errorf("quickadd: %v", added)
	}
	added = decode[map[string]any](t, r.want(t, "POST "+api+"subscription/quickadd", "quickadd=http://pages.example/", ""))
	if added["streamId"] != "feed/5" || added["streamName"] != "Pages of the day" {
		t.Errorf("quickadd of a page: %v", added)
	}
	if f, err := r.Store.Feed(t.Context(), 5); err != nil || f.URL != "http://pages.example/news.xml" {
		t.Errorf("quickadd of a page followed %s, %v", f.URL, err)
	}
	opml := r.want(t, "GET "+api+"subscription/export", "", "")
	if !strings.Contains(opml, "https://quick.example/feed") {
		t.Errorf("export: %s", opml)
	}
	for i, kind := range []string{"text/x-opml", "", "application/x-www-form-urlencoded"} { // the last is what curl says
		address := fmt.Sprintf("https://imported%d.example/feed", i)
		list := strings.ReplaceAll(opml, "https://quick.example/feed", address)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.server.URL+api+"subscription/import", strings.NewReader(list))
		must(t, err)
		if kind != "" {
			req.Header.Set("Content-Type", kind)
		}
		req.Header.Set("Authorization", "GoogleLogin auth="+r.auth)
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		must(t, resp.Body.Close())
		if got := r.want(t, "GET "+api+"subscription/list", "", ""); resp.StatusCode != http.StatusOK || !strings.Contains(got, address) {
			t.Errorf("import as %q: %s, %s", kind, resp.Status, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	r := filled(t)
	r.follow(t, news.Topic{Name: "Whales", Query: "whale"})
	tests := []struct {
		line, form string
		status     int
		says       string
	}{
		{"GET " + api + "nothing", "", 404, "no /reader/api/0/nothing"},
		{"GET " + api + "edit-tag?i=1&a=" + read, "", 405, "send a POST"},
		{"GET " + api + "tag/list?output=xml", "", 400, "output=json"},
		{"GET " + api + "stream/items/ids?s=garbage", "", 400, "no stream"},
		{"GET " + api + "stream/items/ids?s=feed/99", "", 404, "not among the feeds"},
		{"GET " + api + "stream/items/ids?s=user/2/state/com.google/read", "", 400, "no stream"},
		{"GET " + api + "stream/items/ids?c=elsewhere", "", 400, "no continuation"},
		{"GET " + api + "stream/items/ids?n=many", "", 400, "no number"},
		{"GET " + api + "stream/items/ids?ot=yesterday", "", 400, "seconds"},
		{"POST " + api + "edit-tag", "a=" + read, 400, "at least one item"},
		{"POST " + api + "edit-tag", "i=one&a=" + read, 400, "no item"},
		{"POST " + api + "edit-tag", "i=1&a=" + read + "&r=" + read, 400, "at once"},
		{"POST " + api + "edit-tag", "i=1&a=user/-/label/Whales", 400, "fills itself"},
		{"POST " + api + "edit-tag", "i=1&a=user/-/label/", 400, "empty"},
		{"POST " + api + "edit-tag", "i=1&T=stale&a=" + read, 401, "BadToken"},
		{"POST " + api + "edit-tag", strings.Repeat("i=1&", 5_001) + "a=" + read, 400, "at most 5000"},
		{"POST " + api + "edit-tag", "i=" + strings.Repeat("1", 5<<20), 413, "larger"},
		{"POST " + api + "subscription/edit", "ac=subscribe&s=feed/ftp://x", 400, "no feed address"},
		{"POST " + api + "subscription/edit", "ac=sell&s=feed/1", 400, "no action"},
		{"POST " + api + "disable-tag", "s=user/-/label/Whales", 403, "not yours"},
		{"POST " + api + "rename-tag", "s=user/-/label/None&dest=user/-/label/Some", 404, "no label"},
	}
	for _, tt := range tests {
		status, body := r.ask(t, r.auth, tt.line, tt.form)
		if status != tt.status || !strings.Contains(body, tt.says) {
			t.Errorf("%s %.80s: %d %s, want %d with %q", tt.line, tt.form, status, body, tt.status, tt.says)
		}
	}
	if got := r.ids(t, read, ""); got != "" {
		t.Errorf("what was refused was done: read %q", got)
	}
}

// What people call things comes back as it went in, or is refused.
func TestNaughtyNames(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of labels, one after the other")
	}
	const file = "../../../../shared/hostile/naughty_strings.json"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("the naughty strings are not there: %v", err)
	}
	var names []string
	must(t, json.Unmarshal(data, &names))
	r := filled(t)
	kept := 0
	for _, name := range names {
		form := url.Values{"ac": {"edit"}, "s": {"feed/2"}, "a": {"user/-/label/" + name}}.Encode()
		status, body := r.ask(t, r.auth, "POST "+api+"subscription/edit", form)
		mark, _ := r.ask(t, r.auth, "POST "+api+"edit-tag", url.Values{"i": {"1"}, "a": {"user/-/label/" + name}}.Encode())
		if err := news.CheckName(name); err != nil {
			if status != http.StatusBadRequest || mark != http.StatusBadRequest {
				t.Errorf("%q: %d and %d, though %v", name, status, mark, err)
			}
			continue
		}
		kept++
		subs := decode[struct {
			Subscriptions []struct{ Categories []struct{ Label string } }
		}](t, r.want(t, "GET "+api+"subscription/list", "", "")).Subscriptions
		if status != http.StatusOK || subs[1].Categories[0].Label != name {
			t.Errorf("folder %q: %d %s, came back as %q", name, status, body, subs[1].Categories)
		}
		if got := r.ids(t, "user/-/label/"+name, ""); mark != http.StatusOK || got != "5 4 1" {
			t.Errorf("label %q has %q", name, got)
		}
		r.want(t, "POST "+api+"edit-tag", url.Values{"i": {"1"}, "r": {"user/-/label/" + name}}.Encode(), "OK")
		r.topicCalled(t, name)
	}
	if kept < len(names)/2 {
		t.Errorf("only %d of %d names were kept", kept, len(names))
	}
}

// topicCalled follows a topic under a name that is a folder's too.
func (r *room) topicCalled(t *testing.T, name string) {
	t.Helper()
	r.follow(t, news.Topic{User: 1, Name: name, Query: "whale"})
	tags := decode[struct{ Tags []struct{ ID string } }](t, r.want(t, "GET "+api+"tag/list", "", "")).Tags
	label := "user/-/label/" + name + " (topic)"
	if !slices.ContainsFunc(tags, func(tag struct{ ID string }) bool { return tag.ID == label }) {
		t.Errorf("no tag %q", label)
	}
	if got := r.ids(t, label, ""); got != "1" {
		t.Errorf("topic %q has %q", name, got)
	}
	must(t, r.Store.RemoveTopic(t.Context(), 1, name))
}

// Users are called what they like, within what can be shown.
func TestUserNames(t *testing.T) {
	r := open(t)
	for _, name := range []string{"Ω≈ç√∫˜µ≤≥÷", "' OR 1=1 -- 1", "<script>alert(0)</script>", "a b@example.org/%2F+&=?", "田中さんにあげて下さい", "\u202etest\u202e"} {
		must(t, r.Accounts.AddUser(t.Context(), name, password))
		r.auth = r.login(t, name, password)
		info := decode[struct{ UserName string }](t, r.want(t, "GET "+api+"user-info", "", ""))
		if info.UserName != name {
			t.Errorf("%q came back as %q", name, info.UserName)
		}
		if got := r.ids(t, "user/"+name+"/state/com.google/read", ""); got != "" {
			t.Errorf("%q has read %q", name, got)
		}
	}
	for _, name := range []string{"", " ", "a\nb", "a\x00b", "\xff", strings.Repeat("x", 201)} {
		if err := r.Accounts.AddUser(t.Context(), name, password); err == nil {
			t.Errorf("%q is taken as a name", name)
		}
	}
}
