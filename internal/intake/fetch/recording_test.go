package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"headwater/internal/news"
)

const episode = "ID3 the sounds of a harbour"

// podcast serves an episode, whole or in parts, and remembers the last request.
func podcast(t *testing.T, asked *atomic.Pointer[http.Request]) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/a.mp3", func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r)
		w.Header().Set("ETag", `"1"`)
		http.ServeContent(w, r, "a.mp3", time.Time{}, bytes.NewReader([]byte(episode)))
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/tracked/a.mp3", http.StatusFound) })
	mux.HandleFunc("/tracked/a.mp3", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/a.mp3", http.StatusFound) })
	for path, declared := range map[string]string{"/page.mp3": "text/html", "/list.mp3": "audio/x-mpegurl", "/film.mov": "video/quicktime", "/bytes": "application/octet-stream"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", declared)
			_, _ = io.WriteString(w, episode)
		})
	}
	mux.HandleFunc("/bytes.mp3", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.WriteString(w, episode)
	})
	mux.HandleFunc("/zipped.mp3", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "audio/mpeg")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, episode)
	})
	return server(t, mux.ServeHTTP).URL
}

func readRecording(t *testing.T, rec news.Recording) string {
	t.Helper()
	body, err := io.ReadAll(rec.Body)
	if err := errors.Join(err, rec.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestRecording(t *testing.T) {
	var asked atomic.Pointer[http.Request]
	host := podcast(t, &asked)
	c := client(t, Options{MaxBytes: 5}) // the limit of documents is none of recordings
	for _, tt := range []struct {
		path, span, ifRange string
		status              int // 0 is an error
		body, told          string
	}{
		{"/a.mp3", "", "", 200, episode, ""},
		{"/a.mp3", "bytes=0-2", "", 206, "ID3", "bytes 0-2/27"},
		{"/a.mp3", "bytes=20-", "", 206, episode[20:], "bytes 20-26/27"},
		{"/a.mp3", "bytes=-7", `"1"`, 206, "harbour", "bytes 20-26/27"},
		{"/a.mp3", "bytes=0-2", `"2"`, 200, episode, ""},
		{"/a.mp3", "bytes=99-", "", 416, "invalid range: failed to overlap\n", "bytes */27"},
		{"/a.mp3", "bytes=0-1,5-6", "", 200, episode, ""},
		{"/a.mp3", "lines=1", "", 200, episode, ""},
		{"/moved", "bytes=0-2", "", 206, "ID3", "bytes 0-2/27"},
		{"/bytes.mp3", "", "", 200, episode, ""},
		{"/bytes", "", "", 0, "", ""},
		{"/page.mp3", "", "", 0, "", ""},
		{"/list.mp3", "", "", 0, "", ""},
		{"/film.mov", "", "", 0, "", ""},
		{"/zipped.mp3", "", "", 0, "", ""},
		{"/none", "", "", 0, "", ""},
	} {
		rec, err := c.Recording(t.Context(), Request{URL: host + tt.path, Range: tt.span, IfRange: tt.ifRange, ETag: `"1"`})
		if tt.status == 0 {
			if err == nil {
				t.Errorf("%s is passed on: %+v", tt.path, rec)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s %s: %v", tt.path, tt.span, err)
			continue
		}
		if body := readRecording(t, rec); rec.Status != tt.status || body != tt.body || rec.ContentRange != tt.told || rec.Status != 416 && rec.Type != "audio/mpeg" {
			t.Errorf("%s %s: %+v %q", tt.path, tt.span, rec, body)
		}
	}
	if h := asked.Load().Header; h.Get("If-None-Match") != "" || h.Get("Cookie") != "" || h.Get("Referer") != "" {
		t.Errorf("sent %v", h)
	}
}

// TestRecordingWithoutEnd ends streams that go on for ever, stand still or take too long, and those whose reader has gone.
func TestRecordingWithoutEnd(t *testing.T) {
	gone := make(chan struct{}, 10)
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		defer func() { gone <- struct{}{} }()
		w.Header().Set("Content-Type", "audio/mpeg")
		block := make([]byte, 1<<10)
		for r.Context().Err() == nil {
			if _, err := w.Write(block); err != nil {
				return
			}
			if err := http.NewResponseController(w).Flush(); err != nil {
				return
			}
			if r.URL.Path == "/still" {
				<-r.Context().Done()
			}
		}
	})
	for _, tt := range []struct {
		name, path string
		limits     recordingLimits
		want       error
	}{
		{"for ever", "/", recordingLimits{time: time.Hour, idle: time.Hour, bytes: 1 << 20}, errTooLarge},
		{"still", "/still", recordingLimits{time: time.Hour, idle: 50 * time.Millisecond, bytes: 1 << 40}, errRecordingIdle},
		{"too long", "/still", recordingLimits{time: 50 * time.Millisecond, idle: time.Hour, bytes: 1 << 40}, errRecordingTime},
	} {
		c := client(t, Options{})
		c.limits = tt.limits
		rec, err := c.Recording(t.Context(), Request{URL: s.URL + tt.path})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if n, err := io.Copy(io.Discard, rec.Body); !errors.Is(err, tt.want) || n > 1<<20 {
			t.Errorf("%s: %d bytes and %v, want %v", tt.name, n, err, tt.want)
		}
		_ = rec.Body.Close() // it has failed
		<-gone
	}

	c := client(t, Options{})
	ctx, leave := context.WithCancel(t.Context())
	rec, err := c.Recording(ctx, Request{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	leave()
	<-gone
	if _, err := io.Copy(io.Discard, rec.Body); err == nil {
		t.Error("it goes on without its reader")
	}
	_ = rec.Body.Close() // it has failed
}

// TestRecordingSlots: no more than some are passed on at once, and one that has ended makes room.
func TestRecordingSlots(t *testing.T) {
	var asked atomic.Pointer[http.Request]
	host := podcast(t, &asked)
	c := client(t, Options{})
	var open []news.Recording
	for range recordingsPerHost {
		rec, err := c.Recording(t.Context(), Request{URL: host + "/a.mp3"})
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, rec)
	}
	ctx, leave := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer leave()
	if _, err := c.Recording(ctx, Request{URL: host + "/a.mp3"}); err == nil {
		t.Error("one too many is passed on")
	}
	for _, rec := range open {
		readRecording(t, rec)
	}
	rec, err := c.Recording(t.Context(), Request{URL: host + "/a.mp3"})
	if err != nil {
		t.Fatal(err)
	}
	readRecording(t, rec)
}
