package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"headwater/internal/pipeline"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/stories/embed"
)

// model is an embeddings endpoint. Its vectors depend on the mark in a text: "pair007". It fails as a test requests.
type model struct {
	mu    sync.Mutex
	heard [][]string // the texts of each request
	fault http.HandlerFunc
	after int // requests before the fault
}

// marks is the number of pairs, and ownWords the number of words in an article.
const (
	marks    = 52
	ownWords = 26
)

func (m *model) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q struct{ Input []string }
	_ = json.NewDecoder(r.Body).Decode(&q) // a body that broke off holds no texts
	m.mu.Lock()
	m.heard = append(m.heard, q.Input)
	fault := m.fault
	if len(m.heard) <= m.after {
		fault = nil
	}
	m.mu.Unlock()
	if fault != nil {
		fault(w, r)
		return
	}
	type vector struct {
		Index     int       `json:"index"`
		Embedding []float64 `json:"embedding"`
	}
	var out struct {
		Data []vector `json:"data"`
	}
	for i, text := range q.Input {
		out.Data = append(out.Data, vector{i, meaning(text)})
	}
	_ = json.NewEncoder(w).Encode(out) // a client that has gone is no matter
}

// meaning returns a vector that is similar only for texts with the same mark.
func meaning(text string) []float64 {
	v := make([]float64, marks)
	for i := range v {
		v[i] = .1
		if strings.Contains(text, fmt.Sprintf("pair%03d", i)) {
			v[i] = 3
		}
	}
	return v
}

// fail makes the endpoint fail after some more requests; nil ends that.
func (m *model) fail(fault http.HandlerFunc, after int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault, m.after = fault, len(m.heard)+after
}

// hearings returns the texts of each request since the last call.
func (m *model) hearings() [][]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	heard := m.heard
	m.heard = nil
	return heard
}

// pairs writes an article for each of two papers about each of many events. The two share from 0 to 25 of 26 invented
// words, in no order. So some pairs are in the range that words leave open, wherever it is.
func pairs() (one, other []item) {
	w := writer{rand.New(rand.NewPCG(7, 7))}
	for k := range marks {
		shared := k % ownWords
		common := strings.Fields(w.words(shared))
		for side, items := range []*[]item{&one, &other} {
			words := append(strings.Fields(w.words(ownWords-shared)), common...)
			w.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
			*items = append(*items, item{
				guid: fmt.Sprintf("%d-%d", side, k), title: strings.Join(words[:6], " "),
				text: fmt.Sprintf("%s pair%03d.", strings.Join(words[6:], " "), k), at: time.Now().Add(-time.Hour),
			})
		}
	}
	return one, other
}

// pressOf serves two papers.
func pressOf(t *testing.T, one, other []item) (*publisher, string) {
	t.Helper()
	p := newPublisher()
	p.set("one", one...)
	p.set("other", other...)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	return p, srv.URL
}

func modelServer(t *testing.T) (*model, string) {
	t.Helper()
	m := &model{}
	srv := httptest.NewServer(m)
	t.Cleanup(srv.Close)
	return m, srv.URL
}

// together returns for each pair whether its two articles are in one story, and whether they are in one event.
func together(t *testing.T, room *pipelinetest.Room, url string) (story, event [marks]bool) {
	t.Helper()
	at := membership(t, room)
	for k := range marks {
		a, b := at[fmt.Sprintf("%s/one 0-%d", url, k)], at[fmt.Sprintf("%s/other 1-%d", url, k)]
		if a.story.ID == 0 || b.story.ID == 0 {
			t.Fatalf("pair %d is in no story", k)
		}
		story[k], event[k] = a.story.ID == b.story.ID, a.story.Event == b.story.Event
	}
	return story, event
}

// readPairs polls the two papers into a new folder and returns the results.
func readPairs(t *testing.T, s settings) (story, event [marks]bool) {
	t.Helper()
	one, other := pairs()
	_, url := pressOf(t, one, other)
	s.allow = loopback
	room := open(t, t.TempDir(), s)
	add(t, room, url, "one", "other")
	pass(t, room)
	return together(t, room, url)
}

// TestSecondOpinion joins stories in events that words leave apart. It never joins them in one story.
func TestSecondOpinion(t *testing.T) {
	m, endpoint := modelServer(t)
	story, event := readPairs(t, settings{})
	with := settings{embed: embed.Options{Endpoint: endpoint, Model: "m", Batch: 5}}
	storyNow, eventNow := readPairs(t, with)
	if story != storyNow {
		t.Errorf("stories changed:\nalone %v\nwith  %v", story, storyNow)
	}
	joined := 0
	for k := range marks {
		switch {
		case event[k] && !eventNow[k]:
			t.Errorf("pair %d came apart", k)
		case eventNow[k] && !event[k]:
			joined++
			if storyNow[k] {
				t.Errorf("pair %d is one story", k)
			}
		}
	}
	if joined == 0 {
		t.Error("no pair was joined that the words leave apart")
	}
	wantEachOnce(t, m.hearings(), 5)
	if _, again := readPairs(t, with); again != eventNow {
		t.Errorf("the same vectors give other events:\n%v\n%v", eventNow, again)
	}
}

