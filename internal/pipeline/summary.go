package pipeline

import (
	"context"
	"slices"
	"sync"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
)

// Summary counts what a pass did.
type Summary struct {
	Feeds         int            `json:"feeds"`     // requested
	Read          int            `json:"read"`      // returned a document
	Unchanged     int            `json:"unchanged"` // answered 304
	Failed        int            `json:"failed"`
	Resting       int            `json:"resting"` // not requested, since their hosts asked for a pause; not part of Feeds
	New           int            `json:"new"`     // articles
	Revised       int            `json:"revised"`
	Same          int            `json:"same"`
	Settled       int            `json:"settled"`                     // articles
	Elsewhere     bool           `json:"settled_elsewhere,omitempty"` // another process settles
	Indexed       int            `json:"indexed"`
	CreditedPages int            `json:"sources"`  // requested pages that articles credit
	Pages         int            `json:"pages"`    // requested pages of items that are cut short
	Alerts        int            `json:"alerts"`   // messages that receivers accepted
	AgedOut       int            `json:"aged_out"` // articles
	Problems      []Problem      `json:"problems"`
	States        map[string]int `json:"states"` // feeds by the result of their poll
	Took          time.Duration  `json:"took_ns"`
}

// Problem is a feed that could not be read.
type Problem struct {
	URL   string         `json:"url"`
	State news.FeedState `json:"state"`
	Text  string         `json:"problem"`
}

func (s *Summary) count(r pollResult, t store.Tally) {
	if r.resting {
		s.Resting++
		return
	}
	s.Feeds++
	s.States[string(r.poll.Feed.State)]++
	s.New, s.Revised, s.Same = s.New+t.New, s.Revised+t.Revised, s.Same+t.Same
	switch {
	case r.err != nil:
		s.Failed++
		s.Problems = append(s.Problems, Problem{URL: r.poll.Feed.URL, State: r.poll.Feed.State, Text: r.poll.Feed.Problem})
	case r.unchanged:
		s.Unchanged++
	default:
		s.Read++
	}
}

// outageFeeds is how many feeds in a row have to be unreachable for an outage; if there are fewer feeds, all of them. A
// single dead feed that happens to be polled alone is no outage.
const outageFeeds = 5

// outage tracks whether any feed can be reached.
type outage struct {
	mu     sync.Mutex
	lost   map[string]bool // addresses that were unreachable since the last success
	logged bool            // an outage was logged, and its end was not
}

// note logs the beginning of an outage once, and its end once.
func (u *outage) note(ctx context.Context, o Options, s Summary) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch lost := s.States[string(news.FeedUnreachable)] + s.States[string(news.FeedTimeout)]; {
	case s.Feeds == 0:
		return nil
	case lost < s.Feeds:
		if u.logged {
			o.Logger.Info("feeds can be reached again", "feeds", s.Feeds-lost)
		}
		u.lost, u.logged = nil, false
		return nil
	case u.logged:
		return nil
	}
	if u.lost == nil {
		u.lost = map[string]bool{}
	}
	for _, p := range s.Problems {
		u.lost[p.URL] = true
	}
	all, err := o.Store.Feeds(ctx)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(f news.Feed) bool { return f.State == news.FeedGone })
	if u.logged = len(u.lost) >= min(len(all), outageFeeds); u.logged {
		o.Logger.Warn("no feed can be reached; is this machine online? The feeds page says why for each; polling goes on", "feeds", len(u.lost))
	}
	return nil
}
