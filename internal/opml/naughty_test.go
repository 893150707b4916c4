package opml

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

// TestNaughtyLists gives feeds, folders and topics names that often break programs, writes them and reads them again.
// Characters that XML forbids come back as U+FFFD.
func TestNaughtyLists(t *testing.T) {
	data, err := os.ReadFile("../../../shared/hostile/naughty_strings.json")
	if err != nil {
		t.Skipf("the naughty strings are not there: %v", err)
	}
	var all []string
	if err := json.Unmarshal(data, &all); err != nil || len(all) < 100 {
		t.Fatal(len(all), err)
	}
	want := List{Title: "Naughty", TopicFeed: func(news.Topic) string { return "https://news.example/feed" }}
	for i, s := range all {
		s = writable(s)
		want.Feeds = append(want.Feeds, Outline{URL: fmt.Sprintf("https://host%d.example/", i), Title: strings.Join(strings.Fields(s), " "), Folder: folderPath(s)})
		if s != "" {
			want.Topics = append(want.Topics, news.Topic{Name: s, Query: s, Options: news.TopicOptions{Langs: []string{s}, Muted: []string{s, s}}})
		}
	}
	var b bytes.Buffer
	if err := Write(&b, want); err != nil {
		t.Fatal(err)
	}
	got, problems, err := Read(&b)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	if diff := cmp.Diff(want.Topics, got.Topics) + cmp.Diff(byURL(want), byURL(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// writable is a text as XML can hold it.
func writable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func TestTopicsForOthers(t *testing.T) {
	l := List{
		Feeds:  []Outline{{URL: "https://a.example/", Title: "A", Folder: "News"}},
		Topics: []news.Topic{{Name: "Rates", Query: "x<1"}, {Name: "a/b", Query: "y"}},
		TopicFeed: func(t news.Topic) string {
			return map[string]string{"Rates": "https://news.example/Rates.atom"}[t.Name]
		},
	}
	const want = `  <body>
    <outline text="News">
      <outline text="A" title="A" type="rss" xmlUrl="https://a.example/"></outline>
    </outline>
    <outline text="Topics">
      <outline text="Rates" type="rss" xmlUrl="https://news.example/Rates.atom" headwaterQuery="x&lt;1"></outline>
      <outline text="a/b" type="headwater-topic" headwaterQuery="y"></outline>
    </outline>
  </body>
</opml>
`
	var b bytes.Buffer
	if err := Write(&b, l); err != nil {
		t.Fatal(err)
	}
	if _, body, _ := strings.Cut(b.String(), "</head>\n"); body != want {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, body))
	}
}