// wantEachOnce requires full batches except for the last, and no text twice.
func wantEachOnce(t *testing.T, heard [][]string, batch int) {
	t.Helper()
	seen := map[string]bool{}
	for i, texts := range heard {
		if len(texts) > batch || len(texts) < batch && i < len(heard)-1 {
			t.Errorf("request %d of %d holds %d texts", i, len(heard), len(texts))
		}
		for _, text := range texts {
			if seen[text] {
				t.Errorf("asked twice: %s", text)
			}
			seen[text] = true
		}
	}
	if len(heard) < 2 {
		t.Errorf("%d requests make no batches", len(heard))
	}
}

// TestVectorsAreKept restarts, and revises an article that has a vector.
func TestVectorsAreKept(t *testing.T) {
	m, endpoint := modelServer(t)
	one, other := pairs()
	p, url := pressOf(t, one, other)
	dir := t.TempDir()
	with := settings{allow: loopback, embed: embed.Options{Endpoint: endpoint, Model: "m"}}
	room := open(t, dir, with)
	add(t, room, url, "one", "other")
	pass(t, room)
	asked := slices.Concat(m.hearings()...)
	_, event := together(t, room, url)
	must(t, room.Index.Close())
	must(t, room.Store.Close())

	var revised []string
	for k := range one {
		if i := slices.IndexFunc(asked, func(text string) bool { return strings.HasPrefix(text, one[k].title+"\n") }); i >= 0 {
			one[k].text += " Corrected."
			revised = append(revised, one[k].title)
		}
	}
	p.set("one", one...)
	room = open(t, dir, with)
	pass(t, room)
	heard := slices.Concat(m.hearings()...)
	for _, text := range heard {
		if slices.Contains(asked, text) {
			t.Errorf("asked again after the restart: %s", text)
		}
		if !strings.HasSuffix(text, "Corrected.") {
			t.Errorf("a text that nobody revised: %s", text)
		}
	}
	if len(heard) != len(revised) || len(revised) < 2 {
		t.Errorf("%d texts asked about, %d articles revised", len(heard), len(revised))
	}
	if _, now := together(t, room, url); now != event {
		t.Errorf("events before and after the restart:\n%v\n%v", event, now)
	}
	must(t, room.Index.Close())
	must(t, room.Store.Close())

	with.embed.Model = "another"
	revise(t, open(t, dir, with), p, one)
	if n := len(slices.Concat(m.hearings()...)); n < 2*len(revised) {
		t.Errorf("another model is asked about %d texts, fewer than both of each revised pair", n)
	}
}

func modelFaults() map[string]http.HandlerFunc {
	vectors := func(body string) http.HandlerFunc { return pipelinetest.Answer(200, body) }
	return map[string]http.HandlerFunc{
		"500":               pipelinetest.Answer(500, "no"),
		"429":               pipelinetest.Answer(429, "no"),
		"silence":           hang,
		"death":             hangUp,
		"death midway":      breakOff,
		"a huge answer":     vectors(strings.Repeat(" ", 1<<24)),
		"too few":           vectors(`{"data":[{"index":0,"embedding":[1]}]}`),
		"two dimensions":    vectors(`{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}`),
		"NaN":               vectors(`{"data":[{"index":0,"embedding":[NaN]},{"index":1,"embedding":[1]}]}`),
		"a private address": private,
	}
}

// TestEndpointDown groups as if there were no endpoint. It logs the failure once, and the recovery once.
func TestEndpointDown(t *testing.T) {
	_, alone := readPairs(t, settings{})
	for name, fault := range modelFaults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // some cases wait
			m, endpoint := modelServer(t)
			log := &notes{}
			one, other := pairs()
			p, url := pressOf(t, one, other)
			room := open(t, t.TempDir(), settings{
				allow: loopback, log: log, wait: 1500 * time.Millisecond,
				embed: embed.Options{Endpoint: endpoint, Model: "m", Batch: 2, Key: "sk-1"},
			})
			add(t, room, url, "one", "other")
			m.fail(fault, 0)
			pass(t, room)
			if _, event := together(t, room, url); event != alone {
				t.Errorf("events:\nalone %v\nhere  %v", alone, event)
			}
			lines := log.lines()
			if len(lines) != 1 || !strings.Contains(lines[0], "grouping goes on without") || !strings.Contains(lines[0], endpoint) || strings.Contains(lines[0], "sk-1") {
				t.Errorf("the log says %q", lines)
			}
			if n := len(m.hearings()); n != 1 {
				t.Errorf("asked %d times in one settling", n)
			}
			revise(t, room, p, one)
			if n, lines := len(m.hearings()), log.lines(); n != 1 || len(lines) > 0 {
				t.Errorf("at the next settling asked %d times, and the log says %q", n, lines)
			}
			m.fail(nil, 0)
			revise(t, room, p, one)
			if n, lines := len(m.hearings()), log.lines(); n < 2 || len(lines) != 1 || !strings.Contains(lines[0], "answers again") {
				t.Errorf("with the endpoint back asked %d times, and the log says %q", n, lines)
			}
			if _, event := together(t, room, url); event == alone {
				t.Error("with the endpoint back no pair is joined")
			}
			revise(t, room, p, one)
			if lines := log.lines(); len(lines) > 0 {
				t.Errorf("and again: %q", lines)
			}
		})
	}
}

