package search

import (
	"fmt"

	"github.com/blevesearch/bleve/v2/search/query"

	"headwater/internal/weburl"
)

// each calls visit with every part of a query.
func each(n node, visit func(node)) {
	visit(n)
	switch n := n.(type) {
	case allOf:
		for _, child := range n {
			each(child, visit)
		}
	case anyOf:
		for _, child := range n {
			each(child, visit)
		}
	case without:
		each(n.node, visit)
	}
}

// textsOf gives the texts that a query asks for and that are wanted, in their order; not those that it is to be without.
func textsOf(n node, wanted func(text) bool) (list []text) {
	switch n := n.(type) {
	case allOf:
		for _, child := range n {
			list = append(list, textsOf(child, wanted)...)
		}
	case anyOf:
		for _, child := range n {
			list = append(list, textsOf(child, wanted)...)
		}
	case text:
		if wanted(n) {
			list = append(list, n)
		}
	}
	return list
}

// Needs says what a search with this query has to be given beside it: the marks of its user, for is:unread and is:starred,
// and the feeds, for feed:NAME.
func Needs(query string) (marks, feeds bool) {
	n, err := parse(query)
	if err != nil {
		return false, false
	}
	each(n, func(part node) {
		switch part.(type) {
		case marked:
			marks = true
		case feedNamed:
			feeds = true
		}
	})
	return marks, feeds
}

// nobodys gives the error of a query that asks for marks where they are nobody's.
func nobodys(n node, whose string) (err error) {
	each(n, func(part node) {
		m, ok := part.(marked)
		if !ok || err != nil {
			return
		}
		name := "is:unread"
		if m.starred {
			name = "is:starred"
		}
		err = &QueryError{At: m.at + 1, Problem: fmt.Sprintf("%s needs an account, and %s is nobody's", name, whose), Advice: "leave it out"}
	})
	return err
}

// unnumbered gives the error of a topic that names feeds: which they are changes without its articles changing.
func unnumbered(n node) (err error) {
	each(n, func(part node) {
		if f, ok := part.(feedNamed); ok && err == nil {
			err = &QueryError{At: f.name.at + 1, Problem: fmt.Sprintf("a topic cannot ask for feeds by name, as feed:%s does", f.name.src), Advice: "give the feed's number, as in feed:12"}
		}
	})
	return err
}

// feedNamed finds the articles of the feeds of that name or domain.
func (c *compiler) feedNamed(f feedNamed) query.Query {
	var list []query.Query
	for _, feed := range c.feeds {
		if nameLike(cutName(feed.Title), f.name) || siteLike(weburl.Host(feed.URL), source(f)) || siteLike(weburl.Host(feed.Site), source(f)) {
			list = append(list, keyTerm(keyFeed+docID(feed.ID)))
		}
	}
	if len(list) == 0 {
		return query.NewMatchNoneQuery()
	}
	return unscored{query.NewDisjunctionQuery(list)}
}
