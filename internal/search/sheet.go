package search

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"headwater/internal/news"
)

// sheet is one article as the index would hold it.
type sheet struct {
	compiler
	row    row
	fields map[string]*laidOut
	keys   map[string]bool
	tongue tongue // of the article's language; no stem where there is no stemmer for it
	langs  []string
	stop   string // the article's language as its stop words are known
	stems  map[string]string
}

// laidOut is a field cut into words: each with its places.
type laidOut struct {
	places map[string][]int32
	sorted []string            // the words
	stems  map[string][]string // words by their stems, once somebody asks
}

// sheet lays out an article. Times and places are those of now.
func (p *Percolator) sheet(a news.Article, places *StoryTable, now time.Time) *sheet {
	doc := makeDocument(a, p.x.shown(a), p.x.credits(a))
	s := &sheet{
		compiler: compiler{now: now, places: places.standing()},
		row:      row{id: a.ID, time: uint32(max(timeOf(a).Unix(), 0))},
		fields:   map[string]*laidOut{}, keys: map[string]bool{}, stems: map[string]string{},
		stop: strings.ToLower(a.Lang),
	}
	for _, f := range doc.Fields {
		switch f := f.(type) {
		case *textField:
			s.fields[f.name] = cutText(f.texts)
		case *keyField:
			for _, t := range f.terms {
				s.keys[t] = s.keys[t] || f.name == fieldKey
			}
		}
	}
	s.tongue = tongues[stemmedAs(s.stop)]
	s.langs = append(p.x.columns.languages(), s.stop)
	return s
}

func cutText(texts []string) *laidOut {
	var w words
	for i, text := range texts {
		if i > 0 {
			w.gap()
		}
		w.add(text)
	}
	all, folded := make(map[string][]int32, len(w.list)), string(w.folded)
	for _, t := range w.list {
		term := folded[t.from:t.to]
		all[term] = append(all[term], t.pos)
	}
	return &laidOut{places: all, sorted: slices.Sorted(maps.Keys(all))}
}

// anchors gives everything that a query may be anchored to.
func (s *sheet) anchors() iter.Seq[string] {
	return func(yield func(string) bool) {
		for key := range s.keys {
			if !yield(key) {
				return
			}
		}
		for name, field := range s.fields {
			for term := range field.places {
				if !yield(anchorWord + term) {
					return
				}
				if start, ok := threeLetters(term); ok && !yield(anchorStart+start) {
					return
				}
				if content := name == fieldTitle || name == fieldBody; content && s.tongue.stem != nil && stemmed(term) && !yield(anchorStem+s.stemOf(term)) {
					return
				}
			}
		}
	}
}

func (s *sheet) stemOf(term string) string {
	stem, ok := s.stems[term]
	if !ok {
		stem = s.tongue.stemOf(term)
		s.stems[term] = stem
	}
	return stem
}

// An answer is that something holds always or never, or that it depends on the article's place in its story.
type answer int8

const (
	never answer = iota
	depends
	always
)

func is(holds bool) answer {
	if holds {
		return always
	}
	return never
}

// holds says whether an article that stands where it does is what a query asks for.
func (s *sheet) holds(n node) answer { return s.ask(n, false, false) }

// might says whether it could be if it stood elsewhere.
func (s *sheet) might(n node) bool { return s.ask(n, false, true) != never }

// ask answers a part of a query. Elsewhere leaves open what depends on the article's story.
func (s *sheet) ask(n node, besideWords, elsewhere bool) answer {
	switch n := n.(type) {
	case allOf:
		return s.askAll(n, elsewhere)
	case anyOf:
		best := never
		for _, child := range n {
			best = max(best, s.ask(child, false, elsewhere))
		}
		return best
	case without:
		return always - s.ask(n.node, false, elsewhere)
	case text:
		return is(s.hasText(n))
	case source:
		return is(s.hasSource(n))
	case key:
		return is(s.keys[n.term])
	case days:
		if holds := s.fact(n, besideWords); holds != nil {
			return is(holds(s.row))
		}
		return is(s.hasDay(n))
	case origin, role, number:
		if elsewhere {
			return depends
		}
	}
	if holds := s.fact(n, besideWords); holds != nil {
		return is(holds(s.row))
	}
	return never
}

