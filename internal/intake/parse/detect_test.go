package parse

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// TestGuess reads headlines in the encodings of their languages, in feeds of one item that name no encoding or the wrong
// one. Where the feed names the language, every headline must be right. Where it does not, those in scripts of their own
// and in Western languages must be; of others Windows-1252 may be made, and nothing else.
func TestGuess(t *testing.T) {
	data, err := os.ReadFile("testdata/languages.tsv")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for line := range strings.Lines(string(data)) {
		language, rest, found := strings.Cut(strings.TrimSpace(line), "\t")
		if !found || strings.HasPrefix(line, "#") {
			continue
		}
		labels, text, _ := strings.Cut(rest, "\t")
		for _, label := range strings.Split(labels, ",") {
			written := text
			if label == "windows-1258" {
				written = accentsBehind(text)
			}
			raw := string(encode(t, encodingOf(label), written))
			western, err := charmap.Windows1252.NewDecoder().String(raw)
			if err != nil {
				t.Fatal(err)
			}
			for _, feed := range []struct{ declared, language string }{
				{"", language},
				{"utf-8", language},
				{"ISO-8859-1", language},
				{"us-ascii", language + "-XX"},
				{"", ""},
				{"utf-8", "en-US"},
				{"iso-8859-1", ""},
			} {
				doc, err := Parse(context.Background(), shortFeed(feed.declared, feed.language, raw), testOptions())
				if err != nil || len(doc.Entries) != 1 {
					t.Fatalf("%s in %s: %+v, %v", text, label, doc, err)
				}
				got, want := doc.Entries[0].Title, []string{text}
				if !strings.HasPrefix(feed.language, language) && !inOwnScript(text) {
					want = append(want, plain(western))
				}
				if feed.declared == "iso-8859-1" && !slices.Contains(want, got) && got == plain(western) {
					want = append(want, got) // a guess against what is declared has to be sure
				}
				if !slices.Contains(want, got) {
					t.Errorf("%s in %s called %q in a feed of language %q was read as %s", text, label, feed.declared, feed.language, got)
				}
				read++
			}
		}
	}
	if read < 1000 {
		t.Errorf("only %d feeds were read", read)
	}
}

func shortFeed(declared, language, title string) []byte {
	doc := `<?xml version="1.0"`
	if declared != "" {
		doc += ` encoding="` + declared + `"`
	}
	doc += `?><rss version="2.0"><channel><title>T</title>`
	if language != "" {
		doc += "<language>" + language + "</language>"
	}
	return []byte(doc + "<item><title>" + title + "</title><guid>1</guid></item></channel></rss>")
}

// inOwnScript reports whether a text has letters of another script than ours.
func inOwnScript(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r > 0x36f && r < 0x1e00 || r > 0x3000 })
}

// accentsBehind writes Vietnamese as Windows-1258 has it: a letter with its sign, and the accent of the tone behind it.
func accentsBehind(text string) string {
	var out []rune
	for _, r := range norm.NFC.String(text) {
		parts := []rune(norm.NFD.String(string(r)))
		if len(parts) == 1 || r == 'đ' {
			out = append(out, r)
			continue
		}
		tone := slices.IndexFunc(parts, func(p rune) bool { return strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", p) })
		if tone < 0 {
			out = append(out, r)
			continue
		}
		letter := slices.Concat(parts[:tone], parts[tone+1:])
		out = append(append(out, []rune(norm.NFC.String(string(letter)))...), parts[tone])
	}
	return string(out)
}

func TestLanguageOf(t *testing.T) {
	for doc, want := range map[string]string{
		"<rss><channel><language>pl</language>":                      "pl",
		"<rss><channel><language> PL-pl </language>":                 "pl",
		"<rss><channel><language><![CDATA[cs_CZ]]></language>":       "cs",
		"<channel><dc:language>el</dc:language><language>en":         "el",
		`<feed xmlns="x" xml:lang="tr-TR"><title>`:                   "tr",
		`<feed xml:lang = 'he'>`:                                     "he",
		`{"version": "x", "language": "ar-EG", "items": []}`:         "ar",
		"<rss><channel><language>Polish</language>":                  "polish",
		"<rss><channel><language></language><title>pl":               "",
		"<rss><channel><title>language: pl</title><link>x</link>":    "",
		"<rss><channel><language>zh-tw</language><item>":             "zh",
		"<rss><channel><language type=\"x\">hu</language></channel>": "hu",
	} {
		if got := languageOf([]byte(doc)); got != want {
			t.Errorf("%s: got %q, want %q", doc, got, want)
		}
	}
}

// TestScripts: every line of letters.txt is read, each language stands in one, and its letters are in its encodings.
func TestScripts(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range scripts() {
		for _, language := range s.languages {
			if seen[language] {
				t.Errorf("%s stands twice", language)
			}
			seen[language] = true
		}
		if s.words && len(s.decodings) == 0 || len(s.letters) == 0 {
			t.Errorf("%v: %d encodings, %d letters", s.languages, len(s.decodings), len(s.letters))
		}
		for _, e := range s.decodings {
			have := 0
			for r := range s.letters {
				if _, ok := e.enc.EncodeRune(r); ok {
					have++
				}
			}
			if have*4 < len(s.letters) { // Windows-1258 writes most Vietnamese letters as two
				t.Errorf("%v: %s has %d of %d letters", s.languages, e.enc, have, len(s.letters))
			}
		}
	}
	if len(scripts()) < 30 {
		t.Errorf("%d groups of languages", len(scripts()))
	}
}
