package clean

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"headwater/internal/news"
)

func document(n int, content func(i int) string) news.Document {
	var doc news.Document
	for i := range n {
		e := entry(fmt.Sprintf("Headline %c about matter %c", 'a'+i%26, 'z'-i%26), content(i))
		e.GUID = fmt.Sprint(i)
		doc.Entries = append(doc.Entries, e)
	}
	return doc
}

func ownWords(i int) string {
	return fmt.Sprintf("<p>Report %c: the town of %c%c%c decided that its library stays open through the winter.</p>", 'a'+i%26, 'b'+i%20, 'a'+i%7, 'k'+i%11)
}

func TestFurnitureIsLearntFromTheDocument(t *testing.T) {
	const notice = "You can support our newsroom with a gift."
	for name, c := range map[string]struct {
		items, with int
		want        bool // still in the text
	}{
		"in all of three":      {3, 3, false},
		"in two of three":      {3, 2, true},
		"in a fifth of twenty": {20, 4, false},
		"in three of twenty":   {20, 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			doc := document(c.items, func(i int) string {
				if i < c.with {
					return ownWords(i) + "<p>" + notice + "</p>"
				}
				return ownWords(i)
			})
			got := New(Options{}).Articles(doc, paper, now)
			if has := strings.Contains(got[0].Text, notice); has != c.want {
				t.Errorf("notice in the text: %v, want %v", has, c.want)
			}
			if !strings.Contains(got[0].Text, "library stays open") {
				t.Errorf("own words are gone: %q", got[0].Text)
			}
		})
	}
}

func TestOneArticleInManyItemsIsNoFurniture(t *testing.T) {
	body := "<p>The ferry ran aground at dawn with forty people on board, the coast guard said.</p><p>Nobody was hurt.</p>"
	for name, doc := range map[string]news.Document{
		"same title":    {Entries: []news.Entry{entry("Ferry", body), entry("Ferry", body), entry("Ferry", body), entry("Ferry", body)}},
		"other titles":  document(1000, func(int) string { return body }),
		"write-through": document(6, func(i int) string { return strings.Repeat(body, 1) + ownWords(i) }),
	} {
		for _, a := range New(Options{}).Articles(doc, paper, now) {
			if !strings.Contains(a.Text, "Nobody was hurt.") {
				t.Fatalf("%s: %q", name, a.Text)
			}
		}
	}
}

// polls cleans documents of one feed one after the other and gives the articles of the last.
func polls(docs ...news.Document) []news.Article {
	var before news.Furniture
	var articles []news.Article
	for _, doc := range docs {
		var shown news.Furniture
		articles, shown = New(Options{}).Learn(doc, paper, before, now)
		before = before.Then(shown)
	}
	return articles
}

// single is a document of the one item that has a number.
func single(i int, tail string) news.Document {
	titles := [...]string{"Ferry", "Bridge", "Library", "Harbour", "School", "Market", "Orchard", "Tunnel", "Museum", "Tower"}
	e := entry(titles[i], ownWords(i)+tail)
	e.GUID = fmt.Sprint("item", i)
	return news.Document{Entries: []news.Entry{e}}
}

