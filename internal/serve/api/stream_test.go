package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/pipeline/pipelinetest"
	"headwater/internal/search"
	"headwater/internal/serve/api"
)

// event is one of the stream's.
type event struct {
	id   int64
	name string
	data string
}

// listener follows a stream.
type listener struct {
	t      *testing.T
	resp   *http.Response
	lines  *bufio.Scanner
	cancel context.CancelFunc
}

func listen(t *testing.T, server, query string, last int64) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a stream that says nothing fails the test
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/api/v1/stream"+query, nil)
	must(t, err)
	if last >= 0 {
		req.Header.Set("Last-Event-ID", strconv.FormatInt(last, 10))
	}
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return &listener{t, resp, lines, cancel}
}

// next reads an event.
func (l *listener) next() (e event) {
	l.t.Helper()
	for l.lines.Scan() {
		name, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch name {
		case "id":
			id, err := strconv.ParseInt(value, 10, 64)
			must(l.t, err)
			e.id = id
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if e.id != 0 {
				return e
			}
		}
	}
	l.t.Fatalf("the stream ended: %v", l.lines.Err())
	return e
}

func streaming(t *testing.T) (*pipelinetest.Room, string, chan struct{}) {
	t.Helper()
	d := filled(t)
	closing := make(chan struct{})
	srv := httptest.NewServer(serve(t, api.Options{Backend: backendOf(d.room), Version: "1.2.3", CheckQuery: search.Validate, Closing: closing}))
	t.Cleanup(srv.Close)
	return d.room, srv.URL, closing
}

// mirror keeps stories as a program would that follows the stream: each as its JSON.
type mirror map[int64]string

func (m mirror) apply(t *testing.T, e event) {
	t.Helper()
	var data struct{ ID, Into int64 }
	if e.name != "" {
		must(t, json.Unmarshal([]byte(e.data), &data))
	}
	_, known := m[data.ID]
	switch e.name {
	case "story":
		if known {
			t.Errorf("story %d comes as new again", data.ID)
		}
		m[data.ID] = e.data
	case "changed":
		if !known {
			t.Errorf("story %d changed and never came", data.ID)
		}
		m[data.ID] = e.data
	case "merged", "gone":
		if !known {
			t.Errorf("story %d goes and never came", data.ID)
		}
		delete(m, data.ID)
	}
}

// until reads the stream up to an entry of the log.
func (l *listener) until(m mirror, last int64) {
	l.t.Helper()
	for at := int64(0); at < last; {
		e := l.next()
		if e.id <= at {
			l.t.Fatalf("event %d comes after %d", e.id, at)
		}
		at = e.id
		m.apply(l.t, e)
	}
}

// wantMirror holds a mirror against what the API lists.
func wantMirror(t *testing.T, server string, m mirror) {
	t.Helper()
	resp, err := http.Get(server + "/api/v1/stories")
	must(t, err)
	var list struct{ Stories []json.RawMessage }
	must(t, json.NewDecoder(resp.Body).Decode(&list))
	must(t, resp.Body.Close())
	if len(list.Stories) != len(m) {
		t.Errorf("%d stories in the mirror, %d in the newsroom", len(m), len(list.Stories))
	}
	for _, raw := range list.Stories {
		var s struct{ ID int64 }
		must(t, json.Unmarshal(raw, &s))
		if m[s.ID] != string(raw) {
			t.Errorf("story %d is %s\nin the mirror %s", s.ID, raw, m[s.ID])
		}
	}
}

func lastOf(t *testing.T, room *pipelinetest.Room) int64 {
	t.Helper()
	last, err := room.Store.LastChange(t.Context())
	must(t, err)
	return last
}

// TestStream follows stories while they are merged and split, leaves, and comes back.
func TestStream(t *testing.T) {
	room, server, _ := streaming(t)
	ctx := t.Context()
	l := listen(t, server, "?after=0", -1)
	if got := l.resp.Header.Get("Content-Type"); got != "text/event-stream" || l.resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", l.resp.StatusCode, got)
	}
	m := mirror{}
	l.until(m, lastOf(t, room))
	wantMirror(t, server, m)

	stories, err := room.Stories.Stories(ctx, news.StoryList{})
	must(t, err)
	_, err = room.Pipeline.Settler.Merge(ctx, []int64{stories[0].ID, stories[1].ID})
	must(t, err)
	l.until(m, lastOf(t, room))
	wantMirror(t, server, m)
	left := lastOf(t, room)
	l.cancel()

	corrections, err := room.Store.Corrections(ctx)
	must(t, err)
	_, err = room.Pipeline.Settler.Forget(ctx, corrections[0].ID)
	must(t, err)
	back := listen(t, server, "?after=0", left) // what the browser remembers counts
	back.until(m, lastOf(t, room))
	wantMirror(t, server, m)
	if len(m) != len(stories) {
		t.Errorf("%d stories after the merge was taken back, %d before", len(m), len(stories))
	}
}

// TestStreamFromNow begins at the end, and hears of what comes.
func TestStreamFromNow(t *testing.T) {
	room, server, _ := streaming(t)
	before := lastOf(t, room)
	l := listen(t, server, "", -1)
	stories, err := room.Stories.Stories(t.Context(), news.StoryList{})
	must(t, err)
	_, err = room.Pipeline.Settler.Merge(t.Context(), []int64{stories[0].ID, stories[1].ID})
	must(t, err)
	if e := l.next(); e.id != before+1 || e.name == "story" {
		t.Errorf("%+v after %d", e, before)
	}
}

func TestStreamRefused(t *testing.T) {
	room, server, _ := streaming(t)
	for _, last := range []string{"x", "-1", strconv.FormatInt(lastOf(t, room)+1, 10)} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+"/api/v1/stream", nil)
		must(t, err)
		req.Header.Set("Last-Event-ID", last)
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		var p struct{ Errors []struct{ Location string } }
		must(t, json.NewDecoder(resp.Body).Decode(&p))
		must(t, resp.Body.Close())
		if resp.StatusCode != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0].Location != "header.Last-Event-ID" {
			t.Errorf("Last-Event-ID %s: %d %+v", last, resp.StatusCode, p)
		}
	}
}

// TestStreamsEnd fills every place for the streams of one address, and lets the server stop all the same.
func TestStreamsEnd(t *testing.T) {
	_, server, closing := streaming(t)
	var all []*listener
	for range 200 {
		all = append(all, listen(t, server, "?after=0", -1))
		all[len(all)-1].next()
	}
	over := listen(t, server, "", -1)
	if over.resp.StatusCode != http.StatusTooManyRequests || over.resp.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %d", over.resp.StatusCode)
	}
	all[0].cancel()
	close(closing)
	for i, l := range all[1:] {
		for l.lines.Scan() { // to the end
		}
		if err := l.lines.Err(); err != nil {
			t.Fatalf("stream %d: %v", i, err)
		}
	}
}
