package clean

import (
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// shownCase is a text of testdata/boilerplate.txt.
type shownCase struct {
	line            int
	html, text      string
	want, wantPlain []string
}

func shownCases(t *testing.T) (all []shownCase) {
	t.Helper()
	data, err := os.ReadFile("testdata/boilerplate.txt")
	if err != nil {
		t.Fatal(err)
	}
	c := shownCase{}
	plain := []string{}
	end := func() {
		if c.html != "" {
			c.text = strings.Join(plain, "\n\n")
			all = append(all, c)
		}
		c, plain = shownCase{}, nil
	}
	for i, line := range strings.Split(string(data), "\n") {
		sign, words, ok := strings.Cut(line, " ")
		switch {
		case line == "":
			end()
			continue
		case sign == "#":
			continue
		case !ok || sign != "+" && sign != "-":
			t.Fatalf("testdata/boilerplate.txt:%d: %q begins with neither + nor -", i+1, line)
		}
		if c.html == "" {
			c.line = i + 1
		}
		kept, cut, _ := strings.Cut(words, " ¦ ")
		whole := kept
		if cut != "" {
			whole += " " + cut
		}
		if !strings.HasPrefix(whole, "<") {
			plain = append(plain, whole)
			if sign == "+" {
				c.wantPlain = append(c.wantPlain, kept)
			}
			whole = "<p>" + whole + "</p>"
		}
		c.html += whole + "\n"
		if sign == "+" {
			c.want = append(c.want, linesOf(kept)...)
		}
	}
	end()
	return all
}

// linesOf gives the lines of HTML as it is shown.
func linesOf(src string) (lines []string) {
	for _, l := range newDisplayed(src).lines {
		lines = append(lines, l.text)
	}
	return lines
}

func TestReadable(t *testing.T) {
	for _, c := range shownCases(t) {
		got := Readable(Sanitize(c.html), "A title of its own", nil)
		if lines := linesOf(got); !slices.Equal(lines, c.want) {
			t.Errorf("text at line %d shows\n\t%s\nwant\n\t%s", c.line, strings.Join(lines, "\n\t"), strings.Join(c.want, "\n\t"))
		}
		if strings.Contains(c.html, "<") && strings.Count(c.html, "<p>") == strings.Count(c.html, "<")/2 {
			if got := ReadableText(c.text); got != strings.Join(c.wantPlain, "\n\n") {
				t.Errorf("plain text at line %d shows\n%s\nwant\n%s", c.line, got, strings.Join(c.wantPlain, "\n\n"))
			}
		}
	}
}

// TestReadableHTML: what goes leaves no empty element and no row of line breaks, and what stays is written as it was.
func TestReadableHTML(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{`<p>A ferry sank.</p><p><b>Share on <a href="https://f.example/">Facebook</a></b></p>`, `<p>A ferry sank.</p>`},
		{`<p>A ferry sank.<br><br>Share on Facebook<br>Follow us on X</p>`, `<p>A ferry sank.</p>`},
		{`<p>Share on Facebook<br>A ferry sank.</p>`, `<p>A ferry sank.</p>`},
		{`<ul><li>A ferry sank.</li><li>Share this article</li></ul>`, `<ul><li>A ferry sank.</li></ul>`},
		{`<p>A ferry sank.</p><p><img src="https://f.example/a.png" alt=""> Share on Facebook</p>`, `<p>A ferry sank.</p><p><img src="https://f.example/a.png" alt=""></p>`},
		{`<p>A <i>ferry &amp; a tug</i> sank. <b>ENDS</b></p>`, `<p>A <i>ferry &amp; a tug</i> sank. </p>`},
		{`<p>A ferry &lt;b&gt; sank. ENDS</p>`, `<p>A ferry &lt;b&gt; sank.</p>`},
		{`<p>A ferry sank.</p><p>Reporting by Jane Doe; editing by John Roe</p>`, `<p>A ferry sank.</p><p><small>Reporting by Jane Doe; editing by John Roe</small></p>`},
		{`<p>A ferry sank.</p><p>Source: <a href="https://q.example/">Quay News</a></p>`, `<p>A ferry sank.</p><p><small>Source: <a href="https://q.example/">Quay News</a></small></p>`},
		{`<p>Shares of [USN:A1 TEXT:&#34;Q &amp; Co&#34;] rose.</p>`, `<p>Shares of Q &amp; Co rose.</p>`},
		{`<p>Subscribe here</p>`, `<p>Subscribe here</p>`},
		{`<h2>Ferry sinks - 40 saved</h2><p>Ferry sinks: 40 saved</p><p>A ferry sank.</p>`, `<p>A ferry sank.</p>`},
		{`<p>Ferry sinks: 40 saved</p>`, `<p>Ferry sinks: 40 saved</p>`},
		{`<p>Published Aug 20, 2026, 04:17 AM</p><p>A ferry sank.</p>`, `<p><small>Published Aug 20, 2026, 04:17 AM</small></p><p>A ferry sank.</p>`},
		{``, ``},
	} {
		if got := Readable(tt.in, "Ferry sinks: 40 saved", nil); got != tt.want {
			t.Errorf("Readable(%s) gave\n%s, want\n%s", tt.in, got, tt.want)
		}
	}
}

