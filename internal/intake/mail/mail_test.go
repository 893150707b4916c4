package mail

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

var update = flag.Bool("update", false, "write the .want files anew")

// describe has what Read makes of a mail, but for the hash in its id.
func describe(doc news.Document) string {
	e := doc.Entries[0]
	id, _, _ := strings.Cut(e.GUID, " ")
	published := ""
	if !e.Published.IsZero() {
		published = e.Published.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("id: %s\ntitle: %s\nby: %s\ntime: %s\nurl: %s\nsite: %s\nlanguage: %s\nrepaired: %s\n\n%s\n",
		id, e.Title, strings.Join(e.Authors, ", "), published, e.URL, doc.Link, e.Language, strings.Join(doc.Repaired, "; "), strings.TrimSpace(e.Content))
}

func TestRead(t *testing.T) {
	names, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := Read(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			wanted := strings.TrimSuffix(name, ".eml") + ".want"
			if *update {
				if err := os.WriteFile(wanted, []byte(describe(doc)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(wanted)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), describe(doc)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			slow, err := Read(iotest.OneByteReader(bytes.NewReader(data)))
			if diff := cmp.Diff(doc, slow); err != nil || diff != "" {
				t.Errorf("byte by byte it is another mail, error %v:\n%s", err, diff)
			}
		})
	}
}

// TestReadHostile has mails that cost memory or time, or that break what is around them.
func TestReadHostile(t *testing.T) {
	const head = "From: a@b.example\r\nSubject: S\r\nDate: Wed, 2 Dec 2026 20:00:00 +0000\r\nMessage-ID: <x@b.example>\r\n"
	var nested strings.Builder
	nested.WriteString(head)
	for i := range 1000 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	nested.WriteString("\r\nthe end")
	mails := strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 1000)
	for _, tt := range []struct {
		name, mail string
		title      string
		fault      string
		text       string // in the HTML
	}{
		{"nested 1000 deep", nested.String(), "S", "the mail is nested deeper than is read", ""},
		{"mails in mails", head + mails, "S", "the mail is nested deeper than is read", ""},
		{"a header of 2 MB", "X-Junk: " + strings.Repeat("x", 2<<20) + "\r\n" + head + "\r\nhello", "S", "", "hello"},
		{"a million fields", strings.Repeat("X: y\r\n", 1<<20) + "\r\nhello", "", "", "hello"},
		{"a long subject", "Subject: " + strings.Repeat("ä ", 1<<20) + "\r\n\r\nhello", strings.TrimSpace(strings.Repeat("ä ", maxField/3-3)), "", "hello"},
		{"ten thousand parts", head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nword\r\n", 10_000), "S", "the mail has more parts than are read", "word"},
		{"a text of 30 MB", head + "\r\n" + strings.Repeat("word word word word word word word word word word word\r\n", 30<<20/56), "S", "a text longer than is read was cut", "word"},
		{"unclosed tables", head + "Content-Type: text/html\r\n\r\n" + strings.Repeat("<table><td>", 90_000) + "word", "S", "", "word"},
		{"closed tables", head + "Content-Type: text/html\r\n\r\n" + strings.Repeat("<table>", 80_000) + "word" + strings.Repeat("</table>", 60_000), "S", "", "word"},
		{"no header", "\r\nhello", "", "", "hello"},
		{"nothing", "", "", "", ""},
		{"zeros", head + "\r\na\x00b\x00\x1b[31m", "S", "", "<p>ab[31m</p>"},
		{"no boundary", head + "Content-Type: multipart/mixed\r\n\r\nhello", "S", "the mail does not say where its parts begin", ""},
		{"a type that is none", head + "Content-Type: ;;;\r\n\r\nhello", "S", "", "hello"},
		{"bad base64", head + "Content-Transfer-Encoding: base64\r\n\r\naGVs!!bG8=\r\nIHdvcmxkA\r\n", "S", "", "hello world"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			began := time.Now()
			doc, err := Read(strings.NewReader(tt.mail))
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			e := doc.Entries[0]
			if len(tt.title) < maxField/2 && e.Title != tt.title || !strings.HasPrefix(e.Title, tt.title) {
				t.Errorf("title %.80q (%d bytes), want %.80q (%d bytes)", e.Title, len(e.Title), tt.title, len(tt.title))
			}
			if got := strings.Join(doc.Repaired, "; "); !strings.Contains(got, tt.fault) {
				t.Errorf("repaired: %q, want %q", got, tt.fault)
			}
			if !strings.Contains(e.Content, tt.text) || len(e.Content) > maxText {
				t.Errorf("a text of %d bytes: %.200q", len(e.Content), e.Content)
			}
		})
	}
}

// TestReadCutOff holds that a mail whose connection broke off is no mail.
func TestReadCutOff(t *testing.T) {
	data, err := os.ReadFile("testdata/alternative.eml")
	if err != nil {
		t.Fatal(err)
	}
	broke := errors.New("connection reset")
	for n := range len(data) {
		if _, err := Read(io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(broke))); !errors.Is(err, broke) {
			t.Fatalf("cut off after %d bytes: error %v", n, err)
		}
	}
}

// TestIDs holds what the id of an entry depends on.
func TestIDs(t *testing.T) {
	mail := func(header, text string) string {
		doc, err := Read(strings.NewReader("From: a@b.example\nSubject: S\n" + header + "\n\n" + text))
		if err != nil {
			t.Fatal(err)
		}
		return doc.Entries[0].GUID
	}
	const id, date = "Message-ID: <1@b.example>", "Date: Wed, 2 Dec 2026 20:00:00 +0000"
	one := mail(id, "text")
	for name, tt := range map[string]struct {
		got  string
		same bool
	}{
		"delivered by another way":      {mail("Received: from x by y\n"+id, "text"), true},
		"another text with this id":     {mail(id, "other text"), false},
		"another id with this text":     {mail("Message-ID: <2@b.example>", "text"), false},
		"no id":                         {mail(date, "text"), false},
		"the date where an id is known": {mail(date+"\n"+id, "text"), true},
	} {
		if same := tt.got == one; same != tt.same {
			t.Errorf("%s: %q and %q", name, one, tt.got)
		}
	}
	if a, b := mail(date, "text"), mail(date, "text"); a != b {
		t.Errorf("a mail without an id has two: %q and %q", a, b)
	}
	if a, b := mail(date, "text"), mail("Date: Thu, 3 Dec 2026 20:00:00 +0000", "text"); a == b {
		t.Error("mails of two days without ids have one id")
	}
}

func FuzzRead(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.eml")
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Read(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		again, err := Read(bytes.NewReader(data))
		if diff := cmp.Diff(doc, again); err != nil || diff != "" {
			t.Errorf("read again it is another mail, error %v:\n%s", err, diff)
		}
		if e := doc.Entries[0]; len(e.Content) > maxText || len(e.Title) > maxField || len(e.GUID) > maxField+17 {
			t.Errorf("beyond the limits: %d, %d, %d bytes", len(e.Content), len(e.Title), len(e.GUID))
		}
	})
}
