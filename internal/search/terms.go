package search

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fields are the names that may stand before a colon.
func fields() []string {
	return []string{
		"title", "author", "source", "lang", "feed", "date", "after", "before", "since", "text", "outlet", "origin", "tag", "url",
		"is", "copies", "outlets", "independent",
	}
}

// bare reads a word, or a field with its value. It gives errNothing for punctuation.
func (p *parser) bare() (node, error) {
	start, w := p.at, p.word()
	p.take(w)
	name, value, colon := strings.Cut(w, ":")
	if !colon || !isName(name) {
		return p.words(w, start)
	}
	field, at := strings.ToLower(name), start+utf8.RuneCountInString(name)+1
	known := slices.Contains(fields(), field)
	if value != "" {
		if known {
			return p.field(field, value, false, at)
		}
		if strings.HasPrefix(value, "//") { // a URL
			return p.words(w, start)
		}
		return nil, p.unknown(field, name, start)
	}
	switch {
	case !known:
		return p.words(w, start) // "Ukraine: what we know"
	case p.at < len(p.src) && isQuote(p.src[p.at]):
		value, err := p.quoted()
		if err != nil {
			return nil, err
		}
		return p.field(field, value, true, at)
	case p.at < len(p.src) && p.src[p.at] == '(':
		return nil, p.fail(at, field+": takes one value, not a group", fmt.Sprintf("write (%s:a OR %s:b)", field, field))
	}
	return nil, p.fail(start, field+": has no value", "write it right after the colon, as in "+example(field))
}

func (p *parser) unknown(field, name string, start int) error {
	advice := ""
	if near := nearest(field, fields()); near != "" {
		advice = fmt.Sprintf("did you mean %s:? ", near)
	}
	return p.fail(start, fmt.Sprintf("there is no field %q", name),
		advice+"the fields are "+strings.Join(fields(), ", ")+`; put quotation marks around it to search for the words`)
}

func isName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) })
}

func example(field string) string {
	switch field {
	case "source", "outlet", "origin":
		return field + ":reuters"
	case "lang":
		return "lang:en"
	case "feed":
		return "feed:12"
	case "date":
		return "date:2026-08-18..2026-08-19"
	case "after", "before":
		return field + ":2026-08-18"
	case "since":
		return "since:24h"
	case "is":
		return "is:original"
	case "copies", "outlets", "independent":
		return field + ":>2"
	}
	return field + ":word"
}

