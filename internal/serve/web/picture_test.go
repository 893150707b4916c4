package web_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"headwater/internal/news"
	"headwater/internal/serve/browsertest"
	"headwater/internal/serve/web"
)

const ferryPicture = "https://pictures.example/ferry.jpg"

// gallery has one picture and remembers what it was asked for.
type gallery struct {
	asked, etag string
	body        io.Reader
	closed      int
}

func (g *gallery) fetch(_ context.Context, address, etag, _ string) (news.Picture, error) {
	g.asked, g.etag = address, etag
	p := news.Picture{Type: "image/jpeg", ETag: `"v1"`, Length: 4, Body: g}
	p.NotModified = etag == p.ETag
	return p, nil
}

func (g *gallery) Read(p []byte) (int, error) { return g.body.Read(p) }
func (g *gallery) Close() error               { g.closed++; return nil }

func proxy(g *gallery) http.Handler {
	return showing(edition(), web.Pictures{Mode: web.PicturesProxy, Key: []byte("key"), Fetch: g.fetch})
}

// pictureIn gives the address that an article's page loads its picture from.
func pictureIn(t *testing.T, h http.Handler, path string) string {
	t.Helper()
	for _, n := range find(parse(t, get(t, h, path).Body.String()), "img") {
		return attr(n, "src")
	}
	t.Fatalf("%s shows no picture", path)
	return ""
}

func TestProxiedPicture(t *testing.T) {
	g := &gallery{body: strings.NewReader("jpeg")}
	h := proxy(g)
	src := pictureIn(t, h, "/article/1")
	w := get(t, h, src)
	if w.Code != 200 || w.Body.String() != "jpeg" || g.asked != ferryPicture || g.closed != 1 {
		t.Fatalf("%d %q of %s, closed %d times", w.Code, w.Body, g.asked, g.closed)
	}
	for key, want := range map[string]string{
		"Content-Type": "image/jpeg", "Content-Length": "4", "X-Content-Type-Options": "nosniff", "ETag": `"v1"`,
		"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, max-age=2592000, immutable",
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := w.Header().Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, src, nil)
	r.Header.Set("If-None-Match", `"v1"`)
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusNotModified || g.etag != `"v1"` || g.closed != 2 {
		t.Errorf("a picture that the browser has: %d, asked with %q", w.Code, g.etag)
	}
}

// TestNoOpenProxy asks for addresses that no page of ours holds.
func TestNoOpenProxy(t *testing.T) {
	g := &gallery{body: strings.NewReader("jpeg")}
	h := proxy(g)
	src := pictureIn(t, h, "/article/1")
	seal := strings.Split(src, "/")[2]
	other := base64.RawURLEncoding.EncodeToString([]byte("http://169.254.169.254/"))
	stranger := pictureIn(t, showing(edition(), web.Pictures{Mode: web.PicturesProxy, Key: []byte("another key"), Fetch: g.fetch}), "/article/1")
	for _, path := range []string{"/media/" + seal + "/" + other, "/media/x/" + other, "/media/" + seal + "/%2e", src + "A", stranger} {
		if w := get(t, h, path); w.Code != http.StatusForbidden || g.asked != "" {
			t.Errorf("%s: %d, and %q was asked for", path, w.Code, g.asked)
		}
	}
	for _, p := range []web.Pictures{{}, {Mode: web.PicturesProxy, Fetch: g.fetch}, {Mode: web.PicturesHide, Key: []byte("another key"), Fetch: g.fetch}} {
		if w := get(t, showing(edition(), p), src); w.Code != http.StatusForbidden || g.asked != "" {
			t.Errorf("mode %q: %d", p.Mode, w.Code)
		}
	}
}

func TestPictureThatBreaksOff(t *testing.T) {
	g := &gallery{body: io.MultiReader(strings.NewReader("jp"), badReader{})}
	h := proxy(g)
	src := pictureIn(t, h, "/article/1")
	defer func() {
		if r := recover(); r != http.ErrAbortHandler { //nolint:errorlint // a value that was panicked with
			t.Errorf("half a picture ends with %v", r)
		}
		if g.closed != 1 {
			t.Error("its body stays open")
		}
	}()
	get(t, h, src)
}

type badReader struct{}

func (badReader) Read([]byte) (int, error) { return 0, errors.New("the connection broke") }

func TestPictureThatCannotBeHad(t *testing.T) {
	none := func(context.Context, string, string, string) (news.Picture, error) {
		return news.Picture{}, errors.New("none")
	}
	h := showing(edition(), web.Pictures{Mode: web.PicturesProxy, Key: []byte("key"), Fetch: none})
	w := get(t, h, pictureIn(t, h, "/article/1"))
	if w.Code != http.StatusBadGateway || w.Header().Get("Cache-Control") != "private, max-age=600" {
		t.Errorf("%d, kept %q", w.Code, w.Header().Get("Cache-Control"))
	}
}

func TestDirectPictures(t *testing.T) {
	h := showing(edition(), web.Pictures{Mode: web.PicturesDirect})
	w := get(t, h, "/article/1")
	if src := pictureIn(t, h, "/article/1"); src != ferryPicture {
		t.Errorf("it is loaded from %s", src)
	}
	if p := w.Header().Get("Content-Security-Policy"); !strings.Contains(p, "img-src 'self' data: http: https:;") || !strings.Contains(p, "script-src 'self';") {
		t.Errorf("policy %s", p)
	}
	if !strings.Contains(w.Body.String(), `referrerpolicy="no-referrer"`) {
		t.Error("the publisher is told which page shows it")
	}
	if p := get(t, h, "/").Header().Get("Content-Security-Policy"); strings.Contains(p, "https:") {
		t.Errorf("the front page may load from elsewhere: %s", p)
	}
}

