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

// keptStories are stories as of a version, and the event that they are of if that was asked for. They do not change.
type keptStories struct {
	version shownVersion
	of      news.FullCoverage
	members int
	used    int // largeStories.uses when they were used last
}

// shownVersion is the version of what is stored, with that of the registry by which outlets are shown.
type shownVersion struct {
	store.StoriesVersion
	outlets int
}

// withLarge returns what read reads for a key, from the cache where it holds that.
func (r *Reader) withLarge(ctx context.Context, key string, read func() (news.FullCoverage, error)) (of news.FullCoverage, err error) {
	var now shownVersion // before the stories are read, which may be newer then
	if now.outlets, err = r.outletsVersion(ctx); err != nil {
		return of, err
	}
	if now.StoriesVersion, err = r.store.StoriesVersion(ctx); err != nil {
		return of, err
	}
	of, held := r.large.find(key, now)
	if !held {
		if of, err = read(); err != nil {
			return of, err
		}
		r.large.keep(key, now, of)
	}
	of.All = slices.Clone(of.All)
	return of, r.setFollowed(ctx, of.All)
}

func (l *largeStories) find(key string, version shownVersion) (of news.FullCoverage, held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.kept[key]
	if k == nil || k.version != version {
		return of, false
	}
	l.uses++
	k.used = l.uses
	return k.of, true
}

// keep adds stories if they are large, and drops those that were not used for longest.
func (l *largeStories) keep(key string, version shownVersion, of news.FullCoverage) {
	k := &keptStories{version: version, of: of}
	for _, s := range of.All {
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
