package query

import (
	"context"
	"slices"
	"sync"

	"headwater/internal/news"
	"headwater/internal/store"
)

const (
	largeFrom  = 100  // members from which on the stories of a page are kept
	largeTotal = 5000 // members that are kept in all, some 1.5 kB each
)

// largeStories caches what takes long to read: stories with many members, and the stories of large events. What it holds is as the
// store has it now, or else it is read again, since the version is asked for each time. The zero value is empty and ready to use.
type largeStories struct {
	mu   sync.Mutex // guards the fields below
	kept map[string]*keptStories
	uses int
}

// keptStories are stories as of a version. They do not change.
type keptStories struct {
	version shownVersion
	stories []news.Story
	members int
	used    int // largeStories.uses when they were used last
}

// shownVersion is the version of what is stored, with that of the registry by which outlets are shown.
type shownVersion struct {
	store.StoriesVersion
	outlets int
}

// withLarge returns the stories that read reads for a key, from the cache where it holds them.
func (r *Reader) withLarge(ctx context.Context, key string, read func() ([]news.Story, error)) (stories []news.Story, err error) {
	var now shownVersion // before the stories are read, which may be newer then
	if now.outlets, err = r.outletsVersion(ctx); err != nil {
		return nil, err
	}
	if now.StoriesVersion, err = r.store.StoriesVersion(ctx); err != nil {
		return nil, err
	}
	stories, held := r.large.find(key, now)
	if !held {
		if stories, err = read(); err != nil {
			return nil, err
		}
		r.large.keep(key, now, stories)
	}
	stories = slices.Clone(stories)
	return stories, r.setFollowed(ctx, stories)
}

func (l *largeStories) find(key string, version shownVersion) ([]news.Story, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.kept[key]
	if k == nil || k.version != version {
		return nil, false
	}
	l.uses++
	k.used = l.uses
	return k.stories, true
}

// keep adds stories if they are large, and drops those that were not used for longest.
func (l *largeStories) keep(key string, version shownVersion, stories []news.Story) {
	k := &keptStories{version: version, stories: stories}
	for _, s := range stories {
		k.members += len(s.Members)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.kept, key)
	if k.members < largeFrom || k.members > largeTotal {
		return
	}
	if l.kept == nil {
		l.kept = map[string]*keptStories{}
	}
	l.uses++
	k.used, l.kept[key] = l.uses, k
	for {
		members, oldest := 0, key
		for other, x := range l.kept {
			members += x.members
			if x.used < l.kept[oldest].used {
				oldest = other
			}
		}
		if members <= largeTotal {
			return
		}
		delete(l.kept, oldest)
	}
}
