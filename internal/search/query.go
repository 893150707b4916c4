package search

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"headwater/internal/news"
)

// The query language:
//
//	tariffs steel            both words, in title or body
//	"rate decision"          the words in a row
//	fed OR ecb               either; OR binds tighter than the space: rates fed OR ecb is rates (fed OR ecb)
//	-opinion, NOT opinion    without
//	(fed OR ecb) -opinion    groups; AND may be written, and is what a space means
//	C# C++ .NET AT&T #tag    words written with these signs; C finds them too
//	"US" U.S.                in capitals, or with full stops, and not us
//	elect*                   words that begin so; three letters at least
//	title:strike author:lee  in the headline, in the authors' names
//	tarif~ tarif~2           words that differ in one letter, or two; four letters at least
//	text:strike tag:energy   in the body alone; one of the feed's categories
//	url:2026/08              words of the address
//	source:reuters           published by Reuters or crediting it: a name, a domain or the beginning of one
//	outlet:bbc origin:ap     published by it; in a story that goes back to it
//	lang:es feed:12 feed:bbc language as ISO 639-1; the feed's number, words of its title, or its domain
//	is:original              what the article is to its story; also copy, rewrite and excerpt
//	is:unread is:starred     what the user whose search it is has not read, or has starred
//	copies:>5 outlets:>=3    copies and outlets of its story; also =, < and <=, and a number alone
//	independent:>2           stories that tell of its event
//	since:24h since:2026-08-18
//	                         from then on; m, h, d and w are minutes, hours, days and weeks before now
//	date:2026-08-18          that day, in UTC; 2026-08 and 2026 are a month and a year
//	date:2026-08-18..2026-08-19, after:2026-08-18, before:2026-08
//	                         from a day through another; from a day on; before a day begins
//
// Case, accents and a plural s make no difference, and punctuation parts words. A word also finds those that the stemmer of
// a language of the index takes for the same, and where that is a stop word of the article's language it may be missing;
// within quotation marks it is taken as written. A quoted value may follow each field: source:"new york times".
//
// A word that is written with signs finds what has the same signs at the same place, and one without finds both. These are
// # @ $ € and other currencies, % and a full stop before a word; # + % ‰ ° and currencies behind it; & / . @ _ = ! without
// spaces between two; "50 %" and "AT & T" are 50% and AT&T. In title and body, words of two to five capitals within quotation
// marks find capitals only, unless the whole is in capitals: a headline in capitals says nothing. In text that is compared,
// full-width signs are as others, and ♯ is #. Fuzzy words know no signs, and c++* is c++.

// maxQuery bounds a query in characters.
const maxQuery = 2000

// Bounds of what a query may hold: parentheses in each other, and words that stand for many (prefix* and fuzzy~).
const (
	maxDepth = 50
	maxWide  = 20
)

// QueryError says what is wrong with a query and what to do. At counts characters from 1.
type QueryError struct {
	At      int
	Problem string
	Advice  string
}

// Error gives the whole in one sentence.
func (e *QueryError) Error() string {
	return fmt.Sprintf("query, character %d: %s; %s", e.At, e.Problem, e.Advice)
}

// Validate says whether a query is well-formed and asks for nothing that a search of nobody's cannot tell. Its errors are all
// a *QueryError.
func Validate(query string) error {
	n, err := parse(query)
	if err != nil {
		return err
	}
	return nobodys(n, "this search")
}

// ValidateForUser is Validate for the search of a user, who may ask for is:unread and is:starred.
func ValidateForUser(query string) error {
	_, err := parse(query)
	return err
}

// A node is part of a parsed query: allOf, anyOf, without, text, source, key, days, origin, feedNamed, role, marked, number or since.
type node any

type (
	allOf   []node
	anyOf   []node
	without struct{ node node }
	// text asks for words in a row, the last of them cut short where prefix is set.
	text struct {
		field  string // "" is title and body
		words  words
		prefix bool
		quoted bool
		fuzzy  int    // letters that may differ
		src    string // as typed
		at     int    // of src in the query, in characters
	}
	// source asks for an outlet by its domain or its name.
	source struct {
		site string // lower case
		name text
		own  bool // as publisher only
	}
	// origin asks for articles of stories that go back to an outlet.
	origin source
	// feedNamed asks for articles of the feeds with a title or a domain.
	feedNamed source
	role      struct{ role news.Role }
	// marked asks for what the user has starred, or not read.
	marked struct {
		starred bool
		at      int // in the query, in characters
	}
	// number compares a number of the article's story: copies, outlets or independent.
	number struct {
		field, op string
		n         int
	}
	since struct{ age time.Duration }
	key   struct{ term string }
	days  struct{ from, to string } // as dayTerm writes them, both included; "" is open
)

var errNothing = errors.New("nothing to search for") // never leaves this file

type parser struct {
	src   []rune
	at    int
	depth int // of parentheses
	wide  int // words so far that stand for many
}

func parse(query string) (node, error) {
	p := &parser{src: []rune(query)}
	if len(p.src) > maxQuery {
		return nil, p.fail(maxQuery, fmt.Sprintf("the query is longer than %d characters", maxQuery), "leave some of it out")
	}
	n, err := p.all()
	if errors.Is(err, errNothing) {
		return nil, p.fail(0, "the query has no word to search for", "write at least one word or field, such as source:reuters")
	}
	if err != nil {
		return nil, err
	}
	if p.at < len(p.src) {
		return nil, p.fail(p.at, "this ) closes nothing", "remove it, or put a ( before it")
	}
	return n, nil
}

// fail makes the error for a place counted from 0.
func (p *parser) fail(at int, problem, advice string) error {
	return &QueryError{At: at + 1, Problem: problem, Advice: advice}
}

