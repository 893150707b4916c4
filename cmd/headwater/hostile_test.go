package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// naughty are strings that break programs.
var naughty = []string{
	"\x00", "a\x00b\x00c", "\x01\x02\x1b[31mred\x1b[0m\x07", "\x7f\u0080\u0085", // controls
	"\u200b\u200c\u200d\ufeff", "zero\u200bwidth", "\u00ad\u00ad", "\u3000\u00a0\u2003", "\u2028\u2029", // nothing to see
	"\u202egnp.egatuob\u202c", "\u2066\u2067\u2068\u2069", "\u200f\u200e\u200f", // turned round
	"Z" + strings.Repeat("\u0301", 5000), "\u0301\u0302\u0303", strings.Repeat("o\u0334\u0489", 300), "ก" + strings.Repeat("็", 200), // marks on marks
	"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</p></div></body></html>", "<!-- ", "<![CDATA[", "]]>", "<svg/onload=alert(1)//",
	strings.Repeat("<", 5000), strings.Repeat("&", 5000), strings.Repeat("<b>", 3000), "&#0;&#x110000;&#xD800;&nosuch;", "<a href='javascript:alert(1)'>read</a>",
	"NaN", "-0", "1e999", strings.Repeat("9", 5000), "0x7fffffffffffffff", "1.7976931348623157e309 99999999999999999999999999", "½ ⅔ ① Ⅷ ٣ 三",
	"!!!???...", "—–-", "“”‘’«»", "::::", "....", strings.Repeat("!?", 4000), // only punctuation
	"\ufffd\ufffd", "\U0010ffff", "\ue000\uf8ff", "�", // nobody's characters
	"👩‍👩‍👧‍👦 🏳️‍🌈 👍🏿", strings.Repeat("🇫🇷", 300), "☃", "𝕋𝕙𝕖 𝕢𝕦𝕚𝕔𝕜", "ﬁ ﬀ ŉ ß İ ı ǅ Å Å",
	"مرحبا بالعالم", "שלום עולם", "שלום world مرحبا 世界", "ﷺ", "日本語。", "한국어", "ภาษาไทย",
	"null", "undefined", "true", "[]", "{}", "\\", "\\\\\"", "'\"`", "${x}", "{{.}}", "%s%s%n%d", "' OR 1=1 --", "../../etc/passwd", "\r\n\r\n", "\t",
	"http://", "http://[::1", "https://[fe80::1%25en0]:99999/%zz", "javascript:alert(1)", "data:text/html,x", "//", "?#", "urn:x",
}

// madeUp gives made-up words, always the same for one seed.
func madeUp(seed uint64, words int) string {
	syllables := strings.Fields("ba ko ri ten mo sul har vex lin dor pa que zi gron fel tas um wie jor neth")
	r := rand.New(rand.NewPCG(seed, 2))
	var b strings.Builder
	for range words {
		b.WriteString(syllables[r.IntN(20)] + syllables[r.IntN(20)] + syllables[r.IntN(20)] + " ")
	}
	return strings.TrimSpace(b.String())
}

// row is a line of input.
type row map[string]any

// item is an article of one of seven papers.
func item(i int, title, text string) row {
	return row{
		"id": i, "title": title, "text": text, "feed": fmt.Sprint("Paper ", i%7), "url": fmt.Sprintf("https://paper%d.example/%d", i%7, i),
		"published": "2026-03-01T00:00:00Z",
	}
}

func rows(n int, one func(i int) row) []row {
	out := make([]row, n)
	for i := range out {
		out[i] = one(i)
	}
	return out
}

