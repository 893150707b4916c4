package search

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A queryField is a name that may precede a colon. Its parse function returns the node for a value. The meaning of the node is
// defined by its type: see termNode and filterNode.
type queryField struct {
	name    string
	example string // a value
	parse   func(p *parser, v fieldValue) (node, error)
}

// queryFields are all fields, in the order in which messages list them.
var queryFields = []queryField{
	{"title", "word", parseText},
	{"author", "word", parseText},
	{"source", "reuters", parseSource},
	{"lang", "en", parseLang},
	{"feed", "12", parseFeed},
	{"date", "2026-08-18..2026-08-19", parseDays},
	{"after", "2026-08-18", parseDays},
	{"before", "2026-08-18", parseDays},
	{"since", "24h", parseSince},
	{"text", "word", parseText},
	{"outlet", "reuters", parseSource},
	{"origin", "reuters", parseOrigin},
	{"tag", "word", parseKeys},
	{"url", "word", parseKeys},
	{"is", "original", parseRole},
	{"copies", ">2", parseCount},
	{"outlets", ">2", parseCount},
	{"independent", ">2", parseCount},
}

func fieldNames() (names []string) {
	for _, f := range queryFields {
		names = append(names, f.name)
	}
	return names
}

func parse(query string) (node, error) {
	p := &parser{src: []rune(query)}
	if len(p.src) > maxQuery {
		return nil, p.fail(maxQuery, fmt.Sprintf("the search is longer than %d characters", maxQuery), "leave some of it out")
	}
	n, err := p.all()
	if errors.Is(err, errNothing) {
		return nil, p.fail(0, "there is no word to search for", "write at least one word, or something like source:reuters")
	}
	if err != nil {
		return nil, err
	}
	if p.at < len(p.src) {
		return nil, p.fail(p.at, "this ) closes nothing", "remove it, or put a ( before it")
	}
	return n, nil
}

// all reads operands joined by a space or AND, up to the end or a ). It returns errNothing if they are only punctuation.
func (p *parser) all() (node, error) {
	var list andNode
	for op := -1; ; {
		p.skipSpace()
		if p.at == len(p.src) || p.src[p.at] == ')' {
			if op >= 0 {
				return nil, p.fail(op, "AND has nothing on its right", "write a word after it, or leave it out: a space means AND")
			}
			return and(list)
		}
		if p.word() == "AND" {
			if len(list) == 0 || op >= 0 {
				return nil, p.fail(p.at, "AND has nothing on its left", `write a word before it; to search for the word itself, write it in small letters: and`)
			}
			op = p.at
			p.take("AND")
			continue
		}
		n, err := p.any()
		if err != nil && !errors.Is(err, errNothing) {
			return nil, err
		}
		if err == nil {
			list, op = append(list, n), -1
		}
	}
}

// any reads operands joined by OR.
func (p *parser) any() (node, error) {
	var list orNode
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
		return and(list)
	}
	return list, nil
}

// unary reads an operand with a - or NOT before it.
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
		n = notNode{n}
	}
	return n, err
}

// operand reads a group, a phrase, a word or a field.
func (p *parser) operand() (node, error) {
	start := p.at
	if isQuote(p.src[start]) {
		s, err := p.quoted()
		if err != nil {
			return nil, err
		}
		return parseText(p, fieldValue{text: s, quoted: true, at: start})
	}
	if p.src[start] != '(' {
		return p.bare()
	}
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

// bare reads a word, or a field with its value. It returns errNothing for punctuation.
func (p *parser) bare() (node, error) {
	start, w := p.at, p.word()
	p.take(w)
	words := func() (node, error) {
		t, err := parseWords(p, "", w, start)
		if err != nil {
			return nil, err
		}
		return t, nil
	}
	name, value, colon := strings.Cut(w, ":")
	if !colon || !isASCIIName(name) {
		return words()
	}
	field := strings.ToLower(name)
	i := slices.IndexFunc(queryFields, func(f queryField) bool { return f.name == field })
	if i < 0 {
		if value == "" || strings.HasPrefix(value, "//") { // "Ukraine: what we know", or a URL
			return words()
		}
		advice := ""
		if near := closestName(field, fieldNames()); near != "" {
			advice = fmt.Sprintf("did you mean %s:? ", near)
		}
		return nil, p.fail(start, fmt.Sprintf("nothing can be searched by %s:", name),
			advice+"before a colon may stand "+strings.Join(fieldNames(), ", ")+`; put quotation marks around it to search for the words`)
	}
	f := queryFields[i]
	v := fieldValue{field: field, example: field + ":" + f.example, text: value, at: start + utf8.RuneCountInString(name) + 1}
	if value == "" {
		switch {
		case p.at < len(p.src) && isQuote(p.src[p.at]):
			var err error
			if v.text, err = p.quoted(); err != nil {
				return nil, err
			}
			v.quoted = true
		case p.at < len(p.src) && p.src[p.at] == '(':
			return nil, p.fail(v.at, field+": takes one word or phrase, not several in parentheses", fmt.Sprintf("write (%s:a OR %s:b)", field, field))
		default:
			return nil, p.fail(start, "nothing stands after "+field+":", "write it right after the colon, as in "+v.example)
		}
	}
	return f.parse(p, v)
}

func (p *parser) skipSpace() {
	for p.at < len(p.src) && unicode.IsSpace(p.src[p.at]) {
		p.at++
	}
}

// word returns the characters up to the next space, parenthesis or quotation mark, without consuming them.
func (p *parser) word() string {
	end := p.at
	for end < len(p.src) && !unicode.IsSpace(p.src[end]) && !strings.ContainsRune("()", p.src[end]) && !isQuote(p.src[end]) {
		end++
	}
	return string(p.src[p.at:end])
}

func (p *parser) take(s string) { p.at += len([]rune(s)) }

// isQuote reports whether a character begins or ends a phrase. Single quotation marks don't, since they are apostrophes too.
func isQuote(r rune) bool { return strings.ContainsRune("\"“”„«»「」『』", r) }

// quoted reads a phrase with its quotation marks, of any kind, and returns the text between them.
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
