package clean

import (
	"testing"

	"headwater/internal/news"
)

func TestShown(t *testing.T) {
	const lead = "The festival announced its programme on Monday, and organisers said that tickets would go on sale on Friday morning at ten."
	for in, want := range map[string]string{
		"<p>" + lead + "</p>": "",
		"<p>" + lead + "</p><ul><li>Marisol Quintero</li><li><a href='https://a.example/'>Dagny Halvorsen</a></li></ul>":                                                 "Marisol Quintero\nDagny Halvorsen",
		"<h2>Ingredients</h2><ul><li>Buttermilk</li><li>Cardamom</li><li>Tamarind</li></ul><p>" + lead + "</p>":                                                          "Ingredients\nButtermilk\nCardamom\nTamarind",
		"<p>" + lead + "</p><dl><dt>Saffron</dt><dd>A spice</dd></dl>":                                                                                                   "Saffron\nA spice",
		"<p>" + lead + "</p><table><tr><td>Saffron</td><td>Sumac</td></tr></table>":                                                                                      "Saffron\nSumac",
		"<p>" + lead + "</p><p>Saffron<br>Sumac<br>Mace</p>":                                                                                                             "Saffron\nSumac\nMace",
		"<p>" + lead + "</p><details><summary>Spices</summary>Saffron</details>":                                                                                         "Spices\nSaffron",
		"<p>" + lead + "</p><figure><img src='https://a.example/1.jpg' alt='A pot' title='It is hot in here'><figcaption>Saffron. Photo: Jane Doe</figcaption></figure>": "A pot\nIt is hot in here\nSaffron. Photo: Jane Doe",
		"<p>By Jane Doe</p><p>" + lead + "</p>":                                                                                                                          "By Jane Doe",
		"<p>" + lead + "</p><pre>go build</pre>":                                                                                                                         "go build",
		"<p>" + lead + "</p><p>Read more</p><p>12 comments</p><p>Leave a reply</p>":                                                                                      "",
		"<p>" + lead + "</p><p>日本の市長</p>":                                                                                                                                "日本の市長",
		"<p>" + lead + "</p><iframe src='https://a.example/x' title='Ferry film'></iframe>":                                                                              "Ferry film",
		"<h1>The festival opens</h1><p>" + lead + "</p>":                                                                                                                 "",
	} {
		a := New(Options{}).Article(news.Entry{Title: "The festival opens", Content: in}, paper, now)
		if got := Shown(a); got != want {
			t.Errorf("%s\n got %q\nwant %q\ntext %q", in, got, want, a.Text)
		}
	}
}

// TestShownSummary: a summary beside a text stands on cards and story pages.
func TestShownSummary(t *testing.T) {
	a := news.Article{Title: "Festival", Summary: "Saffron and sumac are dear this year.", Text: "The festival opens on Monday."}
	if got := Shown(a); got != "Saffron and sumac are dear this year" {
		t.Errorf("%q", got)
	}
	a.Text = ""
	if got := Shown(a); got != "" {
		t.Errorf("a summary that is the body gives %q again", got)
	}
}

// TestShownHoldsNothingTwice: of a text of which a part is known only the rest is given.
func TestShownHoldsNothingTwice(t *testing.T) {
	for _, test := range []struct{ body, html, want string }{
		{"one two three", "<p>one two three</p>", ""},
		{"one two three", "<p>zero one two three</p>", "zero one"},
		{"one of two", "<p>ten of two of one of four five</p>", "ten of two of one of four five"},
		{"one two three", "<p>one two three four five</p>", "three four five"},
		{"one two three", "<p>one two, new words, two three</p>", "one two, new words, two three"},
		{"one two three", "<p>three</p><p>four</p><p>four</p>", "four"},
		{"one two three", "<p>three one</p>", "three one"},
		{"市長は述べた。", "<p>市長は述べた。新しい。</p>", "市長は述べた。新しい"},
		{"one two", "", ""},
	} {
		if got := Shown(news.Article{Text: test.body, HTML: test.html}); got != test.want {
			t.Errorf("%q beside %q gives %q, want %q", test.html, test.body, got, test.want)
		}
	}
}
