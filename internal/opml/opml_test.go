package opml

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/internal/news"
)

var update = flag.Bool("update", false, "write the .want files anew; read them before you commit")

// show formats a parsed list as in the .want files.
func show(l List, problems []news.ImportNote, err error) string {
	var b strings.Builder
	if err != nil {
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	fmt.Fprintf(&b, "title: %s\n", l.Title)
	for _, f := range l.Feeds {
		line, _ := json.Marshal(f)
		fmt.Fprintf(&b, "%s\n", bytes.ReplaceAll(line, []byte(`\u0026`), []byte("&")))
	}
	for _, topic := range l.Topics {
		fmt.Fprintf(&b, "topic %q asks for %q, %+v\n", topic.Name, topic.Query, topic.Options)
	}
	for _, p := range problems {
		fmt.Fprintf(&b, "%s\n", p)
	}
	return b.String()
}

// TestRead reads every list in testdata. A new case is a new file; -update makes its .want file.
func TestRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.opml")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := show(Read(bytes.NewReader(data)))
			wantFile := strings.TrimSuffix(file, ".opml") + ".want"
			if *update {
				if err := os.WriteFile(wantFile, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(wantFile)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadBounds(t *testing.T) {
	deep := "<opml><body>" + strings.Repeat(`<outline text="x">`, 100_000)
	if _, _, err := Read(strings.NewReader(deep)); err == nil || !strings.Contains(err.Error(), "deeper than 50") {
		t.Errorf("100,000 nested outlines: %v", err)
	}
	size := 1 << 20
	if testing.Short() {
		size >>= 3
	}
	for _, part := range []string{"<!--", "<![CDATA[", "<?", "<!", `<outline text="`, `<outline text='"`, "<outline ", `"`, "<", `<outline xmlUrl="https://a.example/" b="c`, "</outline><outline>"} {
		began := time.Now()
		_, _, err := Read(strings.NewReader("<opml><body>" + strings.Repeat(part, size/len(part))))
		if took := time.Since(began); err != nil && !strings.Contains(err.Error(), "deeper than") || took > 20*time.Second {
			t.Errorf("%s without an end: %v after %s", part, err, took)
		}
	}
	if _, _, err := Read(&endless{}); err == nil || !strings.Contains(err.Error(), "larger than 20 MB") {
		t.Errorf("an endless list: %v", err)
	}
	if _, _, err := Read(&failing{}); !errors.Is(err, errDisk) {
		t.Errorf("a reader that fails: %v", err)
	}
}

type endless struct{}

func (*endless) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte(" "), len(p))), nil }

var errDisk = errors.New("disk on fire")

type failing struct{}

func (*failing) Read([]byte) (int, error)  { return 0, errDisk }
func (*failing) Write([]byte) (int, error) { return 0, errDisk }

func TestWrite(t *testing.T) {
	l := List{Title: "Papers & more", Feeds: []Outline{
		{URL: "https://a.example/?x=1&y=2", Title: `A "quoted" <name>`, Site: "https://a.example/", Folder: "News/World"},
		{URL: "https://b.example/", Folder: "News"},
		{URL: "https://c.example/", Title: "C", Folder: "News/World"},
		{URL: "https://d.example/", Title: "D"},
	}}
	const want = `<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head>
    <title>Papers &amp; more</title>
  </head>
  <body>
    <outline text="News">
      <outline text="World">
        <outline text="A &#34;quoted&#34; &lt;name&gt;" title="A &#34;quoted&#34; &lt;name&gt;" type="rss" xmlUrl="https://a.example/?x=1&amp;y=2" htmlUrl="https://a.example/"></outline>
        <outline text="C" title="C" type="rss" xmlUrl="https://c.example/"></outline>
      </outline>
      <outline text="https://b.example/" title="https://b.example/" type="rss" xmlUrl="https://b.example/"></outline>
    </outline>
    <outline text="D" title="D" type="rss" xmlUrl="https://d.example/"></outline>
  </body>
</opml>
`
	var b bytes.Buffer
	if err := Write(&b, l); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := Write(&failing{}, l); !errors.Is(err, errDisk) {
		t.Errorf("a writer that fails: %v", err)
	}
}

