package pipeline

import (
	"cmp"
	"context"
	"strings"
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

// mark notes on the origins that are only named whether a feed of ours is that outlet's, or brought an item of it.
func (n *Newsroom) mark(ctx context.Context, stories []news.Story) error {
	var named []news.Outlet
	for _, s := range stories {
		if s.Origin.Named() {
			named = append(named, s.Origin.Outlet)
		}
	}
	if len(named) == 0 {
		return nil
	}
	keys, err := n.outletsFollowed(ctx)
	if err != nil {
		return err
	}
	published, err := n.Store.Published(ctx, named)
	if err != nil {
		return err
	}
	for i := range stories {
		if o := &stories[i].Origin; o.Named() {
			o.Followed = keys[o.Key()] || published[o.Key()]
		}
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
				f.keys[o.Key()], f.keys[strings.ToLower(o.Name)] = true, true // a credit may give no more than the name
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
