package demo

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"headwater/internal/news"
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
		{"unknown scene", "---\noutlet: post\npicture: moon\n---\nText.\n", `no scene "moon"`},
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

var (
	quotation = regexp.MustCompile(`"[^"]*"`)
	wordRun   = regexp.MustCompile(`[\pL\pN]+`)
)

// runs is the set of five words in a row outside quotations.
func runs(a *article) map[string]bool {
	text := quotation.ReplaceAllString(strings.Join(a.paragraphs, " "), " \x00 ")
	set := make(map[string]bool)
	for part := range strings.SplitSeq(text, "\x00") {
		words := wordRun.FindAllString(strings.ToLower(part), -1)
		for i := 0; i+5 <= len(words); i++ {
			set[strings.Join(words[i:i+5], " ")] = true
		}
	}
	return set
}

// share is the part of a's runs that also stand in b.
func share(a, b *article) float64 {
	mine, theirs := runs(a), runs(b)
	n := 0
	for run := range mine {
		if theirs[run] {
			n++
		}
	}
	return float64(n) / float64(max(1, len(mine)))
}

func originals(p *Server) map[string]*article {
	m := make(map[string]*article)
	for _, a := range p.articles {
		if a.Role == news.RoleOriginal {
			m[a.story] = a
		}
	}
	return m
}

func TestRolesAreTrueToTheText(t *testing.T) {
	p := newServer(t)
	from := originals(p)
	heavy := 0
	for _, a := range p.articles {
		if a.Role == news.RoleOriginal || from[a.story] == nil || a.outlet.Aggregator {
			continue
		}
		s := share(a, from[a.story])
		if a.Role != news.RoleRewrite {
			s = max(s, share(from[a.story], a)) // a later version adds to the whole original
		}
		if a.Role == news.RoleRewrite && s < 0.03 {
			heavy++
		}
		switch {
		case a.Role == news.RoleRewrite && s > 0.20:
			t.Errorf("%s is a rewrite but shares %.0f%% of its prose with the original", a.key, 100*s)
		case a.Role != news.RoleRewrite && s < 0.60:
			t.Errorf("%s is a %s but shares only %.0f%% of its prose with the original", a.key, a.Role, 100*s)
		}
	}
	if heavy < 8 {
		t.Errorf("%d rewrites share hardly five words in a row with their original, want at least 8", heavy)
	}
}

func TestIndependentStoriesShareNoProse(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, minutes under the race detector")
	}
	p := newServer(t)
	list := originals(p)
	for _, a := range list {
		for _, b := range list {
			if a.Series != "" && a.Series == b.Series {
				continue
			}
			if a != b && share(a, b) > 0.05 {
				t.Errorf("%s shares %.0f%% of its prose with %s", a.key, 100*share(a, b), b.key)
			}
		}
	}
}

func TestReportsOfOneEventShareAQuotation(t *testing.T) {
	p := newServer(t)
	byEvent := make(map[string][]string)
	for _, a := range originals(p) {
		if a.Event != "" {
			byEvent[a.Event] = append(byEvent[a.Event], strings.Join(a.paragraphs, " "))
		}
	}
	for event, texts := range byEvent {
		for i, text := range texts {
			others := strings.Join(append(append([]string{}, texts[:i]...), texts[i+1:]...), " ")
			if !quotesFrom(text, others) {
				t.Errorf("event %s: a report quotes nothing that another quotes:\n%s", event, text)
			}
		}
	}
}

func quotesFrom(text, others string) bool {
	for _, q := range quotation.FindAllString(text, -1) {
		if words := strings.Trim(q, `".,`); len(words) > 25 && strings.Contains(others, words) {
			return true
		}
	}
	return false
}

func TestRewritesNameTheirOrigin(t *testing.T) {
	p := newServer(t)
	names := make(map[string][]string)
	for _, o := range p.Outlets() {
		names[o.Name] = append(o.Aliases, o.Name)
	}
	origin := make(map[string]string)
	for _, a := range p.Truth() {
		origin[a.URL] = a.Origin
	}
	for _, a := range p.articles {
		if a.Role != news.RoleRewrite {
			continue
		}
		text, found := strings.Join(a.paragraphs, " "), false
		for _, name := range names[origin[a.url]] {
			found = found || strings.Contains(text, name)
		}
		if !found {
			t.Errorf("%s does not say that %s wrote it first", a.key, origin[a.url])
		}
	}
}
