package pipeline

import (
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/stories/group"
)

// span is the stretch of a stream's time in which stories are open.
type span struct {
	window time.Duration
	few    int         // articles of a round that are too few to move the clock
	clock  time.Time   // the newest time of the stream, as far as it is believed
	round  []time.Time // when the articles of this round were seen
}

func newSpan(window time.Duration, round int) span {
	return span{window: window, few: round / 100}
}

func (s *span) see(a news.Article) {
	if !a.Seen.IsZero() {
		s.round = append(s.round, a.Seen)
	}
}

// advance moves the clock to the newest time of the round. One article in a hundred may say what it likes: a single date
// of the next century would close every story at once.
func (s *span) advance() {
	slices.SortFunc(s.round, time.Time.Compare)
	if at := len(s.round) - 1 - s.few; at >= 0 && s.round[at].After(s.clock) {
		s.clock = s.round[at]
	}
	s.round = s.round[:0]
}

// closed says whether a story's newest article is older than the window.
func (s *span) closed(st group.StoryState) bool {
	return st.Newest.Before(s.clock.Add(-s.window))
}

// lastTimes is how many articles tell when one without a time came.
const lastTimes = 9

// recentTimes are the times of the last articles of a stream that have one.
type recentTimes []time.Time

// date gives the articles that have no time the one at which they came: the median of the nine times before, which no
// single date of the next century moves. Where a stream begins without, its first nine times stand for those before.
// Articles of a stream that has none keep none.
func (r *recentTimes) date(waiting []raw) {
	if len(*r) == 0 {
		for _, w := range waiting {
			if !w.seen.IsZero() && len(*r) < lastTimes {
				*r = append(*r, w.seen)
			}
		}
	}
	for i := range waiting {
		w := &waiting[i]
		if w.undated = w.seen.IsZero(); w.undated {
			w.seen = r.median()
		} else {
			*r = append((*r)[max(len(*r)-lastTimes+1, 0):], w.seen)
		}
	}
}

func (r *recentTimes) median() time.Time {
	if len(*r) == 0 {
		return time.Time{}
	}
	return slices.SortedFunc(slices.Values(*r), time.Time.Compare)[len(*r)/2]
}
