package web_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"

	"headwater/internal/search"
)

// TestManifest holds the description of the application to what browsers ask of one that can be installed.
func TestManifest(t *testing.T) {
	h := handler(edition())
	w := get(t, h, "/manifest.webmanifest")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/manifest+json" {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Content-Type"))
	}
	var m struct {
		ID, Name, Display, Scope string
		Short                    string `json:"short_name"`
		Start                    string `json:"start_url"`
		Theme                    string `json:"theme_color"`
		Background               string `json:"background_color"`
		Icons                    []struct{ Src, Sizes, Type, Purpose string }
		Shortcuts                []struct{ Name, URL string }
	}
	d := json.NewDecoder(w.Body)
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	light := themes(t)["light"]["background"]
	if m.ID != "/" || m.Name != "Headwater" || m.Short == "" || m.Display != "standalone" || m.Scope != "/" || m.Start != "/" || m.Theme != light || m.Background != light {
		t.Errorf("%+v", m)
	}
	var kinds []string
	for _, icon := range m.Icons {
		w := get(t, h, icon.Src)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != icon.Type {
			t.Errorf("%s: %d %s", icon.Src, w.Code, w.Header().Get("Content-Type"))
		}
		if icon.Type == "image/png" {
			size, err := png.DecodeConfig(w.Body)
			if got := fmt.Sprintf("%dx%d", size.Width, size.Height); err != nil || got != icon.Sizes {
				t.Errorf("%s is %s (%v), and said to be %s", icon.Src, got, err, icon.Sizes)
			}
		}
		kinds = append(kinds, strings.TrimSpace(icon.Sizes+" "+icon.Purpose))
	}
	for _, want := range []string{"any", "192x192", "512x512", "512x512 maskable"} {
		if !slices.Contains(kinds, want) {
			t.Errorf("icons %q lack %s", kinds, want)
		}
	}
	for _, s := range m.Shortcuts {
		if w := get(t, h, s.URL); w.Code != http.StatusOK {
			t.Errorf("the shortcut %s: %d", s.URL, w.Code)
		}
	}
	if w := get(t, h, "/favicon.ico"); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "\x89PNG") {
		t.Errorf("/favicon.ico: %d", w.Code)
	}
}

// TestServiceWorker reads what the worker is told, and which pages may be kept.
func TestServiceWorker(t *testing.T) {
	h := handler(edition())
	w := get(t, h, "/sw.js")
	if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("headers %v", w.Header())
	}
	line, _, _ := strings.Cut(w.Body.String(), "\n")
	_, list, _ := strings.Cut(strings.TrimSuffix(line, ";"), "files = ")
	var files []string
	if err := json.Unmarshal([]byte(list), &files); err != nil || !strings.HasPrefix(line, `const build = "`) {
		t.Fatalf("%s: %v", line, err)
	}
	for _, address := range loaded(parse(t, get(t, h, "/").Body.String())) {
		if strings.HasPrefix(address, "/static/") && !strings.HasSuffix(address, ".png") && !slices.Contains(files, address) {
			t.Errorf("%s is not among the files that are kept: %q", address, files)
		}
	}
	for _, path := range append(everyPage, "/settings", "/offline") {
		if got := get(t, h, path).Header().Get("X-Offline"); (got == "keep") != (path == "/") {
			t.Errorf("%s: X-Offline is %q", path, got)
		}
	}
	for _, path := range []string{"/feeds/all.atom", "/suggest?q=f", "/sw.js", "/nowhere"} {
		if h := get(t, h, path).Header(); h.Get("X-Viewer") != "" || h.Get("X-Offline") != "" {
			t.Errorf("%s: %v, for the service worker", path, h)
		}
	}
	policy := get(t, h, "/").Header().Get("Content-Security-Policy")
	for _, want := range []string{"worker-src 'self'", "manifest-src 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
}

func TestOpenSearch(t *testing.T) {
	f := edition()
	f.completions = map[string][]search.Completion{"fer": {{Kind: search.CompleteWord, Value: "ferry", Articles: 12}}}
	h := handler(f)
	w := get(t, h, "/opensearch.xml")
	var d struct {
		XMLName   xml.Name `xml:"http://a9.com/-/spec/opensearch/1.1/ OpenSearchDescription"`
		ShortName string
		Image     string
		URL       []struct {
			Type     string `xml:"type,attr"`
			Template string `xml:"template,attr"`
		} `xml:"Url"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &d); err != nil || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/opensearchdescription+xml") {
		t.Fatalf("%v, %s: %s", err, w.Header().Get("Content-Type"), w.Body)
	}
	if d.ShortName != "Headwater" || !strings.HasPrefix(d.Image, "http://news.example/static/icon") {
		t.Errorf("%+v", d)
	}
	types := map[string]string{"text/html": "text/html", "application/x-suggestions+json": "application/x-suggestions+json", "application/opensearchdescription+xml": "application/opensearchdescription+xml"}
	if len(d.URL) != len(types) {
		t.Errorf("addresses %+v", d.URL)
	}
	for _, u := range d.URL {
		path, ours := strings.CutPrefix(strings.ReplaceAll(u.Template, "{searchTerms}", "fer"), "http://news.example")
		if w := get(t, h, path); !ours || w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), types[u.Type]) {
			t.Errorf("%s: %d %s", u.Template, w.Code, w.Header().Get("Content-Type"))
		}
	}
	if got, want := strings.TrimSpace(get(t, h, "/suggest?form=opensearch&q=fer").Body.String()),
		`["fer",["ferry"],["12 headlines"],["http://news.example/search?q=ferry"]]`; got != want {
		t.Errorf("suggestions %s, want %s", got, want)
	}
}
