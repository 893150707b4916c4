package page

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

func TestReadsWhatAPageSaysOfItself(t *testing.T) {
	body, err := os.ReadFile("testdata/wire.html")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Read(Fetched{URL: "https://gazette.example/news/ferry?utm=1", Body: body, ContentType: "text/html"})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"QUILLMOUTH (Northern Wire)", "on the evening tide"} {
		if !strings.Contains(p.Text, part) || !strings.Contains(p.HTML, part) {
			t.Errorf("the article lacks %q: %q", part, p.Text)
		}
	}
	if strings.Contains(p.Text, "Sport") || strings.Contains(p.Text, "Copyright") {
		t.Errorf("page furniture is in the article: %q", p.Text)
	}
	p.HTML, p.Text = "", ""
	want := Page{
		URL: "https://gazette.example/news/ferry?utm=1", Canonical: "https://gazette.example/news/ferry-aground",
		Title: "Ferry runs aground off Quillmouth", Site: "The Harbour Gazette", Lang: "en-GB", Authors: []string{"Ida Moss"},
		Published: time.Date(2026, 11, 2, 7, 15, 0, 0, time.UTC),
		Sources: []news.Reference{
			{URL: "https://wire.example/ferry"}, {Title: "Northern Wire", URL: "https://gazette.example/first"},
		},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadsOtherEncodings(t *testing.T) {
	const prose = "Der Bürgermeister von Köln sagte, die Brücke werde früher geöffnet als geplant, und dankte den Arbeitern. "
	page := "<html><head><title>Brücke früher geöffnet</title></head><body><p>" + strings.Repeat(prose, 8) + "</p></body></html>"
	latin := make([]byte, 0, len(page))
	for _, r := range page {
		latin = append(latin, byte(r))
	}
	for _, tt := range []struct {
		name, contentType string
		body              []byte
	}{
		{"declared in the header", "text/html; charset=ISO-8859-1", latin},
		{"declared in the page", "text/html", append([]byte(`<meta charset="iso-8859-1">`), latin...)},
		{"UTF-8 with a mark", "text/html", append([]byte("\xef\xbb\xbf"), page...)},
	} {
		p, err := Read(Fetched{URL: "https://a.example/x", ContentType: tt.contentType, Body: tt.body})
		if err != nil || p.Title != "Brücke früher geöffnet" || !strings.Contains(p.Text, "Köln") {
			t.Errorf("%s: %+v, %v", tt.name, p, err)
		}
	}
}

func TestHostilePagesEndSoon(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, minutes under the race detector")
	}
	nest := func(tag string, n int) []byte { return []byte(strings.Repeat("<"+tag+">", n)) }
	tests := []struct {
		name  string
		body  []byte
		limit bool
	}{
		{"nothing", nil, false},
		{"six megabytes of nested elements", nest("div", 6<<20/5), true},
		{"a little too deep", append(nest("div", maxDepth+50), "x"...), true},
		{"formatting that nests by repair", nest("b><p", 600), false},
		{"nested tables", nest("table><tr><td", 3000), true},
		{"many tags side by side", bytes.Repeat([]byte("<p>a, b"), maxTags+1), true},
		{"as many as are read", bytes.Repeat([]byte("<p>a, b, c, d"), maxTags-10), false},
		{"as many and as deep", bytes.Repeat([]byte(strings.Repeat("<div>a, b", maxDepth-10)+strings.Repeat("</div>", maxDepth-10)), maxTags/(maxDepth-10)), false},
		{"one long attribute", []byte(`<p class="` + strings.Repeat("a ", 1<<20) + `">x`), false},
		{"an endless title", []byte("<title>" + strings.Repeat("a - b | c :", 300_000) + "</title><h1>" + strings.Repeat("x ", 1000)), false},
		{"endless metas", []byte(strings.Repeat(`<meta property="og:title" content="`+strings.Repeat("a - b ", 50_000)+`">`, 10) + strings.Repeat("<h1>a b c</h1>", 1000)), false},
		{"deep JSON-LD", []byte(`<script type="application/ld+json">` + strings.Repeat("[", 200_000) + `</script>`), false},
		{"deep graph", []byte(`<script type="application/ld+json">` + strings.Repeat(`{"@graph":[`, 9000) + strings.Repeat(`]}`, 9000) + `</script>`), false},
		{"nul and torn runes", []byte("<p>\x00\xff\xfe" + strings.Repeat("\xe2\x28 words, words ", 100)), false},
		{"no end of a tag", []byte("<p " + strings.Repeat("a=b ", 500_000)), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			began := time.Now()
			_, err := Read(Fetched{URL: "https://a.example/x", Body: tt.body})
			if took := time.Since(began); took > time.Minute {
				t.Errorf("took %s", took)
			}
			if tt.limit && err == nil {
				t.Error("it was read, though it is over the bounds")
			}
			if !tt.limit && errors.Is(err, errLimit) {
				t.Errorf("refused: %v", err)
			}
			t.Logf("%s: %v", time.Since(began).Round(time.Millisecond), err)
		})
	}
}

func FuzzRead(f *testing.F) {
	body, err := os.ReadFile("testdata/wire.html")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body, "text/html")
	f.Add([]byte("<table><b><p>"), "text/html; charset=utf-16")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		p, err := Read(Fetched{URL: "https://a.example/x", Body: body, ContentType: contentType})
		if err != nil && strings.Contains(err.Error(), "reading it failed") {
			t.Error(err)
		}
		if len(p.HTML) > maxHTML || len(p.Sources) > maxSources {
			t.Errorf("%d bytes, %d sources", len(p.HTML), len(p.Sources))
		}
	})
}
