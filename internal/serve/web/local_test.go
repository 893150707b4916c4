package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestLocalAddress: what a form or a login leads back to is of this server, however a browser or a proxy reads it.
func TestLocalAddress(t *testing.T) {
	for address, want := range map[string]bool{
		"/": true, "/feeds?folder=a%2Fb&page=2": true, "/folder/a%2Fb": true, "/topic/a%5Cb": true, "/label/%E2%98%85?x=//evil.example": true,
		"/search?q=https://evil.example/": true, "/article/7?in=%2Funread#a7": true, "/.//evil.example": true, // a path of ours for every browser

		"": false, "feeds": false, "?q=x": false, "#top": false, " /": false,
		"//evil.example": false, "///evil.example": false, "////evil.example": false, "//evil.example@127.0.0.1/": false,
		`/\evil.example`: false, `\\evil.example`: false, `\/evil.example`: false, `/a\b`: false,
		"/%2fevil.example": false, "/%2Fevil.example": false, "%2f%2fevil.example": false, "/%5Cevil.example": false, "/%5cevil.example": false,
		"/\t/evil.example": false, "/\n/evil.example": false, "/\r\nLocation: //evil.example": false, "\t//evil.example": false, "/\x00": false, "/\x7f": false, "/\u0085": false,
		"/%09/evil.example": false, "/%0d%0aX: y": false, "/%00": false,
		"https:": false, "https:evil.example": false, "https:/evil.example": false, "https://evil.example/": false, "HTTPS://evil.example": false,
		"javascript:alert(1)": false, "data:text/html,x": false, "mailto:a@evil.example": false, "/%": false, "/%zz": false,
		"/" + strings.Repeat("x", maxLocal): false,
	} {
		if isLocal(address) != want {
			t.Errorf("%q: %t, want %t", address, !want, want)
			continue
		}
		if !want {
			if to := afterLogin(address); to != "/" {
				t.Errorf("a login leads from %q to %q", address, to)
			}
		}
		r := httptest.NewRequest(http.MethodPost, "/marks", nil)
		r.PostForm = url.Values{"back": {address}}
		w := httptest.NewRecorder()
		http.Redirect(w, r, backOf(r).String(), http.StatusSeeOther)
		to, err := r.URL.Parse(w.Header().Get("Location"))
		if err != nil || to.Host != r.URL.Host || !want && to.Path != "/" {
			t.Errorf("a form leads from %q to %v (%v)", address, to, err)
		}
		if from, err := url.Parse(address); want && (err != nil || to.EscapedPath() != from.EscapedPath() && !strings.Contains(address, "/./") || to.RawQuery != from.RawQuery) {
			t.Errorf("a form leads from %q to %v (%v)", address, to, err)
		}
	}
}
