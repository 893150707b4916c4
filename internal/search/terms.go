package search

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/search/query"
)

// titleBoost is the weight of a word in the headline relative to one in the body.
const titleBoost = 2

// maxWide is the maximum number of words in a query that stand for many words: prefix* and fuzzy~.
const maxWide = 20

// textNode matches words in a row: words of a query, title:, text: and author:. With prefix the last word is the beginning of a
// word.
type textNode struct {
	field  string // "" means title and body
	words  words
	prefix bool
	quoted bool
	fuzzy  int       // number of letters that may differ
	src    string    // as typed
	at     int       // of src in the query, in characters
	query  wordQuery // in all its fields; without languages
}

func parseText(p *parser, v fieldValue) (node, error) {
	t, err := parseFieldText(p, v)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// parseFieldText reads the words of a field's value, which may be quoted.
func parseFieldText(p *parser, v fieldValue) (textNode, error) {
	if !v.quoted {
		t, err := parseWords(p, v.field, v.text, v.at)
		if errors.Is(err, errNothing) {
			err = p.fail(v.at, "there is no letter or digit to search for", "write a word, as in "+v.example)
		}
		return t, err
	}
	t := textNode{field: v.field, quoted: true, src: v.text, at: v.at}
	t.words.add(v.text)
	t.words.keepMostSpecific(v.field == "" || v.field == fieldTitle || v.field == "text")
	if len(t.words.list) == 0 {
		return t, p.fail(v.at, "there is no letter or digit between these quotation marks", "write the words to search for, or remove them")
	}
	return t.prepared(), nil
}

// parseWords reads words without quotation marks, which may end with * or ~. It returns errNothing for punctuation.
func parseWords(p *parser, field, s string, start int) (textNode, error) {
	t := textNode{field: field, src: s, at: start}
	for end, letters := range map[string]int{"~": 1, "~1": 1, "~2": 2} {
		stem, ok := strings.CutSuffix(s, end)
		if !ok || stem == "" {
			continue
		}
		t.fuzzy = letters
		t.words.add(stem)
		t.words.dropVariants()
		switch n := len(t.words.list); {
		case n == 0:
			return t, errNothing
		case n > 1 || t.words.list[0].single:
			return t, p.fail(start, "a ~ may only follow one word", "write tarif~, and each word by itself")
		case utf8.RuneCountInString(t.words.term(t.words.list[0])) < 4 || unspaced(firstRune(stem)):
			return t, p.fail(start, "too many words resemble this one", "write at least four letters before the ~")
		}
		return t.prepared(), p.countWide(start)
	}
	stem := strings.TrimRight(s, "*")
	if i := strings.IndexByte(stem, '*'); i >= 0 {
		return t, p.fail(start+utf8.RuneCountInString(stem[:i]), "a * may only end a word", "write elect*, not el*ct or *elect")
	}
	t.words.add(stem)
	t.words.keepMostSpecific(false)
	t.prefix = stem != s && !t.words.endInSigns(stem)
	switch {
	case len(t.words.list) == 0 && t.prefix:
		return t, p.fail(start, "this * has no word before it", "write the beginning of a word, as in elect*")
	case len(t.words.list) == 0:
		return t, errNothing
	case !t.prefix:
		return t.prepared(), nil
	case !t.words.makeLastPrefix(stem):
		return t, p.fail(start, "too many words begin like this", "write at least three letters before the *")
	}
	return t.prepared(), p.countWide(start)
}

// countWide counts a word that stands for many words.
func (p *parser) countWide(at int) error {
	if p.wide++; p.wide > maxWide {
		return p.fail(at, fmt.Sprintf("there are more than %d words with * or ~", maxWide), "leave some of them out")
	}
	return nil
}

// endInSigns reports whether the last word ends with signs, so that it is not a prefix of others: c++* is c++.
func (w *words) endInSigns(s string) bool {
	n := len(w.list)
	return n > 0 && w.list[n-1].spelling >= signsBehind && int(w.list[n-1].end) == len(s)
}

// makeLastPrefix restores the plural s of the last word, so that the word can be used as a prefix. It returns false if the
// prefix is too short or is not a word ("don't*").
func (w *words) makeLastPrefix(s string) bool {
	last := &w.list[len(w.list)-1]
	if int(last.end) != len(s) {
		return false
	}
	if letters := s[int(last.start)+strings.IndexFunc(s[last.start:], isWordRune):]; unspaced(firstRune(letters)) {
		return true
	}
	from := len(w.folded)
	if last.spelling == signInFront {
		term := w.term(*last)
		w.folded = append(w.folded, term[:strings.IndexFunc(term, isWordRune)]...)
	}
	start := len(w.folded)
	for i, r := range s[last.start:last.end] {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) {
			at := int(last.start) + i
			w.folded = fold(w.folded, r, s[at:at+utf8.RuneLen(r)])
		}
	}
	w.folded = w.folded[:min(len(w.folded), from+maxTerm)]
	last.from, last.to = int32(from), int32(len(w.folded))
	return utf8.RuneCount(w.folded[start:]) >= 3
}

