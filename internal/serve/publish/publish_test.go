package publish_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

var update = flag.Bool("update", false, "write the golden files anew; read them before keeping them")

var formats = []struct {
	name     string
	write    func(io.Writer, publish.Channel) error
	validate func([]byte) problems
}{
	{"atom", publish.Atom, validAtom},
	{"rss", publish.RSS, validRSS},
	{"json", publish.JSON, validJSON},
}

func write(t interface {
	Helper()
	Fatal(...any)
}, format string, c publish.Channel,
) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, f := range formats {
		if f.name != format {
			continue
		}
		if err := f.write(&b, c); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			got := write(t, f.name, channel(owned(), named(), unknown()))
			for _, p := range f.validate(got) {
				t.Error(p)
			}
			file := filepath.Join("testdata", "stories."+f.name)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Errorf("%s (-want +got):\n%s", file, d)
			}
		})
	}
}

// TestHeadlineOfAPageThatWasRead stands behind the outlet that is only named.
func TestHeadlineOfAPageThatWasRead(t *testing.T) {
	st := named()
	st.Origin.Title = "Ledger: the <mine> closes"
	for _, f := range formats {
		got := string(write(t, f.name, channel(st)))
		if !strings.Contains(got, "(not among your feeds): Ledger: the ") || strings.Contains(got, "<mine>") {
			t.Errorf("%s: %s", f.name, got)
		}
	}
}

// TestAbsence says that a feed of the outlet's did not bring the item, and not that the outlet is unknown.
func TestAbsence(t *testing.T) {
	st := named()
	st.Origin.Followed = true
	for _, f := range formats {
		got := string(write(t, f.name, channel(st)))
		if !strings.Contains(got, "("+st.Origin.Absence()+")") || strings.Contains(got, "not among your feeds") {
			t.Errorf("%s: %s", f.name, got)
		}
	}
}

func TestEmptyChannel(t *testing.T) {
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			first := write(t, f.name, channel())
			for _, p := range f.validate(first) {
				t.Error(p)
			}
			if !bytes.Equal(first, write(t, f.name, channel())) {
				t.Error("an empty feed differs from one time to the next")
			}
		})
	}
}

// TestHostileText writes texts that no feed can carry as they are; whatever comes out must still be a feed.
func TestHostileText(t *testing.T) {
	texts := []string{
		"\x00\x01\x1b[31m\x7fred\u0085\u009f", "\xff\xfe broken bytes \xc3", "a\ufffe\uffff\ufffdb", "]]> <![CDATA[ &amp; &#0; &bogus;",
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "\u202etxt.exe", "🏳️‍🌈\U0001F1E6", strings.Repeat("long ", 5000), "",
		"\n\t\v\f\r",
	}
	for _, text := range texts {
		st := named()
		st.Title, st.Origin.Name, st.Origin.Title = text, text, text
		st.Origin.Domain = text
		st.Origin.URL = "javascript:" + text
		for i := range st.Members {
			a := &st.Members[i].Article
			a.Title, a.Summary, a.Outlet.Name, a.Lang = text, text, text, text
		}
		st.Members[1].Article.URL = "https://ok.example/" + text
		c := channel(st)
		c.Title, c.Description = text, text
		for _, f := range formats {
			got := write(t, f.name, c)
			for _, p := range f.validate(got) {
				t.Errorf("%s of %.40q: %s", f.name, text, p)
			}
			if bytes.Contains(got, []byte("javascript:")) {
				t.Errorf("%s of %.40q links to a script", f.name, text)
			}
			if bytes.ContainsAny(got, "\x00\x01\x1b\x7f") {
				t.Errorf("%s of %.40q holds control characters", f.name, text)
			}
		}
	}
}

func TestAnyTextIsWellFormed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		st := owned()
		st.Title = rapid.String().Draw(t, "title")
		st.Members[1].Article.Title = string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		st.Members[1].Article.URL = "http://h.example/" + rapid.String().Draw(t, "path")
		st.Members[0].Article.Summary = rapid.String().Draw(t, "summary")
		for _, f := range formats {
			if p := f.validate(write(t, f.name, channel(st))); len(p) > 0 {
				t.Fatalf("%s: %v", f.name, p)
			}
		}
	})
}