func (p *parser) skipSpace() {
	for p.at < len(p.src) && unicode.IsSpace(p.src[p.at]) {
		p.at++
	}
}

// word gives the run of characters ahead that no space, parenthesis or quotation mark ends, without taking it.
func (p *parser) word() string {
	end := p.at
	for end < len(p.src) && !unicode.IsSpace(p.src[end]) && !strings.ContainsRune("()", p.src[end]) && !isQuote(p.src[end]) {
		end++
	}
	return string(p.src[p.at:end])
}

func (p *parser) take(s string) { p.at += len([]rune(s)) }

// all reads what a space or AND joins, up to the end or a ). It gives errNothing where that is only punctuation.
func (p *parser) all() (node, error) {
	var list allOf
	for and := -1; ; {
		p.skipSpace()
		if p.at == len(p.src) || p.src[p.at] == ')' {
			if and >= 0 {
				return nil, p.fail(and, "AND has nothing on its right", "write a word after it, or leave it out: a space means AND")
			}
			return one(list)
		}
		if p.word() == "AND" {
			if len(list) == 0 || and >= 0 {
				return nil, p.fail(p.at, "AND has nothing on its left", `write a word before it; to search for the word itself, write it in small letters: and`)
			}
			and = p.at
			p.take("AND")
			continue
		}
		n, err := p.any()
		if err != nil && !errors.Is(err, errNothing) {
			return nil, err
		}
		if err == nil {
			list, and = append(list, n), -1
		}
	}
}

func one(list []node) (node, error) {
	switch len(list) {
	case 0:
		return nil, errNothing
	case 1:
		return list[0], nil
	}
	return allOf(list), nil
}

// any reads operands joined by OR.
func (p *parser) any() (node, error) {
	var list anyOf
	for or := -1; ; {
		start := p.at
		if p.word() == "OR" {
			return nil, p.fail(start, "OR has nothing on its left", `write a word before it; to search for the word itself, write it in small letters: or`)
		}
		n, err := p.unary()
		if err != nil && !errors.Is(err, errNothing) {
			return nil, err
		}
		if err == nil {
			list = append(list, n)
		} else if or >= 0 {
			return nil, p.fail(or, "OR has nothing to search for on its right", "write a word after it, or leave it out")
		}
		p.skipSpace()
		if p.word() != "OR" {
			break
		}
		if err != nil {
			return nil, p.fail(p.at, "OR has nothing to search for on its left", "write a word before it, or leave it out")
		}
		or = p.at
		p.take("OR")
		p.skipSpace()
		if p.at == len(p.src) || p.src[p.at] == ')' || p.word() == "AND" {
			return nil, p.fail(or, "OR has nothing on its right", `write a word after it; to search for the word itself, write it in small letters: or`)
		}
	}
	if len(list) < 2 {
		return one(list)
	}
	return list, nil
}

// unary reads an operand with the - or NOT before it.
func (p *parser) unary() (node, error) {
	not, start := false, p.at
	for {
		if p.src[p.at] == '-' && p.at+1 < len(p.src) && !unicode.IsSpace(p.src[p.at+1]) && p.src[p.at+1] != ')' {
			p.at++
		} else if p.word() == "NOT" {
			p.take("NOT")
			p.skipSpace()
			if p.at == len(p.src) || p.src[p.at] == ')' {
				return nil, p.fail(start, "NOT has nothing on its right", `write a word after it; to search for the word itself, write it in small letters: not`)
			}
		} else {
			break
		}
		not = !not
	}
	n, err := p.operand()
	if err == nil && not {
		n = without{n}
	}
	return n, err
}

func (p *parser) operand() (node, error) {
	switch c := p.src[p.at]; {
	case c == '(':
		return p.group()
	case isQuote(c):
		start := p.at
		s, err := p.quoted()
		if err != nil {
			return nil, err
		}
		t, err := p.phrase("", s, start)
		if err != nil {
			return nil, err
		}
		return t, nil
	}
	return p.bare()
}

func (p *parser) group() (node, error) {
	start := p.at
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail(start, fmt.Sprintf("more than %d parentheses stand in each other", maxDepth), "remove those that are not needed")
	}
	p.at++
	n, err := p.all()
	p.depth--
	if errors.Is(err, errNothing) {
		return nil, p.fail(start, "these parentheses hold nothing to search for", "write a word between them, or remove them")
	}
	if err != nil {
		return nil, err
	}
	if p.at == len(p.src) {
		return nil, p.fail(start, "this ( is never closed", "put a ) where the group ends, or remove it")
	}
	p.at++
	return n, nil
}

// isQuote says whether a character begins or ends a phrase. Single quotation marks do not: they are apostrophes too.
func isQuote(r rune) bool { return strings.ContainsRune("\"“”„«»「」『』", r) }

// quoted reads a phrase with its quotation marks, of whatever kind, and gives what is between them.
func (p *parser) quoted() (string, error) {
	start := p.at
	for p.at++; p.at < len(p.src); p.at++ {
		if isQuote(p.src[p.at]) {
			p.at++
			return string(p.src[start+1 : p.at-1]), nil
		}
	}
	return "", p.fail(start, "this quotation mark is never closed", `put a " at the end of the phrase, or remove it`)
}

// phrase makes the node for quoted words.
func (p *parser) phrase(field, s string, start int) (text, error) {
	t := text{field: field, quoted: true, src: s, at: start}
	t.words.add(s)
	t.words.asked(t.isText())
	if len(t.words.list) == 0 {
		return t, p.fail(start, "there is no letter or digit between these quotation marks", "write the words to search for, or remove them")
	}
	return t, nil
}
