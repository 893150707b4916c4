package search

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	"github.com/blevesearch/bleve/v2/search/searcher"
	api "github.com/blevesearch/bleve_index_api"

	"headwater/internal/news"
)

// titleBoost is how much more a word in the headline says than one in the body.
const titleBoost = 2

// compiler turns parsed queries into bleve's.
type compiler struct {
	now    time.Time
	places *standing
	view   *view
	lists  *lists
	turns  turns
	marks  news.Marks
	feeds  []news.Feed
}

func (c *compiler) compile(n node) query.Query {
	switch n := n.(type) {
	case allOf:
		return c.compileAll(n)
	case anyOf:
		list := make([]query.Query, len(n))
		for i, child := range n {
			list[i] = c.compile(child)
		}
		return query.NewDisjunctionQuery(list)
	case without:
		return exclude{keep: query.NewMatchAllQuery(), drop: c.compile(n.node)}
	case text:
		return c.compileText(n)
	case source:
		return c.compileSource(n)
	case feedNamed:
		return c.feedNamed(n)
	case key:
		return unscored{keyTerm(n.term)}
	case days:
		return unscored{compileDays(n)}
	case origin, role, marked, number, since:
		return c.accept(unscored{query.NewMatchAllQuery()}, c.fact(n, false))
	}
	panic(fmt.Sprintf("index: query node %T", n)) // parse makes no other
}

func (c *compiler) compileAll(n allOf) query.Query {
	var keep, drop []query.Query
	var facts []fact
	words := slices.ContainsFunc(n, c.carries)
	for _, child := range n {
		not, isNot := child.(without)
		holds := c.fact(child, words)
		switch {
		case isNot:
			drop = append(drop, c.compile(not.node))
		case holds != nil:
			facts = append(facts, holds)
		default:
			keep = append(keep, c.compilePart(n, child))
		}
	}
	var q query.Query = query.NewMatchAllQuery()
	if len(keep) > 0 {
		q = query.NewConjunctionQuery(keep)
	} else if len(facts) > 0 {
		q = unscored{q}
	}
	if len(facts) > 0 { // around the rest, not beside it: a filter that is asked to advance looks at all that it passes over
		q = c.accept(q, func(r row) bool {
			return !slices.ContainsFunc(facts, func(holds fact) bool { return !holds(r) })
		})
	}
	if len(drop) > 0 {
		q = exclude{keep: q, drop: query.NewDisjunctionQuery(drop)}
	}
	return q
}

func (c *compiler) compileText(t text) query.Query {
	fields := t.scopes()
	switch {
	case t.fuzzy > 0:
		list := make([]query.Query, len(fields))
		for i, f := range fields {
			list[i] = t.fuzzyIn(f)
		}
		return query.NewDisjunctionQuery(list)
	case t.field == fieldAuthor:
		return c.leaf(t, nil, fields...)
	}
	return c.leaf(t, c.view.langs, fields...)
}

// scopes gives where a text is looked for.
func (t text) scopes() []scope {
	switch t.field {
	case "":
		return []scope{{fieldTitle, titleBoost}, {fieldBody, 1}}
	case "text":
		return []scope{{fieldBody, 1}}
	}
	return []scope{{t.field, 1}}
}

func (c *compiler) leaf(t text, langs []string, fields ...scope) query.Query {
	return leaf{wanted{t, fields, langs}, c.view, c.lists, c.turns}
}

// fuzzyPrefix is how many letters must agree: else every word of the index is looked at.
const fuzzyPrefix = 1

func (t text) fuzzyIn(f scope) query.Query {
	q := query.NewFuzzyQuery(t.terms()[0])
	q.SetField(f.field)
	q.SetFuzziness(t.fuzzy)
	q.SetPrefix(fuzzyPrefix)
	q.SetBoost(float64(f.boost))
	return q
}

// plain says whether this is one word as somebody types it, without quotation marks or signs.
func (t text) plain() bool {
	return !t.quoted && !t.prefix && t.fuzzy == 0 && len(t.words.list) == 1 && !t.words.list[0].single && t.words.list[0].spelling == noSpelling
}

// isText says whether the words are looked for in an article's own text, where capitals may be asked for.
func (t text) isText() bool { return t.field == "" || t.field == fieldTitle || t.field == "text" }

// terms gives the words as they are indexed.
func (t text) terms() []string {
	terms := make([]string, len(t.words.list))
	for i, w := range t.words.list {
		terms[i] = t.words.term(w)
	}
	return terms
}

