package search

import (
	"errors"
	"fmt"
	"strings"

	"headwater/internal/news"
)

// Limits of a topic's options.
const (
	maxLangs = 50
	maxMuted = 500
)

// Validate reports whether a query is well-formed and can be used without an account. Its errors are always a *QueryError.
func Validate(query string) error {
	n, err := parse(query)
	if err != nil {
		return err
	}
	return rejectMarks(n, "this search")
}

// ValidateForUser is Validate for the search of a user, who may ask for is:unread and is:starred.
func ValidateForUser(query string) error {
	_, err := parse(query)
	return err
}

// CheckTopic returns the error in the query or the options of a topic. Even a user's topic cannot use the user's read and
// starred marks, since its stored matches do not change when the user reads.
func CheckTopic(t news.Topic) error {
	n, err := parseWithOptions(t.Query, t.Options)
	if err != nil {
		return err
	}
	walk(n, func(part node) { // the feeds with a name may change without the topic's articles changing
		if f, ok := part.(feedNode); ok && err == nil {
			err = &QueryError{At: f.name.at + 1, Problem: fmt.Sprintf("a topic cannot ask for feeds by name, as feed:%s does", f.name.src), Advice: "give the feed's number, as in feed:12"}
		}
	})
	if err != nil {
		return err
	}
	return rejectMarks(n, "a topic")
}

// Needs reports which data a search with this query needs: the marks of its user, for is:unread and is:starred, and the feeds,
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
		name := "is:unread"
		if m.starred {
			name = "is:starred"
		}
		err = &QueryError{At: m.at + 1, Problem: fmt.Sprintf("%s needs an account, and %s is nobody's", name, whose), Advice: "leave it out"}
	})
	return err
}

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
		l, err := parseLang(new(parser), fieldValue{text: lang})
		if err != nil {
			return nil, optionError("language", lang, err)
		}
		langs = append(langs, l)
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
