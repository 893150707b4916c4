package front

import (
	"math"
	"slices"
	"strings"

	"headwater/feeds/words"
	"headwater/internal/news"
	"headwater/internal/stories/group"
	"headwater/internal/stories/prints"
)

// Text is what an article tells in few words.
type Text struct {
	Print prints.Print // of title and summary
	Fit   float64      // 0 to 1: how well its headline stands for what is told
}

// The fitness of headlines.
const (
	fitReport  = 1
	fitComment = .3
	fitShell   = .01
)

// TextOf reads an article without its body. An advertisement has the fitness 0.
func TextOf(a news.Article) Text {
	t := Text{Print: prints.Make(news.Article{Lang: a.Lang, Summary: a.Summary}, a.Title), Fit: fitReport}
	lower := strings.ToLower(strings.TrimSpace(a.Headline()))
	holds := func(section string, in func(s, phrase string) bool) bool {
		return slices.ContainsFunc(leads[section], func(phrase string) bool { return in(lower, phrase) })
	}
	switch {
	case a.Promotional():
		t.Fit = 0
	case a.Roundup, lower == "", group.Recurring(a.Title),
		holds("shell holds", strings.Contains), holds("shell start", strings.HasPrefix), holds("shell end", strings.HasSuffix):
		t.Fit = fitShell
	case strings.TrimSpace(a.Title) == "", // its headline is the opening words of a post
		strings.HasSuffix(lower, "?"), strings.HasSuffix(lower, "？"), strings.HasSuffix(lower, "؟"), strings.HasPrefix(lower, "¿"),
		holds("comment start", strings.HasPrefix), holds("comment holds", strings.Contains):
		t.Fit = fitComment
	}
	return t
}

// leads are the words of headlines that do not lead.
var leads = words.Lists("leads.txt")

const headlineHalfLife = 12 // hours

// Articles returns the articles of an event, by story and time, limit at most.
func (e Event) Articles(limit int) []int64 {
	var ids []int64
	for _, s := range e.Stories {
		for _, m := range s.Members {
			if len(ids) == limit {
				return ids
			}
			ids = append(ids, m.Article)
		}
	}
	return ids
}

// candidates returns the articles that may give an event its headline: those of the outlet that the story goes back to, or the
// first report where there is none.
func (s Story) candidates() (ids []int64) {
	for _, m := range s.Members {
		if m.Outlet == s.Origin {
			ids = append(ids, m.Article)
		}
	}
	if len(ids) == 0 {
		ids = append(ids, s.Members[0].Article)
	}
	return ids
}

// Headline returns the article whose headline stands for an event of the page: in a language of the reader, near to what the
// event tells, carried by many, and recent. texts are of its articles.
func (p Page) Headline(e Event, texts map[int64]Text) int64 {
	words := e.words
	if words == nil {
		words = p.terms.event(e, texts)
	}
	best, most := e.Stories[0].Members[0].Article, -1.
	for _, s := range e.Stories[:min(len(e.Stories), perEvent)] {
		outlets := map[string]bool{}
		for _, m := range s.Members {
			outlets[m.Outlet] = true
		}
		ids := s.candidates()
		for _, m := range s.Members {
			t, known := texts[m.Article]
			if !known || !slices.Contains(ids, m.Article) {
				continue
			}
			age := max(p.at.Sub(m.Time).Hours(), 0)
			v := s.share * t.Fit * (1 + math.Log2(float64(len(outlets)))) * max(cosine(p.terms.title(t.Print), words), .01) * math.Exp2(-age/headlineHalfLife)
			if p.by.reads(m.Lang) {
				v += 1e3
			}
			if v > most {
				best, most = m.Article, v
			}
		}
	}
	return best
}
