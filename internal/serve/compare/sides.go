package compare

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
	"headwater/internal/stories/prints"
	"headwater/internal/text"
)

const (
	maxSide     = 64 << 10 // bytes of one of two texts side by side
	longUnit    = 700      // bytes of a paragraph above which its sentences are aligned one by one
	maxPassages = 1000     // the longest passages, by which rows are aligned
)

// Sides puts two members of a story side by side. What is marked in one is marked in the other. Paragraphs that share most are
// in one row; a passage that is elsewhere in the other text has a number.
func (cr Comparer) Sides(ctx context.Context, a, b news.Member) (news.SideBySide, error) {
	read, err := cr.texts.ArticlesByID(ctx, []int64{a.Article.ID, b.Article.ID})
	if err != nil {
		return news.SideBySide{}, fmt.Errorf("articles %d and %d: %w", a.Article.ID, b.Article.ID, err)
	}
	side := func(m news.Member) (news.Article, bool, error) {
		i := slices.IndexFunc(read, func(x news.Article) bool { return x.ID == m.Article.ID })
		if i < 0 {
			return news.Article{}, false, fmt.Errorf("article %d: %w", m.Article.ID, news.ErrNotFound)
		}
		whole, cut := shortened(read[i])
		return whole, cut, nil
	}
	first, firstCut, err := side(a)
	if err != nil {
		return news.SideBySide{}, err
	}
	second, secondCut, err := side(b)
	if err != nil {
		return news.SideBySide{}, err
	}
	x := prints.Align(first, second)
	v := news.SideBySide{
		A: news.Side{Article: a.Article, Words: x.Back.Words, Share: x.Back.Share, Only: len(x.First.Only), Cut: firstCut},
		B: news.Side{Article: b.Article, Words: x.Words, Share: x.Share, Only: len(x.Second.Only), Cut: secondCut},
	}
	v.A.Headline, v.B.Headline = headlines(a.Article, b.Article)
	v.Note = sidesNote(first, second, x)
	left := newMarking(first.Body(), x.First, a.Claims)
	right := newMarking(second.Body(), x.Second, b.Claims)
	if foreign(first, second, x) {
		left.only, right.only = nil, nil // every sentence is in another language, and says nothing new by that
		v.A.Only, v.B.Only = 0, 0
	}
	v.Rows = rowsOf(left, right, x.Passages)
	return v, nil
}

// foreign reports whether two texts share nothing and are in different languages.
func foreign(a, b news.Article, x prints.Alignment) bool {
	return a.Lang != "" && b.Lang != "" && a.Lang != b.Lang && len(x.Passages) == 0
}

// shortened cuts a long text at the end of a word.
func shortened(a news.Article) (news.Article, bool) {
	body := a.Body()
	if len(body) <= maxSide {
		return a, false
	}
	body = text.Cut(body, maxSide)
	if i := strings.LastIndexAny(body, " \n"); i > 0 {
		body = body[:i]
	}
	if a.Text != "" {
		a.Text = body
	} else {
		a.Summary = body
	}
	return a, true
}

// headlines marks the words that only one of two headlines has.
func headlines(a, b news.Article) (first, second []news.Stretch) {
	one, other := publish.Line(a.Headline()), publish.Line(b.Headline())
	c := prints.Changes(news.Article{Title: one}, news.Article{Title: other})
	if c.Headline == nil || a.Lang != b.Lang {
		return stretches(one, nil), stretches(other, nil)
	}
	return stretches(c.Headline.Before, c.Headline.Dropped), stretches(c.Headline.After, c.Headline.Added)
}

// stretches marks spans of a line as standing only there.
func stretches(line string, only []news.Span) (all []news.Stretch) {
	if line == "" {
		return nil
	}
	m := marking{text: line, only: only}
	return m.between(0, len(line))
}