// terms returns the words in their indexed form.
func (n textNode) terms() []string { return n.words.terms() }

// isSingleWord reports whether this is one word without quotation marks and signs.
func (n textNode) isSingleWord() bool {
	return !n.quoted && !n.prefix && n.fuzzy == 0 && len(n.words.list) == 1 && !n.words.list[0].single && n.words.list[0].spelling == noSpelling
}

// mayBeStopWord reports whether this is a single word in title and body.
func (n textNode) mayBeStopWord() bool { return n.field == "" && n.isSingleWord() }

// scopes returns the fields of the index in which the words are searched.
func (n textNode) scopes() []scope {
	switch n.field {
	case "":
		return []scope{{field: fieldTitle, boost: titleBoost}, {field: fieldBody, boost: 1}}
	case "text":
		return []scope{{field: fieldBody, boost: 1}}
	}
	return []scope{{field: n.field, boost: 1}}
}

// prepared sets n.query once the words are known.
func (n textNode) prepared() textNode {
	terms, list := n.terms(), n.words.list
	// The last character of a run is also in the pair before it.
	if k := len(list); k > 1 && list[k-1].single && list[k-2].pos == list[k-1].pos-1 && list[k-2].end == list[k-1].end {
		terms = terms[:k-1]
	}
	n.query = wordQuery{
		terms: terms, scopes: n.scopes(),
		prefix: n.prefix || len(list) == 1 && list[0].single, // a single character stands for the pairs that begin with it
		forms:  n.isSingleWord(),
	}
	return n
}

// in returns the query for some fields, without word forms.
func (n textNode) in(fields ...string) wordQuery {
	w := n.query
	w.forms, w.scopes = false, nil
	for _, f := range fields {
		w.scopes = append(w.scopes, scope{field: f, boost: 1})
	}
	return w
}

// withForms returns the query with the word forms of languages. Names of authors have no forms.
func (n textNode) withForms(langs []string) wordQuery {
	w := n.query
	if n.field == fieldAuthor {
		w.forms = false
	} else {
		w.langs = langs
	}
	return w
}

// fuzzyPrefix is the number of first letters that must agree. Without it, every word of the index would be examined.
const fuzzyPrefix = 1

func (n textNode) compile(c *compiler) query.Query {
	if n.fuzzy == 0 {
		w := n.withForms(c.langs)
		if c.lead {
			w = w.inLead()
		}
		return c.leaf(w)
	}
	var list []query.Query
	for _, f := range n.scopes() {
		if c.lead && f.field == fieldBody && len(n.scopes()) > 1 {
			continue // bleve has no positions of similar words
		}
		q := query.NewFuzzyQuery(n.terms()[0])
		q.SetField(f.field)
		q.SetFuzziness(n.fuzzy)
		q.SetPrefix(fuzzyPrefix)
		q.SetBoost(float64(f.boost))
		list = append(list, q)
	}
	return query.NewDisjunctionQuery(list)
}

func (n textNode) match(v *docView) answer {
	if n.fuzzy == 0 {
		return answerOf(n.withForms(v.langs).matchView(v))
	}
	return answerOf(slices.ContainsFunc(n.scopes(), func(f scope) bool {
		in := v.fields[f.field]
		return in != nil && in.hasSimilar(n.query.terms[0], n.fuzzy)
	}))
}

// matchView is wordQuery.read for a single article.
func (w wordQuery) matchView(v *docView) bool {
	last := len(w.terms) - 1
	return slices.ContainsFunc(w.scopes, func(f scope) bool {
		in := v.fields[f.field]
		switch {
		case in == nil:
			return false
		case w.prefix && last > 0: // as in new-yor*
			return in.hasPhrase(w.terms[:last], false) && in.hasPrefix(w.terms[last])
		case w.prefix:
			return in.hasPrefix(w.terms[0])
		}
		return in.hasPhrase(w.terms, false) || w.forms && v.hasForm(in, w.terms[0])
	})
}

func (n textNode) anchors() (anchors, bool) {
	if n.fuzzy > 0 {
		return anchors{}, false
	}
	w := n.query
	anchor := func(word string) anchors { // longer words are rarer
		return anchors{[]string{anchorWord + word}, 2 / float64(len(word)*len(word))}
	}
	switch {
	case len(w.terms) > 1 && !w.prefix:
		return anchor(slices.MaxFunc(w.terms, func(a, b string) int { return len(a) - len(b) })), true
	case len(w.terms) > 1:
		return anchor(w.terms[0]), true
	case w.prefix:
		start, ok := threeLetters(w.terms[0])
		return anchors{[]string{anchorStart + start, anchorWord + wholeWord(w.terms[0])}, .05}, ok
	}
	a := anchor(w.terms[0])
	if n.isSingleWord() && isStemmable(w.terms[0]) {
		for _, l := range languages {
			if s := anchorStem + l.stem(w.terms[0]); !slices.Contains(a.list, s) {
				a.list = append(a.list, s)
			}
		}
	}
	return a, true
}
