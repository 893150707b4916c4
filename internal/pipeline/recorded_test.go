package pipeline_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"headwater/internal/intake/parse"
	"headwater/internal/news"
	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
)

var loopback = netip.MustParsePrefix("127.0.0.0/8")

// recorded serves the recorded feeds and returns the server's address.
func recorded(t *testing.T, args ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("the record takes its time")
	}
	script := shared(t, "recorded/serve.py")
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skipf("needs python3 to serve the recorded feeds: %v", err)
	}
	port := freePort(t)
	cmd := exec.CommandContext(t.Context(), python, append([]string{script, "--port", strconv.Itoa(port)}, args...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended with the test's context
		_ = cmd.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("serve.py said %q and ended: %v\n%s", line, err, &said)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	awaitListener(t, address)
	return "http://" + address
}

// awaitListener waits until a server listens: serve.py prints its address just before that.
func awaitListener(t *testing.T, address string) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			must(t, c.Close())
			return
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("nobody listens at %s: %v", address, err)
		}
	}
}

// freePort returns a free port that no test which asks for any port gets meanwhile. It is below the range from which
// systems take those.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 10_000 + rand.IntN(6_000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue // the port is in use
		}
		must(t, l.Close())
		return port
	}
	t.Fatal("of 100 ports between 10000 and 16000 none is free")
	return 0
}

// get fetches a page of a server on loopback.
func get(t *testing.T, url string) []byte {
	t.Helper()
	resp, err := http.Get(url)
	must(t, err)
	data, err := io.ReadAll(resp.Body)
	must(t, err)
	must(t, resp.Body.Close())
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, resp.Status)
	}
	return data
}

// asked holds the counters of serve.py.
type asked struct {
	Requests    int            `json:"requests"`
	NotModified int            `json:"not_modified"`
	ByPath      map[string]int `json:"by_path"`
}

func askedOf(t *testing.T, server string) asked {
	t.Helper()
	var a asked
	must(t, json.Unmarshal(get(t, server+"/log"), &a))
	return a
}

// settled is the result for an article, independent of ids: a story and an event are named by the first of their
// articles' keys. When two feeds list the same item, either may be the original. So the origin is named by its guid, and
// the roles are those of all items with that guid in the story.
type settled struct {
	Story, Event, Origin, Level string
	Roles                       []news.Role
}

// shape returns the result of settling for every article, by feed address and guid.
func shape(t *testing.T, room *pipelinetest.Room) map[string]settled {
	t.Helper()
	places := membership(t, room)
	stories, events := map[int64]string{}, map[int64]string{}
	for _, key := range slices.Sorted(maps.Keys(places)) {
		s := places[key].story
		stories[s.ID] = cmp.Or(stories[s.ID], key)
		events[s.Event] = cmp.Or(events[s.Event], key)
	}
	out := make(map[string]settled, len(places))
	for key, p := range places {
		o := p.story.Origin
		got := settled{Story: stories[p.story.ID], Event: events[p.story.Event], Origin: o.Name, Level: o.Level}
		for _, m := range p.story.Members {
			if m.Article.ID == o.Article {
				got.Origin = m.Article.GUID
			}
			if m.Article.GUID == p.Article.GUID {
				got.Roles = append(got.Roles, m.Role)
			}
		}
		slices.Sort(got.Roles)
		out[key] = got
	}
	return out
}

