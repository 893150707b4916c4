package discover

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestCommentsLast reads testdata/comments.txt: whatever the order in which a page links to its feeds, the first is the one
// that stands first there, and the feeds marked with # come behind all others.
func TestCommentsLast(t *testing.T) {
	data, err := os.ReadFile("testdata/comments.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Split(strings.TrimSpace(string(data)), "\n\n")
	if len(cases) < 20 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		lines := strings.Split(c, "\n")
		page := lines[0]
		var links []Link
		comments := map[string]bool{}
		for _, line := range lines[1:] {
			address, title, _ := strings.Cut(strings.TrimPrefix(line, "# "), " ")
			comments[address] = strings.HasPrefix(line, "# ")
			links = append(links, Link{Rel: "alternate", URL: address, Type: "application/rss+xml", Title: title})
		}
		slices.Reverse(links)
		var got []string
		seen := false
		for i, l := range Feeds(links, page) {
			got = append(got, l.URL)
			if i == 0 && comments[l.URL] || seen && !comments[l.URL] {
				t.Errorf("%s: a feed of comments comes before another: %q, of %s", page, got, c)
			}
			seen = seen || comments[l.URL]
		}
		if again := Feeds(Feeds(links, page), page); again[0].URL != got[0] {
			t.Errorf("%s: %s comes first, and %s when they are sorted again", page, got[0], again[0].URL)
		}
	}
}

func TestCommentWords(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{"", 0},
		{"The Blog", 0},
		{"A commentary on law", 0},
		{"Comments", 1},
		{"no comment comment comments", 3},
		{"Kommentare zu: Das Haus", 1},
		{"Комментарии на: Дом", 1},
		{"コメントフィード", 1},
		{"最新评论", 1},
		{"Flux des commentaires", 1},
		{"Commentaires de l’article", 1},
		{"Komenta\u0301r\u030ce", 1}, // with combining marks
		{"replying", 0},
	}
	for _, tt := range tests {
		if got := commentsIn(tt.text); got != tt.want {
			t.Errorf("%q: %d, want %d", tt.text, got, tt.want)
		}
	}
}
