package parse

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestLongFields: what is over a limit is cut at a whole character, and the document says so.
func TestLongFields(t *testing.T) {
	long := strings.Repeat("é", maxItemText)
	for name, inside := range map[string]string{
		"description": "<guid>1</guid><description>" + long + "</description>",
		"title":       "<guid>1</guid><title>" + long + "</title>",
	} {
		doc, err := Parse(context.Background(), []byte("<rss><channel><item>"+inside+"</item></channel></rss>"), testOptions())
		if err != nil || len(doc.Entries) != 1 || len(doc.Repaired) != 1 || !strings.Contains(doc.Repaired[0], "1 MB") {
			t.Fatalf("%s: %d entries, repaired %v, %v", name, len(doc.Entries), doc.Repaired, err)
		}
		e := doc.Entries[0]
		if len(e.Summary) > maxItemText || len(e.Title) > maxField || !utf8.ValidString(e.Summary+e.Title) || len(e.Summary)+len(e.Title) < maxField-2 {
			t.Errorf("%s: a summary of %d bytes, a title of %d", name, len(e.Summary), len(e.Title))
		}
	}
	crowded := "<guid>1</guid>" + strings.Repeat("<enclosure url='https://a.example/1'/>", 3) + categories(2*maxList) + "<link>https://a.example/" + strings.Repeat("x", maxField) + "</link>"
	doc, err := Parse(context.Background(), []byte("<rss><channel><item>"+crowded+"</item></channel></rss>"), testOptions())
	if err != nil || len(doc.Entries) != 1 {
		t.Fatal(len(doc.Entries), err)
	}
	if e := doc.Entries[0]; len(e.Categories) != maxList || len(e.Enclosures) != 1 || e.URL != "" {
		t.Errorf("%d categories, %d enclosures, an address of %d bytes", len(e.Categories), len(e.Enclosures), len(e.URL))
	}
}

func categories(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("<category>c" + strings.Repeat("x", i) + "</category>")
	}
	return b.String()
}
