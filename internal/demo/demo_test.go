package demo

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newServer(t *testing.T) *Server {
	t.Helper()
	p, err := New(noon)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func get(t *testing.T, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:9999"+path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func feedPaths(p *Server) []string {
	var paths []string
	for _, o := range p.Outlets() {
		if o.Feed != "" {
			paths = append(paths, o.Feed)
		}
	}
	return paths
}

func TestListNamesEveryFeed(t *testing.T) {
	p := newServer(t)
	var list opmlList
	if err := xml.Unmarshal(get(t, p, "/feeds.opml").Body.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, folder := range list.Folders {
		for _, f := range folder.Feeds {
			got = append(got, f.URL)
		}
	}
	for _, path := range feedPaths(p) {
		want = append(want, "http://127.0.0.1:9999"+path)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("feeds listed (-want +got):\n%s", diff)
	}
}

// ids reads the ids of a feed's items with nothing but the standard library.
func ids(t *testing.T, path string, body []byte) []string {
	t.Helper()
	if strings.HasSuffix(path, ".json") {
		return jsonIDs(t, body)
	}
	var list []string
	dec := xml.NewDecoder(strings.NewReader(string(body)))
	depth, item := 0, 0
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("%s is not well-formed: %v", path, err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			depth++
			name := e.Name.Local
			if name == "item" || name == "entry" {
				item = depth
			}
			if item > 0 && depth == item+1 && (name == "guid" || name == "id") {
				var id string
				if err := dec.DecodeElement(&id, &e); err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				depth--
				list = append(list, id)
			}
		case xml.EndElement:
			if depth == item {
				item = 0
			}
			depth--
		}
	}
}

func jsonIDs(t *testing.T, body []byte) []string {
	t.Helper()
	var d jsonDocument
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatalf("JSON feed: %v", err)
	}
	var list []string
	for _, item := range d.Items {
		list = append(list, item.ID)
	}
	return list
}

func TestFeedsCarryWhatIsPlanted(t *testing.T) {
	p := newServer(t)
	want := make(map[string][]string)
	for _, a := range p.Truth() {
		want[a.Feed] = append(want[a.Feed], a.GUID)
	}
	got := make(map[string][]string)
	for _, path := range feedPaths(p) {
		w := get(t, p, path)
		if w.Code != http.StatusOK {
			t.Fatalf("GET %s: %d", path, w.Code)
		}
		got[path] = ids(t, path, w.Body.Bytes())
		seen := make(map[string]bool)
		for _, id := range got[path] {
			if seen[id] {
				t.Errorf("%s has two items %s", path, id)
			}
			seen[id] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items by feed (-planted +served):\n%s", diff)
	}
}

func TestUnchangedFeedsAnswer304(t *testing.T) {
	p := newServer(t)
	for _, path := range append(feedPaths(p), "/feeds.opml") {
		first := get(t, p, path)
		if first.Header().Get("ETag") == "" {
			t.Errorf("%s has no ETag", path)
		}
		again := get(t, p, path, "If-None-Match", first.Header().Get("ETag"))
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s again: %d with %d bytes, want 304 with none", path, again.Code, again.Body.Len())
		}
		if other := get(t, p, path, "If-None-Match", `"another"`); other.Code != http.StatusOK {
			t.Errorf("%s with another ETag: %d, want 200", path, other.Code)
		}
	}
	since := noon.Format(http.TimeFormat)
	if w := get(t, p, "/feed/meridian.xml", "If-Modified-Since", since); w.Code != http.StatusNotModified {
		t.Errorf("If-Modified-Since: %d, want 304", w.Code)
	}
	if w := get(t, p, "/feed/nobody.xml"); w.Code != http.StatusNotFound {
		t.Errorf("unknown feed: %d, want 404", w.Code)
	}
}

func TestTwoPressesOfOneMomentPrintTheSame(t *testing.T) {
	a, b := newServer(t), newServer(t)
	for _, path := range feedPaths(a) {
		if x, y := get(t, a, path), get(t, b, path); x.Body.String() != y.Body.String() {
			t.Errorf("%s differs from one New to the next", path)
		}
	}
}

func TestNothingRefersToARealHost(t *testing.T) {
	p := newServer(t)
	namespaces := []string{
		"http://purl.org/rss/1.0/modules/content/", "http://purl.org/dc/elements/1.1/",
		"http://www.w3.org/2005/Atom", "https://jsonfeed.org/version/1.1",
	}
	address := regexp.MustCompile(`https?://[^\s"'<>&\\)]+`)
	for _, path := range feedPaths(p) {
		body := get(t, p, path).Body.String()
		for _, ns := range namespaces {
			body = strings.ReplaceAll(body, ns, "")
		}
		for _, found := range address.FindAllString(body, -1) {
			u, err := url.Parse(found)
			if err != nil || !strings.HasSuffix(u.Host, ".example") && u.Host != "127.0.0.1:9999" {
				t.Errorf("%s refers to %s", path, found)
			}
		}
	}
}

