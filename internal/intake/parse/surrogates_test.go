package parse

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestHalves(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"decimal", "Nice &#55357;&#56841; day", "Nice 😉 day"},
		{"hexadecimal", "Nice &#xD83D;&#xDE09; day", "Nice 😉 day"},
		{"small letters", "Nice &#xd83d;&#XDE09; day", "Nice 😉 day"},
		{"one of each", "Nice &#xD83D;&#56841; day", "Nice 😉 day"},
		{"zeros in front", "Nice &#x0D83D;&#056841; day", "Nice 😉 day"},
		{"no semicolon", "Nice &#55357&#56841; day", "Nice 😉 day"},
		{"escaped twice", "Nice &amp;#55357;&amp;#56841; day", "Nice 😉 day"},
		{"escaped thrice", "Nice &amp;amp;#xD83D;&amp;amp;#xDE09; day", "Nice 😉 day"},
		{"in CDATA", "<![CDATA[Nice &#55357;&#56841; day]]>", "Nice 😉 day"},
		{"two in a row", "&#55357;&#56841;&#55356;&#57118;", "😉🌞"},
		{"bytes", "Nice \xed\xa0\xbd\xed\xb8\x89 day", "Nice 😉 day"},
		{"bytes among letters", "Déjà \xed\xa0\xbd\xed\xb8\x89 vu", "Déjà 😉 vu"},
		{"the first alone", "Nice &#55357; day", "Nice day"},
		{"the second alone", "Nice &#56841; day", "Nice day"},
		{"the wrong way round", "Nice &#56841;&#55357; day", "Nice day"},
		{"cut off", "Nice day &#xD83D;", "Nice day"},
		{"with a space between", "Nice &#55357; &#56841; day", "Nice day"},
		{"the first before a whole one", "Nice &#55357;&#55357;&#56841; day", "Nice 😉 day"},
		{"bytes of one alone", "Nice \xed\xa0\xbd day", "Nice \ufffd day"},
		{"no half", "Nice &#9786; #5 day &#x1F609; &#57344;", "Nice ☺ #5 day 😉 \ue000"},
		{"no reference", "Issue #55357; and #xD83D", "Issue #55357; and #xD83D"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			doc, err := Parse(context.Background(), []byte("<rss><channel><item><title>"+tc.in+"</title><guid>1</guid></item></channel></rss>"), testOptions())
			if err != nil || len(doc.Entries) != 1 || doc.Entries[0].Title != tc.want {
				t.Errorf("got %+v, %v; want %q", doc.Entries, err, tc.want)
			}
		})
	}
	for name, in := range map[string]string{
		"RSS":       `<rss><channel><item><guid>1</guid><description>&lt;img src="/a" alt="&#55357;&#56841;"&gt; &amp;#xD83D;&amp;#xDE09;</description></item></channel></rss>`,
		"Atom":      `<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><content type="xhtml"><div><img src="/a" alt="&#55357;&#56841;"/> &#xD83D;&#xDE09;</div></content></entry></feed>`,
		"JSON Feed": `{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","content_html":"<img src=\"/a\" alt=\"\ud83d\ude09\"> \u0026#55357;\u0026#56841;"}]}`,
	} {
		doc, err := Parse(context.Background(), []byte(in), testOptions())
		if err != nil || len(doc.Entries) != 1 || strings.Count(doc.Entries[0].Summary+doc.Entries[0].Content, "😉") != 2 {
			t.Errorf("%s: got %+v, %v", name, doc.Entries, err)
		}
	}
}

// TestHalvesAnywhere: whatever stands around halves, none is left.
func TestHalvesAnywhere(t *testing.T) {
	part := rapid.SampledFrom([]string{"&#55357;", "&#56841;", "&#xD83D;", "&amp;#xDE09;", "&", "#", "amp;", "5", "x", "\xed\xa0\xbd", "\xed\xb8\x89", "\xed", "é", " ", `\u0026`, "0"})
	rapid.Check(t, func(t *rapid.T) {
		doc := []byte(strings.Join(rapid.SliceOf(part).Draw(t, "doc"), ""))
		out := joinedReferences(doc)
		for i := range out {
			if _, end := halfNumber(out, i); end > 0 && ampersandBefore(out, i, 0) >= 0 && len(out) == len(doc) {
				t.Fatalf("%q became %q", doc, out)
			}
		}
		if clean, _ := transcode(doc, ""); !utf8.Valid(clean) {
			t.Fatalf("%q became %q", doc, clean)
		}
	})
}
