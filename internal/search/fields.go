package search

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/search/query"

	"headwater/internal/news"
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

const daySeconds = 24 * 60 * 60

// daysNode is date:, after: and before:, and since: with a date. Its days are in the form of dayTerm, and both are included. ""
// means no limit.
type daysNode struct{ from, to string }

// parseDays reads date:, after: and before:.
func parseDays(p *parser, v fieldValue) (node, error) {
	value := strings.TrimSpace(v.text)
	from, to, isRange := strings.Cut(value, "..")
	if v.field != "date" && isRange {
		return nil, p.fail(v.at, v.field+": takes one date, not a range", "write date:"+value)
	}
	if !isRange {
		to = from
	} else if from == "" && to == "" {
		return nil, p.fail(v.at, "this range has neither beginning nor end", "write "+v.example)
	}
	first, _, err := parsePeriod(p, from, v)
	if err != nil {
		return nil, err
	}
	end := v
	end.at += utf8.RuneCountInString(value) - utf8.RuneCountInString(to)
	_, last, err := parsePeriod(p, to, end)
	if err != nil {
		return nil, err
	}
	switch v.field {
	case "after":
		return daysNode{from: dayTerm(first)}, nil
	case "before":
		return daysNode{to: dayTerm(first.AddDate(0, 0, -1))}, nil
	}
	var d daysNode
	if from != "" {
		d.from = dayTerm(first)
	}
	if to != "" {
		d.to = dayTerm(last)
	}
	if d.from != "" && d.to != "" && d.from > d.to {
		return nil, p.fail(v.at, "this range ends before it begins", fmt.Sprintf("write date:%s..%s", to, from))
	}
	return d, nil
}

// parsePeriod returns the first and the last day of a year, a month or a day. For "" both are zero.
func parsePeriod(p *parser, s string, v fieldValue) (first, last time.Time, err error) {
	if s == "" {
		return first, last, nil
	}
	periods := []struct {
		layout              string
		years, months, days int
	}{{"2006-01-02", 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}}
	for _, period := range periods {
		if first, err = time.Parse(period.layout, s); err == nil {
			return first, first.AddDate(period.years, period.months, period.days).AddDate(0, 0, -1), nil
		}
	}
	return first, last, p.fail(v.at, fmt.Sprintf("%q is no date", s), "write year, month and day, as in "+v.example)
}

func (n daysNode) compile(*compiler) query.Query {
	from, to := n.bounds()
	yes := true
	q := query.NewTermRangeInclusiveQuery(from, to, &yes, &yes)
	q.SetField(fieldKey)
	return unscored{q}
}

func (n daysNode) match(v *docView) answer {
	from, to := n.bounds()
	for key := range v.keys {
		if key >= from && key <= to {
			return always
		}
	}
	return never
}

func (n daysNode) anchors() (anchors, bool) { return anchors{}, false }

// bounds returns the keys of the first and the last day.
func (n daysNode) bounds() (from, to string) {
	if n.to == "" {
		return keyDay + n.from, keyDay + "9999~"
	}
	return keyDay + n.from, keyDay + n.to
}

// timeFilter returns the same condition as a filter on times. It returns nil for dates before 1970 and after 2106, which the
// times in the forward index do not cover.
func (n daysNode) timeFilter() rowFilter {
	first, err := time.Parse(dayLayout, n.from)
	if err != nil || first.Unix() <= 0 || first.Unix() >= math.MaxUint32 {
		return nil
	}
	from, to := first.Unix(), int64(math.MaxInt64)
	if n.to != "" {
		last, err := time.Parse(dayLayout, n.to)
		if to = last.Unix() + daySeconds; err != nil || to > math.MaxUint32 {
			return nil
		}
	}
	return func(r row) bool { return int64(r.time) >= from && int64(r.time) < to }
}

// sinceNode is since: with an age.
type sinceNode struct{ age time.Duration }

// maxAge is the limit of since:, in hours: a century, which fits into a Duration.
const maxAge = 100 * 365 * 24

// parseSince reads an age such as 24h, or a date.
func parseSince(p *parser, v fieldValue) (node, error) {
	value := strings.TrimSpace(v.text)
	units := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
	if n := len(value) - 1; n > 0 && units[strings.ToLower(value[n:])] > 0 {
		unit := units[strings.ToLower(value[n:])]
		count, err := strconv.ParseUint(value[:n], 10, 32)
		if err == nil && count <= maxAge*uint64(time.Hour)/uint64(unit) {
			return sinceNode{time.Duration(count) * unit}, nil
		}
	}
	first, _, err := parsePeriod(p, value, v)
	if err != nil || value == "" {
		return nil, p.fail(v.at, fmt.Sprintf("%q is no age and no date", value), "write a number with m, h, d or w, as in since:24h, or a day, as in since:2026-08-18")
	}
	return daysNode{from: dayTerm(first)}, nil
}

func (n sinceNode) filter(q *queryContext) rowFilter {
	from := q.now.Add(-n.age).Unix()
	return func(r row) bool { return r.time > 0 && int64(r.time) >= from }
}

func (n sinceNode) dependsOnStory() bool { return false }