// sidesNote says what a reader should know of two texts.
func sidesNote(a, b news.Article, x prints.Alignment) string {
	var missing []string
	for _, one := range []news.Article{a, b} {
		if strings.TrimSpace(one.Body()) == "" {
			missing = append(missing, publish.Name(one.Outlet))
		}
	}
	switch {
	case len(missing) > 0:
		return fmt.Sprintf("The feed of %s gives no text, so there is nothing to compare but the headlines.", strings.Join(slices.Compact(missing), " and that of "))
	case foreign(a, b, x):
		return fmt.Sprintf("The texts are in different languages (%s and %s), so they share no words.", a.Lang, b.Lang)
	case len(x.Passages) == 0:
		return "No run of five words is in both texts."
	}
	return ""
}

// marking is what is marked in one text.
type marking struct {
	text                              string
	shared, quoted, boilerplate, only []news.Span
	links                             map[int]int // numbers of passages that are elsewhere in the other text, by start
}

func newMarking(text string, parts prints.Parts, claims []news.Claim) marking {
	return marking{text: text, quoted: parts.Quoted, only: parts.Only, boilerplate: boilerplateOf(text, claims), links: map[int]int{}}
}

// boilerplateOf finds the dateline of a text, and the lines in it that do nothing but credit.
func boilerplateOf(body string, claims []news.Claim) (all []news.Span) {
	for _, c := range claims {
		switch {
		case c.End <= c.Start || c.End > len(body):
		case c.Kind == news.ClaimDateline && c.Start < maxDateline:
			rest := strings.TrimLeft(body[c.End:], ")]】）］ -–—:/")
			all = append(all, news.Span{Start: 0, End: len(body) - len(rest)})
		case c.Kind == news.ClaimByline || c.Kind == news.ClaimRights || c.Kind == news.ClaimPart || c.Kind == news.ClaimSource:
			if from, to := lineAround(body, c.Start, c.End); to-from <= maxCreditLine {
				all = append(all, news.Span{Start: from, End: to})
			}
		}
	}
	opening := unitsOf(text.Cut(body, maxOpening))
	for _, u := range opening[:min(len(opening), openingUnits)] {
		if at := placeLine.FindStringIndex(body[u.Start:u.End]); at != nil {
			all = append(all, news.Span{Start: u.Start, End: u.Start + at[1]})
		}
	}
	return united(all)
}

// placeLine is a dateline without an agency: "DUBAI: ", "NEW YORK, Aug 18 — ".
var placeLine = regexp.MustCompile(`^\s*(?:\p{Lu}[\p{Lu} .,'/-]{2,40}(?:, \p{L}{3,9}\.? \d{1,2})?|\p{Lu}\p{L}{2,8}\.? \d{1,2})(?: ?: | ?[—–] ?| - )`)

const (
	maxDateline   = 120 // bytes before the sign of a dateline
	maxOpening    = 2000
	openingUnits  = 3   // paragraphs at whose start a dateline may be
	maxCreditLine = 200 // bytes of a line that does nothing but credit
)

// lineAround is the line in which a span is.
func lineAround(body string, start, end int) (from, to int) {
	from, to = strings.LastIndexByte(body[:start], '\n')+1, len(body)
	if i := strings.IndexByte(body[end:], '\n'); i >= 0 {
		to = end + i
	}
	return from, to
}

// united orders spans and joins those that overlap.
func united(spans []news.Span) (all []news.Span) {
	slices.SortFunc(spans, func(a, b news.Span) int { return cmp.Compare(a.Start, b.Start) })
	for _, s := range spans {
		if n := len(all); n > 0 && s.Start <= all[n-1].End {
			all[n-1].End = max(all[n-1].End, s.End)
		} else {
			all = append(all, s)
		}
	}
	return all
}

