package main

import (
	"fmt"
	"math"
	"time"
)

const (
	claimEvery = time.Second
	pollBatch  = 64 // polls in one transaction, as in the program
)

// poller is a process with the role poll. It claims hosts that could be polled, asks their due feeds one after the other with
// the pause between, and hands a host back when the last of its polls is stored. Its results are stored up to pollBatch in one
// transaction; where that is behind, its workers wait.
type poller struct {
	alive      bool
	generation uint32 // of its events; another after each death
	slots      []slot
	free       []int32 // slots without a host
	results    queue[result]
	blocked    []int32 // slots whose result waits for room
	storing    bool
	core       time.Duration // when its cores are free
	again      int           // claims again when so many workers are free, since there were more hosts; 0 for at the next tick
	held       int           // hosts whose leases it has
}

// slot is a worker with a host.
type slot struct {
	host, feed int32
	since      time.Duration // of the request
	answer     answer
}

type answer struct {
	articles  int
	unchanged bool
	failed    bool
	rest      time.Duration
}

// result is a poll that is not stored yet: the feed as it will be.
type result struct {
	host, feed int32
	after      feed
	articles   int
}

func (s *simulation) makePollers() {
	s.pollers = make([]poller, s.p.pollers)
	for i := range s.pollers {
		p := &s.pollers[i]
		p.slots = make([]slot, s.p.workers)
		s.startPoller(int32(i))
	}
}

func (s *simulation) startPoller(i int32) {
	p := &s.pollers[i]
	p.alive, p.storing, p.again, p.core = true, false, 0, s.now
	p.generation++
	p.free, p.blocked, p.results = p.free[:0], p.blocked[:0], queue[result]{}
	for slot := range p.slots {
		p.free = append(p.free, int32(slot))
	}
	s.after(time.Duration(s.random.Float64()*float64(claimEvery)), event{kind: claimTick, id: i, generation: p.generation})
	if s.p.mtbf > 0 {
		s.after(time.Duration(s.random.ExpFloat64()*float64(s.p.mtbf)), event{kind: pollerDied, id: i, generation: p.generation})
	}
}

func (s *simulation) pollerEvent(e event) {
	p := &s.pollers[e.id]
	if e.kind == pollerBack {
		s.startPoller(e.id)
		return
	}
	if e.generation != p.generation {
		return // of a process that has died
	}
	switch e.kind {
	case claimTick:
		s.after(claimEvery, event{kind: claimTick, id: e.id, generation: p.generation})
		s.claim(e.id)
	case answered: // the cores take one answer at a time
		cost := s.p.pollCost + time.Duration(p.slots[e.slot].answer.articles)*s.p.readCost
		if s.measuring() {
			s.counted.cpu += cost
		}
		begin := max(p.core, s.now)
		p.core = begin + cost/time.Duration(s.p.cores)
		if begin == s.now {
			s.read(e.id, e.slot)
		} else {
			s.after(begin-s.now, event{kind: parsed, id: e.id, slot: e.slot, generation: p.generation})
		}
	case parsed:
		s.read(e.id, e.slot)
	case asking:
		s.ask(e.id, e.slot)
	case pollerDied:
		s.die(e.id)
	default:
	}
}

// wakeAtDue lets a host without a poller become ready when its first feed is due.
func (s *simulation) wakeAtDue(i int32) {
	h := &s.hosts[i]
	h.generation++
	h.ready = max(s.feeds[s.order[h.first]].due, h.next)
	s.after(max(h.ready-s.now, 0), event{kind: hostDue, id: i, generation: h.generation})
}

func (s *simulation) hostDue(e event) {
	if h := &s.hosts[e.id]; h.generation == e.generation && h.holder == none {
		s.ready.add(e.id)
	}
}

