package news

import (
	"fmt"
	"slices"
)

// SideBySide is two articles of a story with what they have in common.
type SideBySide struct {
	A, B Side
	Rows []SideRow
	Note string // what a reader should know; may be ""
}

// Pair returns two members of a story to compare: those with the articles a and b. For 0 they are the lead and the first of the
// others. A *RefusedError says why there are no such two.
func (s Story) Pair(a, b int64) (first, second Member, err error) {
	if len(s.Members) < 2 {
		return first, second, &RefusedError{Text: fmt.Sprintf("story %d has no two articles to compare", s.ID)}
	}
	if a == 0 {
		a = s.Lead().Article.ID
	}
	if b == 0 {
		b = s.Members[slices.IndexFunc(s.Members, func(m Member) bool { return m.Article.ID != a })].Article.ID
	}
	for _, x := range []struct {
		id int64
		m  *Member
	}{{a, &first}, {b, &second}} {
		i := slices.IndexFunc(s.Members, func(m Member) bool { return m.Article.ID == x.id })
		if i < 0 {
			return first, second, &RefusedError{Text: fmt.Sprintf("article %d is not in story %d", x.id, s.ID)}
		}
		*x.m = s.Members[i]
	}
	return first, second, nil
}

// Side is one of two articles that are compared.
type Side struct {
	Article  Article
	Headline []Stretch
	Words    int     // words of its own prose: those that neither text quotes
	Share    float64 // share of these that are in passages which the other has too, 0 to 1
	Only     int     // number of sentences of which the other has no run of words
	Cut      bool    // the text is longer than what is compared, and shown
}

// SideRow is paragraphs of both articles that belong together. Either side may have none.
type SideRow struct{ A, B []SideParagraph }

// SideParagraph is a paragraph, or a part of a long one.
type SideParagraph []Stretch

// Stretch is a part of a text that is marked in one way.
type Stretch struct {
	Text        string
	Shared      bool // the other text has it too
	Quoted      bool // it is a quotation
	Boilerplate bool // a dateline or a credit, no prose
	Only        bool // part of a sentence that only this text has
	// Link is the number of a shared passage that is in another row of the other text; else 0. It is set on the passage's first
	// stretch.
	Link int
}
