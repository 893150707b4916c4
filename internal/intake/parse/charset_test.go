package parse

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"pgregory.net/rapid"
)

func encode(t *testing.T, enc encoding.Encoding, text string) []byte {
	t.Helper()
	out, err := enc.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func labelled(t *testing.T, label string) encoding.Encoding {
	t.Helper()
	enc, _ := charset.Lookup(label)
	if enc == nil {
		t.Fatalf("no encoding %s", label)
	}
	return enc
}

// TestEncodings writes one title in many encodings, told and not told, rightly and wrongly.
func TestEncodings(t *testing.T) {
	const (
		western  = "Café Zürich – “déjà vu”"
		russian  = "Как пережить новогоднюю ночь"
		japanese = "ゲーム三昧な正月、記事投稿が反映されない"
		chinese  = "不归移民漫画系列：专业工作的人在中国"
		korean   = "에서 한글 닉네임 표시하기"
	)
	big, little := unicode.UTF16(unicode.BigEndian, unicode.UseBOM), unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	big4, little4 := utf32.UTF32(utf32.BigEndian, utf32.UseBOM), utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	bare := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	for _, tc := range []struct {
		name     string
		enc      encoding.Encoding
		title    string
		declared string
		header   string
		repaired bool
	}{
		{name: "UTF-8", enc: encoding.Nop, title: japanese},
		{name: "UTF-8 with a mark", enc: unicode.UTF8BOM, title: western, declared: "iso-8859-1"},
		{name: "UTF-8 called Latin-1", enc: encoding.Nop, title: western, declared: "iso-8859-1", header: "text/xml; charset=iso-8859-1"},
		{name: "UTF-8 called ASCII", enc: encoding.Nop, title: russian, header: "text/xml; charset=us-ascii"},
		{name: "UTF-8 called nonsense", enc: encoding.Nop, title: western, declared: "no-such-thing"},
		{name: "UTF-8 called UTF-16", enc: encoding.Nop, title: western, declared: "utf-16"},
		{name: "UTF-16 big", enc: big, title: chinese, declared: "utf-16"},
		{name: "UTF-16 little", enc: little, title: chinese},
		{name: "UTF-16 without a mark", enc: bare, title: korean},
		{name: "UTF-32 big", enc: big4, title: western},
		{name: "UTF-32 little", enc: little4, title: western, header: "application/xml; charset=utf-8"},
		{name: "EBCDIC", enc: charmap.CodePage037, title: "Café Zürich", declared: "cp037"},
		{name: "code page 437", enc: charmap.CodePage437, title: "Café Zürich", declared: "cp437"},
		{name: "Latin-1 declared", enc: charmap.Windows1252, title: western, declared: "ISO-8859-1"},
		{name: "Latin-1 in the header", enc: charmap.Windows1252, title: western, header: "text/xml; charset=windows-1252"},
		{name: "Latin-1 called UTF-8", enc: charmap.Windows1252, title: western, declared: "utf-8"},
		{name: "Latin-1 called nothing", enc: charmap.Windows1252, title: western},
		{name: "Spanish called nothing", enc: charmap.Windows1252, title: "¿Última campeón? El líder más pequeño, sé la razón del año"},
		{name: "Cyrillic declared", enc: charmap.Windows1251, title: russian, declared: "windows-1251"},
		{name: "Cyrillic called nothing", enc: charmap.KOI8R, title: russian},
		{name: "header before declaration", enc: charmap.KOI8R, title: russian, declared: "windows-1251", header: "text/xml; charset=koi8-r"},
		{name: "Shift JIS declared", enc: labelled(t, "shift_jis"), title: japanese, declared: "Shift_JIS"},
		{name: "Shift JIS called nothing", enc: labelled(t, "shift_jis"), title: japanese},
		{name: "Shift JIS called UTF-8", enc: labelled(t, "shift_jis"), title: japanese, header: "application/rss+xml; charset=utf-8"},
		{name: "EUC-JP called nothing", enc: labelled(t, "euc-jp"), title: japanese},
		{name: "ISO-2022-JP", enc: labelled(t, "iso-2022-jp"), title: japanese, declared: "iso-2022-jp"},
		{name: "GBK declared", enc: labelled(t, "gbk"), title: chinese, declared: "gb2312"},
		{name: "GBK called nothing", enc: labelled(t, "gbk"), title: chinese},
		{name: "EUC-KR called nothing", enc: labelled(t, "euc-kr"), title: korean},
	} {
		t.Run(tc.name, func(t *testing.T) {
			declaration := "<?xml version='1.0'?>"
			if tc.declared != "" {
				declaration = `<?xml version="1.0" encoding="` + tc.declared + `"?>`
			}
			data := encode(t, tc.enc, declaration+"<rss><channel><item><title>"+tc.title+"</title></item></channel></rss>")
			o := testOptions()
			o.ContentType = tc.header
			doc, err := Parse(context.Background(), data, o)
			if err != nil || len(doc.Entries) != 1 || doc.Entries[0].Title != tc.title {
				t.Fatalf("got %+v, %v; want title %q", doc, err, tc.title)
			}
			if len(doc.Repaired) > 0 {
				t.Errorf("called repaired: %v", doc.Repaired)
			}
		})
	}
}

func TestMended(t *testing.T) {
	for _, tc := range []struct{ name, in, want, repair string }{
		{"pasted Windows-1252", "it\x92s caf\xc3\xa9 \xc3\xbc", "it’s café ü", "bytes that are not UTF-8 were replaced"},
		{"a torn character", "caf\xc3\xa9 \xc3\xbc \xe2\x80 x", "café ü \ufffd x", "bytes that are not UTF-8 were replaced"},
		{"controls", "a\x00b\x08c\x1fd\ufffee\tf", "abcde f", "control characters were left out"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			doc, err := Parse(context.Background(), []byte("<rss><channel><title>"+tc.in+"</title></channel></rss>"), testOptions())
			if err != nil || doc.Title != tc.want || len(doc.Repaired) != 1 || doc.Repaired[0] != tc.repair {
				t.Errorf("got %q, repaired %v, %v; want %q", doc.Title, doc.Repaired, err, tc.want)
			}
		})
	}
}