func (s *sheet) askAll(all allOf, elsewhere bool) answer {
	words := slices.ContainsFunc(all, s.speaks)
	least := always
	for _, child := range all {
		got := s.ask(child, words, elsewhere)
		if got == never && s.mayMiss(all, child) {
			got = always
		}
		if least = min(least, got); least == never {
			return never
		}
	}
	return least
}

// mayMiss says whether a part is a stop word of the article's language, beside words that mean something.
func (s *sheet) mayMiss(all allOf, n node) bool {
	t, ok := n.(text)
	return ok && t.field == "" && t.plain() && tongues[s.stop].stops[t.terms()[0]] && slices.ContainsFunc(all, s.speaks)
}

// speaks is compiler.carries.
func (s *sheet) speaks(n node) bool {
	switch n := n.(type) {
	case text:
		return n.field != "" || !n.plain() || len(stopIn(n.terms()[0], s.langs)) == 0
	case anyOf:
		return true
	case allOf:
		return slices.ContainsFunc(n, s.speaks)
	}
	return false
}

func (s *sheet) hasText(t text) bool {
	return slices.ContainsFunc(t.scopes(), func(f scope) bool { return s.hasIn(t, f.field, t.field != fieldAuthor) })
}

// hasIn says whether words stand in a field. Forms lets a word stand for those with its stem.
func (s *sheet) hasIn(t text, field string, forms bool) bool {
	in := s.fields[field]
	if in == nil {
		return false
	}
	if t.fuzzy > 0 {
		return in.resembles(t.terms()[0], t.fuzzy)
	}
	row := t.wordsInRow()
	last := len(row) - 1
	switch {
	case len(row) == 1 && t.begins():
		return in.begins(row[0])
	case len(row) == 1:
		return in.places[row[0]] != nil || forms && t.plain() && s.hasForm(in, row[0])
	case t.prefix:
		return in.inRow(row[:last]) && in.begins(row[last])
	}
	return in.inRow(row)
}

func (s *sheet) hasForm(in *laidOut, term string) bool {
	if s.tongue.stem == nil || !stemmed(term) {
		return false
	}
	stem := s.stemOf(term)
	start, most := common(stem, term), len(term)+6
	if utf8.RuneCountInString(start) < 3 {
		return false
	}
	return slices.ContainsFunc(s.stemmedAs(in)[stem], func(word string) bool {
		return len(word) <= most && strings.HasPrefix(word, start)
	})
}

// stemmedAs gives a field's words by their stems.
func (s *sheet) stemmedAs(in *laidOut) map[string][]string {
	if in.stems == nil {
		in.stems = make(map[string][]string, len(in.sorted))
		for _, word := range in.sorted {
			stem := s.stemOf(word)
			in.stems[stem] = append(in.stems[stem], word)
		}
	}
	return in.stems
}

func (c *laidOut) begins(prefix string) bool {
	if c.places[wholeWord(prefix)] != nil {
		return true
	}
	i, found := slices.BinarySearch(c.sorted, prefix)
	return found || i < len(c.sorted) && strings.HasPrefix(c.sorted[i], prefix)
}

func (c *laidOut) inRow(row []string) bool {
	for _, first := range c.places[row[0]] {
		n := 1
		for n < len(row) && slices.Contains(c.places[row[n]], first+int32(n)) {
			n++
		}
		if n == len(row) {
			return true
		}
	}
	return false
}

// resembles says whether a word differs in so many letters at most, and not in the first.
func (c *laidOut) resembles(term string, letters int) bool {
	first, _ := utf8.DecodeRuneInString(term)
	want := []rune(term)
	for word := range c.places {
		if r, _ := utf8.DecodeRuneInString(word); r == first && distance([]rune(word), want) <= letters {
			return true
		}
	}
	return false
}

func (s *sheet) hasSource(n source) bool {
	fields, keys := []string{fieldOutlet}, []string{keySite}
	if !n.own {
		fields, keys = append(fields, fieldCredit), append(keys, keyCredit)
	}
	for i, field := range fields {
		if s.hasIn(n.name, field, false) || s.keys[keys[i]+n.site] {
			return true
		}
		for key := range s.keys {
			if n.name.prefix && strings.HasPrefix(key, keys[i]+n.site) {
				return true
			}
		}
	}
	return false
}

func (s *sheet) hasDay(d days) bool {
	for key := range s.keys {
		if day, ok := strings.CutPrefix(key, keyDay); ok && day >= d.from && (d.to == "" || day <= d.to) {
			return true
		}
	}
	return false
}