func TestIDsOutliveGrowthAndAddress(t *testing.T) {
	before := publish.Site{URL: "http://127.0.0.1:8080", Instance: "a"}.Items([]news.Story{owned()})[0]
	grown := owned()
	grown.Members = append(grown.Members, member(9, news.RoleCopy, "late.example", "Late copy"))
	grown.Title, grown.Changed = "Another headline", at(60)
	after := publish.Site{URL: "https://news.example/", Instance: "a"}.Items([]news.Story{grown})[0]
	if before.ID != after.ID {
		t.Errorf("id moved from %s to %s", before.ID, after.ID)
	}
	if !after.Updated.After(before.Updated) {
		t.Error("updated stood still though the story grew")
	}
	if after.Page != "https://news.example/story/7" {
		t.Errorf("page is %s", after.Page)
	}
	other := publish.Site{URL: "http://127.0.0.1:8080", Instance: "b"}.StoryID(7)
	if other == before.ID {
		t.Error("two newsrooms share an id")
	}
	if got := (publish.Site{URL: "http://x.example"}).Items([]news.Story{owned()})[0].ID; got == before.ID {
		t.Error("a newsroom without an instance shares its ids with one that has one")
	}
}

// TestDocumentOnlyMovesWithTheStory guards the validators that HTTP makes of a document: it must hold nothing that
// changes by itself.
func TestDocumentOnlyMovesWithTheStory(t *testing.T) {
	for _, f := range formats {
		a := write(t, f.name, channel(owned(), named()))
		st := owned()
		st.Members[1].Share, st.Origin.Confidence = 0.1, 0.4
		st.Members[1].Evidence = []news.Evidence{{Kind: "x", Detail: "y", Weight: 1}}
		if b := write(t, f.name, channel(st, named())); !bytes.Equal(a, b) {
			t.Errorf("%s changed with a score", f.name)
		}
	}
}

