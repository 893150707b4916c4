package help

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"headwater"
)

var served = Addresses{
	Page:    func(name string) string { return "/help/" + name },
	Picture: func(name string) string { return "/p/" + name },
}

// docs is a folder of pages, by the names of their files, with a picture.
func docs(t *testing.T, pages map[string]string) fstest.MapFS {
	t.Helper()
	var dot bytes.Buffer
	if err := png.Encode(&dot, image.NewGray(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	all := fstest.MapFS{"docs/pictures/dot.png": {Data: dot.Bytes()}, "docs/pictures/broken.png": {Data: []byte("no picture")}}
	for name, text := range pages {
		all["docs/help/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

func TestLoad(t *testing.T) {
	book, err := Load(docs(t, map[string]string{
		"README.md": "# Help\n\n[Z](z.md), [b](b.md#a-part)\n",
		"a.md":      "# `A` & more\n\n<script>alert(1)</script>\n\n![A dot](../pictures/dot.png)\n",
		"b.md":      "# B\n\n## A part\n\n[up](README.md) [here](#a-part) [out](https://example.org/?a=1)\n\n## A *part*\n",
		"z.md":      "# Z\n\n| a | b |\n|---|---|\n| `x` | \"y\" |\n",
	}), served)
	if err != nil {
		t.Fatal(err)
	}
	want := []Page{
		{Name: "", Title: "Help", HTML: `<h1 id="help">Help</h1><p><a href="/help/z">Z</a>, <a href="/help/b#a-part">b</a></p>`},
		{
			Name: "z", Title: "Z", HTML: `<h1 id="z">Z</h1><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td><code>x</code></td>` +
				`<td>&quot;y&quot;</td></tr></tbody></table>`,
		},
		{
			Name: "b", Title: "B", Sections: []Section{{"a-part", "A part"}, {"a-part-1", "A part"}}, HTML: `<h1 id="b">B</h1><h2 id="a-part">A part</h2>` +
				`<p><a href="/help/">up</a> <a href="#a-part">here</a> <a href="https://example.org/?a=1">out</a></p><h2 id="a-part-1">A <em>part</em></h2>`,
		},
		{
			Name: "a", Title: "A & more", HTML: `<h1 id="a--more"><code>A</code> &amp; more</h1><!-- raw HTML omitted -->` +
				`<p><img src="/p/dot.png" alt="A dot" width="30" height="20" loading="lazy"></p>`,
		},
	}
	for i := range book.Pages {
		book.Pages[i].HTML = strings.ReplaceAll(book.Pages[i].HTML, "\n", "")
	}
	if d := cmp.Diff(want, book.Pages); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(book.Pictures) != 1 || book.Pictures["dot.png"] == nil {
		t.Errorf("%d pictures", len(book.Pictures))
	}
}

// TestLeadsNowhere: a page says what is wrong with it.
func TestLeadsNowhere(t *testing.T) {
	for text, want := range map[string]string{
		"# A\n[x](none.md)":                 "docs/help/a.md: link to none.md: no such page of the help",
		"# A\n[x](../manual.md)":            "docs/help/a.md: link to ../manual.md: no such page of the help",
		"# A\n[x](/feeds)":                  "docs/help/a.md: link to /feeds: no such page of the help",
		"# A\n[x](README.md#none)":          "docs/help/a.md: link to README.md#none: no such heading",
		"# A\n[x](#none)":                   "docs/help/a.md: link to #none: no such heading",
		"# A\n[x](http://example.org)":      "docs/help/a.md: link to http://example.org: a link to another site begins with https://",
		"# A\n[x](javascript:alert(1))":     "docs/help/a.md: link to javascript:alert(1): a link to another site begins with https://",
		"# A\n![x](../pictures/none.png)":   "docs/help/a.md: picture ../pictures/none.png: open docs/pictures/none.png: file does not exist",
		"# A\n![x](https://a.example/x)":    "docs/help/a.md: picture https://a.example/x: pictures stand in docs/pictures",
		"# A\n![x](../pictures/broken.png)": "docs/help/a.md: picture ../pictures/broken.png: image: unknown format",
		"No heading":                        "docs/help/a.md has no heading",
	} {
		_, err := Load(docs(t, map[string]string{"README.md": "# Help", "a.md": text}), served)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
	}
	if _, err := Load(docs(t, map[string]string{"a.md": "# A"}), served); err == nil {
		t.Error("a help without a first page is loaded")
	}
}

// TestDocs loads the help of the program. The first page links to all others, so that they have an order.
func TestDocs(t *testing.T) {
	book, err := Load(headwater.Docs, served)
	if err != nil {
		t.Fatal(err)
	}
	first, ok := book.Page("")
	if !ok || len(book.Pages) < 9 {
		t.Fatalf("%d pages", len(book.Pages))
	}
	for _, p := range book.Pages[1:] {
		if !strings.Contains(first.HTML, `"/help/`+p.Name+`"`) {
			t.Errorf("docs/help/README.md does not link to %s.md", p.Name)
		}
	}
}
