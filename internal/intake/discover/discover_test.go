package discover

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHeader(t *testing.T) {
	const at = "https://a.example/blog/"
	tests := []struct {
		values []string
		want   []Link
	}{
		{nil, nil},
		{[]string{`<https://hub.example/>; rel="hub", <feed.xml>; rel=self`}, []Link{{"hub", "https://hub.example/", "", ""}, {"self", "https://a.example/blog/feed.xml", "", ""}}},
		{[]string{`</feed>; rel="alternate feed"; type="application/rss+xml; charset=utf-8"; title="A, \"B\"; C"`}, []Link{
			{"alternate", "https://a.example/feed", "application/rss+xml", `A, "B"; C`}, {"feed", "https://a.example/feed", "application/rss+xml", `A, "B"; C`},
		}},
		{[]string{`</a,b;c>;REL=Hub;rel=self`, `</d>;rel=hub`}, []Link{{"hub", "https://a.example/a,b;c", "", ""}, {"hub", "https://a.example/d", "", ""}}},
		{[]string{`</x>; rel=hub; anchor="/other"`}, nil},
		{[]string{`</x>; rel="http://www.iana.org/assignments/relation/HUB"`}, []Link{{"hub", "https://a.example/x", "", ""}}},
		{[]string{`<javascript:alert(1)>; rel=hub, <mailto:a@b>; rel=hub, <>; rel=hub, </ok>; rel=hub`}, []Link{{"hub", "https://a.example/ok", "", ""}}},
		{[]string{`https://hub.example/; rel=hub`, `<https://hub.example/; rel=hub`, `</x>`, `</x>; rel`, `</x>; rel=`, `</x>; rel="hub`}, []Link{{"hub", "https://a.example/x", "", ""}}},
		{[]string{strings.Repeat(`</x>; rel="a b c",`, 1000)}, nil},
	}
	for _, tt := range tests {
		got := Header(tt.values, at)
		if len(got) > maxLinks {
			t.Errorf("%d links", len(got))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" && len(got) < maxLinks {
			t.Errorf("%q (-want +got):\n%s", tt.values, diff)
		}
	}
}

func TestWebSub(t *testing.T) {
	const at = "https://a.example/feed"
	const atom = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title/><script/>%s<entry>
		<link rel="hub" href="https://evil.example/"/><content>&lt;link rel="hub" href="https://evil.example/"&gt;</content></entry></feed>`
	tests := []struct {
		name, header, doc string
		hubs              []string
		topic             string
	}{
		{"nothing", "", "", nil, at},
		{"header", `<https://hub.example/>; rel=hub, <https://a.example/x>; rel=self`, "", []string{"https://hub.example/"}, "https://a.example/x"},
		{"header before document", `<https://hub.example/>; rel=hub`, fmt.Sprintf(atom, `<link rel="hub" href="https://hub2.example/"/><link rel="self" href="/y"/>`), []string{"https://hub.example/"}, "https://a.example/y"},
		{"two hubs, one twice", "", fmt.Sprintf(atom, `<link rel="hub" href="https://h1.example/"/><link rel="hub" href="https://h2.example/"></link><link rel="hub" href="https://h1.example/"/>`), []string{"https://h1.example/", "https://h2.example/"}, at},
		{"capitals, IANA's address", "", fmt.Sprintf(atom, `<link rel="HUB" href="https://hub.example/"/><link rel="http://www.iana.org/assignments/relation/self" href="/y"/>`), []string{"https://hub.example/"}, "https://a.example/y"},
		{"RSS", "", `<rss version="2.0"><channel><title><![CDATA[<link rel="hub" href="https://evil.example/">]]></title><link>https://a.example/</link>
			<description>x</description><item><atom:link rel="self" href="https://evil.example/"/></item><atom10:link xmlns:atom10="u" rel="self" href="https://a.example/self"/>
			<atom10:link rel="hub" href="https://hub.example/?a=1&amp;b=2"/></channel></rss>`, []string{"https://hub.example/?a=1&b=2"}, "https://a.example/self"},
		{"broken XML", "", "\ufeff\n<rss><channel><link rel='hub' href='https://hub.example/'><b><item", []string{"https://hub.example/"}, at},
		{"JSON Feed", "", `{"version":"https://jsonfeed.org/version/1.1","feed_url":"https://a.example/f.json","hubs":[{"type":"rssCloud","url":"https://no.example/"},{"type":"WebSub","url":"https://hub.example/"}]}`, []string{"https://hub.example/"}, "https://a.example/f.json"},
		{"broken JSON", "", `{"hubs":[`, nil, at},
		{"page", "", `<!doctype html><title>x</title><link rel=hub href=https://hub.example/></head><link rel=self href=/evil>`, []string{"https://hub.example/"}, at},
		{"no web address", "", fmt.Sprintf(atom, `<link rel="hub" href="javascript:alert(1)"/><link rel="hub" href="file:///etc/passwd"/><link rel="hub" href="https://`+strings.Repeat("x", 5000)+`/"/>`), nil, at},
	}
	for _, tt := range tests {
		var header []string
		if tt.header != "" {
			header = []string{tt.header}
		}
		hubs, topic := WebSub(header, []byte(tt.doc), at)
		if diff := cmp.Diff(tt.hubs, hubs); diff != "" || topic != tt.topic {
			t.Errorf("%s: topic %q, want %q; hubs (-want +got):\n%s", tt.name, topic, tt.topic, diff)
		}
	}
}

