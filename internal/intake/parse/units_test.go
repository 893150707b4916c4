package parse

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPerson(t *testing.T) {
	for in, want := range map[string]string{
		"Ada Quill":                          "Ada Quill",
		"ada@harbour.example (Ada Quill)":    "Ada Quill",
		"Ada Quill (ada@harbour.example)":    "Ada Quill",
		"Ada Quill <ada@harbour.example>":    "Ada Quill",
		`"Quill, Ada" <ada@harbour.example>`: "Quill, Ada",
		"mailto:ada@harbour.example":         "ada@harbour.example",
		"ada@harbour.example ()":             "ada@harbour.example ()",
		"Ada (Reuters)":                      "Ada (Reuters)",
		"<b>Ada</b>":                         "<b>Ada</b>",
		"":                                   "",
	} {
		if got := person(in); got != want {
			t.Errorf("person(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestJoin(t *testing.T) {
	base := parseBase("https://harbour.example/a/b?c")
	for in, want := range map[string]string{
		"":                           "",
		"x":                          "https://harbour.example/a/x",
		"/x":                         "https://harbour.example/x",
		"//other.example/x":          "https://other.example/x",
		"?q":                         "https://harbour.example/a/b?q",
		"https://o.example/a b|c":    "https://o.example/a b|c",
		" https://o.example/\n  x\t": "https://o.example/  x",
		"tag:x,2026:1":               "tag:x,2026:1",
		"mailto:a@b.example":         "mailto:a@b.example",
		"%zz":                        "https://harbour.example/a/%25zz",
		"a b/ü":                      "https://harbour.example/a/a%20b/%C3%BC",
	} {
		if got := join(base, in); got != want {
			t.Errorf("join(%q) = %q, want %q", in, got, want)
		}
		if got := join(nil, in); got != trimAddress(in) {
			t.Errorf("join(nil, %q) = %q", in, got)
		}
	}
	for _, bad := range []string{"", "/x", "javascript:alert(1)", "mailto:x@y.example", "http://%zz/", "file:///etc/passwd"} {
		if parseBase(bad) != nil {
			t.Errorf("%q is taken for a base", bad)
		}
	}
}

func TestResolveHTML(t *testing.T) {
	base := parseBase("https://harbour.example/a/b")
	for in, want := range map[string]string{
		`no markup, href="x"`:              `no markup, href="x"`,
		`<p>1 < 2 href="x"</p>`:            `<p>1 < 2 href="x"</p>`,
		`<a href="x">`:                     `<a href="https://harbour.example/a/x">`,
		`<A HREF='/x?a=1&amp;b=2'>`:        `<A HREF='https://harbour.example/x?a=1&amp;b=2'>`,
		`<a href=x title="a > b">y</a>`:    `<a href=https://harbour.example/a/x title="a > b">y</a>`,
		`<a href="#top">`:                  `<a href="#top">`,
		`<a href="javascript:x">`:          `<a href="javascript:x">`,
		`<a href="">`:                      `<a href="">`,
		`<img src="//i.example/x">`:        `<img src="https://i.example/x">`,
		`<img srcset="x 1x, /y 2x">`:       `<img srcset="https://harbour.example/a/x 1x, https://harbour.example/y 2x">`,
		`<!-- <a href="x"> --><b title=x>`: `<!-- <a href="x"> --><b title=x>`,
		`<a href='x"y'>`:                   `<a href='https://harbour.example/a/x%22y'>`,
		// As browsers mend them.
		`<a href="plan of the hall.pdf">`: `<a href="https://harbour.example/a/plan%20of%20the%20hall.pdf">`,
		`<a href="100%.pdf">`:             `<a href="https://harbour.example/a/100%25.pdf">`,
		`<a href="\x\y">`:                 `<a href="https://harbour.example/x/y">`,
		`<a href="https:/x">`:             `<a href="https://harbour.example/x">`,
		`<a href="http:/o.example/x">`:    `<a href="http://o.example/x">`,
		`<a href="ä?ö">`:                  `<a href="https://harbour.example/a/%C3%A4?%C3%B6">`,
		`<a href="//Bücher.example/x">`:   `<a href="https://xn--bcher-kva.example/x">`,
		// What scripts load later.
		`<img data-src="/x.jpg">`:                                           `<img data-src="https://harbour.example/x.jpg">`,
		`<img data-src="x y.jpg">`:                                          `<img data-src="https://harbour.example/a/x%20y.jpg">`,
		`<img data-lazy-src="//i.example/x">`:                               `<img data-lazy-src="https://i.example/x">`,
		`<img data-never-heard-of="../x.webp?w=1">`:                         `<img data-never-heard-of="https://harbour.example/x.webp?w=1">`,
		`<img data-srcset="x.jpg 1x,/y,z.jpg 2x">`:                          `<img data-srcset="https://harbour.example/a/x.jpg 1x,https://harbour.example/y,z.jpg 2x">`,
		`<img srcset="data:image/gif;base64,R0 1w, x.jpg,">`:                `<img srcset="data:image/gif;base64,R0 1w, https://harbour.example/a/x.jpg,">`,
		`<img data-id="7" data-category="news/local" data-title="A view.">`: `<img data-id="7" data-category="news/local" data-title="A view.">`,
		`<img data-attrs='{"src":"/x.jpg"}' alt="/x.jpg">`:                  `<img data-attrs='{"src":"/x.jpg"}' alt="/x.jpg">`,
		`<div style="background:url(/x.jpg) #fff">`:                         `<div style="background:url(&#39;https://harbour.example/x.jpg&#39;) #fff">`,
		`<div style="color:red">`:                                           `<div style="color:red">`,
		`<img DATA-SRC="/x.jpg">`:                                           `<img DATA-SRC="https://harbour.example/x.jpg">`,
		`<video poster="/p.jpg"><source src="v 1.mp4">`:                     `<video poster="https://harbour.example/p.jpg"><source src="https://harbour.example/a/v%201.mp4">`,
		`<img src="https://i.example/my photo.jpg">`:                        `<img src="https://i.example/my%20photo.jpg">`,
		`<a href="http://bücher.example/ü?a&amp;b">`:                        `<a href="http://xn--bcher-kva.example/%C3%BC?a&amp;b">`,
	} {
		if got := resolveHTML(in, base); got != want {
			t.Errorf("resolveHTML(%q) = %q, want %q", in, got, want)
		}
		if got := resolveHTML(in, nil); got != in {
			t.Errorf("resolveHTML(%q, nil) = %q", in, got)
		}
	}
}

// TestResolveHTMLTwice: what is absolute stays as it is, and text is never touched.
func TestResolveHTMLTwice(t *testing.T) {
	base := parseBase("https://harbour.example/a/b")
	part := rapid.SampledFrom([]string{`<a href="x">`, `<img src=y/z`, `<`, `>`, `"`, `'`, " ", "text & more", "</a>", `<a href="https://o.example/">`, "<!--", "-->", "<![CDATA[", "]]>", `srcset="a 1x, b 2x"`, "<b ", `<img data-src="/x y.jpg"`, `<i style="background:url(x.jpg)"`, `data-srcset="a b.jpg 1x,c 2x"`, `<a href="https:/x y">`})
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOf(part).Draw(t, "html"), "")
		once := resolveHTML(in, base)
		if twice := resolveHTML(once, base); twice != once {
			t.Fatalf("%q became %q, then %q", in, once, twice)
		}
	})
}
