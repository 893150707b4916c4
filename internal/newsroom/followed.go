package newsroom

import (
	"cmp"
	"context"
	"sync"
	"time"

	"headwater/internal/news"
)

// followed knows whose feeds are subscribed, so that an outlet which is only named is not said to have none.
type followed struct {
	mu    sync.Mutex
	keys  map[string]bool // of outlets
	until time.Time
}

// followedFor is how long what is known of the feeds is used.
const followedFor = time.Minute

// mark notes on the origins that are only named whether a feed of ours is that outlet's.
func (n *Newsroom) mark(ctx context.Context, stories []news.Story) error {
	var keys map[string]bool
	for i := range stories {
		o := &stories[i].Origin
		if !o.Named() {
			continue
		}
		if keys == nil {
			var err error
			if keys, err = n.outletsFollowed(ctx); err != nil {
				return err
			}
		}
		o.Followed = keys[o.Key()]
	}
	return nil
}

func (n *Newsroom) outletsFollowed(ctx context.Context) (map[string]bool, error) {
	f := &n.followed
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := n.Now(); f.keys == nil || now.After(f.until) {
		feeds, err := n.Store.Feeds(ctx)
		if err != nil {
			return nil, err
		}
		f.keys, f.until = map[string]bool{}, now.Add(followedFor)
		for _, feed := range feeds {
			if o, ok := n.Outlets.ByURL(cmp.Or(feed.Site, feed.URL)); ok {
				f.keys[o.Key()] = true
			}
		}
	}
	return f.keys, nil
}

// marked is a story with its origin marked.
func (n *Newsroom) marked(ctx context.Context, s news.Story, err error) (news.Story, error) {
	if err != nil {
		return s, err
	}
	one := []news.Story{s}
	err = n.mark(ctx, one)
	return one[0], err
}
