package main

import (
	"math"
	"math/rand/v2"
	"time"

	"headwater/internal/intake/poll"
)

// simulation is a run in virtual time. The time is a duration since its start.
type simulation struct {
	p      parameters
	random *rand.Rand
	pace   poll.Pace
	now    time.Duration
	end    time.Duration

	events   []event // a heap by time
	sequence uint64

	feeds   []feed
	hosts   []host
	order   []int32
	times   [documentItems]time.Time
	ready   queue[int32] // hosts that could be polled
	pollers []poller

	writer   writer
	settlers []settler
	index    indexer

	counted                                                 counters // after the warm-up
	late, lateSmall, wait, orphaned, settled, found, queued histogram
	broken                                                  error                                                           // a rule that the simulation broke
	asked                                                   func(host, poller int32, feed int32, from, until time.Duration) // for tests; may be nil
}

// counters count what happened after the warm-up.
type counters struct {
	polls, fresh, unchanged, failed, rests int64
	articles                               int64
	claims, claimed                        int64
	deaths, orphans                        int64
	mostDue                                int
	transactions, batches                  int64
	workerTime, cpu                        time.Duration
}

type kind uint8

const (
	hostDue     kind = iota // a host may be polled
	hostExpired             // the lease of a dead poller has ended
	claimTick               // a poller looks for hosts
	answered                // a request of a poller has ended
	parsed                  // a poller had a core for the answer
	asking                  // a poller asks a host again, after the pause
	pollerDied
	pollerBack
	written     // the writer's transaction has ended
	settleRound // a settler looks for articles
	grouped     // a settler has grouped its articles
	indexTick
	secondTick
)

type event struct {
	at         time.Duration
	sequence   uint64 // events of one time happen in the order in which they were made
	kind       kind
	id, slot   int32
	generation uint32
}

func (e event) before(o event) bool {
	return e.at < o.at || e.at == o.at && e.sequence < o.sequence
}

// epoch is the virtual clock's first time.
var epoch = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func (s *simulation) clock() time.Time { return epoch.Add(s.now) }

// newSimulation makes a run that nothing has happened in.
func newSimulation(p parameters) *simulation {
	s := &simulation{p: p.overNetwork(), random: rand.New(rand.NewPCG(p.seed, 2))} //nolint:gosec // chance that can be repeated is the point
	s.pace = poll.Pace{Interval: time.Hour, Min: 10 * time.Minute, Max: 24 * time.Hour, Random: s.random.Float64}
	s.end = p.warmUp + p.length
	s.makeWorld()
	s.makePollers()
	s.makeSettlers()
	s.after(indexEvery, event{kind: indexTick})
	s.after(time.Second, event{kind: secondTick})
	return s
}

// after lets an event happen later.
func (s *simulation) after(wait time.Duration, e event) {
	e.at, e.sequence = s.now+wait, s.sequence
	s.sequence++
	if e.at > s.end {
		return
	}
	s.events = append(s.events, e)
	h := s.events
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !e.before(h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = e
}

func (s *simulation) nextEvent() event {
	h := s.events
	top, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	for i := 0; len(h) > 0; {
		least, from := -1, 4*i+1
		for down := from; down < min(from+4, len(h)); down++ {
			if least < 0 || h[down].before(h[least]) {
				least = down
			}
		}
		if least < 0 || !h[least].before(last) {
			h[i] = last
			break
		}
		h[i] = h[least]
		i = least
	}
	s.events = h
	return top
}

// run plays all events.
func (s *simulation) run() {
	for len(s.events) > 0 && s.broken == nil {
		e := s.nextEvent()
		s.now = e.at
		switch e.kind {
		case hostDue:
			s.hostDue(e)
		case hostExpired:
			s.expire(e)
		case claimTick, answered, parsed, asking, pollerDied, pollerBack:
			s.pollerEvent(e)
		case written:
			s.written()
		case settleRound:
			s.settleRound(e.id)
		case grouped:
			s.grouped(e.id)
		case indexTick:
			s.indexTick()
		case secondTick:
			s.second()
		}
	}
	s.now = s.end
}

// measuring reports whether the warm-up is over.
func (s *simulation) measuring() bool { return s.now >= s.p.warmUp }

// second does what happens once a second.
func (s *simulation) second() {
	s.after(time.Second, event{kind: secondTick})
	if s.p.keep > 0 {
		s.write(transaction{kind: retention, takes: s.p.commit + time.Duration(s.p.articles/86400*float64(s.p.age))})
	}
	if s.measuring() && int(s.now/time.Second)%60 == 0 {
		s.counted.mostDue = max(s.counted.mostDue, s.overdue())
	}
}

// overdue counts feeds that are due and not polled.
func (s *simulation) overdue() (n int) {
	for i := range s.feeds {
		if s.feeds[i].due <= s.now {
			n++
		}
	}
	return n
}

// waitingFeeds counts the due feeds of hosts that wait for a poller.
func (s *simulation) waitingFeeds() (n int) {
	for i := range s.hosts {
		if h := &s.hosts[i]; h.holder == none && h.next <= s.now {
			for _, f := range s.order[h.first : h.first+h.queued] {
				if s.feeds[f].due <= s.now {
					n++
				}
			}
		}
	}
	return n
}

// queue is first in, first out.
type queue[T any] struct {
	items []T
	head  int
}

func (q *queue[T]) len() int { return len(q.items) - q.head }
func (q *queue[T]) add(v T)  { q.items = append(q.items, v) }

func (q *queue[T]) take() T {
	v := q.items[q.head]
	q.head++
	if q.head > 1024 && q.head > len(q.items)/2 {
		q.items = q.items[:copy(q.items, q.items[q.head:])]
		q.head = 0
	}
	return v
}

// histogram counts times in classes that differ by 2%, from a millisecond to a year.
type histogram struct {
	classes [1300]int64
	total   int64
	max     time.Duration
}

const classWidth = 1.02

func (h *histogram) add(d time.Duration, n int64) {
	class := 0
	if d > time.Millisecond {
		class = min(int(math.Log(float64(d)/float64(time.Millisecond))/math.Log(classWidth))+1, len(h.classes)-1)
	}
	h.classes[class] += n
	h.total += n
	h.max = max(h.max, d)
}

// at is the time that a share of all stays within, 0 if there is none.
func (h *histogram) at(share float64) time.Duration {
	left := int64(math.Ceil(share * float64(h.total)))
	for class, n := range h.classes {
		if left -= n; left <= 0 && h.total > 0 {
			if class == 0 {
				return 0
			}
			return min(time.Duration(math.Pow(classWidth, float64(class))*float64(time.Millisecond)), h.max)
		}
	}
	return 0
}