func TestFurnitureIsLearntAcrossPolls(t *testing.T) {
	const notice = "<p>Join our readers' club and get the paper for less.</p>"
	background := "<p>The plant, which opened in the sixties and was twice enlarged, has been at the centre of a dispute " +
		"over noise, water and jobs between the two towns on either side of the river for years.</p>"
	twice := func(tail string) []news.Document {
		return []news.Document{single(1, tail), single(2, tail)}
	}
	for name, c := range map[string]struct {
		docs []news.Document
		want bool // still in the last article
	}{
		"in two items":             {twice(notice), true},
		"in three items":           {append(twice(notice), single(3, notice)), false},
		"one item polled again":    {[]news.Document{single(1, notice), single(1, notice), single(1, notice), single(1, notice)}, true},
		"one item revised":         {[]news.Document{single(1, notice), single(1, ownWords(8)+notice), single(1, ownWords(9)+notice)}, true},
		"with a number that moves": {[]news.Document{single(1, "<p>Seen by 12 of our readers so far.</p>"), single(2, "<p>Seen by 47 of our readers so far.</p>"), single(3, "<p>Seen by 30 of our readers so far.</p>")}, false},
		"with a counter":           {[]news.Document{single(1, "<p>Seen by 9 of our readers so far.</p>"), single(2, "<p>Seen by 112 of our readers so far.</p>"), single(3, "<p>Seen by 1,048 of our readers so far.</p>")}, false},
		"a ticker": {[]news.Document{
			single(1, "<p>Readers' index 99.4 +1.2% Harbour 8.15 -0.3% Oil 101 +2%</p>"), single(2, "<p>Readers' index 101.25 -0.75% Harbour 10.1 +11% Oil 99.6 −4%</p>"),
			single(3, "<p>Readers' index 1,000 +9% Harbour 7 -12.5% Oil 9 +0.1%</p>"),
		}, false},
		"long, in three of three": {append(twice(background), single(3, background)), true},
		"long, in four of four":   {append(twice(background), single(3, background), single(4, background)), false},
		"long, in four of nine":   {append(twice(background), single(5, ""), single(6, ""), single(7, ""), single(8, ""), single(9, ""), single(3, background), single(4, background)), true},
	} {
		t.Run(name, func(t *testing.T) {
			got := polls(c.docs...)[0].Text
			words := "eaders"
			if strings.HasPrefix(name, "long") {
				words = "twice enlarged"
			}
			if has := strings.Contains(got, words); has != c.want {
				t.Errorf("%q in the text: %v, want %v:\n%s", words, has, c.want, got)
			}
			if !strings.Contains(got, "library stays open") {
				t.Errorf("own words are gone: %q", got)
			}
		})
	}
}

func TestFurnitureIsRemembered(t *testing.T) {
	with := func(i int) string { return ownWords(i) + "<p>Join our readers' club and get the paper for less.</p>" }
	c := New(Options{})
	doc := document(5, with)
	articles, shown := c.Learn(doc, paper, news.Furniture{}, now)
	if len(shown.Blocks) != 1 || len(shown.Items) != 5 {
		t.Fatalf("learnt %+v", shown)
	}
	later, again := c.Learn(single(9, "<p>JOIN our readers' club and get the paper for less</p>"), paper, news.Furniture{Blocks: shown.Blocks}, now)
	if strings.Contains(strings.ToLower(later[0].Text), "readers' club") {
		t.Errorf("not remembered: %q", later[0].Text)
	}
	if !slices.Equal(again.Blocks, shown.Blocks) {
		t.Errorf("seen again %v, want %v", again.Blocks, shown.Blocks)
	}
	other, none := c.Learn(single(7, ""), paper, shown, now)
	if len(none.Blocks) != 0 || len(none.Items) != 1 || other[0].Text == "" {
		t.Errorf("of a document without it: %+v", none)
	}
	if _, same := c.Learn(doc, paper, shown, now); len(same.Items) != 0 {
		t.Errorf("%d items are to be remembered anew", len(same.Items))
	}
	fresh, _ := c.Learn(document(2, with), paper, shown, now)
	for i, a := range fresh {
		if a.Hash != articles[i].Hash {
			t.Errorf("article %d has another hash now that its furniture is known", i)
		}
	}
}

