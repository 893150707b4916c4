package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"headwater/internal/news"
	"headwater/internal/serve/web"
)

const (
	tidesEpisode = "https://pod.example/tides.mp3"
	ferryFilm    = "https://film.example/ferry.mp4"
)

// booth plays one recording and remembers what it was asked for.
type booth struct {
	asked, span, ifRange string
	give                 news.Recording
	body                 io.Reader
	closed               int
}

func (b *booth) fetch(_ context.Context, address, span, ifRange string) (news.Recording, error) {
	b.asked, b.span, b.ifRange = address, span, ifRange
	if b.give.Status == 0 {
		return news.Recording{}, errors.New("none")
	}
	b.give.Body = b
	return b.give, nil
}

func (b *booth) Read(p []byte) (int, error) { return b.body.Read(p) }
func (b *booth) Close() error               { b.closed++; return nil }

// playing serves an edition whose first article has recordings, beside its text and in it.
func playing(p web.Players) http.Handler {
	f := edition()
	a := f.articles[1]
	a.HTML = `<p>The tides.</p><p><a href="` + tidesEpisode + `">Recording: tides.mp3</a></p><p><a href="` + ferryFilm + `">Video: The &#34;ferry&#34;</a></p>` +
		`<p><a href="https://video.example/watch?v=1">Video: Ferry (YouTube)</a> and <a href="https://pod.example/other.mp3">a recording</a></p>`
	a.Enclosures = []news.Enclosure{{URL: tidesEpisode, Type: "audio/mpeg", Length: 4_000_000, Title: "Tides"}, {URL: "https://pod.example/tides.pdf", Type: "application/pdf"}}
	f.articles[1] = a
	return web.New(web.Options{Backend: f.backend(), Access: everybody, Players: p})
}

func players(b *booth) web.Players {
	return web.Players{Mode: web.PicturesProxy, Key: []byte("key"), Fetch: b.fetch}
}

// sourcesIn gives what the players of the article load from.
func sourcesIn(t *testing.T, h http.Handler) (audio, video []string) {
	t.Helper()
	w := get(t, h, "/article/1")
	if w.Code != http.StatusOK {
		t.Fatalf("article: %d", w.Code)
	}
	root := parse(t, w.Body.String())
	for name, all := range map[string]*[]string{"audio": &audio, "video": &video} {
		for _, n := range find(root, name) {
			if attr(n, "preload") != "none" || attr(n, "aria-label") == "" {
				t.Errorf("%s: preload=%q aria-label=%q", name, attr(n, "preload"), attr(n, "aria-label"))
			}
			*all = append(*all, attr(n, "src"))
		}
	}
	return audio, video
}

// TestPlayers: each recording has one player, and its link.
func TestPlayers(t *testing.T) {
	for _, tt := range []struct {
		mode, source, policy string
		players              int
	}{
		{web.PicturesProxy, "/recordings/", "; media-src 'self'", 1},
		{web.PicturesDirect, "https://", "; media-src http: https:", 1},
		{web.PicturesHide, "", "", 0},
		{"", "", "", 0},
	} {
		h := playing(web.Players{Mode: tt.mode, Key: []byte("key"), Fetch: (&booth{}).fetch})
		audio, video := sourcesIn(t, h)
		if len(audio) != tt.players || len(video) != tt.players {
			t.Errorf("mode %q: players of %q and %q", tt.mode, audio, video)
		}
		for _, src := range append(audio, video...) {
			if !strings.HasPrefix(src, tt.source) {
				t.Errorf("mode %q loads %s", tt.mode, src)
			}
		}
		w := get(t, h, "/article/1")
		if _, media, _ := strings.Cut(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'"); media != tt.policy {
			t.Errorf("mode %q: policy ends in %q", tt.mode, media)
		}
		for _, link := range []string{`href="` + tidesEpisode, `href="` + ferryFilm, `href="https://video.example/watch?v=1"`} {
			if !strings.Contains(w.Body.String(), link) {
				t.Errorf("mode %q: there is no %s", tt.mode, link)
			}
		}
	}
}