// TestTranscode: whatever comes in, UTF-8 without control characters comes out.
func TestTranscode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		header := rapid.SampledFrom([]string{"", "text/xml; charset=utf-8", "text/xml; charset=big5", "text/xml; charset=utf-16", "x/y; charset=\"", "a/b; charset=iso-2022-jp"}).Draw(t, "header")
		doc, _ := transcode(data, header)
		if !utf8.Valid(doc) || len(stripControls(doc)) < len(doc) {
			t.Fatalf("%q became %q", data, doc)
		}
	})
}

func TestEncodedOnce(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                    "plain",
		"corrupciÃ³n":              "corrupción",
		"itâ€™s â€œquotedâ€\u009d": "it’s “quoted”",
		"é and Ã³":                 "é and Ã³",
		"naïve":                    "naïve",
		"新聞":                       "新聞",
		"Ã":                        "Ã",
	} {
		if got := undoDoubleEncoding(in); got != want {
			t.Errorf("encodedOnce(%q) = %q, want %q", in, got, want)
		}
	}
	if long := strings.Repeat("ü", 1000); undoDoubleEncoding(long) != long {
		t.Error("ordinary text was changed")
	}
}

// TestWideJSON: JSON in UTF-16 has no byte order mark by its own rules.
func TestWideJSON(t *testing.T) {
	for name, order := range map[string]unicode.Endianness{"big": unicode.BigEndian, "little": unicode.LittleEndian} {
		data, err := unicode.UTF16(order, unicode.IgnoreBOM).NewEncoder().String(`{"version":"https://jsonfeed.org/version/1.1","title":"Zürich","items":[]}`)
		if err != nil {
			t.Fatal(err)
		}
		if doc, err := Parse(context.Background(), []byte(data), testOptions()); err != nil || doc.Title != "Zürich" {
			t.Errorf("%s: title %q, %v", name, doc.Title, err)
		}
	}
}

