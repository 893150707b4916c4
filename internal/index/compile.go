package index

import (
	"context"
	"fmt"

	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	"github.com/blevesearch/bleve/v2/search/searcher"
	api "github.com/blevesearch/bleve_index_api"
)

// titleBoost is how much more a word in the headline says than one in the body.
const titleBoost = 2

// compile turns a parsed query into bleve's.
func compile(n node) query.Query {
	switch n := n.(type) {
	case allOf:
		return compileAll(n)
	case anyOf:
		list := make([]query.Query, len(n))
		for i, child := range n {
			list[i] = compile(child)
		}
		return query.NewDisjunctionQuery(list)
	case without:
		return exclude{keep: query.NewMatchAllQuery(), drop: compile(n.node)}
	case text:
		return compileText(n)
	case source:
		return compileSource(n)
	case key:
		return unscored{term(fieldKey, n.term)}
	case days:
		return unscored{compileDays(n)}
	}
	panic(fmt.Sprintf("index: query node %T", n)) // parse makes no other
}

func compileAll(n allOf) query.Query {
	var keep, drop []query.Query
	for _, child := range n {
		if not, ok := child.(without); ok {
			drop = append(drop, compile(not.node))
		} else {
			keep = append(keep, compile(child))
		}
	}
	var q query.Query = query.NewMatchAllQuery()
	if len(keep) > 0 {
		q = query.NewConjunctionQuery(keep)
	}
	if len(drop) > 0 {
		q = exclude{keep: q, drop: query.NewDisjunctionQuery(drop)}
	}
	return q
}

func compileText(t text) query.Query {
	if t.field != "" {
		return t.in(t.field, 1)
	}
	return query.NewDisjunctionQuery([]query.Query{t.in(fieldTitle, titleBoost), t.in(fieldBody, 1)})
}

// compileSource asks for an outlet that published the article or that it credits.
func compileSource(s source) query.Query {
	list := []query.Query{s.name.in(fieldOutlet, 1), s.name.in(fieldCredit, 1)}
	for _, k := range []string{keySite, keyCredit} {
		if s.name.prefix {
			p := query.NewPrefixQuery(k + s.site)
			p.SetField(fieldKey)
			list = append(list, p)
		} else {
			list = append(list, term(fieldKey, k+s.site))
		}
	}
	return unscored{query.NewDisjunctionQuery(list)}
}

func compileDays(d days) query.Query {
	from, to := keyDay+d.from, keyDay+d.to
	if d.to == "" {
		to = keyDay + "9999~"
	}
	yes := true
	q := query.NewTermRangeInclusiveQuery(from, to, &yes, &yes)
	q.SetField(fieldKey)
	return q
}

func term(field, s string) *query.TermQuery {
	q := query.NewTermQuery(s)
	q.SetField(field)
	return q
}

// in asks for the words in a field.
func (t text) in(field string, boost float64) query.Query {
	list := t.words.list
	if n := len(list); n > 1 && list[n-1].single && list[n-2].pos == list[n-1].pos-1 && list[n-2].end == list[n-1].end {
		list = list[:n-1] // the last character of a run stands in the pair before it
	}
	last := t.words.term(list[len(list)-1])
	if len(list) > 1 {
		terms := make([]string, len(list))
		for i, w := range list {
			terms[i] = t.words.term(w)
		}
		return t.phraseIn(field, terms, boost)
	}
	if !t.prefix && !list[0].single {
		q := term(field, last)
		q.SetBoost(boost)
		return q
	}
	// A single character is looked for as the beginning of the pairs. A beginning may also be a whole word, which has
	// lost its plural s.
	p := query.NewPrefixQuery(last)
	p.SetField(field)
	p.SetBoost(boost)
	whole := term(field, string(singular([]byte(last))))
	whole.SetBoost(boost)
	return query.NewDisjunctionQuery([]query.Query{p, whole})
}

func (t text) phraseIn(field string, terms []string, boost float64) query.Query {
	if !t.prefix {
		q := query.NewPhraseQuery(terms, field)
		q.SetBoost(boost)
		return q
	}
	// "COVID-1*" and the like: the words before the last in a row, the beginning anywhere.
	n := len(terms) - 1
	head := query.NewPhraseQuery(terms[:n], field)
	head.SetBoost(boost)
	tail := query.NewPrefixQuery(terms[n])
	tail.SetField(field)
	return query.NewConjunctionQuery([]query.Query{head, tail})
}

// exclude gives what keep finds and drop does not. Bleve's own boolean query finds everything but drop where keep has a
// wildcard that fits no word (v2.6.3, BooleanQuery.Searcher).
type exclude struct{ keep, drop query.Query }

// Searcher is bleve's interface of queries.
func (e exclude) Searcher(ctx context.Context, r api.IndexReader, m mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	keep, err := e.keep.Searcher(ctx, r, m, o)
	if err != nil {
		return nil, err
	}
	drop, err := e.drop.Searcher(ctx, r, m, search.SearcherOptions{Score: "none"})
	if err != nil {
		_ = keep.Close() // the other error counts
		return nil, err
	}
	return searcher.NewBooleanSearcher(ctx, r, keep, nil, drop, o)
}

// unscored finds what its query finds and adds nothing to relevance, nor highlights.
type unscored struct{ query.Query }

// Searcher is bleve's interface of queries.
func (u unscored) Searcher(ctx context.Context, r api.IndexReader, m mapping.IndexMapping, _ search.SearcherOptions) (search.Searcher, error) {
	return u.Query.Searcher(ctx, r, m, search.SearcherOptions{Score: "none"})
}