func TestFeeds(t *testing.T) {
	const at = "https://a.example/blog/post.html"
	tests := []struct {
		name, page string
		want       []string
	}{
		{
			"types", `<html><head><link rel="alternate" type="application/rss+xml" title=" The  Blog " href="/rss">
			<link rel="alternate" type="application/atom+xml" href="atom"><link rel=alternate type=application/feed+json href="//b.example/f.json">
			<link rel="ALTERNATE Home" type="Application/RSS+XML; charset=x" href="/upper"><link rel="feed" href="/feed">
			<link rel="http://www.iana.org/assignments/relation/alternate" type="application/rss+xml" href="/iana">
			<link rel=alternate type=application/json href=/wp-json/><link rel=alternate type=application/json href=/feed.json>
			<link rel=alternate type=text/html hreflang=de href=/de><link rel=stylesheet type=text/css href=x.css>
			<link rel=alternate type=application/json+oembed href=/oembed><link rel=alternate href=/untyped></head>`,
			[]string{"https://a.example/rss The Blog", "https://a.example/blog/atom ", "https://b.example/f.json ", "https://a.example/upper ", "https://a.example/feed ", "https://a.example/iana ", "https://a.example/feed.json "},
		},
		{
			"once, comments last", `<link rel=alternate type=application/rss+xml title="A » Comments Feed" href=/comments/feed/><link rel=alternate type=application/rss+xml href=/feed/><link rel=alternate type=application/atom+xml href=/feed/>`,
			[]string{"https://a.example/feed/ ", "https://a.example/comments/feed/ A » Comments Feed"},
		},
		{"base", `<head><base href="https://b.example/x/"><base href="https://evil.example/"><link rel=alternate type=application/rss+xml href=rss>`, []string{"https://b.example/x/rss "}},
		{
			"base tricks", `<head><base href="javascript:alert(1)//"><base href="data:text/html,x"><link rel=alternate type=application/rss+xml href=rss></head><body><base href="https://evil.example/"><link rel=alternate type=application/rss+xml href=rss2>`,
			[]string{"https://a.example/blog/rss ", "https://a.example/blog/rss2 "},
		},
		{"no addresses", `<link rel=alternate type=application/rss+xml href="javascript:alert(1)"><link rel=alternate type=application/rss+xml href="data:x"><link rel=alternate type=application/rss+xml href="http:///"><link rel=alternate type=application/rss+xml><link rel=alternate type=application/rss+xml href="http://[::1">`, nil},
		{"within scripts and comments", `<!-- <link rel=alternate type=application/rss+xml href=/a> --><script>"<link rel=alternate type=application/rss+xml href=/b>"</script><template><link rel=alternate type=application/rss+xml href=/c>`, []string{"https://a.example/c "}},
		{"feed: scheme", `<link rel=alternate type=application/rss+xml href="feed://a.example/rss">`, []string{"http://a.example/rss "}},
	}
	for _, tt := range tests {
		var got []string
		for _, l := range Feeds(Document([]byte(tt.page), at), at) {
			got = append(got, l.URL+" "+l.Title)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// Pages that want to tire whoever reads them take less than a second each, and give no more than maxLinks.
func TestHostilePages(t *testing.T) {
	link := `<link rel="alternate" type="application/rss+xml" href="/feed%d" title="%s">`
	pages := map[string]string{
		"a million links":  strings.Repeat(fmt.Sprintf(link, 1, "x"), 100_000),
		"nested":           "<html>" + strings.Repeat("<div>", 2_000_000),
		"one long tag":     "<link " + strings.Repeat("rel=alternate ", 700_000),
		"many attributes":  "<link " + strings.Repeat("a=b ", 2_500_000) + ">",
		"never closed":     "<html><title>" + strings.Repeat("x", 10<<20),
		"long title":       "<link rel=alternate type=application/rss+xml href=/x title=\"" + strings.Repeat("é", 4<<20) + "\">",
		"relations":        "<link href=/x type=application/rss+xml rel=\"" + strings.Repeat("alternate ", 1_000_000) + "\">",
		"nested feed":      "<rss>" + strings.Repeat("<item>", 1_500_000) + "hub",
		"a feed of links":  "<feed>" + strings.Repeat(`<link rel="self" href="/x"/>`, 300_000),
		"less-than signs":  strings.Repeat("<", 10<<20),
		"open comment":     "<html><!--" + strings.Repeat("-", 10<<20),
		"open CDATA":       "<rss>hub<![CDATA[" + strings.Repeat("]]", 5<<20),
		"NUL":              strings.Repeat("\x00", 10<<20),
		"JSON of hubs":     `{"hubs":[` + strings.Repeat(`{"type":"WebSub","url":"https://h.example/"},`, 200_000) + `{}]}`,
		"base many times":  "<head>" + strings.Repeat("<base href=//x/>", 600_000),
		"closing tags":     strings.Repeat("</link></head>", 700_000),
		"raw text":         strings.Repeat("<script><style><textarea>", 400_000),
		"entities":         "<link rel=alternate type=application/rss+xml href=\"/x\" title=\"" + strings.Repeat("&#x1F600;", 1_000_000) + "\">",
		"entities of none": "<link href=\"" + strings.Repeat("&", 9<<20) + "\">",
	}
	for name, page := range pages {
		if testing.Short() {
			page = page[:len(page)/8]
		}
		began := time.Now()
		links := Document([]byte(page), "https://a.example/")
		took := time.Since(began)
		t.Logf("%s: %s", name, took)
		if len(links) > maxLinks || len(Feeds(links, "https://a.example/")) > maxLinks {
			t.Errorf("%s: %d links", name, len(links))
		}
		for _, l := range links {
			if len(l.Title) > maxTitle+3 {
				t.Errorf("%s: a title of %d bytes", name, len(l.Title))
			}
		}
		if took > time.Minute { // some tenths of a second on an idle machine; work in the square of the length takes hours
			t.Errorf("%s: %s", name, took)
		}
	}
}

func FuzzLinks(f *testing.F) {
	f.Add(`<https://hub.example/>; rel="hub"`, `<html><link rel=alternate type=application/rss+xml href=/x>`, "https://a.example/")
	f.Add(`<x>;a="\`, `<rss><channel><link rel=hub href="//">`, "http://a/")
	f.Add(``, `{"hubs":[{"type":"WebSub","url":"x"}]}`, ":")
	f.Fuzz(func(t *testing.T, header, doc, address string) {
		for _, l := range append(Header([]string{header}, address), Document([]byte(doc), address)...) {
			if !strings.HasPrefix(l.URL, "http://") && !strings.HasPrefix(l.URL, "https://") {
				t.Errorf("a link to %q", l.URL)
			}
		}
		if k := Key(address); Key(k) == "" && k != "" {
			t.Errorf("the key of the key of %q is empty", address)
		}
		Known(address)
		CommonAddresses(address)
	})
}
