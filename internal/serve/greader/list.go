package greader

import (
	"strconv"
	"strings"
	"time"

	"headwater/internal/news"
)

const (
	defaultItems = 20
	maxContents  = 1000
	maxIDs       = 10_000
	maxEdited    = 5_000 // net/url reads no more than twice as many parameters
	maxCounted   = 50    // topics whose unread stories are counted
	topicCounted = 1000  // stories of a topic that are counted, as Google did
)

// readPage reads n, c, ot, nt, xt, it and r, and lists the items of the stream. It gives the continuation, "" at the end.
func (c *call) readPage(stream string, most int) (items []news.Item, next string, err error) {
	list, err := c.readFilter(stream)
	if err != nil {
		return nil, "", err
	}
	n, err := c.number("n", defaultItems)
	if err != nil || n < 0 {
		return nil, "", bad("n=%s is no number of items", c.r.FormValue("n"))
	}
	n = min(n, int64(most))
	list.Limit = int(n) + 1
	if list.After, err = news.ParsePlace(c.r.FormValue("c")); err != nil {
		return nil, "", bad("c=%q is no continuation of this server's; leave it out to begin anew", c.r.FormValue("c"))
	}
	list.Oldest = c.r.FormValue("r") == "o"
	if items, err = c.backend.Items(c.ctx(), c.user.ID, list); err != nil {
		return nil, "", err
	}
	if len(items) > int(n) {
		items = items[:n]
		if n > 0 {
			next = items[n-1].Place().String()
		}
	}
	return items, next, nil
}

// readFilter reads the parameters that filter items: the stream, it and xt, and the times at which the items were first seen.
func (c *call) readFilter(stream string) (l news.ItemList, err error) {
	if err := c.addStream(&l, stream, false); err != nil {
		return l, err
	}
	for _, id := range c.r.Form["it"] {
		if err := c.addStream(&l, id, false); err != nil {
			return l, err
		}
	}
	for _, id := range c.r.Form["xt"] {
		if err := c.addStream(&l, id, true); err != nil {
			return l, err
		}
	}
	since, errSince := c.number("ot", 0)
	until, errUntil := c.number("nt", 0)
	if errSince != nil || errUntil != nil {
		return l, bad("ot=%s and nt=%s: give seconds since 1970", c.r.FormValue("ot"), c.r.FormValue("nt"))
	}
	l.Since, l.Until = parseTime(since), parseTime(until)
	return l, nil
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
	items, next, err := c.readPage(stream, maxIDs)
	if err != nil {
		return err
	}
	refs := make([]itemRef, len(items))
	for i, it := range items {
		refs[i] = itemRef{strconv.FormatInt(it.ID, 10), []string{feedID(it.Feed)}, microseconds(it.Seen)}
	}
	return c.json(struct {
		Refs         []itemRef `json:"itemRefs"`
		Continuation string    `json:"continuation,omitempty"`
	}{refs, next})
}

func (c *call) itemCount() error {
	stream, err := c.pathStream()
	if err != nil {
		return err
	}
	l, err := c.readFilter(stream)
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

type unreadCount struct {
	ID     string `json:"id"`
	Count  int64  `json:"count"`
	Newest string `json:"newestItemTimestampUsec"`
}

// unreadCount counts by feed and by label. Labels that a user put on articles are not counted.
func (c *call) unreadCount() error {
	if err := c.onlyJSON(); err != nil {
		return err
	}
	l, err := c.labels()
	if err != nil {
		return err
	}
	unread, err := c.backend.Unread(c.ctx(), c.user.ID)
	if err != nil {
		return err
	}
	folder := map[int64]string{}
	for _, f := range l.feeds {
		folder[f.ID] = f.Folder
	}
	var counts []unreadCount
	var newest []time.Time
	index := map[string]int{} // of streams in counts
	add := func(id string, u news.Unread) {
		i, ok := index[id]
		if !ok {
			i = len(counts)
			index[id] = i
			counts, newest = append(counts, unreadCount{ID: id}), append(newest, time.Time{})
		}
		counts[i].Count += u.Count
		if u.Newest.After(newest[i]) {
			newest[i] = u.Newest
		}
		counts[i].Newest = microseconds(newest[i])
	}
	add(statePrefix+stateAll, news.Unread{})
	for _, u := range unread {
		add(feedID(u.Feed), u)
		add(statePrefix+stateAll, u)
		if f := folder[u.Feed]; f != "" {
			add(labelPrefix+f, u)
		}
	}
	u, err := c.backend.CountItems(c.ctx(), c.user.ID, news.ItemList{
		In: []news.Stream{{Kind: news.StreamOnce}, {Kind: news.StreamAll}}, Out: []news.Stream{{Kind: news.StreamRead}},
	})
	if err != nil {
		return err
	}
	add(labelPrefix+l.once, u)
	for _, t := range l.topics[:min(len(l.topics), maxCounted)] {
		if u, err = c.backend.UnreadTopic(c.ctx(), c.user.ID, t.ID, topicCounted); err != nil {
			return err
		}
		add(labelPrefix+t.label, u)
	}
	return c.json(struct {
		Max    int64         `json:"max"`
		Counts []unreadCount `json:"unreadcounts"`
	}{counts[0].Count, counts})
}

// items reads the numbers of items in any of the forms that clients send.
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