// TestEachDayOfAWeekHasStories: every article is younger than a week, and each day of it has three stories, two of which
// have further articles.
func TestEachDayOfAWeekHasStories(t *testing.T) {
	const day = 24 * time.Hour
	told := make([]map[string]int, 7) // articles by story
	for _, a := range newServer(t).articles {
		age := noon.Sub(a.time)
		if age <= 0 || age >= 7*day {
			t.Fatalf("%s is %s old", a.key, age)
		}
		n := age / day
		if told[n] == nil {
			told[n] = make(map[string]int)
		}
		if a.Series == "" {
			told[n][a.story]++
		}
	}
	for n, stories := range told {
		wide := 0
		for _, articles := range stories {
			if articles > 1 {
				wide++
			}
		}
		if len(stories) < 3 || wide < 2 {
			t.Errorf("%d to %d hours ago: %d stories, %d with more than one article; want 3 and 2", 24*n, 24*n+24, len(stories), wide)
		}
	}
}

// TestPicturesAreServed asks for each picture that a feed names.
func TestPicturesAreServed(t *testing.T) {
	p := newServer(t)
	address := regexp.MustCompile(`http://127\.0\.0\.1:9999(/picture/[^"<]+)`)
	seen := make(map[string]bool)
	for _, path := range feedPaths(p) {
		for _, found := range address.FindAllStringSubmatch(get(t, p, path).Body.String(), -1) {
			w := get(t, p, found[1])
			m, err := png.Decode(w.Body)
			if err != nil || w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" {
				t.Fatalf("%s: %d, %s: %v", found[1], w.Code, w.Header().Get("Content-Type"), err)
			}
			if size := m.Bounds().Size(); size.X != pictureWidth || size.Y != pictureHeight {
				t.Errorf("%s is of %v", found[1], size)
			}
			seen[found[1]] = true
		}
	}
	want := make(map[string]bool)
	for _, a := range p.articles {
		if a.picture != "" {
			want[a.story] = true
		}
	}
	if len(seen) != len(want) || len(want) < 30 {
		t.Errorf("feeds name %d pictures of %d stories, at least 30 stories should have one", len(seen), len(want))
	}
}

// TestEveryKindOfCaseIsPlanted counts what a newcomer should meet.
func TestEveryKindOfCaseIsPlanted(t *testing.T) {
	p := newServer(t)
	stories := make(map[string][]Expected)
	events := make(map[string]map[string]bool)
	agencies := make(map[string]bool)
	for _, o := range p.Outlets() {
		agencies[o.Name] = o.Agency
	}
	for _, a := range p.Truth() {
		stories[a.Story] = append(stories[a.Story], a)
		if events[a.Event] == nil {
			events[a.Event] = make(map[string]bool)
		}
		events[a.Event][a.Story] = true
	}
	wires, lone, named, shared := 0, 0, 0, 0
	for _, members := range stories {
		switch n := len(members); {
		case n == 1:
			lone++
		case members[0].Named:
			named++
		case agencies[members[0].Origin] && n >= 4 && n <= 8:
			wires++
		}
	}
	for _, told := range events {
		if len(told) >= 3 {
			shared++
		}
	}
	got := []int{len(feedPaths(p)), len(p.Truth()), wires, lone, named, shared}
	for i, least := range []int{18, 160, 8, 20, 1, 3} {
		what := []string{"feeds", "articles", "agency stories with 3 to 7 others", "lone articles", "stories whose origin is only named", "events told by three"}[i]
		if got[i] < least {
			t.Errorf("%s: %d, want at least %d", what, got[i], least)
		}
	}
}

func TestEveryStoryHasItsOrigin(t *testing.T) {
	p := newServer(t)
	originals := make(map[string]int)
	outlets := make(map[string]map[string]bool)
	for _, a := range p.Truth() {
		if a.Role == news.RoleOriginal {
			originals[a.Story]++
		}
		if outlets[a.Story] == nil {
			outlets[a.Story] = make(map[string]bool)
		}
		outlets[a.Story][a.Outlet] = true
	}
	fed := make(map[string]bool)
	for _, o := range p.Outlets() {
		fed[o.Name] = o.Feed != ""
	}
	for _, a := range p.Truth() {
		want := 1
		if a.Named {
			want = 0
		}
		if originals[a.Story] != want {
			t.Errorf("%s: story %s has %d originals, want %d", a.Title, a.Story, originals[a.Story], want)
		}
		if a.Named && (fed[a.Origin] || len(outlets[a.Story]) < 2) {
			t.Errorf("%s: %s should have no feed and be named by two outlets", a.Story, a.Origin)
		}
		if a.Origin == "" {
			t.Errorf("%s: story %s goes back to nobody", a.Title, a.Story)
		}
	}
}

func TestAScoopIsRewrittenBeforeItComesOut(t *testing.T) {
	at := make(map[string]time.Time)
	for _, a := range newServer(t).articles {
		at[a.key] = a.time
	}
	if !at["pension-papers/quickdigest"].Before(at["pension-papers/courier"]) {
		t.Error("the rewrite of pension-papers should carry an earlier time than the scoop")
	}
}

func TestOneHeadlineTwoStories(t *testing.T) {
	stories := make(map[string]bool)
	for _, a := range newServer(t).Truth() {
		if a.Title == "Morning briefing" {
			stories[a.Story] = true
		}
	}
	if len(stories) != 2 {
		t.Errorf("%d stories are headed Morning briefing, want 2", len(stories))
	}
}
