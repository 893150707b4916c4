package search

import (
	"slices"

	"github.com/blevesearch/bleve/v2/search/query"
)

// The Boolean nodes.
type (
	andNode []node
	orNode  []node
	notNode struct{ node node }
)

// and joins nodes. It returns errNothing if there are none.
func and(list []node) (node, error) {
	switch len(list) {
	case 0:
		return nil, errNothing
	case 1:
		return list[0], nil
	}
	return andNode(list), nil
}

// walk calls visit for every part of a query.
func walk(n node, visit func(node)) {
	visit(n)
	switch n := n.(type) {
	case andNode:
		for _, child := range n {
			walk(child, visit)
		}
	case orNode:
		for _, child := range n {
			walk(child, visit)
		}
	case notNode:
		walk(n.node, visit)
	}
}

// textNodes returns the text nodes of a query for which wanted is true, in query order. Nodes under a NOT are not included.
func textNodes(n node, wanted func(textNode) bool) (list []textNode) {
	switch n := n.(type) {
	case andNode:
		for _, child := range n {
			list = append(list, textNodes(child, wanted)...)
		}
	case orNode:
		for _, child := range n {
			list = append(list, textNodes(child, wanted)...)
		}
	case textNode:
		if wanted(n) {
			list = append(list, n)
		}
	}
	return list
}

func (n andNode) compile(c *compiler) query.Query {
	var keep, drop []query.Query
	var filters []rowFilter
	hasContent := slices.ContainsFunc(n, c.hasContent)
	for _, child := range n {
		switch child := child.(type) {
		case notNode:
			drop = append(drop, c.anywhere().compile(child.node))
			continue
		case filterNode:
			filters = append(filters, child.filter(&c.queryContext))
			continue
		case daysNode: // after a search for words it is ten times faster to check the times of their matches
			if f := child.timeFilter(); f != nil && hasContent {
				filters = append(filters, f)
				continue
			}
		}
		q := c.compile(child)
		if langs := n.optionalIn(&c.queryContext, child); len(langs) > 0 {
			list := []query.Query{q}
			for _, lang := range langs {
				list = append(list, unscored{keyTerm(keyLang + lang)})
			}
			q = query.NewDisjunctionQuery(list)
		}
		keep = append(keep, q)
	}
	var q query.Query = query.NewMatchAllQuery()
	if len(keep) > 0 {
		q = query.NewConjunctionQuery(keep)
	} else if len(filters) > 0 {
		q = unscored{q}
	}
	if len(filters) > 0 { // around the rest, not in the conjunction: a filter that must advance checks every document that it skips
		q = filtered{q, c.view, func(r row) bool {
			return !slices.ContainsFunc(filters, func(accept rowFilter) bool { return !accept(r) })
		}}
	}
	if len(drop) > 0 {
		q = exclude{keep: q, drop: query.NewDisjunctionQuery(drop)}
	}
	return q
}

func (n andNode) match(v *docView) answer {
	least := always
	for _, child := range n {
		got := v.match(child)
		if got == never && slices.Contains(n.optionalIn(&v.queryContext, child), v.lang) {
			got = always
		}
		if least = min(least, got); least == never {
			break
		}
	}
	return least
}

// anchors returns the anchors of the part that the fewest articles have. A stop word has no anchors, since it may be missing.
func (n andNode) anchors() (best anchors, found bool) {
	for _, child := range n {
		if t, ok := child.(textNode); ok && t.mayBeStopWord() && isStopWord(t.query.terms[0]) {
			continue
		}
		if a, ok := anchorsOf(child); ok && (!found || a.rate < best.rate) {
			best, found = a, true
		}
	}
	return best, found
}

// optionalIn returns the languages of articles in which a part may be missing: the part is a stop word in the language, and
// another part has content.
func (n andNode) optionalIn(q *queryContext, part node) []string {
	langs := q.stopWordIn(part)
	if len(langs) == 0 || !slices.ContainsFunc(n, q.hasContent) {
		return nil
	}
	return langs
}

// stopWordIn returns the languages of the index in which a part is a stop word.
func (q *queryContext) stopWordIn(n node) (in []string) {
	t, ok := n.(textNode)
	if !ok || !t.mayBeStopWord() {
		return nil
	}
	for _, lang := range q.langs {
		if l, ok := languages[lang]; ok && l.stops[t.query.terms[0]] {
			in = append(in, lang)
		}
	}
	return in
}

// hasContent reports whether a part asks for words that are not stop words.
func (q *queryContext) hasContent(n node) bool {
	switch n := n.(type) {
	case textNode:
		return len(q.stopWordIn(n)) == 0
	case orNode:
		return true
	case andNode:
		return slices.ContainsFunc(n, q.hasContent)
	}
	return false
}

func (n orNode) compile(c *compiler) query.Query {
	list := make([]query.Query, len(n))
	for i, child := range n {
		list[i] = c.compile(child)
	}
	return query.NewDisjunctionQuery(list)
}

func (n orNode) match(v *docView) answer {
	best := never
	for _, child := range n {
		best = max(best, v.match(child))
	}
	return best
}

func (n orNode) anchors() (all anchors, ok bool) {
	for _, child := range n {
		a, ok := anchorsOf(child)
		if !ok {
			return all, false
		}
		all.list, all.rate = append(all.list, a.list...), all.rate+a.rate
	}
	return all, len(n) > 0
}

func (n notNode) compile(c *compiler) query.Query {
	return exclude{keep: query.NewMatchAllQuery(), drop: c.anywhere().compile(n.node)}
}

func (n notNode) match(v *docView) answer { return always - v.match(n.node) }

func (n notNode) anchors() (anchors, bool) { return anchors{}, false }
