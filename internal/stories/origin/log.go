package origin

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"headwater/internal/news"
)

// Habit is what the log taught of an outlet. Of stories only those teach that are closed and whose origin is "Original". Open
// stories teach nothing, so the order in which they are settled does not matter.
type Habit struct {
	Carried int // closed stories that went back to it and that others carried
	Carries int // closed stories of others that it carried
	Items   int // of its own, of late
	Passed  int // of those, that name another outlet as the writer of their text
}

const (
	weightHabit = .35 // for each e-fold of how much oftener an outlet is carried than it carries others
	maxHabit    = .5  // so that habits settle what is nearly even, and no more
	storyPrior  = 5   // added to both counts: little is said by a few stories

	minItems    = 20 // below which an outlet's items do not tell what it is
	listedShare = .9 // of its items that are others', from which it lists what others publish
)

// Lists says that an outlet lists or reruns what others publish and next to nothing else. Such an outlet is no origin while
// anything else is, and shown as "Earliest seen" where nothing is. Below that the share of listed items weighs against it.
func (h Habit) Lists() bool {
	return h.Items >= minItems && float64(h.Passed) >= listedShare*float64(h.Items)
}

// Log learns from articles what their outlets are like: how many of their items are others' texts, and how wrong the clocks
// are that date them. What it learns depends on no order. The zero value is empty.
type Log struct {
	items map[string]Habit
	dates map[Clock][]date
}

// date is when an article was published by its own word and when it was first seen, in seconds.
type date struct {
	hash            uint64 // of what the article is: picks the sample
	published, seen int64
}

const (
	maxLearnt      = 10_000           // outlets, and clocks; later ones are left out
	sampledDates   = 128              // of a clock that are kept, by hash
	minDates       = 8                // below which they do not tell how wrong it is
	maxSpread      = 3                // an error is larger than this many times the distance of median and quartile
	minClockOffset = int64(30 * 60)   // seconds; a clock that is wrong by less counts as right
	maxClockOffset = int64(26 * 3600) // seconds; more is no error of a time zone or a day
)

// Add counts an article and the claims that it makes.
func (l *Log) Add(a news.Article, claims []news.Claim) {
	key := a.Outlet.Key()
	if key == "" {
		return
	}
	if l.items == nil {
		l.items, l.dates = map[string]Habit{}, map[Clock][]date{}
	}
	if h, known := l.items[key]; known || len(l.items) < maxLearnt {
		h.Items++
		title := clip(a.Title)
		listed := tailOf(a.Title) != "" && slices.ContainsFunc(claims, func(c news.Claim) bool { // by its headline, see titleSignatures
			return (c.Kind == news.ClaimSource || c.Kind == news.ClaimReport) && c.End == 0 && c.Text == title && !same(c.Credited(), a.Outlet)
		})
		if _, passed := writer(Candidate{Article: a, Claims: claims}); passed || listed {
			h.Passed++
		}
		l.items[key] = h
	}
	if a.Published.IsZero() || a.Seen.IsZero() || !dated(a) {
		return
	}
	clock := Clock{a.FeedID, key}
	d, known := l.dates[clock]
	if !known && len(l.dates) == maxLearnt {
		return
	}
	if len(d) == 2*sampledDates {
		d = sample(d)
	}
	l.dates[clock] = append(d, date{identity(a), a.Published.Unix(), a.Seen.Unix()})
}

// dated says whether an article's date is its outlet's own: an aggregator dates what it lists.
func dated(a news.Article) bool { return a.Outlet.Domain == "" || hostOf(a.URL, a.Outlet.Domain) }

func identity(a news.Article) uint64 {
	h := fnv.New64a()
	for _, s := range []string{a.GUID, a.Canonical, a.URL, a.Title} {
		_, _ = h.Write([]byte(s)) // never fails
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

func sample(dates []date) []date {
	slices.SortFunc(dates, func(a, b date) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.published, b.published), cmp.Compare(a.seen, b.seen))
	})
	return dates[:min(len(dates), sampledDates)]
}

// Habits gives what is known of each outlet's items, by its key.
func (l *Log) Habits() map[string]Habit {
	out := make(map[string]Habit, len(l.items))
	for key, h := range l.items {
		out[key] = h
	}
	return out
}

// Clocks gives the clocks that are wrong.
func (l *Log) Clocks() map[Clock]time.Duration {
	out := map[Clock]time.Duration{}
	for clock, dates := range l.dates {
		if off := clockOffset(sample(slices.Clone(dates))); off < -minClockOffset || off > minClockOffset {
			out[clock] = time.Duration(off) * time.Second
		}
	}
	return out
}

// clockOffset gives how far dates run ahead of the time, 0 where there are too few. A date gives a lower bound: it is later than the
// poll that brought the item, or earlier than a poll of the same feed that did not bring it, less the time that the item took to
// reach the feed. The offset is the upper quartile of these bounds, if a quarter of them lies close to it: the error of a clock is
// constant, while lists of what is read most have items of all ages. Items of the first poll may be of any age and do not count.
// Dates that give the day alone tell nothing: most of them have one time of day.
func clockOffset(dates []date) int64 {
	slices.SortFunc(dates, func(a, b date) int { return cmp.Or(cmp.Compare(a.seen, b.seen), cmp.Compare(a.published, b.published)) })
	var off []int64
	times, mostOfOneTime := map[int64]int{}, 0 // by the second of the day
	last, before := int64(0), int64(0)         // the poll at hand, and the one before it; 0 is none
	for _, d := range dates {
		if d.seen != last {
			last, before = d.seen, last
		}
		second := d.published % 86400
		times[second]++
		mostOfOneTime = max(mostOfOneTime, times[second])
		switch {
		case d.published > d.seen:
			off = append(off, d.published-d.seen)
		case before != 0:
			off = append(off, min(d.published-before, 0))
		}
	}
	if daysOnly := 2*mostOfOneTime > len(dates); len(off) < minDates || daysOnly {
		return 0
	}
	slices.Sort(off)
	upper, spread := off[len(off)*3/4], off[len(off)*3/4]-off[len(off)/2]
	if size := max(upper, -upper); maxSpread*spread > size || size > maxClockOffset {
		return 0
	}
	return upper
}

// tails are what aggregators put between a headline and the name of its outlet.
var tails = [...]string{" - ", " | ", " – ", " — "}

// tailWords is how many words an outlet's name at the end of a headline has at most.
const tailWords = 6

// tailOf gives what stands at the end of a headline where an aggregator names the outlet, "" for nothing.
func tailOf(title string) string {
	for _, sep := range tails {
		if i := strings.LastIndex(title, sep); i > 0 {
			if tail := strings.TrimSpace(title[i+len(sep):]); len(strings.Fields(tail)) <= tailWords {
				return tail
			}
		}
	}
	return ""
}

// Clock is whose dates are meant: an outlet's, as one feed gives them. Two feeds of one outlet may come from two systems.
type Clock struct {
	Feed   int64
	Outlet string // key
}