// compilePart compiles a part of a conjunction. A stop word may be missing from articles of its language, where something
// else is asked for too.
func (c *compiler) compilePart(all allOf, n node) query.Query {
	q := c.compile(n)
	langs := c.stopIn(n)
	if len(langs) == 0 || !slices.ContainsFunc(all, func(other node) bool { return c.carries(other) }) {
		return q
	}
	list := []query.Query{q}
	for _, lang := range langs {
		list = append(list, unscored{keyTerm(keyLang + lang)})
	}
	return query.NewDisjunctionQuery(list)
}

// stopIn gives the languages in which a part is a stop word.
func (c *compiler) stopIn(n node) []string {
	t, ok := n.(text)
	if !ok || t.field != "" || !t.plain() {
		return nil
	}
	return stopIn(t.terms()[0], c.view.langs)
}

// carries says whether a part finds articles by words that mean something.
func (c *compiler) carries(n node) bool {
	switch n := n.(type) {
	case text:
		return len(c.stopIn(n)) == 0
	case anyOf:
		return true
	case allOf:
		return slices.ContainsFunc(n, c.carries)
	}
	return false
}

// fact says whether something holds that the index does not say, but its columns and the places of articles in stories.
type fact func(row) bool

// fact gives what a part of a query asks for of that kind, nil where it asks for something else. Days are a fact beside
// words, and in the index otherwise.
func (c *compiler) fact(n node, besideWords bool) fact {
	switch n := n.(type) {
	case origin:
		like := c.places.originsLike(source(n))
		return c.inStory(func(s seat) bool { return like[c.places.story(s.slot).origin] })
	case role:
		want := roleNumber(n.role)
		return c.inStory(func(s seat) bool { return s.role == want })
	case marked:
		if n.starred {
			return func(r row) bool { return c.marks.Starred.Has(r.id) }
		}
		return func(r row) bool { return !c.marks.Read.Has(r.id) }
	case number:
		return c.inStory(func(s seat) bool { return n.holds(c.places.value(n.field, s.slot)) })
	case since:
		from := c.now.Add(-n.age).Unix()
		return func(r row) bool { return r.time > 0 && int64(r.time) >= from }
	case days:
		if from, to, ok := n.seconds(); ok && besideWords {
			return func(r row) bool { return int64(r.time) >= from && int64(r.time) < to }
		}
	}
	return nil
}

// inStory asks for articles that are in a story, as something.
func (c *compiler) inStory(holds func(seat) bool) fact {
	return func(r row) bool {
		s := c.places.of(r.id)
		return s.slot != 0 && holds(s)
	}
}

// compileSource asks for an outlet that published the article or that it credits.
func (c *compiler) compileSource(s source) query.Query {
	list, keys := []query.Query{c.leaf(s.name, nil, scope{fieldOutlet, 1})}, []string{keySite}
	if !s.own {
		list, keys = append(list, c.leaf(s.name, nil, scope{fieldCredit, 1})), append(keys, keyCredit)
	}
	for _, k := range keys {
		if s.name.prefix {
			p := query.NewPrefixQuery(k + s.site)
			p.SetField(fieldKey)
			list = append(list, p)
		} else {
			list = append(list, keyTerm(k+s.site))
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

// seconds gives the bounds of days since 1970, the second not included. Beside words it is ten times quicker to look at the
// time of what they find than to join the articles of every day.
func (d days) seconds() (from, to int64, ok bool) {
	first, err := time.Parse("20060102", d.from)
	if err != nil || first.Unix() <= 0 {
		return 0, 0, false
	}
	if d.to == "" {
		return first.Unix(), math.MaxInt64, true
	}
	last, err := time.Parse("20060102", d.to)
	return first.Unix(), last.Unix() + daySeconds, err == nil
}

func keyTerm(s string) *query.TermQuery {
	q := query.NewTermQuery(s)
	q.SetField(fieldKey)
	return q
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

// accept finds those articles of a query of which something holds that the index does not say.
func (c *compiler) accept(of query.Query, holds fact) query.Query {
	return accepted{of, c.view, holds}
}

type accepted struct {
	of    query.Query
	view  *view
	holds fact
}

// ofAll says that nothing but the fact chooses.
func (a accepted) ofAll() bool {
	u, ok := a.of.(unscored)
	if ok {
		_, ok = u.Query.(*query.MatchAllQuery)
	}
	return ok
}

// Searcher is bleve's interface of queries.
func (a accepted) Searcher(ctx context.Context, r api.IndexReader, m mapping.IndexMapping, o search.SearcherOptions) (search.Searcher, error) {
	of, err := a.of.Searcher(ctx, r, m, o)
	if err != nil {
		return nil, err
	}
	rows := rows{view: a.view}
	return searcher.NewFilteringSearcher(ctx, of, func(_ *search.SearchContext, m *search.DocumentMatch) bool {
		return a.holds(rows.row(m.IndexInternalID.Value()))
	}), nil
}
