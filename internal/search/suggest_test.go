package search

import (
	"testing"

	"headwater/internal/news"
)

func TestSuggest(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	put(t, x, 3,
		news.Article{ID: 1, Title: "River floods the lower town", Text: "The river rose. Rivers rise.", Seen: now},
		news.Article{ID: 2, Title: "Election called", Text: "A general election was called by the government.", Seen: now},
		news.Article{ID: 3, Title: "Riven by doubt", Text: "Riven.", Seen: now},
	)
	tests := []struct{ query, want string }{
		{"rivver", "river"},
		{"elecion goverment", "election government"},
		{"lower rivver", "lower river"},
		{"(elecion OR zzzzzz) lang:fi", "(election OR zzzzzz) lang:fi"},
		{"title:elecion text:rivver", "title:election text:river"},
		{"é elecion", "é election"},
		{"lower lang:fi", ""},
		{"qqqqqqqq", ""},
		{`"elecion called"`, ""},
		{"river", ""},
	}
	for _, tt := range tests {
		if got := find1(t, x, Request{Query: tt.query}).Suggestion; got != tt.want {
			t.Errorf("%s: suggested %q, want %q", tt.query, got, tt.want)
		}
	}
}
