package clean

import (
	"testing"

	"headwater/internal/news"
)

func TestFoldID(t *testing.T) {
	for _, same := range [][]string{
		{"Post-0", "post-0", " POST-0\n", "post-0#3"},
		{"http://town.example/a", "https://www.town.example/A/", "https://town.example/a?utm_source=rss", "https://town.example/a#12", "https://town.example/a;jsessionid=9"},
		{"https://town.example/a?id=1", "http://town.example/a?id=1&PHPSESSID=abc", "https://town.example/a?token=1&id=1"},
		{"tag:town.example,2026:1", "tag:town.example,2026:1#2"},
		{"", "  "},
	} {
		for _, id := range same[1:] {
			if got, want := foldID(id), foldID(same[0]); got != want {
				t.Errorf("%q is %q, and %q is %q", same[0], want, id, got)
			}
		}
	}
	seen := map[string]string{}
	for _, id := range []string{"post-0", "post-1", "https://town.example/a", "https://town.example/b", "https://town.example/a?id=1", "https://town.example/a?id=2", "tag:town.example,2026:1"} {
		if was, ok := seen[foldID(id)]; ok {
			t.Errorf("%q and %q are both %q", was, id, foldID(id))
		}
		seen[foldID(id)] = id
	}
}

func TestItemAddress(t *testing.T) {
	tests := map[string]string{
		"https://www.town.example/A/?utm_source=rss": "town.example/a",
		"http://town.example/a#xtor=RSS-1":           "town.example/a",
		"http://town.example/a#v2":                   "town.example/a#v2",
		"http://town.example/#/a":                    "town.example#/a",
		"http://town.example/?p=12":                  "town.example?p=12",
		"http://town.example/a?sid=4&b=1":            "town.example/a?b=1",
		"http://town.example/":                       "",
		"http://town.example":                        "",
		"http://town.example/index.html":             "",
		"http://town.example/index-2.html":           "town.example/index-2.html",
		"http://town.example/news/index.html":        "town.example/news",
		"mailto:a@town.example":                      "",
		"":                                           "",
	}
	for raw, want := range tests {
		if got := itemAddress(raw); got != want {
			t.Errorf("%q is %q, want %q", raw, got, want)
		}
	}
}

// The key of a text is of what an item says besides its title, whatever the other items repeat.
func TestTextKey(t *testing.T) {
	c := New(Options{})
	key := func(e news.Entry) string { return c.Article(e, paper, now).Keys.Text }
	const text = "<p>The council voted on Tuesday to close the old bridge for good.</p>"
	if key(entry("One title", text)) != key(entry("Another title", text)) {
		t.Error("the title is part of the key")
	}
	if key(entry("One title", text)) == key(entry("One title", text+"<p>The mayor said so on Monday.</p>")) {
		t.Error("another text, the same key")
	}
	if got := key(entry("One title", "")); got != "" {
		t.Errorf("the key of no text is %q", got)
	}
}
