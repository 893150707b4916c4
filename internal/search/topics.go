package search

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"headwater/internal/news"
	texts "headwater/internal/text"
)

// Limits of a topic's options.
const (
	maxLangs = 50

	maxLangName = 100 // bytes of a wrong language that an error shows
	maxMuted    = 500
)

// Validate reports whether a query is well-formed and can be used without an account. Its errors are always a *QueryError.
func Validate(query string) error {
	n, err := parse(query)
	if err != nil {
		return err
	}
	return rejectMarks(n, "this search")
}

// ValidateForUser is Validate for the search of a user, who may ask for is:unread, is:starred and is:hidden.
func ValidateForUser(query string) error {
	_, err := parse(query)
	return err
}

// CheckTopic returns the error in the query or the options of a topic. Even a user's topic cannot use the user's read and
// starred marks, since its stored matches do not change when the user reads.
func CheckTopic(t news.Topic) error {
	_, err := parseTopic(t)
	return err
}

// CheckRule returns the error in the query of a user's rule, which is always a *QueryError. A rule acts once on an article, so it cannot
// use marks, which change afterwards; and its feeds are chosen beside the query.
func CheckRule(query string) error {
	if strings.TrimSpace(query) == "" {
		return &QueryError{At: 1, Problem: "a rule needs something to look for", Advice: "write at least one word, or after:1970 for every article with a date"}
	}
	n, err := parse(query)
	if err != nil {
		return err
	}
	walk(n, func(part node) {
		if err != nil {
			return
		}
		switch part := part.(type) {
		case markNode:
			err = &QueryError{At: part.at + 1, Problem: fmt.Sprintf("a rule cannot ask for %s: it acts on an article once, when that is new", part.field()), Advice: "leave it out"}
		case feedNode:
			err = &QueryError{At: part.name.at + 1, Problem: fmt.Sprintf("a rule cannot ask for feeds by name, as feed:%s does", part.name.src), Advice: "choose the feed or the folder of the rule"}
		}
	})
	return err
}

// parseTopic parses the query of a topic with its options. Its errors are those of CheckTopic.
func parseTopic(t news.Topic) (node, error) {
	n, err := parseWithOptions(t.Query, t.Options)
	if err != nil {
		return nil, err
	}
	walk(n, func(part node) { // the feeds with a name may change without the topic's articles changing
		if f, ok := part.(feedNode); ok && err == nil {
			err = &QueryError{At: f.name.at + 1, Problem: fmt.Sprintf("a topic cannot ask for feeds by name, as feed:%s does", f.name.src), Advice: "give the feed's number, as in feed:12"}
		}
	})
	if err != nil {
		return nil, err
	}
	return n, rejectMarks(n, "a topic")
}

// Needs reports which data a search with this query needs: the marks of its user, for is:unread, is:starred and is:hidden, and the feeds,
// for feed:NAME.
func Needs(query string) (marks, feeds bool) {
	n, err := parse(query)
	if err != nil {
		return false, false
	}
	walk(n, func(part node) {
		switch part.(type) {
		case markNode:
			marks = true
		case feedNode:
			feeds = true
		}
	})
	return marks, feeds
}

// rejectMarks returns the error of a query that uses marks without an account.
func rejectMarks(n node, whose string) (err error) {
	walk(n, func(part node) {
		m, ok := part.(markNode)
		if !ok || err != nil {
			return
		}
		err = &QueryError{At: m.at + 1, Problem: fmt.Sprintf("%s needs an account, and %s is nobody's", m.field(), whose), Advice: "leave it out"}
	})
	return err
}

// field is how the query has the node.
func (n markNode) field() string { return "is:" + n.mark }

// parseWithOptions parses a query and adds the options of its topic as parts.
func parseWithOptions(query string, o news.TopicOptions) (node, error) {
	n, err := parse(query)
	if err != nil {
		return nil, err
	}
	if len(o.Langs) > maxLangs || len(o.Muted) > maxMuted {
		return nil, fmt.Errorf("a topic has %d languages and %d muted outlets; %d and %d are the most", len(o.Langs), len(o.Muted), maxLangs, maxMuted)
	}
	if o.MinOutlets < 0 {
		return nil, fmt.Errorf("a topic cannot ask for %d outlets; give 0 or more", o.MinOutlets)
	}
	list := andNode{n}
	if all, ok := n.(andNode); ok {
		list = append(andNode(nil), all...)
	}
	before := len(list)
	if o.Originals {
		list = append(list, roleNode{news.RoleOriginal})
	}
	if o.MinOutlets > 1 {
		list = append(list, countNode{"outlets", ">=", o.MinOutlets})
	}
	var langs orNode
	for _, lang := range o.Langs {
		code, err := texts.LanguageCode(lang)
		if err != nil {
			return nil, fmt.Errorf("language %q: %w", texts.Cut(lang, maxLangName), err)
		}
		langs = append(langs, keyNode{keyLang + code})
	}
	if len(langs) > 0 {
		list = append(list, langs)
	}
	for _, outlet := range o.Muted {
		n, err := parseSource(new(parser), fieldValue{field: "outlet", text: outlet, quoted: true})
		if err != nil {
			return nil, optionError("muted outlet", strings.TrimSpace(outlet), err)
		}
		list = append(list, notNode{n})
	}
	if len(list) == before {
		return n, nil
	}
	return list, nil
}

