// Package news holds the words of docs/design.md as types. Every other package speaks in these types, so it imports
// weburl and the standard library only. What one stage gives to the next stands with the stage that makes it.
//
// A file is a noun: feed.go, article.go, story.go, version.go (the versions of a report), topic.go (with alerts), user.go.
// list.go has what lists are asked for. headline.go and promotional.go tell of an article by its own words.
package news

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Sentinel errors that callers tell apart.
var (
	// ErrNotFound says that nothing is stored under the id, name or address asked for.
	ErrNotFound = errors.New("not found")
	// ErrExists says that the thing to add is stored already.
	ErrExists = errors.New("exists already")
)

// ErrCursor says that a cursor is none, or belongs to another search.
var ErrCursor = errors.New("this cursor belongs to another search; begin again without it")

// Span is a stretch of a text as byte offsets.
type Span struct {
	Start, End int
}

// Status counts what is stored and what is still to do.
type Status struct {
	Feeds     int `json:"feeds"`
	Articles  int `json:"articles"`
	Stories   int `json:"stories"`
	Events    int `json:"events"`
	Unsettled int `json:"unsettled"`
	Unindexed int `json:"unindexed"`
}

// Place is where a list was broken off: the entry given last, by the time that the list is ordered by. The zero value is
// before all entries.
type Place struct {
	Time time.Time
	ID   int64
}

// String writes the place for ParsePlace, in milliseconds. Who is given it need not know what it says.
func (p Place) String() string { return fmt.Sprintf("%d.%d", p.Time.UnixMilli(), p.ID) }

// ParsePlace reads what Place.String wrote, and gives ErrCursor for anything else. "" is the zero value.
func ParsePlace(s string) (p Place, err error) {
	if s == "" {
		return p, nil
	}
	at, id, _ := strings.Cut(s, ".")
	ms, errTime := strconv.ParseInt(at, 10, 64)
	if p.ID, err = strconv.ParseInt(id, 10, 64); err != nil || errTime != nil || p.ID <= 0 {
		return Place{}, ErrCursor
	}
	p.Time = time.UnixMilli(ms)
	return p, nil
}

func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