// inStory returns a filter for articles that are members of a story and meet a condition.
func (q *queryContext) inStory(accept func(storyMember) bool) rowFilter {
	return func(r row) bool {
		m := q.stories.of(r.id)
		return m.slot != 0 && accept(m)
	}
}

// roleNode is is:original and the other roles.
type roleNode struct{ role news.Role }

// markNode is is:unread, is:starred and is:hidden. It matches articles that the user has not read, or has starred, or that rules have
// hidden from the user.
type markNode struct {
	mark string // unread, starred or hidden
	at   int    // in the query, in characters
}

// parseRole reads the value of is:.
func parseRole(p *parser, v fieldValue) (node, error) {
	value := strings.ToLower(v.text)
	switch value {
	case "unread", "starred", "hidden":
		return markNode{value, v.at}, nil
	}
	roles := []string{string(news.RoleOriginal), string(news.RoleCopy), string(news.RoleRewrite), string(news.RoleExcerpt)}
	if slices.Contains(roles, value) {
		return roleNode{news.Role(value)}, nil
	}
	advice := "write is:" + strings.Join(roles, ", is:")
	if near := closestName(value, roles); near != "" {
		advice = fmt.Sprintf("did you mean is:%s? ", near) + advice
	}
	return nil, p.fail(v.at, fmt.Sprintf("there is no is:%s", value), advice)
}

func (n roleNode) filter(q *queryContext) rowFilter {
	want := roleNumber(n.role)
	return q.inStory(func(m storyMember) bool { return m.role == want })
}

func (n roleNode) dependsOnStory() bool { return true }

func (n markNode) filter(q *queryContext) rowFilter {
	switch n.mark {
	case "starred":
		return func(r row) bool { return q.marks.Starred.Has(r.id) }
	case "hidden":
		return func(r row) bool { return q.marks.Hidden.Has(r.id) }
	}
	return func(r row) bool { return !q.marks.Read.Has(r.id) }
}

func (n markNode) dependsOnStory() bool { return false }

// countNode is copies:, outlets: and independent:. It compares a number of the article's story.
type countNode struct {
	field, op string
	n         int
}

// parseCount reads a comparison such as >=3.
func parseCount(p *parser, v fieldValue) (node, error) {
	op, value := "=", v.text
	for _, o := range []string{">=", "<=", ">", "<", "="} {
		if rest, ok := strings.CutPrefix(value, o); ok {
			op, value = o, rest
			break
		}
	}
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
	if err != nil {
		return nil, p.fail(v.at, fmt.Sprintf("%s: has no number", v.field), "write a number, as in "+v.example)
	}
	return countNode{v.field, op, int(n)}, nil
}

func (n countNode) filter(q *queryContext) rowFilter {
	return q.inStory(func(m storyMember) bool {
		count := q.stories.count(n.field, m.slot)
		switch n.op {
		case ">":
			return count > n.n
		case ">=":
			return count >= n.n
		case "<":
			return count < n.n
		case "<=":
			return count <= n.n
		}
		return count == n.n
	})
}

func (n countNode) dependsOnStory() bool { return true }

// keyNode matches an exact term: lang:, tag:, url: and feed: with a number.
type keyNode struct{ term string }

func parseLang(p *parser, v fieldValue) (node, error) {
	if n := len(v.text); !isASCIIName(strings.ReplaceAll(v.text, "-", "")) || n < 2 || n > 10 {
		return nil, p.fail(v.at, fmt.Sprintf("%q is no language", v.text), "give its two letters, as in lang:en")
	}
	return keyNode{keyLang + strings.ToLower(v.text)}, nil
}

// parseKeys reads the words of a tag, which are one key, or of an address, where each word is a key.
func parseKeys(p *parser, v fieldValue) (node, error) {
	terms := urlTerms(v.text)
	if v.field == "tag" {
		terms = tagTerms([]string{v.text})
		terms = terms[max(len(terms)-1, 0):] // with its signs
	}
	if len(terms) == 0 {
		return nil, p.fail(v.at, "there is no letter or digit to search for", "write a word, as in "+v.example)
	}
	var list []node
	for _, t := range terms {
		list = append(list, keyNode{t})
	}
	return and(list)
}

func isASCIIName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) })
}

func (n keyNode) compile(*compiler) query.Query { return unscored{keyTerm(n.term)} }

func (n keyNode) match(v *docView) answer { return answerOf(v.keys[n.term]) }

func (n keyNode) anchors() (anchors, bool) {
	rate := .01
	if strings.HasPrefix(n.term, keyLang) {
		rate = .5
	}
	return anchors{[]string{n.term}, rate}, true
}

// idNode matches articles by their ids, written as docID does (Request.Also).
type idNode []string

func (n idNode) compile(*compiler) query.Query { return unscored{query.NewDocIDQuery(n)} }

func (n idNode) match(v *docView) answer { return answerOf(slices.Contains(n, docID(v.row.id))) }

func (n idNode) anchors() (anchors, bool) { return anchors{}, false }

// fromNode matches articles with at least an id (Request.From).
type fromNode struct{ id int64 }

func (n fromNode) filter(*queryContext) rowFilter {
	return func(r row) bool { return r.id >= n.id }
}

func (n fromNode) dependsOnStory() bool { return false }