// TestReadableFurniture: what a feed repeats goes, unless it holds a number, credits, or stands alone as a heading may.
func TestReadableFurniture(t *testing.T) {
	furniture := []uint64{}
	for _, line := range []string{"Tune in to the harbour channel for the tides of the week.", "The pound stood at 1.25.", "Ingredients", "Games", "Puzzles", "By Jane Doe"} {
		furniture = append(furniture, blockHash(line))
	}
	src := "<p>By Jane Doe</p><p>Ingredients</p><p>Four eggs.</p><p>The pound stood at 1.31.</p><p>Tune in to the harbour channel for the tides of the week.</p><p>Games</p><p>Puzzles</p>"
	want := "<p><small>By Jane Doe</small></p><p>Ingredients</p><p>Four eggs.</p><p>The pound stood at 1.31.</p>"
	if got := Readable(src, "", furniture); got != want {
		t.Errorf("gave %s\nwant %s", got, want)
	}
}

// TestReadableProperties: doing it twice changes nothing, and its lines are those that were there, or begin them.
func TestReadableProperties(t *testing.T) {
	var lines []string
	for _, c := range shownCases(t) {
		lines = append(lines, strings.Split(strings.TrimSpace(c.html), "\n")...)
	}
	lines = append(lines, "<br>", "<p>ENDS", "</p>", "<b>", "</b>", "Share", "END", "<li>", "<h2>A ferry sank</h2>", "<p>A ferry sank</p>", "<p>By Jane Doe</p>", `<a href="https://q.example/">Read more</a>`, "A ferry sank. Follow us. Follow us. ENDS -0-")
	line := rapid.SampledFrom(lines)
	rapid.Check(t, func(t *rapid.T) {
		src := Sanitize(strings.Join(rapid.SliceOfN(line, 0, 12).Draw(t, "lines"), ""))
		got := Readable(src, "A ferry sank", nil)
		if again := Readable(got, "A ferry sank", nil); again != got {
			t.Fatalf("%s\nbecomes\n%s\nand then\n%s", src, got, again)
		}
		was, is := linesOf(src), linesOf(got)
		for _, l := range was {
			if len(is) > 0 && strings.HasPrefix(l, is[0]) {
				is = is[1:]
			}
		}
		if len(is) > 0 {
			t.Fatalf("%s\nshows %q, which was not there", src, is[0])
		}
		text := strings.Join(was, "\n\n")
		plain := ReadableText(text)
		if again := ReadableText(plain); again != plain {
			t.Fatalf("%q becomes %q and then %q", text, plain, again)
		}
	})
}
