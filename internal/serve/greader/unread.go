package greader

import (
	"time"

	"headwater/internal/news"
)

const (
	maxCounted   = 50   // topics that are counted
	topicCounted = 1000 // stories of a topic that are counted, as Google did
)

type unreadCount struct {
	ID     string `json:"id"`
	Count  int64  `json:"count"`
	Newest string `json:"newestItemTimestampUsec"`
}

// tallies gathers counts in the order in which their streams came up.
type tallies struct {
	place  map[string]int
	counts []unreadCount
	newest []time.Time
}

func (t *tallies) add(id string, u news.Unread) {
	i, ok := t.place[id]
	if !ok {
		i = len(t.counts)
		t.place[id] = i
		t.counts, t.newest = append(t.counts, unreadCount{ID: id}), append(t.newest, time.Time{})
	}
	t.counts[i].Count += u.Count
	if u.Newest.After(t.newest[i]) {
		t.newest[i] = u.Newest
	}
	t.counts[i].Newest = usec(t.newest[i])
}

// unreadCount counts by feed and by label. Labels that a user put on articles are not counted.
func (c *call) unreadCount() error {
	if err := c.onlyJSON(); err != nil {
		return err
	}
	shelf, err := c.shelf()
	if err != nil {
		return err
	}
	unread, err := c.backend.Unread(c.ctx(), c.user.ID)
	if err != nil {
		return err
	}
	folder := map[int64]string{}
	for _, f := range shelf.feeds {
		folder[f.ID] = f.Folder
	}
	t := tallies{place: map[string]int{}}
	t.add(statePrefix+stateAll, news.Unread{})
	for _, u := range unread {
		t.add(feedID(u.Feed), u)
		t.add(statePrefix+stateAll, u)
		if f := folder[u.Feed]; f != "" {
			t.add(labelPrefix+f, u)
		}
	}
	if err := c.countStories(&t, shelf); err != nil {
		return err
	}
	return c.json(struct {
		Max    int64         `json:"max"`
		Counts []unreadCount `json:"unreadcounts"`
	}{t.counts[0].Count, t.counts})
}

// countStories counts all stories, and those of each topic.
func (c *call) countStories(t *tallies, shelf *shelf) error {
	u, err := c.backend.CountItems(c.ctx(), c.user.ID, news.ItemList{
		In: []news.Stream{{Kind: news.StreamOnce}}, Out: []news.Stream{{Kind: news.StreamRead}},
	})
	if err != nil {
		return err
	}
	t.add(labelPrefix+shelf.once, u)
	for _, topic := range shelf.topics[:min(len(shelf.topics), maxCounted)] {
		if u, err = c.backend.UnreadTopic(c.ctx(), c.user.ID, topic.Topic.ID, topicCounted); err != nil {
			return err
		}
		t.add(labelPrefix+topic.label, u)
	}
	return nil
}