// optionError returns an error without a position in a query, because options are not in the query.
func optionError(what, value string, err error) error {
	var qe *QueryError
	if errors.As(err, &qe) {
		return fmt.Errorf("%s %q: %s", what, value, qe.Problem)
	}
	return fmt.Errorf("%s %q: %w", what, value, err)
}

// Percolator matches articles against topics: a reversed search. For an article it gives the same answer as Search for each
// topic's query and options, but without an index. It only examines topics that need a word or key of the article (see
// anchors), and topics without anchors. It is not safe for concurrent use.
//
// An article is split into words and keys as for the index (docview.go). One table has the anchors of all queries. The anchors
// of a query are words or keys of which every match has at least one; the rarest possible set is chosen. The queries found by
// the table are then matched completely. A query without anchors (NOT, fuzzy words, only conditions on the story) is always
// matched. TestPercolatorIsASearch compares the answers with searches.
type Percolator struct {
	x       *Index
	topics  []topicQuery
	invalid map[int64]error
	at      map[int64]int32 // indexes of topics, by id

	anchored   map[string][]int32 // indexes of topics, by each of their anchors
	unanchored []int32            // indexes of topics without anchors
	tried      []int              // by topic: the count of the article against which it was last matched
	articles   int
}

type topicQuery struct {
	id      int64
	query   node
	onStory bool // depends on data that change with the article's story
}

// Percolator returns a Percolator for topics. Topics that CheckTopic rejects match nothing, and are listed by Invalid.
func (x *Index) Percolator(topics []news.Topic) *Percolator {
	p := &Percolator{x: x, invalid: map[int64]error{}, at: map[int64]int32{}, anchored: map[string][]int32{}}
	for _, t := range topics {
		n, err := parseTopic(t)
		if err != nil {
			p.invalid[t.ID] = err
			continue
		}
		at := int32(len(p.topics))
		p.topics = append(p.topics, topicQuery{t.ID, n, dependsOnStory(n)})
		p.at[t.ID] = at
		anchors, ok := anchorsOf(n)
		if !ok {
			p.unanchored = append(p.unanchored, at)
			continue
		}
		for _, a := range anchors.list {
			p.anchored[a] = append(p.anchored[a], at)
		}
	}
	p.tried = make([]int, len(p.topics))
	return p
}

// Invalid returns the errors of invalid topics, by topic id.
func (p *Percolator) Invalid() map[int64]error { return p.invalid }

// Empty reports whether there is nothing to match.
func (p *Percolator) Empty() bool { return len(p.topics) == 0 }

// DependsOnStory reports whether a topic depends on data that change with an article's story.
func (p *Percolator) DependsOnStory(topic int64) bool {
	at, ok := p.at[topic]
	return ok && p.topics[at].onStory
}

func dependsOnStory(n node) (depends bool) {
	walk(n, func(part node) {
		f, ok := part.(filterNode)
		depends = depends || ok && f.dependsOnStory()
	})
	return depends
}

// Match returns the ids of the topics that an article matches as a member of its story, in order. maybe are the topics that it
// would match in some other story. While the article stays the same, only these need Rematch.
func (p *Percolator) Match(a news.Article, stories *StoryTable, now time.Time) (sure, maybe []int64) {
	v := newDocView(p.x, a, queryContext{now: now, stories: stories.snapshot()})
	p.articles++
	try := func(topics []int32) {
		for _, at := range topics {
			if p.tried[at] == p.articles {
				continue
			}
			p.tried[at] = p.articles
			t := p.topics[at]
			if v.match(t.query) == always {
				sure = append(sure, t.id)
			}
			if t.onStory {
				v.anyStory = true
				if v.match(t.query) != never {
					maybe = append(maybe, t.id)
				}
				v.anyStory = false
			}
		}
	}
	for anchor := range v.anchors() {
		try(p.anchored[anchor])
	}
	try(p.unanchored)
	slices.Sort(sure)
	slices.Sort(maybe)
	return sure, maybe
}

// Rematch returns which of some topics an article matches.
func (p *Percolator) Rematch(a news.Article, stories *StoryTable, now time.Time, topics []int64) (sure []int64) {
	v := newDocView(p.x, a, queryContext{now: now, stories: stories.snapshot()})
	for _, id := range topics {
		if at, ok := p.at[id]; ok && v.match(p.topics[at].query) == always {
			sure = append(sure, id)
		}
	}
	slices.Sort(sure)
	return sure
}