func TestWhereItemsLead(t *testing.T) {
	linked := named()
	linked.Origin.URL = "https://ledger.example/mine"
	bare := unknown()
	bare.Origin, bare.Members[0].Article.URL = news.Origin{}, "mailto:nobody@example.com"
	running := owned()
	newest := running.Members[0]
	newest.Article.ID, newest.Article.Title, newest.Article.URL, newest.Role = 99, "All ashore", "https://harbour.example/newest", news.RoleCopy
	newest.Article.Summary, newest.Article.Text = "Everybody who was aboard the ferry has been brought ashore by now.", ""
	newest.Article.Published, newest.Article.Seen = newest.Article.Time().Add(time.Hour), newest.Article.Seen.Add(time.Hour)
	running.Members = append(running.Members, newest)
	cases := []struct {
		name        string
		story       news.Story
		url, author string
		leads       bool
		rels        []string
	}{
		{"origin among the feeds", owned(), "https://harbour.example/ferry?a=1&b=2", "Harbour Post", true, []string{"related", "related"}},
		{"origin among the feeds, and a newer version by it", running, "https://harbour.example/newest", "Harbour Post", true, []string{"related", "related"}},
		{"origin only named", named(), "https://blog.example/rewrite", "Northern Ledger", false, []string{"via", "via"}},
		{"named with an address", linked, "https://ledger.example/mine", "Northern Ledger", true, []string{"via", "via"}},
		{"alone", unknown(), "https://solo.example/original", "solo.example", true, nil},
		{"no address at all", bare, "http://news.example:8080/story/9", "solo.example", false, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			it := channel(c.story).Items[0]
			if want := channel(owned()).Items[0]; c.story.ID == owned().ID && (it.ID != want.ID || !it.Published.Equal(want.Published)) {
				t.Errorf("entry %s of %s, want %s of %s", it.ID, it.Published, want.ID, want.Published)
			}
			var rels []string
			for _, l := range it.Members {
				rels = append(rels, l.Rel)
			}
			if it.URL != c.url || it.Author.Title != c.author || it.Leads() != c.leads {
				t.Errorf("leads to %s by %s (%v), want %s by %s (%v)", it.URL, it.Author.Title, it.Leads(), c.url, c.author, c.leads)
			}
			if d := cmp.Diff(c.rels, rels); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestManyMembersAreCut(t *testing.T) {
	st := owned()
	for i := range 100 {
		m := member(int64(i+10), news.RoleCopy, fmt.Sprintf("copy%d.example", i), "Copy")
		m.Article.URL += time.Duration(i).String()
		st.Members = append(st.Members, m)
	}
	it := channel(st).Items[0]
	if len(it.Members) != 60 || it.More != 42 {
		t.Errorf("%d members and %d more, want 60 and 42", len(it.Members), it.More)
	}
	html, err := it.HTML()
	if err != nil || !strings.Contains(html, "And 42 more.") {
		t.Errorf("content does not say what it leaves out: %v", err)
	}
}

func TestStoriesWithoutMembersAreLeftOut(t *testing.T) {
	if n := len((publish.Site{URL: "http://x.example"}).Items([]news.Story{{ID: 1}, owned()})); n != 1 {
		t.Errorf("%d items, want 1", n)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 10, "short"},
		{"one two three four", 12, "one two…"},
		{"one, two three", 13, "one, two…"},
		{"日本語の長い文章です", 5, "日本語の長…"},
	} {
		if got := publish.Cut(c.in, c.n); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestAbsolute(t *testing.T) {
	for in, want := range map[string]string{
		"https://a.example/x y":    "https://a.example/x%20y",
		" http://a.example ":       "http://a.example",
		"/relative":                "",
		"//a.example/x":            "",
		"javascript:alert(1)":      "",
		"data:text/html,<b>":       "",
		"https://a.example/ünï?q=": "https://a.example/%C3%BCn%C3%AF?q=",
		"http://":                  "",
		"https://a.example/\"<>'":  "https://a.example/%22%3C%3E%27",
	} {
		got := publish.Absolute(in)
		if in == "https://a.example/\"<>'" {
			got = strings.ReplaceAll(got, "'", "%27")
		}
		if got != want {
			t.Errorf("Absolute(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestWholeTexts gives an entry the text of the member that stands for its story, beside the other versions.
func TestWholeTexts(t *testing.T) {
	st := owned()
	st.Members[0].Article.HTML = `<p>The ferry <em>Anna</em> &amp; its crew. <img src="https://harbour.example/anna.jpg" alt="Anna"/></p>`
	for _, f := range formats {
		data := write(t, f.name, channel(st))
		for _, fault := range f.validate(data) {
			t.Errorf("%s: %s", f.name, fault)
		}
		for _, want := range []string{"Anna", "anna.jpg", "copyist.example"} {
			if !bytes.Contains(data, []byte(want)) {
				t.Errorf("%s lacks %s:\n%s", f.name, want, data)
			}
		}
		if bytes.Contains(data, []byte("its crew")) == bytes.Contains(write(t, f.name, channel(owned())), []byte("its crew")) {
			t.Errorf("%s: the text is there or missing in both", f.name)
		}
	}
}

// TestEnclosures holds each format against what it says of files, with its validator's word.
func TestEnclosures(t *testing.T) {
	podcast := news.Enclosure{URL: "https://pod.example/1.mp3", Type: "audio/mpeg", Length: 123456, Duration: 3723, Title: "Salt & <more>"}
	plain := news.Enclosure{URL: "https://pod.example/2.mp3", Type: "audio/mpeg"}
	cover := news.Enclosure{URL: "https://pod.example/cover.jpg", Type: "image/jpeg"}
	wild := news.Enclosure{URL: "https://pod.example/cover", Type: "image/*"}
	paper := news.Enclosure{URL: "https://pod.example/notes.pdf", Type: "application/pdf", Length: 9}
	untyped := news.Enclosure{URL: "https://pod.example/x"}
	for name, tt := range map[string]struct {
		files []news.Enclosure
		want  map[string][]string
		lacks []string
	}{
		"a recording with all that can be said": {[]news.Enclosure{podcast}, map[string][]string{
			"atom": {`<link rel="enclosure" type="audio/mpeg" href="https://pod.example/1.mp3" title="Salt &amp; &lt;more&gt;" length="123456">`},
			"rss":  {`<enclosure url="https://pod.example/1.mp3" length="123456" type="audio/mpeg">`, `<media:content url="https://pod.example/1.mp3" type="audio/mpeg" medium="audio" fileSize="123456" duration="3723">`},
			"json": {`"url": "https://pod.example/1.mp3"`, `"mime_type": "audio/mpeg"`, `"title": "Salt & <more>"`, `"size_in_bytes": 123456`, `"duration_in_seconds": 3723`},
		}, nil},
		"a recording of unknown length": {[]news.Enclosure{plain}, map[string][]string{
			"atom": {`<link rel="enclosure" type="audio/mpeg" href="https://pod.example/2.mp3">`},
			"rss":  {`<enclosure url="https://pod.example/2.mp3" length="0" type="audio/mpeg">`},
			"json": {`"mime_type": "audio/mpeg"`},
		}, []string{"media:content ", "size_in_bytes", "duration_in_seconds"}},
		"a recording before a picture": {[]news.Enclosure{cover, plain}, map[string][]string{
			"atom": {`href="https://pod.example/cover.jpg"`, `href="https://pod.example/2.mp3"`},
			"rss":  {`<enclosure url="https://pod.example/2.mp3" length="0" type="audio/mpeg">`, `<media:content url="https://pod.example/cover.jpg" type="image/jpeg" medium="image">`},
			"json": {`"image": "https://pod.example/cover.jpg"`, `"url": "https://pod.example/2.mp3"`},
		}, nil},
		"a document before a picture": {[]news.Enclosure{cover, paper}, map[string][]string{"rss": {`<enclosure url="https://pod.example/notes.pdf" length="9" type="application/pdf">`}}, nil},
		"a picture alone":             {[]news.Enclosure{cover}, map[string][]string{"rss": {`<enclosure url="https://pod.example/cover.jpg" length="0" type="image/jpeg">`}}, nil},
		"a picture of some type": {[]news.Enclosure{wild}, map[string][]string{
			"rss": {`<media:content url="https://pod.example/cover" medium="image">`}, "atom": {`<link rel="enclosure" href="https://pod.example/cover">`}, "json": {`"image": "https://pod.example/cover"`},
		}, []string{"image/*", "<enclosure"}},
		"a file of no type": {[]news.Enclosure{untyped}, map[string][]string{
			"rss": {`<enclosure url="https://pod.example/x" length="0" type="application/octet-stream">`}, "json": {`"mime_type": "application/octet-stream"`},
		}, nil},
		"no addresses":   {[]news.Enclosure{{URL: "javascript:alert(1)", Type: "audio/mpeg"}, {URL: "/x.mp3"}, {}}, nil, []string{"enclosure", "attachments", "media:content "}},
		"twice the same": {[]news.Enclosure{plain, plain}, nil, []string{"media:content "}},
	} {
		st := owned()
		for i := range st.Members {
			st.Members[i].Article.Enclosures = nil
			if st.Members[i].Article.ID == st.Lead().Article.ID {
				st.Members[i].Article.Enclosures = tt.files
			}
		}
		for _, f := range formats {
			got := string(write(t, f.name, channel(st)))
			for _, p := range f.validate([]byte(got)) {
				t.Errorf("%s, %s: %s", name, f.name, p)
			}
			for _, want := range tt.want[f.name] {
				if !strings.Contains(got, want) {
					t.Errorf("%s, %s: no %s in\n%s", name, f.name, want, got)
				}
			}
			for _, lacks := range tt.lacks {
				if strings.Contains(got, lacks) {
					t.Errorf("%s, %s: %s in\n%s", name, f.name, lacks, got)
				}
			}
		}
	}
}

// TestEnclosureOfAMember: where the lead has no recording, that of a member goes on.
func TestEnclosureOfAMember(t *testing.T) {
	st := owned()
	last := len(st.Members) - 1
	st.Members[last].Article.Enclosures = []news.Enclosure{{URL: "https://pod.example/1.mp3", Type: "audio/mpeg"}}
	for _, f := range formats {
		if got := string(write(t, f.name, channel(st))); last < 1 || !strings.Contains(got, "https://pod.example/1.mp3") {
			t.Errorf("%s: no recording in\n%s", f.name, got)
		}
	}
}
