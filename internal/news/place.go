package news

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

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