func TestProxiedRecording(t *testing.T) {
	b := &booth{}
	h := playing(players(b))
	audio, _ := sourcesIn(t, h)
	ask := func(method string, give news.Recording, body string) *httptest.ResponseRecorder {
		b.give, b.body = give, strings.NewReader(body)
		r := httptest.NewRequestWithContext(t.Context(), method, audio[0], nil)
		r.Header.Set("Range", "bytes=2-3")
		r.Header.Set("If-Range", `"1"`)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	part := news.Recording{Status: 206, Type: "audio/mpeg", ETag: `"1"`, ContentRange: "bytes 2-3/9", Length: 2, Ranges: true}
	w := ask(http.MethodGet, part, "de")
	if w.Code != 206 || w.Body.String() != "de" || b.asked != tidesEpisode || b.span != "bytes=2-3" || b.ifRange != `"1"` || b.closed != 1 {
		t.Errorf("%d %q of %s, %s %s, closed %d times", w.Code, w.Body, b.asked, b.span, b.ifRange, b.closed)
	}
	for key, want := range map[string]string{
		"Content-Type": "audio/mpeg", "Content-Length": "2", "Content-Range": "bytes 2-3/9", "Accept-Ranges": "bytes", "ETag": `"1"`,
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := w.Header().Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if w := ask(http.MethodHead, part, "de"); w.Code != 206 || w.Body.Len() != 0 || b.closed != 2 {
		t.Errorf("HEAD: %d, %d bytes, closed %d times", w.Code, w.Body.Len(), b.closed)
	}
	if w := ask(http.MethodGet, news.Recording{Status: 416, ContentRange: "bytes */9"}, "no"); w.Code != 416 || w.Body.Len() != 0 || w.Header().Get("Content-Range") != "bytes */9" {
		t.Errorf("beyond its end: %d %q %v", w.Code, w.Body, w.Header())
	}
	if w := ask(http.MethodGet, news.Recording{}, ""); w.Code != http.StatusBadGateway {
		t.Errorf("one that can't be had: %d", w.Code)
	}
	long := bytes.Repeat([]byte("sound "), 100_000)
	if w := ask(http.MethodGet, news.Recording{Status: 200, Type: "audio/mpeg", Length: -1}, string(long)); !bytes.Equal(w.Body.Bytes(), long) || w.Header().Get("Content-Length") != "" {
		t.Errorf("a long one: %d bytes", w.Body.Len())
	}
	defer func() {
		if r := recover(); r != http.ErrAbortHandler { //nolint:errorlint // a value that was panicked with
			t.Errorf("half a recording ends with %v", r)
		}
	}()
	b.give, b.body = part, io.MultiReader(strings.NewReader("d"), badReader{})
	get(t, h, audio[0])
}

// TestNoOpenRecordings asks for addresses that no page of ours holds, with seals of others.
func TestNoOpenRecordings(t *testing.T) {
	b, g := &booth{}, &gallery{body: strings.NewReader("jpeg")}
	h := playing(players(b))
	audio, _ := sourcesIn(t, h)
	stranger, _ := sourcesIn(t, playing(web.Players{Mode: web.PicturesProxy, Key: []byte("another key"), Fetch: b.fetch}))
	picture := pictureIn(t, proxy(g), "/article/1") // with the same key
	for _, path := range []string{audio[0] + "A", stranger[0], strings.Replace(picture, "/media/", "/recordings/", 1), "/recordings/x/y"} {
		if w := get(t, h, path); w.Code != http.StatusForbidden || b.asked != "" {
			t.Errorf("%s: %d, and %q was asked for", path, w.Code, b.asked)
		}
	}
	if w := get(t, proxy(g), strings.Replace(audio[0], "/recordings/", "/media/", 1)); w.Code != http.StatusForbidden || g.asked != "" {
		t.Errorf("a recording as a picture: %d", w.Code)
	}
	if w := get(t, playing(web.Players{Mode: web.PicturesHide, Key: []byte("key"), Fetch: b.fetch}), audio[0]); w.Code != http.StatusForbidden || b.asked != "" {
		t.Errorf("where links are shown: %d", w.Code)
	}
}
