package origin

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"headwater/internal/news"
)

// TestCredits reads the lines of testdata/credits: where words stand, which claims they make, and the words.
func TestCredits(t *testing.T) {
	files, err := filepath.Glob("testdata/credits/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/credits: %d files, %v", len(files), err)
	}
	credits, lookalikes := 0, 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			part := strings.SplitN(line, " | ", 3)
			if len(part) != 3 {
				t.Fatalf("%s:%d: %q has not the form: where | claims | words", file, i+1, line)
			}
			a, ok := standing(part[0], strings.ReplaceAll(part[2], `\n`, "\n"))
			if !ok {
				t.Fatalf("%s:%d: nothing stands at %q", file, i+1, part[0])
			}
			want := strings.Split(part[1], ", ")
			if part[1] == "-" {
				want = nil
				lookalikes++
			} else {
				credits++
			}
			var got []string
			for _, c := range NewReader(registry).Claims(a) {
				key := c.Domain
				if key == "" {
					key = c.Outlet
				}
				got = append(got, string(c.Kind)+" "+key)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s:%d: %s\n\tgot %q, want %q", file, i+1, part[2], got, want)
			}
		}
	}
	if credits < 60 || lookalikes < 60 {
		t.Errorf("%d credits and %d lookalikes; there must be 60 of each", credits, lookalikes)
	}
}

// standing makes an article in which words stand at a place.
func standing(where, words string) (news.Article, bool) {
	a := news.Article{Outlet: blog, Text: "Four boats lie in the harbour."}
	switch where {
	case "text":
		a.Text = words
	case "title":
		a.Title = words
	case "author":
		a.Authors = []string{words}
	case "byline":
		a.Marks = []news.Mark{{Kind: news.MarkByline, Text: words}}
	case "source":
		a.Marks = []news.Mark{{Kind: news.MarkSource, Text: words}}
	default:
		return a, false
	}
	return a, true
}