// TestWriteThenRead: a written list reads back the same, except for the order of folders.
func TestWriteThenRead(t *testing.T) {
	word := rapid.StringMatching(`[A-Za-z0-9<>&"'äß新] ?[a-z]{1,5}`)
	rapid.Check(t, func(t *rapid.T) {
		l := List{Title: word.Draw(t, "title")}
		for i := range rapid.IntRange(0, 20).Draw(t, "feeds") {
			l.Feeds = append(l.Feeds, Outline{
				URL:      fmt.Sprintf("https://host%d.example/%s", i, rapid.StringMatching(`[a-z?&=]{0,8}`).Draw(t, "path")),
				Title:    word.Draw(t, "name"),
				FullText: rapid.SampledFrom([]string{"", "auto", "always", "never"}).Draw(t, "full text"),
				Folder:   strings.Join(rapid.SliceOfN(word, 0, 3).Draw(t, "folder"), "/"),
			})
		}
		var b bytes.Buffer
		if err := Write(&b, l); err != nil {
			t.Fatal(err)
		}
		got, problems, err := Read(bytes.NewReader(b.Bytes()))
		if err != nil || len(problems) > 0 {
			t.Fatalf("%v, %v in\n%s", err, problems, b.String())
		}
		if diff := cmp.Diff(byURL(l), byURL(got)); diff != "" || got.Title != l.Title {
			t.Fatalf("title %q, want %q; (-want +got):\n%s", got.Title, l.Title, diff)
		}
	})
}

func byURL(l List) map[string]Outline {
	all := map[string]Outline{}
	for _, f := range l.Feeds {
		all[f.URL] = f
	}
	return all
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.opml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, _, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := Write(&b, l); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, problems, err := Read(bytes.NewReader(b.Bytes()))
		if err != nil || len(problems) > 0 || len(again.Feeds) != len(l.Feeds) || len(again.Topics) != len(l.Topics) {
			t.Fatalf("%d feeds and %d topics written, %d and %d read again: %v, %v",
				len(l.Feeds), len(l.Topics), len(again.Feeds), len(again.Topics), problems, err)
		}
	})
}

// TestTopicsComeBack writes topics of any name, query and options next to a feed, and reads them again.
func TestTopicsComeBack(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[^\x00-\x1f]{1,20}`), rapid.SampledFrom([]string{
		`"interest rates" OR <bank> & 'co'`, " spaces ", "全人代", "עברית", "a,b;c", "]]>", "\u202eright to left", "👩‍🚀", "NULL", "-", `\"`,
	}))
	list := rapid.SliceOfN(text, 1, 3)
	rapid.Check(t, func(t *rapid.T) {
		topic := news.Topic{Name: text.Draw(t, "name"), Query: text.Draw(t, "query")}
		if rapid.Bool().Draw(t, "options") {
			topic.Options = news.TopicOptions{
				Originals: rapid.Bool().Draw(t, "originals"), MinOutlets: rapid.IntRange(0, 9).Draw(t, "outlets"),
				Langs: list.Draw(t, "langs"), Muted: list.Draw(t, "muted"),
			}
		}
		for _, s := range append([]string{topic.Name, topic.Query}, append(topic.Options.Langs, topic.Options.Muted...)...) {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\ufffe\uffff") || strings.ContainsFunc(s, unicode.IsControl) {
				t.Skip("no XML can hold it, and no name may")
			}
		}
		var b bytes.Buffer
		if err := Write(&b, List{Title: "L", Feeds: []Outline{{URL: "https://a.example/feed", Title: "A"}}, Topics: []news.Topic{topic}}); err != nil {
			t.Fatal(err)
		}
		got, problems, err := Read(bytes.NewReader(b.Bytes()))
		if err != nil || len(problems) > 0 || len(got.Feeds) != 1 {
			t.Fatalf("%v %v %+v\n%s", err, problems, got, &b)
		}
		if diff := cmp.Diff([]news.Topic{topic}, got.Topics); diff != "" {
			t.Fatalf("%s\n%s", diff, &b)
		}
	})
}
