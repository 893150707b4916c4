package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"headwater/internal/news"
)

// sidesEdition is the edition with what two members share.
func sidesEdition() *fake {
	f := edition()
	f.sides = news.SideBySide{
		Note: "A <note>.",
		A:    news.Side{Headline: []news.Stretch{{Text: "Ferry "}, {Text: "aground", Only: true}}, Words: 40, Share: .5, Only: 1},
		B:    news.Side{Words: 1, Cut: true},
		Rows: []news.SideRow{
			{A: []news.SideParagraph{{{Text: "SKARHOLM — ", Boilerplate: true}, {Text: "It struck a shoal", Shared: true, Link: 1}, {Text: " & sank."}}}},
			{
				A: []news.SideParagraph{{{Text: "“We saw it”", Quoted: true}}},
				B: []news.SideParagraph{{{Text: "It struck a shoal", Shared: true, Link: 1}}, {{Text: "we saw <it>", Shared: true, Quoted: true}, {Text: "New.", Only: true}, {Text: "“No”", Only: true, Quoted: true}}},
			},
		},
	}
	return f
}

func TestComparePage(t *testing.T) {
	h := handler(sidesEdition())
	w := get(t, h, "/story/1/compare?a=1&b=6")
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	page := w.Body.String()
	for _, want := range []string{
		`<option value="1" selected>Harbour Post, 08:50: Ferry`, `<option value="6" selected>The Evening Lantern, 10:30: How`,
		`<h2 dir="auto" lang="en"><a href="/article/1">Ferry <ins class="only">aground</ins></a></h2>`, `<a href="/article/6">How fishermen`,
		`50% of its 40 own words stand in the other, 1 sentence only here`, "A &lt;note&gt;.", `href="/story/1/compare?a=6&amp;b=1">Swap the two`,
		`<span class="boilerplate">SKARHOLM — </span><a class="elsewhere" id="a1" href="#b1" aria-label="Passage 1, in the other version">1</a><mark>It struck a shoal</mark> &amp; sank.`,
		`<span class="quotation">“We saw it”</span>`, `<mark class="quoted quotation">we saw &lt;it&gt;</mark><ins class="only">New.</ins><ins class="only quotation">“No”</ins>`,
		`<a class="elsewhere" id="b1" href="#a1"`, "Of a longer text only the first 64 kB", "the number leads there",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s:\n%s", want, page)
		}
	}
}

func TestWhatIsCompared(t *testing.T) {
	h := handler(sidesEdition())
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		"/story/1/compare":           {200, `<option value="1" selected>`},
		"/story/1/compare?b=6":       {200, `<option value="6" selected>`},
		"/story/1/compare?a=6":       {200, `<option value="1" selected>`},
		"/story/1/compare?a=6&b=6":   {200, `<option value="6" selected>`},
		"/story/1/compare?a=1&b=30":  {404, "Article 30 is not in this story. It may have been corrected"},
		"/story/1/compare?a=x":       {400, "is no number of an article"},
		"/story/1/compare?a=1&b=-99": {404, "Article -99 is not in this story"},
		"/story/3/compare":           {404, "no two versions to compare"},
		"/story/12345/compare":       {404, "Not found"},
	} {
		if w := get(t, h, path); w.Code != want.status || !strings.Contains(w.Body.String(), want.says) {
			t.Errorf("%s: %d, want %d with %q", path, w.Code, want.status, want.says)
		}
	}
	if w := get(t, h, "/story/99/compare?a=1&b=6"); w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != "/story/1/compare?a=1&b=6" {
		t.Errorf("a merged story's comparison gives %d %s", w.Code, w.Header().Get("Location"))
	}
}

// manyOutlets is a story of n members, each of an outlet of its own.
func manyOutlets(n int) *fake {
	members := []news.Member{original(1000, "Harbour Post", "Ferry aground", "A ferry struck a shoal.", 600)}
	for i := 1; i < n; i++ {
		role := []news.Role{news.RoleCopy, news.RoleRewrite, news.RoleExcerpt}[i%3]
		members = append(members, version(int64(1000+i), role, fmt.Sprintf("Paper %d", i), strings.Repeat("Ferry ", 1+i%330), .5, 600-i))
	}
	return &fake{stories: []news.Story{story(50, 0, members...)}}
}

func TestStoriesOfAllSizes(t *testing.T) {
	for n, wants := range map[int][]string{
		1:   {"No other outlet among your feeds has taken it up."},
		2:   {"Paper 1", "Harbour Post Original 02:00", "Paper 1 Rewrite +1 min"},
		40:  {"and 20 more outlets to +39 min", "and 10 more outlets"},
		500: {"and 480 more outlets to +8 h 19 min", "and 30 more outlets", "Outlets 1 to 60 of 500"},
	} {
		f := manyOutlets(n)
		w := get(t, handler(f), "/story/50")
		page := w.Body.String()
		if w.Code != http.StatusOK || len(page) > 1<<20 {
			t.Errorf("%d members: status %d, %d bytes", n, w.Code, len(page))
		}
		for _, want := range wants {
			if text := words(t, page); !strings.Contains(text, want) {
				t.Errorf("%d members: the page has no %q", n, want)
			}
		}
		if rows := strings.Count(page, `<line class="track"`); rows > 21 || n > 1 && rows < 2 {
			t.Errorf("%d members: %d rows in the timeline", n, rows)
		}
	}
}

// TestPagesOfAStory reads all outlets of a large story, each once.
func TestPagesOfAStory(t *testing.T) {
	h := handler(manyOutlets(150))
	pagesOf := make([]int, 150) // by member
	for n, want := range map[int]string{1: "Outlets 1 to 60 of 150", 2: "Outlets 61 to 120 of 150", 3: "Outlets 121 to 150 of 150", 4: "There are no more outlets. Back to the first page"} {
		w := get(t, h, fmt.Sprint("/story/50?page=", n))
		page := w.Body.String()
		if !strings.Contains(words(t, page), want) {
			t.Errorf("page %d has no %q", n, want)
		}
		_, outlets, _ := strings.Cut(page, `class="spreading"`)
		for i := range pagesOf {
			if strings.Contains(outlets, fmt.Sprintf(`href="/article/%d"`, 1000+i)) {
				pagesOf[i]++
			}
		}
		if timeline := strings.Contains(page, `<line class="track"`); timeline != (n == 1) {
			t.Errorf("page %d: a timeline is there: %t", n, timeline)
		}
		for link, there := range map[string]bool{`rel="prev"`: n > 1, `rel="next"`: n < 3} {
			if strings.Contains(page, link) != there {
				t.Errorf("page %d: %s is there: %t, want %t", n, link, !there, there)
			}
		}
	}
	for i, pages := range pagesOf {
		if pages != 1 {
			t.Errorf("member %d stands on %d pages", i, pages)
		}
	}
}

// BenchmarkStoryPage renders the page of a story of 500 members.
func BenchmarkStoryPage(b *testing.B) {
	h := handler(manyOutlets(500))
	for b.Loop() {
		if w := get(b, h, "/story/50"); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
