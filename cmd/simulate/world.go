package main

import (
	"math"
	"time"
)

// smallHost is the most feeds of a host whose pause never delays its feeds by much.
const smallHost = 20

// feed is a feed as the schedule sees it.
type feed struct {
	due, read  time.Duration // read is when it last answered
	rhythm     time.Duration
	rate       float32 // articles a day
	fresh, ttl uint8   // minutes for which its server, and it itself, ask to be left alone
	failures   uint8
	validators bool // answers 304
}

// host is a host with its feeds: order[first : first+n] are their numbers. The first queued of them are a heap by due time; the
// others are polled, or wait for the transaction that stores their poll.
type host struct {
	first, n, queued int32
	latency          float32       // s, the mean of an answer
	next             time.Duration // not before
	ready            time.Duration // since when it could be polled
	claimed          time.Duration
	died             time.Duration // of the poller that had it; 0 for none
	holder           int32         // a poller, or none
	unstored         int32         // polls that are not stored yet
	generation       uint32        // of its events
	dead             bool          // never answers
	visited          bool          // its poller has no more requests for it
	requested        bool          // a request is under way
	rests            bool          // answers 429 now and then
}

const none int32 = -1

const (
	deadHosts     = .02  // share of hosts that never answer
	failingPolls  = .006 // share of polls that fail although the host is well
	restingPolls  = .002 // share of polls of hosts of more than smallHost feeds that are answered with 429
	restLength    = 10 * time.Minute
	withValidator = .7
	medianLatency = .35 // s
	latencySpread = .8  // sigma of its logarithm, between hosts; half of that between answers of one
	rateSpread    = 1.8 // sigma of the logarithm of articles a day, between feeds
	hostTail      = 1.5 // exponent of the Pareto distribution of feeds per host
	documentItems = 20  // items with a time in a document
)

// makeWorld makes hosts and feeds, in the state that long polling leaves: the rhythm of each feed is known, and the due
// times are spread.
func (s *simulation) makeWorld() {
	p := s.p
	s.hosts, s.feeds, s.order = make([]host, p.hosts), make([]feed, p.feeds), make([]int32, p.feeds)

	// A Pareto distribution cut to whole numbers has the mean zeta(hostTail), 2.612 for 1.5.
	scale := (float64(p.feeds)/float64(p.hosts) - 1) / 1.612
	left := int32(p.feeds)
	for i := range s.hosts {
		size := 1 + int32(scale*(math.Floor(math.Pow(1-s.random.Float64(), -1/hostTail))-1)+s.random.Float64())
		s.hosts[i].n = min(size, int32(p.feeds)/10+1)
		left -= s.hosts[i].n
	}
	for ; left != 0; left -= sign(left) {
		h := &s.hosts[s.random.IntN(p.hosts)]
		if left < 0 && h.n == 1 {
			left += sign(left)
			continue
		}
		h.n += sign(left)
	}

	mean := p.articles / float64(p.feeds)
	first := int32(0)
	for i := range s.hosts {
		h := &s.hosts[i]
		h.first, h.holder = first, none
		first += h.n
		h.latency = float32(medianLatency * math.Exp(latencySpread*s.random.NormFloat64()))
		h.dead = s.random.Float64() < deadHosts
		h.rests = h.n > smallHost
		for f := h.first; f < first; f++ {
			s.order[f] = f
			s.feeds[f] = s.newFeed(mean)
			s.push(h, f)
		}
		s.wakeAtDue(int32(i))
	}
}

func sign(n int32) int32 {
	if n < 0 {
		return -1
	}
	return 1
}

func (s *simulation) newFeed(mean float64) feed {
	f := feed{validators: s.random.Float64() < withValidator}
	f.rate = float32(mean * math.Exp(rateSpread*s.random.NormFloat64()-rateSpread*rateSpread/2))
	switch x := s.random.Float64(); {
	case x < .2:
		f.fresh = 5
	case x < .3:
		f.fresh = 60
	case x < .4:
		f.ttl = 60
	}
	f.rhythm = min(max(time.Duration(math.Ln2/2/float64(f.rate)*24*float64(time.Hour)), s.pace.Min), s.pace.Max)
	wait := max(f.rhythm, time.Duration(max(f.fresh, f.ttl))*time.Minute)
	f.due = time.Duration(s.random.Float64() * float64(wait))
	f.read = f.due - wait
	return f
}

// activity is how many articles appear at a time, as a multiple of the day's mean.
func (s *simulation) activity(at time.Duration) float64 {
	fromPeak := at - s.p.warmUp - s.p.length/2
	return 1 + (s.p.peak-1)*math.Cos(2*math.Pi*fromPeak.Hours()/24)
}

// poisson draws how often something happens that happens mean times on average.
func (s *simulation) poisson(mean float64) int {
	if mean > 30 {
		return max(int(math.Round(mean+math.Sqrt(mean)*s.random.NormFloat64())), 0)
	}
	n := 0
	for left := s.random.ExpFloat64(); left < mean; left += s.random.ExpFloat64() {
		n++
	}
	return n
}

// published returns the times of the items in a document, the newest of which is at least quiet old.
func (s *simulation) published(f *feed, quiet time.Duration) []time.Time {
	gap := 24 * float64(time.Hour) / (float64(f.rate) * s.activity(s.now))
	t := s.clock().Add(-quiet)
	for i := range s.times {
		t = t.Add(-time.Duration(min(gap*s.random.ExpFloat64(), float64(1000*24*time.Hour))))
		s.times[i] = t
	}
	return s.times[:]
}

// push puts a feed into its host's heap. The feed's number must stand behind the heap.
func (s *simulation) push(h *host, f int32) {
	order := s.order[h.first : h.first+h.n]
	i := h.queued
	for order[i] != f {
		i++
	}
	order[i], order[h.queued] = order[h.queued], order[i]
	i = h.queued
	h.queued++
	for i > 0 {
		up := (i - 1) / 2
		if s.feeds[order[up]].due <= s.feeds[order[i]].due {
			return
		}
		order[up], order[i] = order[i], order[up]
		i = up
	}
}

// pop takes the feed that is due first out of the heap.
func (s *simulation) pop(h *host) int32 {
	order := s.order[h.first : h.first+h.n]
	h.queued--
	order[0], order[h.queued] = order[h.queued], order[0]
	for i := int32(0); ; {
		least := i
		for down := 2*i + 1; down <= 2*i+2 && down < h.queued; down++ {
			if s.feeds[order[down]].due < s.feeds[order[least]].due {
				least = down
			}
		}
		if least == i {
			return order[h.queued]
		}
		order[least], order[i] = order[i], order[least]
		i = least
	}
}
