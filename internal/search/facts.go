package search

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"headwater/internal/news"
)

// role reads what stands after is:.
func (p *parser) role(value string, at int) (node, error) {
	value = strings.ToLower(value)
	switch value {
	case "unread", "starred":
		return marked{value == "starred", at}, nil
	}
	roles := []string{string(news.RoleOriginal), string(news.RoleCopy), string(news.RoleRewrite), string(news.RoleExcerpt)}
	if slices.Contains(roles, value) {
		return role{news.Role(value)}, nil
	}
	advice := "write is:" + strings.Join(roles, ", is:")
	if near := nearest(value, roles); near != "" {
		advice = fmt.Sprintf("did you mean is:%s? ", near) + advice
	}
	return nil, p.fail(at, fmt.Sprintf("an article is not %q to its story", value), advice)
}

// number reads a comparison such as >=3.
func (p *parser) number(field, value string, at int) (node, error) {
	op := "="
	for _, o := range []string{">=", "<=", ">", "<", "="} {
		if rest, ok := strings.CutPrefix(value, o); ok {
			op, value = o, rest
			break
		}
	}
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
	if err != nil {
		return nil, p.fail(at, fmt.Sprintf("%s: has no number", field), "write a number, as in "+example(field))
	}
	return number{field, op, int(n)}, nil
}

func (n number) holds(x int) bool {
	switch n.op {
	case ">":
		return x > n.n
	case ">=":
		return x >= n.n
	case "<":
		return x < n.n
	case "<=":
		return x <= n.n
	}
	return x == n.n
}

// keys reads the words of a tag, which are one key, or of an address, each of which is one.
func (p *parser) keys(field, value string, at int) (node, error) {
	terms := urlTerms(value)
	if field == "tag" {
		terms = tagTerms([]string{value})
		terms = terms[max(len(terms)-1, 0):] // with its signs
	}
	if len(terms) == 0 {
		return nil, p.fail(at, "there is no letter or digit to search for", "write a word, as in "+example(field))
	}
	var list []node
	for _, t := range terms {
		list = append(list, key{t})
	}
	return one(list)
}

// tagTerms gives the keys of tags: of each its words, so that case and punctuation make no difference, and those with
// their signs, where it has any.
func tagTerms(tags []string) (terms []string) {
	for _, tag := range tags {
		var w words
		w.add(tag)
		signed := w
		signed.list = slices.Clone(w.list)
		signed.asked(false)
		w.unsigned()
		for _, w := range []words{w, signed} {
			if term := tagTerm(w); term != keyTag && len(term) < 4*maxTerm && !slices.Contains(terms, term) {
				terms = append(terms, term)
			}
		}
	}
	return terms
}

func tagTerm(w words) string {
	term := keyTag
	for i, t := range w.list {
		if i > 0 {
			term += " "
		}
		term += w.term(t)
	}
	return term
}

// urlTerms gives a key for each word of an address, of the first 32.
func urlTerms(url string) (terms []string) {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
	}
	var w words
	w.add(url)
	w.unsigned()
	for _, t := range w.list[:min(len(w.list), 32)] {
		if term := keyURL + w.term(t); !slices.Contains(terms, term) {
			terms = append(terms, term)
		}
	}
	return terms
}

// nearest gives the name that s differs least from, by two letters at most; "" where there is none.
func nearest(s string, names []string) string {
	best, least := "", 3
	for _, name := range names {
		if d := distance([]byte(s), []byte(name)); d < least && d < len(name) {
			best, least = name, d
		}
	}
	return best
}

// distance counts the letters to put in, leave out, change or swap with the next to make b of a (optimal string alignment),
// as bleve's fuzzy words do.
func distance[T comparable](a, b []T) int {
	rows := make([][]int, 3) // of the last places in a, the newest first
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := range a {
		rows[0], rows[1], rows[2] = rows[2], rows[0], rows[1]
		row, above := rows[0], rows[1]
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(above[j]+cost, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], rows[2][j-1]+1)
			}
		}
	}
	return rows[0][len(b)]
}