// claim takes as many hosts that could be polled as the poller has free workers.
func (s *simulation) claim(i int32) {
	p := &s.pollers[i]
	p.again = 0
	if len(p.free) == 0 {
		return
	}
	wanted := len(p.free)
	taken := min(wanted, s.ready.len())
	if s.measuring() {
		s.counted.claims++
		s.counted.claimed += int64(taken)
	}
	for range taken {
		at := s.ready.take()
		h := &s.hosts[at]
		if h.holder != none {
			s.broken = fmt.Errorf("host %d is claimed by poller %d while poller %d has it", at, i, h.holder)
			return
		}
		h.holder, h.claimed, h.visited = i, s.now, false
		p.held++
		if s.measuring() {
			s.wait.add(s.now-h.ready, 1)
			if h.died > 0 {
				s.orphaned.add(s.now-max(h.died, s.feeds[s.order[h.first]].due), 1)
			}
		}
		h.died = 0
		worker := p.free[len(p.free)-1]
		p.free = p.free[:len(p.free)-1]
		p.slots[worker] = slot{host: at}
		s.ask(i, worker)
	}
	if taken == wanted && s.ready.len() > 0 {
		p.again = max(len(p.slots)/2, 1)
	}
}

// ask sends the request for the feed of the slot's host that is due first.
func (s *simulation) ask(i, worker int32) {
	p := &s.pollers[i]
	at := p.slots[worker].host
	h := &s.hosts[at]
	switch {
	case h.holder != i || h.requested:
		s.broken = fmt.Errorf("poller %d asks host %d, which poller %d has", i, at, h.holder)
		return
	case h.next > s.now:
		s.broken = fmt.Errorf("host %d is asked %s before its pause has ended", at, h.next-s.now)
		return
	}
	f := s.pop(h)
	late := s.now - s.feeds[f].due
	if s.measuring() {
		s.late.add(late, 1)
		if h.n <= smallHost {
			s.lateSmall.add(late, 1)
		}
	}
	a, took := s.answerOf(h, &s.feeds[f])
	h.requested = true
	p.slots[worker] = slot{host: at, feed: f, since: s.now, answer: a}
	if s.asked != nil {
		s.asked(at, i, f, s.now, s.now+took)
	}
	s.after(took, event{kind: answered, id: i, slot: worker, generation: p.generation})
}

// answerOf is what the host will answer, and how long that takes.
func (s *simulation) answerOf(h *host, f *feed) (a answer, took time.Duration) {
	took = time.Duration(float64(h.latency) * math.Exp(latencySpread/2*s.random.NormFloat64()) * float64(time.Second))
	switch {
	case h.dead || took >= s.p.timeout:
		return answer{failed: true}, s.p.timeout
	case s.random.Float64() < failingPolls:
		return answer{failed: true}, took
	case h.rests && s.random.Float64() < restingPolls:
		return answer{failed: true, rest: restLength}, took
	}
	a.articles = s.poisson(float64(f.rate) * (s.now - f.read).Hours() / 24 * s.activity(s.now))
	a.unchanged = a.articles == 0 && f.validators
	return a, took
}

// read decides when the feed is polled next, and hands the result to whoever stores it.
func (s *simulation) read(i, worker int32) {
	p := &s.pollers[i]
	at := &p.slots[worker]
	h, a := &s.hosts[at.host], at.answer
	h.requested, h.next = false, s.now+max(s.p.pause, a.rest)
	h.unstored++
	f := s.feeds[at.feed]
	s.schedule(&f, a)
	p.results.add(result{host: at.host, feed: at.feed, after: f, articles: a.articles})
	if s.measuring() {
		n := &s.counted
		n.polls++
		n.articles += int64(a.articles)
		n.workerTime += s.now - at.since
		switch {
		case a.rest > 0:
			n.rests++
		case a.failed:
			n.failed++
		case a.articles > 0:
			n.fresh++
		default:
			n.unchanged++
		}
	}
	if p.results.len() > pollBatch {
		p.blocked = append(p.blocked, worker)
	} else {
		s.goOn(i, worker)
	}
	s.store(i)
}

