package demo

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestLoadArticlesSaysWhatIsWrong(t *testing.T) {
	outlets := []outlet{
		{ID: "post", Name: "Post", Domain: "post.example", Link: "https://post.example/{slug}"},
		{ID: "list", Name: "List", Domain: "list.example", Link: "https://list.example/{code}", Aggregator: true},
	}
	tests := []struct {
		name, file, want string
	}{
		{"no header", "Just text.\n", "no header"},
		{"open header", "---\noutlet: post\n", "no header"},
		{"unknown key", "---\noutlet: post\ncolour: red\n---\nText.\n", "field colour not found"},
		{"wrong type", "---\noutlet: post\nhours: soon\n---\nText.\n", "cannot unmarshal"},
		{"unknown outlet", "---\noutlet: nobody\n---\nText.\n", `outlet "nobody" is not in outlets.yaml`},
		{"link to nothing", "---\noutlet: post\n---\nSee [this](link:a/b).\n", `link to "link:a/b"`},
		{"unsafe link", "---\noutlet: post\n---\nSee [this](javascript:x).\n", "there is no such article"},
		{"source is nothing", "---\noutlet: post\nsource: a/b\n---\nText.\n", `no article "a/b"`},
		{"related is nothing", "---\noutlet: post\nrelated: [a/b]\n---\nText.\n", `no article "a/b"`},
		{"list without source", "---\noutlet: list\n---\n", "needs source"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := fstest.MapFS{"newsroom/alone/x.md": {Data: []byte(test.file)}}
			_, err := loadArticles(files, outlets, noon)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want an error with %q", err, test.want)
			}
			if !strings.HasPrefix(err.Error(), "newsroom/alone/x.md: ") {
				t.Errorf("%v does not begin with the file's name", err)
			}
		})
	}
}

func TestLoadOutletsIsStrict(t *testing.T) {
	files := fstest.MapFS{"newsroom/outlets.yaml": {Data: []byte("- id: a\n  nmae: A\n")}}
	if _, err := loadOutlets(files); err == nil || !strings.Contains(err.Error(), "line 2: field nmae") {
		t.Errorf("got %v, want the line and the wrong key", err)
	}
}

func TestPageSurroundsTheText(t *testing.T) {
	files := fstest.MapFS{
		"newsroom/tea/post.md": {Data: []byte("---\noutlet: post\ntitle: Tea & \"cake\" for all\nauthor: A. Writer\nphoto: Cake. (MNW Photo)\n" +
			"related: [tea/rival]\n---\nIt's \"tea\" < coffee on {day-1}.\n\nSee [them](link:tea/rival).\n")},
		"newsroom/tea/rival.md": {Data: []byte("---\noutlet: rival\ntitle: No cake today\nrole: rewrite\nsource: tea/post\n---\nOne.\n")},
	}
	outlets := []outlet{
		{
			ID: "post", Name: "Post", Domain: "post.example", Link: "https://post.example/{slug}", Typographic: true,
			Before: "<p>By {author}</p>\n", After: "<p>{title} at {link}</p>",
		},
		{ID: "rival", Name: "Rival", Domain: "rival.example", Link: "https://rival.example/{slug}"},
	}
	list, err := loadArticles(files, outlets, noon)
	if err != nil {
		t.Fatal(err)
	}
	want := `<p>By A. Writer</p>
<figure><figcaption>Cake. (MNW Photo)</figcaption></figure>
<p>It’s “tea” &lt; coffee on Sunday.</p>
<p>See <a href="https://rival.example/no-cake-today">them</a>.</p>
<h3>Related stories</h3>
<ul>
<li><a href="https://rival.example/no-cake-today">No cake today</a></li>
</ul>
<p>Tea &amp; &#34;cake&#34; for all at https://post.example/tea-cake-for-all</p>`
	if list[0].html != want {
		t.Errorf("got\n%s\nwant\n%s", list[0].html, want)
	}
	if !strings.Contains(list[1].html, `<p>Original Source: <a href="https://post.example/tea-cake-for-all">Post</a></p>`) {
		t.Errorf("no source line in\n%s", list[1].html)
	}
}

func TestSlug(t *testing.T) {
	tests := []struct{ title, want string }{
		{"Seven out of seven", "seven-out-of-seven"},
		{"Un apagón deja sin luz", "un-apagon-deja-sin-luz"},
		{"Hearthwell's 310,000 heaters", "hearthwells-310-000-heaters"},
		{"灯台下の遊歩道", "file"},
		{"one two three four five six seven eight nine ten", "one-two-three-four-five-six-seven-eight-nine"},
	}
	for _, test := range tests {
		if got := slug(test.title, "file"); got != test.want {
			t.Errorf("slug(%q) = %q, want %q", test.title, got, test.want)
		}
	}
}