// revise changes every article of a paper and polls it.
func revise(t *testing.T, room *pipelinetest.Room, p *publisher, items []item) {
	t.Helper()
	for i := range items {
		items[i].text += " Revised."
	}
	p.set("one", items...)
	if sum := pass(t, room); sum.Revised != len(items) {
		t.Fatalf("%d articles revised, want %d", sum.Revised, len(items))
	}
}

// TestEndpointDiesMidway keeps the vectors from before the failure.
func TestEndpointDiesMidway(t *testing.T) {
	m, endpoint := modelServer(t)
	one, other := pairs()
	p, url := pressOf(t, one, other)
	room := open(t, t.TempDir(), settings{allow: loopback, embed: embed.Options{Endpoint: endpoint, Model: "m", Batch: 2}})
	add(t, room, url, "one", "other")
	m.fail(hangUp, 2)
	pass(t, room)
	asked := m.hearings()
	if len(asked) != 3 {
		t.Fatalf("%d requests, want two that are answered and one that is not", len(asked))
	}
	m.fail(nil, 0)
	revise(t, room, p, one)
	for _, text := range slices.Concat(m.hearings()...) {
		if slices.Contains(slices.Concat(asked[:2]...), text) {
			t.Errorf("asked again about a text whose vector came: %s", text)
		}
	}
}

// TestSlowEndpoint answers each request in time, but together they take longer than wait.
func TestSlowEndpoint(t *testing.T) {
	m, log := &model{}, &notes{}
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		must(t, err)
		select {
		case <-time.After(100 * time.Millisecond):
		case <-r.Context().Done():
			return
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		m.ServeHTTP(w, r)
	}))
	t.Cleanup(slow.Close)
	readPairs(t, settings{log: log, wait: 350 * time.Millisecond, embed: embed.Options{Endpoint: slow.URL, Model: "m", Batch: 1}})
	if n := len(m.hearings()); n > 4 { // the fourth is given up while it runs; without a limit there are 14
		t.Errorf("%d requests of 100 ms reached the model in a settling that waits 350 ms", n)
	}
	if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], "embeddings.timeout") {
		t.Errorf("the log says %q", lines)
	}
}

// TestLeftAlone sends no requests during a pause that the endpoint asks for.
func TestLeftAlone(t *testing.T) {
	m, endpoint := modelServer(t)
	c := pipelinetest.NewClock()
	one, other := pairs()
	p, url := pressOf(t, one, other)
	room := open(t, t.TempDir(), settings{allow: loopback, now: c.Now, embed: embed.Options{Endpoint: endpoint, Model: "m"}})
	add(t, room, url, "one", "other")
	m.fail(pipelinetest.Answer(429, "no", "Retry-After", "600"), 0)
	pass(t, room)
	m.fail(nil, 0)
	for _, step := range []struct {
		after time.Duration
		want  bool
	}{{5 * time.Minute, false}, {6 * time.Minute, true}} {
		m.hearings()
		c.Advance(step.after)
		revise(t, room, p, one)
		if n := len(m.hearings()); (n > 0) != step.want {
			t.Errorf("asked %d times %s later", n, step.after)
		}
	}
}

// TestStoppedWhileAsking cancels a settlement that waits for the endpoint. That is no failure of the endpoint, and the
// next settlement does all the work.
func TestStoppedWhileAsking(t *testing.T) {
	m, endpoint := modelServer(t)
	log := &notes{}
	one, other := pairs()
	_, url := pressOf(t, one, other)
	room := open(t, t.TempDir(), settings{allow: loopback, log: log, wait: time.Minute, embed: embed.Options{Endpoint: endpoint, Model: "m"}})
	add(t, room, url, "one", "other")
	ctx, stop := context.WithCancel(t.Context())
	m.fail(func(w http.ResponseWriter, r *http.Request) {
		stop()
		hang(w, r)
	}, 0)
	if _, err := room.Pipeline.Pass(ctx, pipeline.PassOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want context.Canceled", err)
	}
	if lines := log.lines(); len(lines) > 0 {
		t.Errorf("the log says %q", lines)
	}
	m.fail(nil, 0)
	pass(t, room)
	_, event := together(t, room, url)
	if _, undisturbed := readPairs(t, settings{embed: embed.Options{Endpoint: endpoint, Model: "m"}}); event != undisturbed {
		t.Errorf("events:\nundisturbed %v\nhere        %v", undisturbed, event)
	}
}