// schedule sets when a feed is polled next, by the program's own rules.
func (s *simulation) schedule(f *feed, a answer) {
	now, minutes := s.clock(), func(n uint8) time.Duration { return time.Duration(n) * time.Minute }
	var due time.Time
	switch {
	case a.failed:
		f.failures = min(f.failures, 254) + 1
		due, _ = s.pace.AfterFailure(now, newsSchedule(f.rhythm, 0, 0), int(f.failures), a.rest > 0, a.rest)
	default:
		f.failures = 0
		switch {
		case a.unchanged:
			f.rhythm = s.pace.Quieter(f.rhythm)
		case a.articles > 0:
			f.rhythm = s.pace.Learn(s.published(f, 0), now)
		default:
			f.rhythm = s.pace.Learn(s.published(f, s.now-f.read), now)
		}
		f.read = s.now
		due, _ = s.pace.AfterAnswer(now, newsSchedule(f.rhythm, minutes(f.fresh), minutes(f.ttl)))
	}
	f.due = due.Sub(epoch)
}

// goOn lets a worker ask its host again after the pause, or frees it.
func (s *simulation) goOn(i, worker int32) {
	p := &s.pollers[i]
	at := p.slots[worker].host
	h := &s.hosts[at]
	if h.queued > 0 && s.feeds[s.order[h.first]].due <= h.next && h.next-h.claimed < s.p.turn {
		s.after(max(h.next-s.now, 0), event{kind: asking, id: i, slot: worker, generation: p.generation})
		if s.measuring() {
			s.counted.workerTime += max(h.next-s.now, 0)
		}
		return
	}
	h.visited = true
	p.free = append(p.free, worker)
	s.handBack(i, at)
	if p.again > 0 && len(p.free) >= p.again {
		s.claim(i)
	}
}

// handBack ends the lease of a host whose polls are stored.
func (s *simulation) handBack(i, at int32) {
	h := &s.hosts[at]
	if !h.visited || h.unstored > 0 {
		return
	}
	h.holder = none
	s.pollers[i].held--
	s.wakeAtDue(at)
}

// store hands a batch of results to the writer.
func (s *simulation) store(i int32) {
	p := &s.pollers[i]
	if p.storing || p.results.len() == 0 {
		return
	}
	p.storing = true
	t := transaction{kind: polls, by: i, generation: p.generation, takes: s.p.commit}
	for range min(p.results.len(), pollBatch) {
		r := p.results.take()
		t.results = append(t.results, r)
		t.takes += s.p.storePoll + time.Duration(r.articles)*s.p.storeArticle
	}
	for len(p.blocked) > 0 && p.results.len() <= pollBatch {
		worker := p.blocked[0]
		p.blocked = p.blocked[1:]
		s.goOn(i, worker)
	}
	s.write(t)
}

// stored takes over what a transaction stored, unless its poller died before.
func (s *simulation) stored(t transaction) {
	p := &s.pollers[t.by]
	if t.generation != p.generation || !p.alive {
		return
	}
	p.storing = false
	articles := 0
	for _, r := range t.results {
		s.feeds[r.feed] = r.after
		h := &s.hosts[r.host]
		s.push(h, r.feed)
		h.unstored--
		articles += r.articles
		s.handBack(t.by, r.host)
	}
	if articles > 0 {
		s.arrived(articles)
	}
	s.store(t.by)
}

// die ends a poller. Its hosts stay with it until their leases have ended; what it had not stored is polled again.
func (s *simulation) die(i int32) {
	p := &s.pollers[i]
	p.alive = false
	p.generation++
	if s.measuring() {
		s.counted.deaths++
		s.counted.orphans += int64(p.held)
	}
	for at := range s.hosts {
		h := &s.hosts[at]
		if h.holder != i {
			continue
		}
		for h.queued < h.n {
			s.push(h, s.order[h.first+h.queued])
		}
		h.requested, h.unstored, h.died = false, 0, s.now
		renewed := h.claimed + (s.now - h.claimed).Truncate(s.p.renew)
		h.generation++
		s.after(renewed+s.p.lease-s.now, event{kind: hostExpired, id: int32(at), generation: h.generation})
	}
	p.held = 0
	s.after(s.p.repair, event{kind: pollerBack, id: i})
}

func (s *simulation) expire(e event) {
	h := &s.hosts[e.id]
	if h.generation != e.generation {
		return
	}
	h.holder = none
	h.next = max(h.next, s.now)
	s.wakeAtDue(e.id)
}