// TestRecorded polls the whole record into an empty folder, polls it again, and polls it into another empty folder.
func TestRecorded(t *testing.T) {
	server := recorded(t, "--all")
	room := open(t, t.TempDir(), settings{allow: loopback, timeout: time.Minute})
	subscribeTo(t, room, server+"/feeds.opml")
	sum := pass(t, room)
	if sum.Feeds != 59 || sum.Read != 59 || sum.Failed != 0 {
		t.Errorf("%d of %d feeds were read, %d failed: %+v", sum.Read, sum.Feeds, sum.Failed, sum.Problems)
	}
	all, err := room.Store.Feeds(t.Context())
	must(t, err)
	wantListed(t, server, all, sum)
	places := membership(t, room)
	if len(places) != sum.New {
		t.Errorf("%d articles stand in stories, %d were stored", len(places), sum.New)
	}
	t.Run("again", func(t *testing.T) { pollAgain(t, room, server, len(all)) })
	t.Run("combined feeds", func(t *testing.T) { wantEditions(t, room) })
	t.Run("reruns", func(t *testing.T) { wantReruns(t, server, places) })
	t.Run("from nothing again", func(t *testing.T) {
		other := open(t, t.TempDir(), settings{allow: loopback, timeout: time.Minute})
		subscribeTo(t, other, server+"/feeds.opml")
		pass(t, other)
		if diff := gocmp.Diff(shape(t, room), shape(t, other)); diff != "" {
			t.Errorf("the same feeds gave other stories (-first +second):\n%.4000s", diff)
		}
	})
}

// wantListed compares the stored articles with what the server lists.
func wantListed(t *testing.T, server string, feeds []news.Feed, sum pipeline.Summary) {
	t.Helper()
	recorded, raw := 0, 0
	for _, f := range feeds {
		if strings.HasPrefix(f.URL, server+"/feed/") {
			recorded += f.Articles
			continue
		}
		want := itemsOf(t, f.URL)
		if raw += want; f.Articles != want {
			t.Errorf("%s: %d articles, the document has %d items", f.URL, f.Articles, want)
		}
	}
	if recorded != 5210 || sum.New != recorded+raw || sum.Revised+sum.Same != 0 {
		t.Errorf("%d articles of the record and %d of raw files, %d new; want 5210 and nothing else", recorded, raw, sum.New)
	}
}

// itemsOf counts the different items of a document. Items with one guid, or with one address and no guid, count once.
func itemsOf(t *testing.T, url string) int {
	t.Helper()
	doc, err := parse.Parse(t.Context(), get(t, url), parse.Options{URL: url})
	must(t, err)
	different := map[string]bool{}
	for _, e := range doc.Entries {
		different[e.GUID+" "+e.URL] = true
		if e.GUID != "" {
			delete(different, e.GUID+" "+e.URL)
			different[e.GUID] = true
		}
	}
	return len(different)
}

// pollAgain polls every feed once more. It requires small answers and no other change.
func pollAgain(t *testing.T, room *pipelinetest.Room, server string, feeds int) {
	t.Helper()
	before, was := askedOf(t, server), shape(t, room)
	sum := pass(t, room)
	after := askedOf(t, server)
	if sum.Unchanged != feeds || sum.New+sum.Revised+sum.Same+sum.Settled+sum.Indexed != 0 {
		t.Errorf("of %d feeds %d were unchanged: %+v", feeds, sum.Unchanged, sum)
	}
	if n := after.NotModified - before.NotModified; n != feeds {
		t.Errorf("the server answered 304 %d times to %d feeds", n, feeds)
	}
	if n := after.Requests - before.Requests - 1; n != feeds { // the first request for /log counts itself
		t.Errorf("%d requests for %d feeds", n, feeds)
	}
	for path, n := range after.ByPath {
		if more := n - before.ByPath[path]; path != "/log" && path != "/feeds.opml" && more != 1 {
			t.Errorf("%s was asked %d times", path, more)
		}
	}
	if diff := gocmp.Diff(was, shape(t, room)); diff != "" {
		t.Errorf("nothing new, and other stories (-before +after):\n%.4000s", diff)
	}
}