func TestHiddenPictures(t *testing.T) {
	page := get(t, showing(edition(), web.Pictures{Mode: web.PicturesHide}), "/article/1").Body.String()
	if strings.Contains(page, "<img") || !strings.Contains(page, `href="`+ferryPicture+`">Picture: The ferry on the shoal</a>`) {
		t.Error("a hidden picture is no link")
	}
}

// TestLeadingPicture shows what an item brings beside a text without pictures.
func TestLeadingPicture(t *testing.T) {
	f := edition()
	a := f.articles[1]
	a.HTML, a.Enclosures = "<p>Text</p>", []news.Enclosure{{URL: "https://a.example/x.mp3", Type: "audio/mpeg"}, {URL: ferryPicture, Type: "image/jpeg"}}
	f.articles[1] = a
	g := &gallery{body: strings.NewReader("jpeg")}
	h := showing(f, web.Pictures{Mode: web.PicturesProxy, Key: []byte("key"), Fetch: g.fetch})
	if get(t, h, pictureIn(t, h, "/article/1")); g.asked != ferryPicture {
		t.Errorf("it is %q", g.asked)
	}
}

// TestPictureTitle: what a picture says when somebody points at it goes with it.
func TestPictureTitle(t *testing.T) {
	f := edition()
	a := f.articles[1]
	a.HTML = `<img src="` + ferryPicture + `" alt="The ferry" title="It is &#34;late&#34; again">`
	f.articles[1] = a
	page := parse(t, get(t, showing(f, web.Pictures{Mode: web.PicturesDirect}), "/article/1").Body.String())
	pictures := find(page, "img")
	if len(pictures) == 0 {
		t.Fatal("there is no picture")
	}
	if got := attr(pictures[0], "title"); got != `It is "late" again` {
		t.Errorf("its title is %q", got)
	}
}

// TestPictureSize: room is kept for pictures of unknown size that stand alone, and not for those in a line of text.
func TestPictureSize(t *testing.T) {
	const picture = `<img src="` + ferryPicture + `">`
	for text, kept := range map[string]bool{
		picture:                                    true,
		"<p>" + picture + "</p>":                   true,
		"<p>Words<br>" + picture + "</p>":          true,
		"<p><a href=\"/\">" + picture + "</a></p>": true,
		"<p>Words</p> " + picture + "<p>Words</p>": true,
		"<figure>" + picture + "<figcaption>Words</figcaption></figure>": true,
		"<p>Words " + picture + "</p>":                                   false,
		"<p>" + picture + "<b>Words</b></p>":                             false,
		`<img src="` + ferryPicture + `" width="600" height="400">`:      false,
		`<img src="` + ferryPicture + `" width="600" height="auto">`:     true,
	} {
		f := edition()
		a := f.articles[1]
		a.HTML = text
		f.articles[1] = a
		for _, img := range find(parse(t, get(t, showing(f, web.Pictures{Mode: web.PicturesDirect}), "/article/1").Body.String()), "img") {
			if got := slices.ContainsFunc(img.Attr, func(a html.Attribute) bool { return a.Key == "data-unsized" }); got != kept {
				t.Errorf("%s: room is kept: %v, want %v", text, got, kept)
			}
		}
	}
}

// TestPicturesMoveNothing loads an article whose pictures come late. The text stays where it is. A picture that comes out of sight takes its
// own shape.
func TestPicturesMoveNothing(t *testing.T) {
	f := edition()
	a := f.articles[1]
	text := strings.Repeat("<p>"+strings.Repeat("The ferry is late. ", 30)+"</p>", 3)
	a.HTML = `<p><img src="https://pictures.example/near.png"></p>` + text +
		`<figure><img src="https://pictures.example/known.png" width="600" height="800"><figcaption>Seen</figcaption></figure>` + text + text + text +
		`<p><img src="https://pictures.example/far.png"></p>` + text
	f.articles[1] = a
	late := make(chan struct{})
	tab := openTab(t, showing(f, web.Pictures{Mode: web.PicturesProxy, Key: []byte("key"), Fetch: func(ctx context.Context, _, _, _ string) (news.Picture, error) {
		select {
		case <-late:
		case <-ctx.Done():
		}
		return red(600, 800)
	}}))
	tab.Width(1280)
	tab.Open("/topics") // from now on the server knows the zone, and no time is written anew
	tab.Open("/article/1")
	before := tab.Cost()
	close(late)
	const pictures = `[...document.querySelectorAll(".text img")]`
	tab.Wait(pictures + `[0].complete`)
	tab.Wait(`(` + pictures + `[2].loading = "eager", ` + pictures + `.every((p) => p.complete && p.naturalWidth > 0))`)
	if after := tab.Cost(); before.Shift > 0 || after.Shift > 0 {
		t.Errorf("before the pictures came %.4f of the page has moved by itself, then %.4f: %s", before.Shift, after.Shift, after.Shifted)
	}
	if got := browsertest.Eval[string](tab, pictures+`.map((p) => p.hasAttribute("data-unsized") + " " + (p.height > p.width)).join(", ")`); got != "true false, false true, false true" {
		t.Errorf("room is kept for the pictures, and they are higher than wide: %s", got)
	}
	tab.NoFaults()
}
