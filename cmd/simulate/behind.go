package main

import (
	"time"

	"headwater/internal/news"
)

const (
	settleEvery = 300 * time.Millisecond
	indexEvery  = 200 * time.Millisecond
	roundSize   = 8192 // articles settled together, as in the program
)

// transactionKind says what a writing transaction stores.
type transactionKind uint8

const (
	polls transactionKind = iota
	settlement
	retention
	kinds
)

// transaction is one that waits for the writer's lock, or has it.
type transaction struct {
	kind       transactionKind
	by         int32 // a poller or a settler
	generation uint32
	results    []result
	takes      time.Duration
	since      time.Duration
}

// writer is the lock that one writing transaction at a time has, in the whole installation.
type writer struct {
	queue       queue[transaction]
	running     bool
	settlements int // that wait or run
	busy        time.Duration
	byKind      [kinds]time.Duration
}

// write queues a transaction.
func (s *simulation) write(t transaction) {
	t.since = s.now
	if t.kind == settlement {
		s.writer.settlements++
	}
	s.writer.queue.add(t)
	if !s.writer.running {
		s.begin()
	}
}

// begin lets the first transaction of the queue run.
func (s *simulation) begin() {
	w := &s.writer
	t := w.queue.items[w.queue.head]
	w.running = true
	if s.measuring() {
		s.queued.add(s.now-t.since, 1)
		s.counted.transactions++
		if t.kind == polls {
			s.counted.batches++
		}
		w.busy += t.takes
		w.byKind[t.kind] += t.takes
	}
	s.after(t.takes, event{kind: written})
}

func (s *simulation) written() {
	w := &s.writer
	t := w.queue.take()
	if w.running = false; w.queue.len() > 0 {
		s.begin()
	}
	switch t.kind {
	case polls:
		s.stored(t)
	case settlement:
		w.settlements--
		s.settledRound(t.by)
	default:
	}
}

// waitingPolls counts polls that wait for the writer.
func (s *simulation) waitingPolls() (n int) {
	for _, t := range s.writer.queue.items[s.writer.queue.head:] {
		n += len(t.results)
	}
	for i := range s.pollers {
		n += s.pollers[i].results.len()
	}
	return n
}

// arrivals are articles that were stored at one time.
type arrivals struct {
	at time.Duration
	n  int
}

// settler settles the articles of its languages, one round after the other.
type settler struct {
	share   float64 // of all articles
	waiting queue[arrivals]
	count   int
	round   []arrivals // that it settles now
	began   time.Duration
	busy    time.Duration
}

// languageShares are what the languages have of the world's articles, about: English, and then smaller ones. They are dealt to
// the settlers, the next to the one with the least.
var languageShares = []float64{.42, .1, .08, .07, .06, .05, .04, .04, .03, .03, .02, .02, .02, .02}

func (s *simulation) makeSettlers() {
	s.settlers = make([]settler, s.p.settlers)
	for _, share := range languageShares {
		least := 0
		for i := range s.settlers {
			if s.settlers[i].share < s.settlers[least].share {
				least = i
			}
		}
		s.settlers[least].share += share
	}
	for i := range s.settlers {
		s.after(settleEvery, event{kind: settleRound, id: int32(i)})
	}
}

// arrived gives stored articles to the settlers and the indexes.
func (s *simulation) arrived(n int) {
	s.index.queue.add(arrivals{s.now, n})
	s.index.waiting += n
	counts := make([]int, len(s.settlers))
	for range n {
		x := s.random.Float64()
		i := 0
		for ; i < len(s.settlers)-1 && x >= s.settlers[i].share; i++ {
			x -= s.settlers[i].share
		}
		counts[i]++
	}
	for i, n := range counts {
		if n > 0 {
			s.settlers[i].waiting.add(arrivals{s.now, n})
			s.settlers[i].count += n
		}
	}
}

// takeUpTo takes the oldest arrivals, most in all.
func takeUpTo(q *queue[arrivals], most int) (taken []arrivals, n int) {
	for q.len() > 0 && n < most {
		a := q.take()
		taken = append(taken, a)
		n += a.n
	}
	return taken, n
}

func (s *simulation) settleRound(i int32) {
	t := &s.settlers[i]
	t.began = s.now
	if t.waiting.len() == 0 {
		s.after(settleEvery, event{kind: settleRound, id: i})
		return
	}
	var n int
	t.round, n = takeUpTo(&t.waiting, roundSize)
	t.count -= n
	s.after(time.Duration(n)*s.p.settleCost, event{kind: grouped, id: i})
}

func (s *simulation) grouped(i int32) {
	n := 0
	for _, a := range s.settlers[i].round {
		n += a.n
	}
	s.write(transaction{kind: settlement, by: i, takes: s.p.commit + time.Duration(n)*s.p.storeSettled})
}

func (s *simulation) settledRound(i int32) {
	t := &s.settlers[i]
	if s.measuring() {
		t.busy += s.now - t.began
		for _, a := range t.round {
			s.settled.add(s.now-a.at, int64(a.n))
		}
	}
	t.round = nil
	s.after(max(t.began+settleEvery-s.now, 0), event{kind: settleRound, id: i})
}

// unsettled counts stored articles that are not settled.
func (s *simulation) unsettled() (n int) {
	for i := range s.settlers {
		n += s.settlers[i].count
	}
	return n
}

// indexer is the index of a web node. All nodes do the same, so one is simulated.
type indexer struct {
	queue   queue[arrivals]
	waiting int
}

// indexTick indexes what has arrived. The batch takes its time on the share of the cores that pages leave, at least a tenth of one.
func (s *simulation) indexTick() {
	batch, n := takeUpTo(&s.index.queue, 10*roundSize)
	s.index.waiting -= n
	pages := s.p.requests / float64(s.p.nodes) * s.p.pageCost.Seconds()
	share := min(max(float64(s.p.cores)-pages, .1), 1)
	takes := time.Duration(float64(n) * float64(s.p.indexCost) / share)
	if s.measuring() {
		for _, a := range batch {
			s.found.add(s.now+takes-a.at, int64(a.n))
		}
	}
	s.after(max(takes, indexEvery), event{kind: indexTick})
}

// newsSchedule is what a feed and its server ask for, as package poll takes it.
func newsSchedule(rhythm, fresh, ttl time.Duration) news.Schedule {
	return news.Schedule{Rhythm: rhythm, Fresh: fresh, TTL: ttl}
}
