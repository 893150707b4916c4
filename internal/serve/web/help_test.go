package web_test

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"headwater/internal/serve/web"
)

// addressesIn are what the elements of a page lead to and load.
func addressesIn(t *testing.T, page []byte) (all []string) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "href" || a.Key == "src" {
				all = append(all, a.Val)
			}
		}
	}
	return all
}

// TestHelpAsFiles: what a page of the site loads and leads to is a file beside it, or another site.
func TestHelpAsFiles(t *testing.T) {
	dir := t.TempDir()
	if err := web.WriteHelp(dir); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err != nil || len(pages) < 9 {
		t.Fatalf("pages %v, %v", pages, err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("<script")) {
			t.Errorf("%s has a script", page)
		}
		for _, address := range addressesIn(t, text) {
			u, err := url.Parse(address)
			if err != nil || u.IsAbs() && u.Scheme == "https" || u.Path == "" {
				continue
			}
			if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(u.Path))); err != nil || strings.HasPrefix(u.Path, "/") {
				t.Errorf("%s: %s: %v", filepath.Base(page), address, err)
			}
		}
	}
}

// TestHelpPages: every page of the help and every picture is there, and readers in German are told why it is in English.
func TestHelpPages(t *testing.T) {
	h := handler(edition())
	var pages, pictures int
	for _, first := range addressesIn(t, get(t, h, "/help").Body.Bytes()) {
		if !strings.HasPrefix(first, "/help/") {
			continue
		}
		pages++
		w := asked(t, h, first, "Accept-Language", "de")
		if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, "Die Hilfe gibt es nur auf Englisch.") || !strings.Contains(body, `<article class="text" lang="en"`) {
			t.Errorf("%s: %d\n%.300s", first, w.Code, body)
		}
		for _, address := range addressesIn(t, w.Body.Bytes()) {
			if strings.HasPrefix(address, "/help/pictures/") {
				pictures++
				if p := get(t, h, address); p.Code != http.StatusOK || p.Header().Get("Content-Type") != "image/png" || p.Body.Len() == 0 {
					t.Errorf("%s: %d %v", address, p.Code, p.Header())
				}
			}
		}
	}
	if pages < 9 || pictures == 0 {
		t.Errorf("%d pages with %d pictures", pages, pictures)
	}
	for _, none := range []string{"/help/none", "/help/README", "/help/pictures/none.png"} {
		if w := get(t, h, none); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", none, w.Code)
		}
	}
}

// TestHelpHasKeys: the help lists the keys as the page of keys does.
func TestHelpHasKeys(t *testing.T) {
	h := handler(edition())
	help := words(t, get(t, h, "/help/reading").Body.String())
	root, err := html.Parse(get(t, h, "/keys").Body)
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for n := range root.Descendants() {
		if n.Data != "dt" {
			continue
		}
		keys++
		var pressed []string
		for c := range n.Descendants() {
			if c.Type == html.TextNode && strings.TrimSpace(c.Data) != "" {
				pressed = append(pressed, c.Data)
			}
		}
		does := n.NextSibling.FirstChild.Data
		line := strings.Join(pressed, " ") + " " + does
		if pressed[0] == "g" { // in a sentence, as in "f front page"
			line = pressed[1] + " " + strings.ToLower(does[:1]) + does[1:]
		}
		if !strings.Contains(help, line) {
			t.Errorf("the help has no %q", line)
		}
	}
	if keys < 15 {
		t.Errorf("%d keys", keys)
	}
}