// wantReruns checks items of one feed that carry a Reuters item of another feed under a different headline.
func wantReruns(t *testing.T, server string, places map[string]place) {
	t.Helper()
	const reuters = "reuters_official_msn"
	for _, r := range []struct{ feed, rerun, original string }{
		{"cna_business", "726612d73eb34b99c8a017b6", "a084886b06802a3d8c2cc5d6"},
		{"cna_business", "98598b2039daf87cc36939d5", "aa9206e9cb367f4be428f312"},
		{"cna_business", "c7f210acb59316ec24814798", "89c779808101735f455e8bdb"},
		{"cna_latest", "44ffc80cdad4933157534d1e", "7ff8fa29d30f8ff4f0f40da8"},
	} {
		rerun, ok := places[server+"/feed/"+r.feed+".xml "+r.rerun]
		original, found := places[server+"/feed/"+reuters+".xml "+r.original]
		if !ok || !found {
			t.Errorf("%s or %s is in no story", r.rerun, r.original)
			continue
		}
		if rerun.Article.Title == original.Article.Title {
			t.Errorf("%s has the headline of its original, so it shows nothing", r.rerun)
		}
		o := rerun.story.Origin
		if rerun.story.ID != original.story.ID || o.Article != original.Article.ID || o.Name != "Reuters" {
			t.Errorf("%s stands in story %d under %s (article %d), want story %d under article %d\n%s", r.rerun, rerun.story.ID, o.Name, o.Article,
				original.story.ID, original.Article.ID, reasons(rerun.story))
		}
		if rerun.Role == news.RoleOriginal || original.Role != news.RoleOriginal {
			t.Errorf("%s is %s and %s is %s", r.rerun, rerun.Role, r.original, original.Role)
		}
	}
}

// witness forwards requests to a server and remembers the items that it served.
type witness struct {
	server string
	mu     sync.Mutex
	shown  map[string]bool // feed address and guid
	url    string          // its own address
}

var guidElement = regexp.MustCompile(`<guid isPermaLink="false">([^<]*)</guid>`)

func (w *witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, w.server+r.URL.Path, nil)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	req.Header.Set("If-None-Match", r.Header.Get("If-None-Match"))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = resp.Body.Close() }() // only read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	w.mu.Lock()
	for _, m := range guidElement.FindAllSubmatch(body, -1) {
		w.shown[w.url+r.URL.Path+" "+string(m[1])] = true
	}
	w.mu.Unlock()
	rw.Header().Set("ETag", resp.Header.Get("ETag"))
	rw.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	rw.WriteHeader(resp.StatusCode)
	_, _ = rw.Write(body) // a client that has gone is no matter
}

// keys returns the items served so far.
func (w *witness) keys() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.shown))
}

// TestRecordedGrowing polls while the record grows: an hour of it passes in a second.
func TestRecordedGrowing(t *testing.T) {
	w := &witness{server: recorded(t, "--speed", "3600"), shown: map[string]bool{}}
	srv := httptest.NewServer(w)
	defer srv.Close()
	w.url = srv.URL
	room := open(t, t.TempDir(), settings{allow: loopback, timeout: time.Minute})
	addRecorded(t, room, w)
	const grown = 5
	for polls, n := 0, 0; n < grown; polls++ {
		before := len(w.keys())
		sum := pass(t, room)
		shown := w.keys()
		if sum.Failed != 0 || sum.Revised != 0 || sum.New != len(shown)-before {
			t.Fatalf("poll %d: %d new, %d revised, %d failed; the server showed %d new", polls, sum.New, sum.Revised, sum.Failed, len(shown)-before)
		}
		if diff := gocmp.Diff(shown, slices.Sorted(maps.Keys(membership(t, room)))); diff != "" {
			t.Fatalf("poll %d: stored is not what was shown (-shown +stored):\n%.4000s", polls, diff)
		}
		if sum.New > 0 {
			n++
		}
		if polls > 500 {
			t.Fatalf("of %d polls only %d brought something new", polls, n)
		}
	}
	if err := room.Store.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// addRecorded subscribes to the recorded feeds, without the raw ones, through the witness.
func addRecorded(t *testing.T, room *pipelinetest.Room, w *witness) {
	t.Helper()
	paths := regexp.MustCompile(`xmlUrl="http://[^/]*(/feed/[^"]*)"`).FindAllSubmatch(get(t, w.server+"/feeds.opml"), -1)
	if len(paths) != 38 {
		t.Fatalf("%d recorded feeds", len(paths))
	}
	for _, p := range paths {
		_, err := room.Feeds.AddFeed(t.Context(), news.Feed{URL: w.url + string(p[1])})
		must(t, err)
	}
}
