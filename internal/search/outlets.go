package search

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2/search/query"

	"headwater/internal/weburl"
)

// outletName is the value of a field that names an outlet: a domain, the beginning of one, or words of the outlet's name.
type outletName struct {
	site string // lower case
	name textNode
}

func parseOutletName(p *parser, v fieldValue) (outletName, error) {
	name, err := parseFieldText(p, v)
	if err != nil {
		return outletName{}, err
	}
	site := strings.ToLower(strings.TrimSpace(v.text))
	if name.prefix {
		site = strings.TrimSuffix(site, "*")
	}
	return outletName{site, name}, nil
}

func (o outletName) matchesDomain(domain string) bool {
	if o.name.prefix {
		return strings.HasPrefix(domain, o.site)
	}
	return domain == o.site || strings.HasPrefix(domain, o.site+".")
}

func (o outletName) matchesName(name string) bool {
	return cutWords(name).hasPhrase(o.name.terms(), o.name.prefix)
}

// outletNode is source: and outlet:. It matches articles of an outlet and, with source:, articles that credit the outlet.
type outletNode struct {
	outletName
	publisher bool // without articles that credit the outlet
}

func parseSource(p *parser, v fieldValue) (node, error) {
	o, err := parseOutletName(p, v)
	if err != nil {
		return nil, err
	}
	return outletNode{o, v.field == "outlet"}, nil
}

// places returns the search locations of an outlet: fields of names, and prefixes of keys of domains.
func (n outletNode) places() (fields, keys []string) {
	if n.publisher {
		return []string{fieldOutlet}, []string{keySite}
	}
	return []string{fieldOutlet, fieldCredit}, []string{keySite, keyCredit}
}

func (n outletNode) compile(c *compiler) query.Query {
	fields, keys := n.places()
	var list []query.Query
	for _, f := range fields {
		list = append(list, c.leaf(n.name.in(f)))
	}
	for _, k := range keys {
		if n.name.prefix {
			p := query.NewPrefixQuery(k + n.site)
			p.SetField(fieldKey)
			list = append(list, p)
		} else {
			list = append(list, keyTerm(k+n.site))
		}
	}
	return unscored{query.NewDisjunctionQuery(list)}
}

func (n outletNode) match(v *docView) answer {
	fields, keys := n.places()
	for _, f := range fields {
		if n.name.in(f).matchView(v) {
			return always
		}
	}
	for _, k := range keys {
		if v.keys[k+n.site] {
			return always
		}
		for key := range v.keys {
			if n.name.prefix && strings.HasPrefix(key, k+n.site) {
				return always
			}
		}
	}
	return never
}

func (n outletNode) anchors() (anchors, bool) {
	a, ok := n.name.anchors()
	if !ok || n.name.prefix {
		return a, false
	}
	_, keys := n.places()
	for _, k := range keys {
		a.list = append(a.list, k+n.site)
	}
	return anchors{a.list, a.rate + .02}, true
}

// originNode is origin:. It matches articles of stories that go back to an outlet.
type originNode struct{ outletName }

func parseOrigin(p *parser, v fieldValue) (node, error) {
	o, err := parseOutletName(p, v)
	if err != nil {
		return nil, err
	}
	return originNode{o}, nil
}

func (n originNode) filter(q *queryContext) rowFilter {
	matches := make([]bool, len(q.stories.origins))
	for i, term := range q.stories.origins {
		name, domain, _ := strings.Cut(term, "\n")
		matches[i] = term != "" && (n.matchesDomain(domain) || n.matchesName(name))
	}
	return q.inStory(func(a storyMember) bool { return matches[q.stories.story(a.slot).origin] })
}

func (n originNode) dependsOnStory() bool { return true }

// feedNode is feed:NAME. It matches articles of the feeds with that title or domain.
type feedNode struct{ outletName }

// parseFeed reads a feed's number, or its name or domain.
func parseFeed(p *parser, v fieldValue) (node, error) {
	if strings.Trim(v.text, "0123456789") == "" {
		if _, err := strconv.ParseUint(v.text, 10, 63); err != nil {
			return nil, p.fail(v.at, fmt.Sprintf("%q is no feed", v.text), "give the feed's number, as in feed:12")
		}
		return keyNode{keyFeed + v.text}, nil
	}
	o, err := parseOutletName(p, v)
	if err != nil {
		return nil, err
	}
	return feedNode{o}, nil
}

// keys returns the keys of the feeds.
func (n feedNode) keys(q *queryContext) (keys []string) {
	for _, f := range q.feeds {
		if n.matchesName(trimName(f.Title)) || n.matchesDomain(weburl.Host(f.URL)) || n.matchesDomain(weburl.Host(f.Site)) {
			keys = append(keys, keyFeed+docID(f.ID))
		}
	}
	return keys
}

func (n feedNode) compile(c *compiler) query.Query {
	var list []query.Query
	for _, k := range n.keys(&c.queryContext) {
		list = append(list, keyTerm(k))
	}
	if len(list) == 0 {
		return query.NewMatchNoneQuery()
	}
	return unscored{query.NewDisjunctionQuery(list)}
}

func (n feedNode) match(v *docView) answer {
	return answerOf(slices.ContainsFunc(n.keys(&v.queryContext), func(k string) bool { return v.keys[k] }))
}

func (n feedNode) anchors() (anchors, bool) { return anchors{}, false }