// stories groups the lines and gives the number of stories; every article must come out once, in order, without a word
// on stderr.
func stories(t *testing.T, rs []row) int {
	t.Helper()
	var in, stdout, stderr bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, r := range rs {
		if err := enc.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	code := run(t.Context(), []string{"group"}, &in, &stdout, &stderr)
	if code != 0 || stderr.Len() > 0 {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	of := map[int64]int{}
	dec := json.NewDecoder(&stdout)
	for i, r := range rs {
		var got struct {
			ID    any
			Story int64
		}
		if err := dec.Decode(&got); err != nil {
			t.Fatalf("line %d of %d: %v", i+1, len(rs), err)
		}
		if fmt.Sprint(got.ID) != fmt.Sprint(r["id"]) {
			t.Fatalf("line %d is article %v, want %v", i+1, got.ID, r["id"])
		}
		of[got.Story]++
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Errorf("more lines than articles: %v", err)
	}
	return len(of)
}

// hostile is input that wants to stall grouping, or to have strangers merged.
type hostile struct {
	rows []row
	want int // stories
}

func hostiles() map[string]hostile {
	dates := []string{
		"0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1969-12-31T23:59:59Z", "2500-01-01T00:00:00Z",
		"2026-03-01T00:00:00+23:59", "2026-03-01T00:00:00.999999999-12:00", "yesterday", "", "2026-13-41T99:00:00Z", "1700000000",
	}
	return map[string]hostile{
		"nothing but ids":     {rows(500, func(i int) row { return row{"id": i} }), 500},
		"nulls":               {rows(100, func(i int) row { return row{"id": i, "title": nil, "text": nil, "url": nil, "published": nil} }), 100},
		"one word":            {rows(300, func(i int) row { return item(i, "", madeUp(uint64(i), 1)) }), 300},
		"one word for all":    {rows(300, func(i int) row { return item(i, "Photos", "Photos") }), 300},
		"one word repeated":   {rows(300, func(i int) row { return item(i, "", strings.Repeat("spam ", 500+i)) }), 300},
		"emoji":               {rows(300, func(i int) row { return item(i, "🎉", strings.Repeat("😀 ", 20+i)) }), 300},
		"right to left":       {rows(300, func(i int) row { return item(i, "\u202e"+fmt.Sprint(i), strings.Repeat("\u202e\u200f", i)) }), 300},
		"mixed scripts":       {rows(300, func(i int) row { return item(i, "שלום world", "مرحبا 世界 "+madeUp(uint64(i), 30)) }), 300},
		"huge numbers":        {rows(300, func(i int) row { return item(i, power(10, i), power(7, i)) }), 300},
		"dates":               {rows(220, func(i int) row { return dated(i, dates[i%len(dates)]) }), 220},
		"naughty titles":      {rows(len(naughty), func(i int) row { return item(i, naughty[i], madeUp(uint64(i), 60)) }), len(naughty)},
		"naughty texts":       {rows(len(naughty), func(i int) row { return item(i, madeUp(uint64(i), 6), naughty[i]) }), len(naughty)},
		"naughty everywhere":  {rows(len(naughty), func(i int) row { return everywhere(i, naughty[i]) }), len(naughty)},
		"naughty, then prose": {rows(1000, func(i int) row { return item(i, "", naughty[i%len(naughty)]+" "+madeUp(uint64(i), 40)) }), 1000},
		"one naughty title":   {rows(1000, func(i int) row { return item(i, naughty[i%len(naughty)], madeUp(uint64(i), 40)) }), 1000},
		"a thousand items":    {rows(1000, func(i int) row { return ofOneFeed(i, "Tolls at the harbour rise in spring") }), 1},
	}
}

func power(base, n int) string {
	return new(big.Int).Exp(big.NewInt(int64(base)), big.NewInt(int64(n+1)), nil).String()
}

func dated(i int, date string) row {
	r := item(i, madeUp(uint64(i), 6), madeUp(uint64(i), 40))
	r["published"], r["fetched"] = date, []string{date, ""}[i%2]
	return r
}

func everywhere(i int, s string) row {
	return row{
		"id": fmt.Sprint(i, s), "title": s, "text": s, "html": s, "summary": s, "url": s, "feed": s, "author": s, "published": s,
		"fetched": s, "lang": s,
	}
}

func ofOneFeed(i int, title string) row {
	r := item(i, title, madeUp(1, 200))
	r["feed"], r["url"] = "Harbour News", fmt.Sprintf("https://harbournews.example/%d", i)
	return r
}

func TestGroupHostile(t *testing.T) {
	for name, h := range hostiles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := stories(t, h.rows); got != h.want {
				t.Errorf("%d articles make %d stories, want %d", len(h.rows), got, h.want)
			}
		})
	}
}

