package stream

import (
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/stories/group"
)

// streamClock is the time that decides when stories of a stream close: the newest time of the articles so far.
type streamClock struct {
	window time.Duration
	few    int         // number of articles in a round that is too small to move the clock
	now    time.Time   // zero before the first round
	round  []time.Time // when the articles of this round were seen
}

func (c *streamClock) see(a news.Article) {
	if !a.Seen.IsZero() {
		c.round = append(c.round, a.Seen)
	}
}

// advance moves the clock to the newest time of the round, ignoring one article in a hundred. Otherwise a single date in the
// next century would close every story at once.
func (c *streamClock) advance() {
	slices.SortFunc(c.round, time.Time.Compare)
	if at := len(c.round) - 1 - c.few; at >= 0 && c.round[at].After(c.now) {
		c.now = c.round[at]
	}
	c.round = c.round[:0]
}

// closed reports whether a story's newest article is older than the window.
func (c *streamClock) closed(s group.StoryState) bool {
	return s.Newest.Before(c.now.Add(-c.window))
}

// rawArticle is an article before it is cleaned.
type rawArticle struct {
	entry   news.Entry
	feed    string
	seen    time.Time
	undated bool // seen was estimated from neighbouring articles
}

// recentMany is the number of articles from which the time of an article without a date is estimated.
const recentMany = 9

// recentDates are the times of the last articles of a stream that have a time.
type recentDates []time.Time

// fill gives articles without a time the median of the nine times before them, which a single wrong date does not change. At
// the beginning of a stream the first nine times are used. In a stream without times the articles remain without a time.
func (r *recentDates) fill(articles []rawArticle) {
	if len(*r) == 0 {
		for _, a := range articles {
			if !a.seen.IsZero() && len(*r) < recentMany {
				*r = append(*r, a.seen)
			}
		}
	}
	for i := range articles {
		a := &articles[i]
		a.undated = a.seen.IsZero()
		switch {
		case !a.undated:
			*r = append((*r)[max(len(*r)-recentMany+1, 0):], a.seen)
		case len(*r) > 0:
			a.seen = slices.SortedFunc(slices.Values(*r), time.Time.Compare)[len(*r)/2]
		}
	}
}