// Neither the order of a document nor that of what is remembered makes a difference.
func TestFurnitureInAnyOrder(t *testing.T) {
	const rare, common = "<p>The harbour lights are lit at six.</p>", "<p>Join our readers' club and get the paper for less.</p>"
	var before news.Furniture
	doc := news.Document{}
	for i := range 10 {
		d := single(i, common[:len(common)*min(i%3, 1)]+rare[:len(rare)*max(1-i/2, 0)])
		if i < 5 {
			_, shown := New(Options{}).Learn(d, paper, news.Furniture{}, now)
			before.Items = append(before.Items, shown.Items...)
			continue
		}
		doc.Entries = append(doc.Entries, d.Entries...)
	}
	_, want := New(Options{}).Learn(doc, paper, before, now)
	slices.Reverse(doc.Entries)
	slices.Reverse(before.Items)
	_, got := New(Options{}).Learn(doc, paper, before, now)
	if len(want.Blocks) != 1 || !slices.Equal(want.Blocks, got.Blocks) {
		t.Errorf("learnt %v, and in reverse %v", want.Blocks, got.Blocks)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	var long strings.Builder
	for i := range 500 {
		long.WriteString("<p>" + strings.Repeat(string(rune('a'+i%26)), 3+i/26) + " is a word of this paragraph.</p>")
	}
	_, shown := New(Options{}).Learn(document(100, func(int) string { return long.String() }), paper, news.Furniture{}, now)
	if len(shown.Items) != news.FurnitureItems {
		t.Errorf("%d items", len(shown.Items))
	}
	for _, it := range shown.Items {
		if len(it.Blocks) != 2*edgeBlocks {
			t.Fatalf("%d blocks of an item", len(it.Blocks))
		}
	}
}

// Furniture that was damaged where it was kept does no harm.
func TestOddMemory(t *testing.T) {
	odd := news.ItemBlocks{Words: []uint64{blockHash("bridge")}, Blocks: []news.Block{{Hash: 5, Words: 40}, {Hash: 5, Words: 40}}}
	a, _ := New(Options{}).Learn(single(1, ""), paper, news.Furniture{Items: []news.ItemBlocks{odd, odd, {}}}, now)
	if !strings.Contains(a[0].Text, "library stays open") {
		t.Errorf("own words are gone: %q", a[0].Text)
	}
}

// An aggregator's feed shows the furniture of many sites, each in a few items.
func TestFurnitureOfASite(t *testing.T) {
	const notice = "You can support our newsroom with a gift."
	for name, c := range map[string]struct {
		site func(i int) string // of the i-th of thirty items, the first three of which have the notice
		want bool               // still in the text
	}{
		"of one of many": {func(i int) string { return fmt.Sprintf("https://site%d.example/%d", i/3, i) }, false},
		"of no site":     {func(i int) string { return fmt.Sprintf("https://site%d.example/%d", i%10, i) }, true},
		"of all":         {func(i int) string { return fmt.Sprintf("https://site.example/%d", i) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			doc := document(30, func(i int) string {
				if i < 3 {
					return ownWords(i) + "<p>" + notice + "</p>"
				}
				return ownWords(i)
			})
			for i := range doc.Entries {
				doc.Entries[i].URL = c.site(i)
			}
			got := New(Options{}).Articles(doc, paper, now)
			if has := strings.Contains(got[0].Text, notice); has != c.want {
				t.Errorf("notice in the text: %v, want %v", has, c.want)
			}
		})
	}
}

// A disclosure between a site's own lines is furniture; a paragraph of background as long and as frequent is none.
func TestLongFurnitureStandsBesideFurniture(t *testing.T) {
	long := "<p>" + strings.Repeat("The paper may be paid for what readers buy after they follow a link. ", 3) + "</p>"
	for name, c := range map[string]struct {
		item func(i int) string // of those that have the long block
		want bool               // still in the text
	}{
		"beside furniture": {func(i int) string { return "<p>Read the terms here.</p>" + long + ownWords(i) }, false},
		"beside prose":     {func(i int) string { return ownWords(i) + long + ownWords(i+7) }, true},
		"beside furniture in one": {func(i int) string {
			return []string{"<p>Read the terms here.</p>", ownWords(i + 3)}[min(i, 1)] + long + ownWords(i)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			doc := document(16, func(i int) string {
				if i < 5 {
					return c.item(i)
				}
				return "<p>Read the terms here.</p>" + ownWords(i)
			})
			for i := range doc.Entries { // no versions of one article
				doc.Entries[i].Title = strings.Repeat(string(rune('a'+i)), 5)
			}
			if has := strings.Contains(New(Options{}).Articles(doc, paper, now)[0].Text, "follow a link"); has != c.want {
				t.Errorf("the long block is in the text: %v, want %v", has, c.want)
			}
		})
	}
}