// TestGroupLarge takes single articles of a megabyte, and very many that are the same or nearly so.
func TestGroupLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	const mega = 1 << 20
	word := func(i int) string { return madeUp(uint64(i), 1) }
	tests := map[string]hostile{
		"strangers of a megabyte": {rows(5, func(i int) row { return item(i, madeUp(uint64(i), 6), madeUp(uint64(i), mega/8)) }), 5},
		"copies of a megabyte":    {rows(5, func(i int) row { return item(i, madeUp(uint64(i), 6), madeUp(9, mega/8)) }), 1},
		"a word of a megabyte":    {rows(5, func(i int) row { return item(i, "", strings.Repeat(word(i), mega/9)) }), 5},
		"a megabyte of one word":  {rows(5, func(i int) row { return item(i, "", strings.Repeat(word(i)+" ", mega/10)) }), 5},
		"a headline of a megabyte": {rows(5, func(i int) row {
			return item(i, strings.ReplaceAll(madeUp(uint64(i), mega/9), " ", fmt.Sprint(i, " ")), "")
		}), 5},
		"a megabyte of emoji":      {rows(5, func(i int) row { return item(i, word(i), strings.Repeat("😀", mega/4+i)) }), 5},
		"a megabyte of marks":      {rows(5, func(i int) row { return item(i, word(i), "Z"+strings.Repeat("\u0301", mega/2+i)) }), 5},
		"a megabyte of tags":       {rows(5, func(i int) row { return item(i, word(i), strings.Repeat("<i>", mega/3+i)) }), 5},
		"a megabyte of quotations": {rows(5, func(i int) row { return item(i, word(i), strings.Repeat("“x” ", mega/10+i)) }), 5},
		"a megabyte of outlets":    {rows(5, func(i int) row { return item(i, word(i), strings.Repeat("Reuters reported. ", mega/18+i)) }), 5},
		"the same 12,000 times":    {rows(12_000, func(i int) row { return item(i, "Tolls at the harbour rise in spring", madeUp(1, 100)) }), 1},
		"numbered by the feed":     {rows(400, func(i int) row { return ofOneFeed(i, fmt.Sprintf("Tolls at the harbour rise in spring (%d)", i)) }), 1},
		"numbered 9,000 times":     {rows(9000, func(i int) row { return item(i, fmt.Sprintf("Toll %d at the harbour", i), madeUp(1, 100)) }), 1},
	}
	for name, h := range tests {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			if got := stories(t, h.rows); got != h.want {
				t.Errorf("%d articles make %d stories, want %d", len(h.rows), got, h.want)
			}
			if took := time.Since(began); took > 2*time.Minute {
				t.Errorf("it took %s", took.Round(time.Second))
			}
		})
	}
}

// A copy of each comes later, in another round: nothing is lost or merged on the way through the window.
func TestGroupHostileCopies(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const n = 9000 // more than a round
	rs := rows(2*n, func(i int) row {
		r := item(i, naughty[i%len(naughty)], madeUp(uint64(i%n), 40)+" "+naughty[i%n%len(naughty)])
		r["published"] = time.Date(2026, 3, 1, 0, 0, i, 0, time.UTC).Format(time.RFC3339)
		return r
	})
	if got := stories(t, rs); got != n {
		t.Errorf("%d articles, each with a copy, make %d stories", n, got)
	}
}

// Lone halves of surrogate pairs and broken UTF-8 are no JSON trouble.
func TestGroupBrokenUnicode(t *testing.T) {
	var in strings.Builder
	for i := range 20 {
		fmt.Fprintf(&in, `{"id":%d,"title":"\ud800 \udc00 %s","text":"\xff\xfe \xc0\x80 \xed\xa0\x80 %s"}`+"\n", i, madeUp(uint64(i), 5), madeUp(uint64(i), 40))
	}
	raw := strings.NewReplacer(`\xff`, "\xff", `\xfe`, "\xfe", `\xc0`, "\xc0", `\x80`, "\x80", `\xed`, "\xed", `\xa0`, "\xa0").Replace(in.String())
	got := group(t, strings.NewReader(raw))
	if got.code != 0 || len(got.ids(t)) != 20 || got.stderr != "" || strings.ToValidUTF8(got.stdout, "?") != got.stdout {
		t.Errorf("exit %d, %d lines: %s", got.code, len(got.ids(t)), got.stderr)
	}
}
