// Package news has the words of docs/design.md as types. All other packages use these types, so it imports only weburl,
// feeds/words and the standard library. Types that one stage passes to the next are in the package of the stage that
// makes them.
//
// A file is a noun: feed.go, article.go, story.go, version.go (the versions of a report), event.go, topic.go (with alerts),
// user.go. list.go has the parameters of lists. headline.go judges an article by its own words.
package news

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Sentinel errors that callers tell apart.
var (
	// ErrNotFound means that nothing is stored under the id, name or address.
	ErrNotFound = errors.New("not found")
	// ErrExists means that the thing to add is stored already.
	ErrExists = errors.New("exists already")
	// ErrUnavailable means that the database can't be reached now. It is waited for, so the same may succeed later.
	ErrUnavailable = errors.New("the database cannot be reached")
	// ErrDisk means that the disk below the data folder fails or is full. The process has to end; what was acknowledged is
	// there when it begins anew.
	ErrDisk = errors.New("the disk fails or is full")
)

// IgnoreNotFound returns an error, or nil for ErrNotFound: for work on what somebody may have removed meanwhile.
func IgnoreNotFound(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// IsFault reports whether the error of a loop is to be logged. The end of the context is none, and that the database is away was
// logged by the store.
func IsFault(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() == nil && !errors.Is(err, ErrUnavailable)
}

// ErrCursor means that a cursor is malformed, or belongs to another search.
var ErrCursor = errors.New("this cursor belongs to another search; begin again without it")

// Span is a part of a text, as byte offsets.
type Span struct {
	Start, End int
}

// Status counts what is stored and what is still to be processed.
type Status struct {
	Feeds     int `json:"feeds"`
	Articles  int `json:"articles"`
	Stories   int `json:"stories"`
	Events    int `json:"events"`
	Unsettled int `json:"unsettled"`
	Unindexed int `json:"unindexed"`

	IndexLag time.Duration `json:"-"` // since when articles wait to be indexed; 0 if none waits
	Building bool          `json:"-"` // the index lacks articles from before it was opened, so searches fail
}

// Place is the position where a list continues: its last entry, with the time that orders the list. The zero value is
// before all entries.
type Place struct {
	Time time.Time
	ID   int64
}

// String encodes the place for ParsePlace, with the time in milliseconds. Clients treat it as opaque.
func (p Place) String() string { return fmt.Sprintf("%d.%d", p.Time.UnixMilli(), p.ID) }

// Compare orders places by time, and at the same time by id.
func (p Place) Compare(q Place) int {
	return cmp.Or(p.Time.Compare(q.Time), cmp.Compare(p.ID, q.ID))
}

// ParsePlace decodes the result of Place.String. It returns ErrCursor for anything else. "" is the zero value.
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
