package outlets

import (
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"headwater/internal/news"
	"headwater/internal/text"
)

// maxDateline is the maximum distance of a dateline from the beginning of a text, in bytes. Japanese ones follow up to three
// writers' names.
const maxDateline = 200

const (
	day  = `\d{1,4}(?:st|nd|rd|th|er|º|ª|\.)?(?:\s(?:de\s)?\p{Ll}{3,10}\.?)?`
	word = `(?:\p{Lu}[\p{L}\p{M}.'’/-]*|` + day + `|\[\p{Lu}[\p{L} ]{1,30}\]|\p{Arabic}+|` +
		`de|do|da|dos|del|della|di|la|le|el|al|of|the|on|and|und|y|e|et|upon|am)`
	// Text that may precede a dateline: a byline, a note such as "(Adds details)".
	before = `(?m:^)[\s　]*(?:By [^\n/|]{3,80}?\s*[/|]\s*)?(?:\([^()\n]{10,120}\)\s*)?`
)

var macros = strings.NewReplacer(
	"{sign}", `([\p{L}\p{N}][^()\[\]（）［］【】\n]{1,60}?)`,
	"{word}", `(\p{Lu}[\p{L}.]{1,15})`,
	"{glued}", `([\p{L}\p{N}][^()\[\]（）［］【】\n]{1,60}?)`,
	"{place}", `(?:`+word+`(?:[\s,;]+`+word+`){0,11}[\s,;.]*)?`,
	"{dated}", `(?:(?:`+word+`[\s,;]+){1,6}\d{1,2}\b[^()\n]{0,16}?\s*|(?:[\p{Lu}\d.'’-]{2,}[\s,;]+){1,6})`,
	"{dash}", `(?:\.?\s*[-–—―−─－]{1,3}|:)`,
)