// between gives a part of the text in stretches.
func (m *marking) between(from, to int) (all []news.Stretch) {
	cuts := []int{from, to}
	for _, spans := range [][]news.Span{m.shared, m.quoted, m.boilerplate, m.only} {
		for _, s := range spans[first(spans, from):] {
			if s.Start >= to {
				break
			}
			cuts = append(cuts, max(s.Start, from), min(s.End, to))
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	for i := range len(cuts) - 1 {
		start, end := cuts[i], cuts[i+1]
		all = append(all, news.Stretch{
			Text: m.text[start:end], Shared: in(m.shared, start), Quoted: in(m.quoted, start), Boilerplate: in(m.boilerplate, start),
			Only: in(m.only, start), Link: m.links[start],
		})
	}
	return all
}

// first is the index of the first span that ends after an offset. The spans are in order and do not overlap.
func first(spans []news.Span, offset int) int {
	i, _ := slices.BinarySearchFunc(spans, offset, func(s news.Span, at int) int {
		if s.End > at {
			return 1
		}
		return -1
	})
	return i
}

// firstFrom is the index of the first span that begins at an offset or after it.
func firstFrom(spans []news.Span, offset int) int {
	i, _ := slices.BinarySearchFunc(spans, offset, func(s news.Span, at int) int { return cmp.Compare(s.Start, at) })
	return i
}

func in(spans []news.Span, offset int) bool {
	i := first(spans, offset)
	return i < len(spans) && spans[i].Start <= offset
}

// unitsOf are the parts of a text that rows are made of: paragraphs, and the sentences of long ones.
func unitsOf(body string) (all []news.Span) {
	for from := 0; from < len(body); {
		to := len(body)
		if i := strings.Index(body[from:], "\n\n"); i >= 0 {
			to = from + i
		}
		switch {
		case strings.TrimSpace(body[from:to]) == "":
		case to-from <= longUnit:
			all = append(all, news.Span{Start: from, End: to})
		default:
			for _, s := range prints.Sentences(body[from:to]) {
				all = append(all, news.Span{Start: from + s.Start, End: from + s.End})
			}
		}
		from = to + len("\n\n")
	}
	return all
}

// rowsOf marks the passages in both texts and aligns their units. The heaviest chain of passages that are in the same order in
// both texts decides; the units between two rows of the chain are a row too.
func rowsOf(a, b marking, passages []news.Passage) (rows []news.SideRow) {
	for _, p := range passages { // in the order of b
		a.shared = append(a.shared, news.Span{Start: p.OriginStart, End: p.OriginEnd})
		b.shared = append(b.shared, news.Span{Start: p.Start, End: p.End})
		if p.Quoted { // one of the two quotes it
			a.quoted = append(a.quoted, news.Span{Start: p.OriginStart, End: p.OriginEnd})
			b.quoted = append(b.quoted, news.Span{Start: p.Start, End: p.End})
		}
	}
	slices.SortFunc(a.shared, func(x, y news.Span) int { return cmp.Compare(x.Start, y.Start) })
	a.quoted, b.quoted = united(a.quoted), united(b.quoted)
	left, right := unitsOf(a.text), unitsOf(b.text)
	blocks := blocksOf(cutAtUnits(chainOf(passages), a.text, b.text, left, right), left, right)
	rowA, rowB := make([]int, len(left)), make([]int, len(right)) // the row of each unit
	i, j := 0, 0
	var all []block // those between the blocks too, so that each unit is in one
	for _, k := range append(blocks, block{len(left), len(left), len(right), len(right)}) {
		if k.fromA > i || k.fromB > j {
			all = append(all, block{i, k.fromA, j, k.fromB})
		}
		if k.toA > k.fromA || k.toB > k.fromB {
			all = append(all, k)
		}
		i, j = k.toA, k.toB
	}
	for row, s := range all {
		for n := s.fromA; n < s.toA; n++ {
			rowA[n] = row
		}
		for n := s.fromB; n < s.toB; n++ {
			rowB[n] = row
		}
	}
	number, last := 0, news.Passage{} // the passage that has a number, or goes on from one
	for _, p := range passages {
		if goesOn(last, p, a.text, b.text) {
			last = p
			continue
		}
		if x, y := first(left, p.OriginStart), first(right, p.Start); x < len(left) && y < len(right) && rowA[x] != rowB[y] {
			number++
			a.links[p.OriginStart], b.links[p.Start], last = number, number, p
		}
	}
	for _, s := range all {
		var row news.SideRow
		for _, u := range left[s.fromA:s.toA] {
			row.A = append(row.A, a.between(u.Start, u.End))
		}
		for _, u := range right[s.fromB:s.toB] {
			row.B = append(row.B, b.between(u.Start, u.End))
		}
		rows = append(rows, row)
	}
	return rows
}

// goesOn reports whether a passage goes on from another in both texts: they are one, cut at a quotation.
func goesOn(from, p news.Passage, a, b string) bool {
	return from.End > 0 && p.Start >= from.End && p.OriginStart >= from.OriginEnd &&
		letters(b[from.End:p.Start]) == 0 && letters(a[from.OriginEnd:p.OriginStart]) == 0
}

// chainOf returns the passages, in order, of the heaviest chain that is in the same order in both texts.
func chainOf(passages []news.Passage) (chain []news.Passage) {
	if len(passages) > maxPassages {
		passages = slices.Clone(passages)
		slices.SortStableFunc(passages, func(x, y news.Passage) int { return cmp.Compare(y.Words, x.Words) })
		passages = passages[:maxPassages]
		slices.SortFunc(passages, func(x, y news.Passage) int { return cmp.Compare(x.Start, y.Start) })
	}
	weight, before := make([]int, len(passages)), make([]int, len(passages))
	best := -1
	for i, p := range passages {
		weight[i], before[i] = p.Words, -1
		for j, q := range passages[:i] {
			if q.OriginEnd <= p.OriginStart && weight[j]+p.Words > weight[i] {
				weight[i], before[i] = weight[j]+p.Words, j
			}
		}
		if best < 0 || weight[i] > weight[best] {
			best = i
		}
	}
	for ; best >= 0; best = before[best] {
		chain = append(chain, passages[best])
	}
	slices.Reverse(chain)
	return chain
}

// cutAtUnits cuts passages where a unit begins in both texts, so that paragraphs which both have are in rows of their own.
func cutAtUnits(chain []news.Passage, a, b string, left, right []news.Span) (all []news.Passage) {
	for _, p := range chain {
		there := map[int]int{} // where units begin in a, by the letters of the passage before
		for _, u := range left[first(left, p.OriginStart):] {
			if u.Start >= p.OriginEnd {
				break
			}
			if u.Start > p.OriginStart {
				there[letters(a[p.OriginStart:u.Start])] = u.Start
			}
		}
		for _, u := range right[first(right, p.Start):] {
			if u.Start >= p.End || len(there) == 0 {
				break
			}
			if at, ok := there[letters(b[p.Start:max(u.Start, p.Start)])]; ok && u.Start > p.Start && at > p.OriginStart {
				head := p
				head.End, head.OriginEnd = u.Start, at
				before := letters(b[p.Start:u.Start])
				rest := map[int]int{}
				for n, start := range there {
					rest[n-before] = start
				}
				p.Start, p.OriginStart, there = u.Start, at, rest
				all = append(all, head)
			}
		}
		all = append(all, p)
	}
	return all
}

// letters counts the letters and digits of a text.
func letters(text string) (n int) {
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// block is units of both texts that belong together.
type block struct{ fromA, toA, fromB, toB int }

// blocksOf joins the units that a chain of passages connects.
func blocksOf(chain []news.Passage, left, right []news.Span) (all []block) {
	for _, p := range chain {
		k := block{first(left, p.OriginStart), firstFrom(left, p.OriginEnd), first(right, p.Start), firstFrom(right, p.End)}
		if k.toA > len(left) || k.toB > len(right) {
			continue
		}
		if n := len(all); n > 0 && (k.fromA < all[n-1].toA || k.fromB < all[n-1].toB) {
			last := &all[n-1]
			last.toA, last.toB = max(last.toA, k.toA), max(last.toB, k.toB)
		} else {
			all = append(all, k)
		}
	}
	return all
}