// TestWideLabels: a label that means UTF-16 or 32 says nothing of a document whose bytes are something else.
func TestWideLabels(t *testing.T) {
	const title = "Правительство утвердило бюджет"
	for _, label := range []string{
		"utf-16", "UTF-16", "utf16", "UTF_16", "utf-16le", "UTF-16BE", "unicode", "Unicode", "ucs-2", "UCS2", "ucs-2le", "iso-10646-ucs-2", "ISO-10646",
		"csunicode", "unicodefeff", "unicodefffe", "utf-32", "UTF-32LE", "ucs-4", "iso-10646-ucs-4", "csUCS4", "x-utf-16", "unicode-1-1-utf-8", "utf-7",
	} {
		body := `<rss><channel><item><title>` + title + `</title></item></channel></rss>`
		for name, feed := range map[string]struct{ data, header string }{
			"declared":           {`<?xml version="1.0" encoding="` + label + `"?>` + body, ""},
			"declared on a mark": {"\ufeff" + `<?xml version="1.0" encoding='` + label + `'?>` + body, ""},
			"header":             {body, "text/xml; charset=" + label},
			"both":               {`<?xml version="1.0" encoding="` + label + `"?>` + body, `text/xml; charset="` + label + `"`},
		} {
			o := testOptions()
			o.ContentType = feed.header
			doc, err := Parse(context.Background(), []byte(feed.data), o)
			if err != nil || len(doc.Entries) != 1 || doc.Entries[0].Title != title || len(doc.Repaired) > 0 {
				t.Errorf("%s, %s: got %+v, %v", label, name, doc, err)
			}
		}
		windows := `<?xml version="1.0" encoding="` + label + `"?><rss><channel><language>ru</language><item><title>` +
			string(encode(t, charmap.Windows1251, title)) + `</title></item></channel></rss>`
		if doc, err := Parse(context.Background(), []byte(windows), testOptions()); err != nil || len(doc.Entries) != 1 || doc.Entries[0].Title != title {
			t.Errorf("%s on Windows-1251: got %+v, %v", label, doc, err)
		}
	}
}

// TestBeginnings: what stands before a document keeps it from nothing.
func TestBeginnings(t *testing.T) {
	little, big := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	narrow := "<?xml version=\"1.0\"?><rss><channel><title>Zürich</title></channel></rss>"
	json := `{"version":"https://jsonfeed.org/version/1.1","title":"Zürich","items":[]}`
	for name, data := range map[string]string{
		"a mark":                        "\ufeff" + narrow,
		"two marks":                     "\ufeff\ufeff" + narrow,
		"a mark behind a line":          "\r\n\ufeff" + narrow,
		"a mark encoded twice":          "ï»¿" + narrow,
		"blank lines":                   "\n \r\n" + narrow,
		"the mark of UTF-16":            "\xff\xfe" + narrow,
		"the other mark of UTF-16":      "\xfe\xff" + narrow,
		"NUL":                           "\x00\x00" + narrow,
		"UTF-16 with two marks":         "\xff\xfe\xff\xfe" + string(encode(t, little, narrow)),
		"UTF-16 behind a line":          string(encode(t, little, "\r\n "+narrow)),
		"UTF-16 the other way round":    string(encode(t, big, "\n"+narrow)),
		"JSON with two marks":           "\ufeff\ufeff" + json,
		"JSON with a mark twice over":   "ï»¿" + json,
		"JSON in UTF-16 behind a line":  string(encode(t, little, "\n"+json)),
		"JSON behind the mark of UTF16": "\xff\xfe" + json,
	} {
		if doc, err := Parse(context.Background(), []byte(data), testOptions()); err != nil || doc.Title != "Zürich" {
			t.Errorf("%s: got %+v, %v", name, doc, err)
		}
	}
}

func TestISO2022(t *testing.T) {
	const title = "図書館が日曜日に再開します"
	doc, err := Parse(context.Background(), shortFeed("", "", string(encode(t, labelled(t, "iso-2022-jp"), title))), testOptions())
	if err != nil || len(doc.Entries) != 1 || doc.Entries[0].Title != title {
		t.Errorf("got %+v, %v", doc, err)
	}
}

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
		out := joinReferences(doc)
		for i := range out {
			if _, end := surrogateReference(out, i); end > 0 && ampersandBefore(out, i, 0) >= 0 && len(out) == len(doc) {
				t.Fatalf("%q became %q", doc, out)
			}
		}
		if clean, _ := transcode(doc, ""); !utf8.Valid(clean) {
			t.Fatalf("%q became %q", doc, clean)
		}
	})
}
