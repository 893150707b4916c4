package origin

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

// Habit is what the log has learnt about an outlet. Only closed stories whose origin is "Original" count. Open stories do not
// count, so the order in which they are settled does not matter.
type Habit struct {
	Carried int // closed stories that it wrote and others carried
	Carries int // closed stories of others that it carried
	Items   int // its recent items
	Passed  int // recent items that name another outlet as the writer of their text
}

const (
	weightHabit = .35 // for each e-fold of the ratio of the two counts of stories
	maxHabit    = .5  // small, so that habits only settle near ties
	storyPrior  = 5   // added to both counts, since a few stories are weak evidence

	minItems    = 20 // below this number, an outlet's items do not show its kind
	listedShare = .9 // share of others' items from which an outlet counts as a listing
)

// Lists reports whether an outlet lists or reruns what others publish and has hardly anything of its own. Such an outlet is the
// origin only if there is no other contender, and is then shown as "Earliest seen". Below this share, the share of listed items
// counts against the outlet.
func (h Habit) Lists() bool {
	return h.Items >= minItems && float64(h.Passed) >= listedShare*float64(h.Items)
}

// Log learns two things from articles: how many items of each outlet are others' texts, and the errors of the clocks that date
// the items. The result does not depend on the order of the articles. The zero value is empty.
type Log struct {
	items map[string]Habit
	dates map[Clock][]date
}

// date is the publication time that an article gives and the time when it was first seen, in seconds.
type date struct {
	hash            uint64 // of the article's identity; selects the sample
	published, seen int64
}

const (
	maxLearnt      = 10_000           // maximum number of outlets, and of clocks; later ones are left out
	sampledDates   = 128              // dates kept of a clock, chosen by hash
	minDates       = 8                // minimum number of dates to estimate a clock's error
	maxSpread      = 3                // an error must exceed this many times the distance of median and quartile
	minClockOffset = int64(30 * 60)   // seconds; a smaller error is ignored
	maxClockOffset = int64(26 * 3600) // seconds; a larger error is not one of time zone or day
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
		if _, passed := writer(a.Outlet, claims); passed || listed {
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

// dated reports whether an article's date is its outlet's own. Aggregators set their own dates for the items that they list.
func dated(a news.Article) bool { return a.Outlet.Domain == "" || weburl.IsOn(a.URL, a.Outlet.Domain) }

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

// Habits returns the counts of each outlet's items, by outlet key.
func (l *Log) Habits() map[string]Habit {
	out := make(map[string]Habit, len(l.items))
	for key, h := range l.items {
		out[key] = h
	}
	return out
}

// Clocks returns the errors of the clocks that are wrong.
func (l *Log) Clocks() map[Clock]time.Duration {
	out := map[Clock]time.Duration{}
	for clock, dates := range l.dates {
		if off := clockOffset(sample(slices.Clone(dates))); off < -minClockOffset || off > minClockOffset {
			out[clock] = time.Duration(off) * time.Second
		}
	}
	return out
}

// clockOffset returns how far dates are ahead of time, or 0 if there are too few dates. Each date gives a lower bound of the
// offset. The date is compared with the poll that brought the item, or with an earlier poll of the same feed that did not bring
// it, less the time that the item took to reach the feed. The offset is the upper quartile of these bounds, if a quarter of
// them is close to it. The error of a clock is constant, while lists such as "most read" have items of all ages. Items of the
// first poll may have any age and do not count. Dates without a time of day are ignored. They are recognised because most of
// them have the same time of day.
func clockOffset(dates []date) int64 {
	slices.SortFunc(dates, func(a, b date) int { return cmp.Or(cmp.Compare(a.seen, b.seen), cmp.Compare(a.published, b.published)) })
	var off []int64
	times, mostOfOneTime := map[int64]int{}, 0 // by the second of the day
	last, before := int64(0), int64(0)         // the current poll and the one before; 0 means none
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

// tails are the separators that aggregators write between a headline and the name of its outlet.
var tails = [...]string{" - ", " | ", " – ", " — "}

// tailWords is the maximum number of words of an outlet's name at the end of a headline.
const tailWords = 6

// tailOf returns the end of a headline in which an aggregator names the outlet, or "".
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

// Clock identifies a clock: that of an outlet in one feed. Two feeds of one outlet may come from two systems.
type Clock struct {
	Feed   int64
	Outlet string // key
}
