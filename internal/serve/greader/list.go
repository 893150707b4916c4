package greader

import (
	"strconv"
	"strings"
	"time"

	"headwater/internal/news"
)

// How many items a request gets: where it does not say, and at most.
const (
	defaultItems = 20
	maxContents  = 1000
	maxIDs       = 10_000
	maxEdited    = 5_000 // net/url reads no more than twice as many parameters
)

// page is the part of a stream that a request asks for.
type page struct {
	stream string
	list   news.ItemList
	items  []news.Item
	next   string // continuation; "" at the end
}

// readPage reads n, c, ot, nt, xt, it and r, and lists the items of the stream.
func (c *call) readPage(stream string, most int) (p page, err error) {
	p.stream = stream
	if p.list, err = c.chosen(stream); err != nil {
		return p, err
	}
	n, err := c.number("n", defaultItems)
	if err != nil || n < 0 {
		return p, bad("n=%s is no number of items", c.r.FormValue("n"))
	}
	n = min(n, int64(most))
	p.list.Limit = int(n) + 1
	if p.list.After, err = news.ParsePlace(c.r.FormValue("c")); err != nil {
		return p, bad("c=%q is no continuation of this server's; leave it out to begin anew", c.r.FormValue("c"))
	}
	p.list.Oldest = c.r.FormValue("r") == "o"
	if p.items, err = c.backend.Items(c.ctx(), c.user.ID, p.list); err != nil {
		return p, err
	}
	if len(p.items) > int(n) {
		p.items = p.items[:n]
		if n > 0 {
			p.next = p.items[n-1].Place().String()
		}
	}
	return p, nil
}

// chosen reads what chooses items: the stream, it and xt, and the times at which the items were first seen.
func (c *call) chosen(stream string) (l news.ItemList, err error) {
	var sel selection
	if err := c.add(&sel, stream, false); err != nil {
		return l, err
	}
	for _, id := range c.r.Form["it"] {
		if err := c.add(&sel, id, false); err != nil {
			return l, err
		}
	}
	for _, id := range c.r.Form["xt"] {
		if err := c.add(&sel, id, true); err != nil {
			return l, err
		}
	}
	l.In, l.Out = sel.in, sel.out
	since, errSince := c.number("ot", 0)
	until, errUntil := c.number("nt", 0)
	if errSince != nil || errUntil != nil {
		return l, bad("ot=%s and nt=%s: give seconds since 1970", c.r.FormValue("ot"), c.r.FormValue("nt"))
	}
	l.Since, l.Until = instant(since), instant(until)
	return l, nil
}

// number reads a parameter, which is otherwise where it is missing.
func (c *call) number(name string, otherwise int64) (int64, error) {
	s := c.r.FormValue(name)
	if s == "" {
		return otherwise, nil
	}
	return strconv.ParseInt(s, 10, 64)
}

// instant reads a time by its size: readers send seconds, and some milliseconds or microseconds. 0 is none.
func instant(n int64) time.Time {
	const milli, micro = 1e11, 1e14 // seconds until the year 5138, milliseconds since 1973
	switch {
	case n <= 0:
		return time.Time{}
	case n < milli:
		return time.Unix(n, 0)
	case n < micro:
		return time.UnixMilli(n)
	}
	return time.UnixMicro(n)
}

// itemRef is an item by its number.
type itemRef struct {
	ID        string   `json:"id"`
	Streams   []string `json:"directStreamIds"`
	Timestamp string   `json:"timestampUsec"`
}

func (c *call) itemIDs() error {
	stream, err := c.pathStream()
	if err != nil {
		return err
	}
	p, err := c.readPage(stream, maxIDs)
	if err != nil {
		return err
	}
	refs := make([]itemRef, len(p.items))
	for i, it := range p.items {
		refs[i] = itemRef{strconv.FormatInt(it.ID, 10), []string{feedID(it.Feed)}, usec(it.Seen)}
	}
	return c.json(struct {
		Refs         []itemRef `json:"itemRefs"`
		Continuation string    `json:"continuation,omitempty"`
	}{refs, p.next})
}

// usec writes a time as Google did. Items' are those at which they were first seen, which mark-all-as-read gets back.
func usec(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixMicro(), 10)
}

func (c *call) itemCount() error {
	stream, err := c.pathStream()
	if err != nil {
		return err
	}
	l, err := c.chosen(stream)
	if err != nil {
		return err
	}
	n, err := c.backend.CountItems(c.ctx(), c.user.ID, l)
	if err != nil {
		return err
	}
	count := strconv.FormatInt(n.Count, 10)
	if c.r.FormValue("a") == "true" && n.Count > 0 {
		count += "#" + n.Newest.Format("January 2, 2006")
	}
	return c.text(count)
}

// items reads the numbers of items in any of the forms that readers send.
func (c *call) items(most int) ([]int64, error) {
	given := c.r.Form["i"]
	if len(given) == 0 {
		return nil, bad("name at least one item: i=NUMBER")
	}
	if len(given) > most {
		return nil, bad("%d items at once are too many; send at most %d", len(given), most)
	}
	ids := make([]int64, len(given))
	for i, s := range given {
		id, err := itemID(s)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}

const itemPrefix = "tag:google.com,2005:reader/item/"

// itemID reads the long form, 16 hexadecimal digits, or a signed decimal number.
func itemID(s string) (int64, error) {
	const digits = 16
	hex, long := strings.CutPrefix(s, itemPrefix)
	if long || len(s) == digits {
		if id, err := strconv.ParseUint(hex, 16, 64); err == nil {
			return int64(id), nil
		}
	}
	if id, err := strconv.ParseInt(s, 10, 64); err == nil && !long {
		return id, nil
	}
	return 0, bad("i=%q is no item; items are numbers, or %s and 16 hexadecimal digits", s, itemPrefix)
}
