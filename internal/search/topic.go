package search

import (
	"errors"
	"fmt"
	"strings"

	"headwater/internal/news"
)

// Bounds of a topic's options.
const (
	maxLangs = 50
	maxMuted = 500
)

// CheckTopic says what is wrong with the query or the options of a topic.
func CheckTopic(t news.Topic) error {
	n, err := parseOnly(t.Query, t.Options)
	if err != nil {
		return err
	}
	if err := unnumbered(n); err != nil {
		return err
	}
	return nobodys(n, "a topic") // also one of a user's: its matches do not change with what is read
}

// parseOnly parses a query with what options ask for beside it.
func parseOnly(query string, o news.TopicOptions) (node, error) {
	n, err := parse(query)
	if err != nil {
		return nil, err
	}
	list, err := optionNodes(o)
	if err != nil || len(list) == 0 {
		return n, err
	}
	if all, ok := n.(allOf); ok {
		return append(append(allOf(nil), all...), list...), nil
	}
	return append(allOf{n}, list...), nil
}

func optionNodes(o news.TopicOptions) (list []node, err error) {
	if len(o.Langs) > maxLangs || len(o.Muted) > maxMuted {
		return nil, fmt.Errorf("a topic has %d languages and %d muted outlets; %d and %d are the most", len(o.Langs), len(o.Muted), maxLangs, maxMuted)
	}
	if o.MinOutlets < 0 {
		return nil, fmt.Errorf("a topic cannot ask for %d outlets; give 0 or more", o.MinOutlets)
	}
	if o.Originals {
		list = append(list, role{news.RoleOriginal})
	}
	if o.MinOutlets > 1 {
		list = append(list, number{"outlets", ">=", o.MinOutlets})
	}
	var langs anyOf
	for _, lang := range o.Langs {
		n, err := new(parser).language(lang, 0)
		if err != nil {
			return nil, optionError("language", lang, err)
		}
		langs = append(langs, n)
	}
	if len(langs) > 0 {
		list = append(list, langs)
	}
	for _, outlet := range o.Muted {
		n, err := new(parser).source("outlet", outlet, true, 0)
		if err != nil {
			return nil, optionError("muted outlet", strings.TrimSpace(outlet), err)
		}
		list = append(list, without{n})
	}
	return list, nil
}

// optionError says it without the place in a query, as an option stands in none.
func optionError(what, value string, err error) error {
	var qe *QueryError
	if errors.As(err, &qe) {
		return fmt.Errorf("%s %q: %s", what, value, qe.Problem)
	}
	return fmt.Errorf("%s %q: %w", what, value, err)
}