// field makes the node for a value; at is where the value begins.
func (p *parser) field(field, value string, quoted bool, at int) (node, error) {
	switch field {
	case "source", "outlet", "origin":
		return p.source(field, value, quoted, at)
	case "is":
		return p.role(value, at)
	case "copies", "outlets", "independent":
		return p.number(field, value, at)
	case "since":
		return p.since(value, at)
	case "tag", "url":
		return p.keys(field, value, at)
	case "lang":
		return p.language(value, at)
	case "feed":
		return p.feed(value, quoted, at)
	case "date", "after", "before":
		return p.date(field, value, at)
	}
	t, err := p.value(field, value, quoted, at)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// feed reads a feed's number, or its name or domain.
func (p *parser) feed(value string, quoted bool, at int) (node, error) {
	if strings.Trim(value, "0123456789") == "" {
		if _, err := strconv.ParseUint(value, 10, 63); err != nil {
			return nil, p.fail(at, fmt.Sprintf("%q is no feed", value), "give the feed's number, as in feed:12")
		}
		return key{keyFeed + value}, nil
	}
	s, err := p.outlet("feed", value, quoted, at)
	if err != nil {
		return nil, err
	}
	return feedNamed(s), nil
}

// value reads the words that stand after a colon.
func (p *parser) value(field, value string, quoted bool, at int) (text, error) {
	if quoted {
		return p.phrase(field, value, at)
	}
	t, err := p.plain(field, value, at)
	if errors.Is(err, errNothing) {
		err = p.fail(at, "there is no letter or digit to search for", "write a word, as in "+example(field))
	}
	return t, err
}

func (p *parser) language(value string, at int) (node, error) {
	if n := len(value); !isName(strings.ReplaceAll(value, "-", "")) || n < 2 || n > 10 {
		return nil, p.fail(at, fmt.Sprintf("%q is no language", value), "give its two letters, as in lang:en")
	}
	return key{keyLang + strings.ToLower(value)}, nil
}

func (p *parser) source(field, value string, quoted bool, at int) (node, error) {
	s, err := p.outlet(field, value, quoted, at)
	if err != nil {
		return nil, err
	}
	if field == "origin" {
		return origin(s), nil
	}
	return s, nil
}

// outlet reads a name or a domain.
func (p *parser) outlet(field, value string, quoted bool, at int) (source, error) {
	name, err := p.value(field, value, quoted, at)
	if err != nil {
		return source{}, err
	}
	site := strings.ToLower(strings.TrimSpace(value))
	if name.prefix {
		site = strings.TrimSuffix(site, "*")
	}
	return source{site: site, name: name, own: field == "outlet"}, nil
}

// words makes the node for words in title or body.
func (p *parser) words(s string, start int) (node, error) {
	t, err := p.plain("", s, start)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// plain makes the node for words without quotation marks, which may end in *.
func (p *parser) plain(field, s string, start int) (text, error) {
	t := text{field: field, src: s, at: start}
	stem, fuzzy := cutFuzzy(s)
	if fuzzy > 0 {
		return p.fuzzy(t, stem, fuzzy)
	}
	stem = strings.TrimRight(s, "*")
	if i := strings.IndexByte(stem, '*'); i >= 0 {
		return t, p.fail(start+utf8.RuneCountInString(stem[:i]), "a * may only end a word", "write elect*, not el*ct or *elect")
	}
	t.words.add(stem)
	t.words.asked(false)
	t.prefix = stem != s && !t.words.closed(stem)
	if len(t.words.list) == 0 {
		if t.prefix {
			return t, p.fail(start, "this * has no word before it", "write the beginning of a word, as in elect*")
		}
		return t, errNothing
	}
	if t.prefix && !t.words.openEnd(stem) {
		return t, p.fail(start, "too many words begin like this", "write at least three letters before the *")
	}
	if t.prefix {
		return t, p.widen(start)
	}
	return t, nil
}

// widen counts a word that stands for many.
func (p *parser) widen(at int) error {
	if p.wide++; p.wide > maxWide {
		return p.fail(at, fmt.Sprintf("there are more than %d words with * or ~", maxWide), "leave some of them out")
	}
	return nil
}

// cutFuzzy takes ~, ~1 or ~2 from the end of a word and says how many letters may differ: 0 where there is none.
func cutFuzzy(s string) (stem string, letters int) {
	for _, end := range []struct {
		mark    string
		letters int
	}{{"~", 1}, {"~1", 1}, {"~2", 2}} {
		if stem, ok := strings.CutSuffix(s, end.mark); ok && stem != "" {
			return stem, end.letters
		}
	}
	return s, 0
}

func (p *parser) fuzzy(t text, stem string, letters int) (text, error) {
	t.words.add(stem)
	t.words.unsigned()
	t.fuzzy = letters
	switch n := len(t.words.list); {
	case n == 0:
		return t, errNothing
	case n > 1 || t.words.list[0].single:
		return t, p.fail(t.at, "a ~ may only follow one word", "write tarif~, and each word by itself")
	}
	if utf8.RuneCountInString(t.words.term(t.words.list[0])) < 4 || unspaced(firstRune(stem)) {
		return t, p.fail(t.at, "too many words resemble this one", "write at least four letters before the ~")
	}
	return t, p.widen(t.at)
}

// openEnd readies the last word to be searched for as the beginning of others: it gets its plural s back. It says no
// where the beginning is too short, or no word at all ("don't*").
func (w *words) openEnd(s string) bool {
	last := &w.list[len(w.list)-1]
	if int(last.end) != len(s) {
		return false
	}
	if letters := s[int(last.start)+strings.IndexFunc(s[last.start:], startsWord):]; unspaced(firstRune(letters)) {
		return true
	}
	from := len(w.folded)
	if last.spelling == signInFront {
		term := w.term(*last)
		w.folded = append(w.folded, term[:strings.IndexFunc(term, startsWord)]...)
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

// closed says whether signs end the last word, so that it is no beginning of others: c++* is c++.
func (w *words) closed(s string) bool {
	n := len(w.list)
	return n > 0 && w.list[n-1].spelling >= signsBehind && int(w.list[n-1].end) == len(s)
}
