package newsroom

import (
	"slices"
	"time"

	"headwater/internal/group"
	"headwater/internal/news"
)

// span is the stretch of a stream's time in which stories are open.
type span struct {
	window  time.Duration
	few     int                 // articles of a round that are too few to move the clock
	clock   time.Time           // the newest time of the stream, as far as it is believed
	round   []time.Time         // when the articles of this round were seen
	undated []int64             // articles of this round that give no time
	came    map[int64]time.Time // what the clock said when articles without a time came
}

func newSpan(window time.Duration, round int) span {
	return span{window: window, few: round / 100, came: map[int64]time.Time{}}
}

func (s *span) see(a news.Article) {
	if a.Seen.IsZero() {
		s.undated = append(s.undated, a.ID)
	} else {
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
	for _, id := range s.undated {
		s.came[id] = s.clock
	}
	s.round, s.undated = s.round[:0], s.undated[:0]
}

// closed says whether a story's newest article is older than the window.
func (s *span) closed(st group.Standing) bool {
	newest := st.Newest
	for _, id := range st.Members {
		if t := s.came[id]; t.After(newest) {
			newest = t
		}
	}
	return newest.Before(s.clock.Add(-s.window))
}

func (s *span) forget(articles []int64) {
	for _, id := range articles {
		delete(s.came, id)
	}
}