func compile(shapes []shape, datelines bool) ([]pattern, error) {
	var out []pattern
	for _, s := range shapes {
		if datelines {
			s.Kind = string(news.ClaimDateline)
			if rest, ok := strings.CutPrefix(s.Pattern, "^"); ok {
				s.Pattern = before + rest
			}
		}
		p, err := s.compile()
		if err != nil {
			return nil, fmt.Errorf("agencies.yaml: %q: %w; see the top of the file for what a shape holds", s.Like, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func (s shape) compile() (pattern, error) {
	p := pattern{like: s.Like, langs: s.Langs, kind: news.ClaimKind(s.Kind), outlet: s.Outlet}
	switch p.kind {
	case news.ClaimDateline, news.ClaimRights, news.ClaimPart, news.ClaimByline:
	default:
		return p, fmt.Errorf("kind %q is none of rights, part and byline", s.Kind)
	}
	source := s.Pattern
	if rest, open := strings.CutSuffix(source, "{sign}"); open {
		source, p.reach = rest+`([^\n;()]{2,60})`, front
	}
	if rest, open := strings.CutPrefix(source, "{sign}"); open {
		source, p.reach = `([^\n;()]{2,60}?)`+rest, back
	}
	if strings.Contains(source, "{glued}") {
		p.reach = anySide
	}
	var err error
	p.expr, err = regexp.Compile(macros.Replace(source))
	if err != nil {
		return p, err
	}
	p.needs = literalsOf(p.expr.String())
	switch p.expr.NumSubexp() {
	case 0:
		if p.outlet == "" || p.kind == news.ClaimDateline {
			err = errors.New("it has no {sign}")
		}
	case 1:
	default:
		err = errors.New("only the sign may be a capturing group; write the others as (?:...)")
	}
	return p, err
}

// Dateline finds the agency that signs the opening paragraph: "HELSINKI (Reuters) -", 【ロンドン共同】. Press release services count
// too ("/PRNewswire/"), but their outlet is not an agency. The mention is the sign without its brackets.
func (r *table) Dateline(body string) (Mention, bool) {
	opening := text.Cut(body, maxDateline)
	if !strings.ContainsAny(opening, "()|/-–—［[【（电電:：") {
		return Mention{}, false
	}
	for _, p := range r.datelines {
		if !p.needs.in(opening) {
			continue
		}
		at := p.expr.FindStringSubmatchIndex(opening)
		if at == nil {
			continue
		}
		i, m, ok := r.sign(opening, at[2], at[3], p.reach)
		if !ok || !r.entries[i].signs() {
			continue
		}
		name := opening[at[0]:m.Start] // "The Associated Press (AP) -" explains a name
		if j, known := r.names[fold(name)]; known && j == i || intersect(r.entries[i].names(), []string{name}, fold) {
			continue
		}
		return m, true
	}
	return Mention{}, false
}

// Credits finds the outlets and agencies that closing lines credit: copyright lines, "with inputs from PTI". text should be the
// last paragraphs of an article or a rights line, not a whole article. The mentions are in text order, and have the kinds
// ClaimRights, ClaimPart and ClaimByline.
func (r *table) Credits(text string) []Mention {
	var found []Mention
	for _, p := range r.credits {
		if !p.needs.in(text) {
			continue
		}
		for _, at := range p.expr.FindAllStringSubmatchIndex(text, -1) {
			var m Mention
			var ok bool
			if p.outlet == "" {
				_, m, ok = r.sign(text, at[2], at[3], p.reach)
			} else {
				m.Start, m.End = at[0], at[1]
				m.Outlet, ok = r.ByName(p.outlet)
			}
			twice := slices.ContainsFunc(found, func(c Mention) bool { return c.Start < m.End && m.Start < c.End })
			if ok && !twice {
				m.Kind = p.kind
				found = append(found, m)
			}
		}
	}
	slices.SortFunc(found, func(a, b Mention) int { return a.Start - b.Start })
	return found
}

// sign reads text[start:end] as a sign, either whole or as one of several parts, as reach allows. It also returns the entry's
// index.
func (r *table) sign(text string, start, end int, reach reach) (int, Mention, bool) {
	if start < 0 { // an optional group that did not match
		return 0, Mention{}, false
	}
	if i, m, ok := r.wholeSign(text, start, end); ok {
		return i, m, ok
	}
	for at, part := range signParts(text[start:end]) {
		from, to := start+at, start+at+len(part)
		first, last := at == 0, to == end
		if i, m, ok := r.wholeSign(text, from, to); ok && (first && reach != back || last && reach == back || reach == anySide) {
			return i, m, ok
		}
		if first && reach == front || last && reach == back || reach == anySide {
			if i, m, ok := r.edgeSign(text, from, to, reach); ok {
				return i, m, ok
			}
		}
	}
	return 0, Mention{}, false
}

// signParts splits a sign such as "dpa/lno" into parts with their offsets.
func signParts(s string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		at := 0
		for i, r := range s {
			if strings.ContainsRune("/=＝／,;&–-", r) {
				if !yield(at, s[at:i]) {
					return
				}
				at = i + utf8.RuneLen(r)
			}
		}
		yield(at, s[at:])
	}
}

func (r *table) wholeSign(text string, start, end int) (int, Mention, bool) {
	s := text[start:end]
	start += len(s) - len(strings.TrimLeft(s, " 　"))
	s = strings.Trim(s, " 　")
	i, ok := r.signs[signKey(s)]
	if !ok {
		return 0, Mention{}, false
	}
	return i, Mention{Start: start, End: start + len(s), Outlet: r.namesakes.signer(r.entries[i], s)}, true
}

// edgeSign finds the longest sign at the beginning or end of text[start:end].
func (r *table) edgeSign(text string, start, end int, reach reach) (int, Mention, bool) {
	s := text[start:end]
	for n := len(s) - 1; n > 1; n-- {
		if reach != back && isWordBreak(s, n) {
			if i, m, ok := r.wholeSign(text, start, start+n); ok {
				return i, m, ok
			}
		}
		if reach != front && isWordBreak(s, len(s)-n) {
			if i, m, ok := r.wholeSign(text, end-n, end); ok {
				return i, m, ok
			}
		}
	}
	return 0, Mention{}, false
}

// isWordBreak reports whether a word ends or begins at offset i of s.
func isWordBreak(s string, i int) bool {
	left, _ := utf8.DecodeLastRuneInString(s[:i])
	right, _ := utf8.DecodeRuneInString(s[i:])
	if left == '・' || left == utf8.RuneError || right == utf8.RuneError {
		return false
	}
	return ends(left, right) && begins(right, left)
}
