package clean

import (
	"fmt"
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

func TestFurnitureIsKeptByTheCaller(t *testing.T) {
	memory := map[string]map[uint64]bool{}
	c := New(Options{
		Known: func(feed string, block uint64) bool { return memory[feed][block] },
		Learnt: func(feed string, blocks []uint64) {
			memory[feed] = map[uint64]bool{}
			for _, b := range blocks {
				memory[feed][b] = true
			}
		},
	})
	with := func(i int) string { return ownWords(i) + "<p>Join our readers' club and get the paper for less.</p>" }
	c.Articles(document(5, with), paper, now)
	if a := c.Article(entry("Later", with(9)), paper, now); strings.Contains(a.Text, "readers' club") {
		t.Errorf("not remembered: %q", a.Text)
	}
	other := paper
	other.URL = "https://other.example/feed"
	if a := c.Article(entry("Later", with(9)), other, now); !strings.Contains(a.Text, "readers' club") {
		t.Errorf("remembered for another feed: %q", a.Text)
	}
}
