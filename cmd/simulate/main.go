// Simulate plays hours of an installation of many machines in virtual time, to show what its size asks of each role and
// what gives way first.
//
//	go run ./cmd/simulate                                          # 1,000,000 feeds, 10 million articles a day: half a minute
//	go run ./cmd/simulate -feeds 50000 -hosts 20000 -articles 500000 -pollers 2
//
// When a feed is polled next is decided by package intake/poll, as in the program. What surrounds it is a model: feeds and hosts
// (world.go), pollers with leases of hosts (pollers.go), the one transaction at a time that writes, settlers and indexes
// (behind.go). The costs are flags; their defaults were measured at commit 1b2887a (docs/scale.md). The same flags give the same output.
//
// The model leaves out skipped hours and days, hubs, credited pages and alerts. Every article is new: none is a revision.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

// parameters of a run. The flags say what each means.
type parameters struct {
	seed             uint64
	feeds, hosts     int
	articles         float64 // a day
	peak             float64
	length, warmUp   time.Duration
	pollers, workers int
	cores            int
	lease, renew     time.Duration
	turn, pause      time.Duration
	timeout          time.Duration
	mtbf, repair     time.Duration
	settlers, nodes  int
	requests         float64 // a second, of all web nodes
	memory           float64 // bytes
	keep             time.Duration
	window           time.Duration

	pollCost, readCost, settleCost, indexCost, pageCost time.Duration // of a core
	commit, storePoll, storeArticle, storeSettled, age  time.Duration // of the one writing transaction, without the network
	roundTrip                                           time.Duration
	windowBytes, databaseBytes, indexBytes              float64 // an article
}

func (p *parameters) flags(f *flag.FlagSet) {
	f.Uint64Var(&p.seed, "seed", 1, "where chance begins")
	f.IntVar(&p.feeds, "feeds", 1_000_000, "how many feeds")
	f.IntVar(&p.hosts, "hosts", 400_000, "how many hosts have them; most have one, a few have thousands")
	f.Float64Var(&p.articles, "articles", 10_000_000, "articles a day")
	f.Float64Var(&p.peak, "peak", 1.5, "articles in the busiest hour, as a multiple of the day's mean; the run has that hour in its middle")
	f.DurationVar(&p.length, "length", 6*time.Hour, "virtual time to measure")
	f.DurationVar(&p.warmUp, "warm-up", time.Hour, "virtual time before that, which is not measured")
	f.IntVar(&p.pollers, "pollers", 6, "processes with the role poll")
	f.IntVar(&p.workers, "workers", 128, "requests at once of a poller (poll.workers)")
	f.IntVar(&p.cores, "cores", 2, "cores of each machine")
	f.DurationVar(&p.lease, "lease", 30*time.Second, "how long a host stays with a poller that is gone")
	f.DurationVar(&p.renew, "renew", 10*time.Second, "how often a lease is renewed")
	f.DurationVar(&p.turn, "turn", 30*time.Second, "the longest time of one poller with one host")
	f.DurationVar(&p.pause, "pause", time.Second, "between two requests to a host (fetch.pause)")
	f.DurationVar(&p.timeout, "timeout", 20*time.Second, "of a request (fetch.timeout)")
	f.DurationVar(&p.mtbf, "mtbf", 3*time.Hour, "mean time until a poller dies; 0 is never")
	f.DurationVar(&p.repair, "repair", 2*time.Minute, "until it is back")
	f.IntVar(&p.settlers, "settlers", 1, "processes that settle at the same time, each with languages of its own; the program has one")
	f.IntVar(&p.nodes, "nodes", 4, "processes with the role web, each with a whole index")
	f.Float64Var(&p.requests, "requests", 400, "pages a second, of all web nodes together")
	f.Float64Var(&p.memory, "memory", 64e9, "bytes of memory of a machine that settles")
	f.DurationVar(&p.keep, "keep", 30*24*time.Hour, "how long articles are kept; 0 is for ever")
	f.DurationVar(&p.window, "window", 72*time.Hour, "of open stories (group.window)")

	f.DurationVar(&p.pollCost, "poll-cost", 300*time.Microsecond, "of a core, for a poll")
	f.DurationVar(&p.readCost, "read-cost", 500*time.Microsecond, "of a core, for reading and cleaning a new article")
	f.DurationVar(&p.settleCost, "settle-cost", 850*time.Microsecond, "of a core, for settling an article")
	f.DurationVar(&p.indexCost, "index-cost", 600*time.Microsecond, "of a core, for indexing an article")
	f.DurationVar(&p.pageCost, "page-cost", 5*time.Millisecond, "of a core, for a page")
	f.DurationVar(&p.commit, "commit", 700*time.Microsecond, "of a writing transaction, besides what it stores")
	f.DurationVar(&p.storePoll, "store-poll", 150*time.Microsecond, "of a writing transaction, for a poll")
	f.DurationVar(&p.storeArticle, "store-article", 150*time.Microsecond, "of a writing transaction, for a new article")
	f.DurationVar(&p.storeSettled, "store-settled", 200*time.Microsecond, "of a writing transaction, for a settled article")
	f.DurationVar(&p.age, "age", 400*time.Microsecond, "of a writing transaction, for an article that is aged out")
	f.DurationVar(&p.roundTrip, "round-trip", 100*time.Microsecond, "between a node and the database; each statement takes one")
	f.Float64Var(&p.windowBytes, "window-bytes", 1800, "of memory, an article in the window")
	f.Float64Var(&p.databaseBytes, "database-bytes", 6900, "of the database, an article")
	f.Float64Var(&p.indexBytes, "index-bytes", 4000, "of an index, an article")
}

// How many statements the writing transaction sends, about: of its own, and for each thing that it stores.
const (
	statements        = 6
	pollStatements    = 4
	articleStatements = 3
	settledStatements = 8
	agedStatements    = 1 // they go in steps of many
)

// overNetwork returns the parameters with the time on the network added to that of the writing transaction.
func (p parameters) overNetwork() parameters {
	p.commit += statements * p.roundTrip
	p.storePoll += pollStatements * p.roundTrip
	p.storeArticle += articleStatements * p.roundTrip
	p.storeSettled += settledStatements * p.roundTrip
	p.age += agedStatements * p.roundTrip
	return p
}

func (p *parameters) check() error {
	for _, n := range []struct {
		name string
		bad  bool
	}{
		{"feeds", p.feeds < 1},
		{"hosts", p.hosts < 1 || p.hosts > p.feeds},
		{"pollers", p.pollers < 1 || p.pollers > 1000},
		{"workers", p.workers < 1},
		{"cores", p.cores < 1},
		{"settlers", p.settlers < 1},
		{"nodes", p.nodes < 1},
		{"peak", p.peak < 1 || p.peak > 2},
		{"length", p.length < time.Minute},
		{"lease", p.lease <= p.renew},
		{"commit", p.commit <= 0},
	} {
		if n.bad {
			return fmt.Errorf("-%s: out of range; see -help", n.name)
		}
	}
	return nil
}

func main() {
	var p parameters
	p.flags(flag.CommandLine)
	flag.Parse()
	err := p.check()
	if err == nil && flag.NArg() > 0 {
		err = fmt.Errorf("%q is no flag", flag.Arg(0))
	}
	if err == nil {
		s := newSimulation(p)
		s.run()
		err = cmp.Or(s.broken, s.report(os.Stdout))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(1)
	}
}

// report says what the run showed.
func (s *simulation) report(w io.Writer) error {
	p, seconds := s.p, s.p.length.Seconds()
	var err error
	line := func(format string, args ...any) {
		if _, e := fmt.Fprintf(w, format+"\n", args...); err == nil {
			err = e
		}
	}
	rate := func(n int64) float64 { return float64(n) / seconds }
	n := &s.counted
	line("%d feeds on %d hosts, %.0f articles a day; %s around the busiest hour, %.1f times the mean", p.feeds, p.hosts, p.articles, p.length, p.peak)
	line("")
	line("polls           %7.1f a second: %.0f%% bring articles, %.0f%% bring none, %.1f%% fail, %.2f%% ask the host's rest", rate(n.polls),
		percent(n.fresh, n.polls), percent(n.unchanged, n.polls), percent(n.failed, n.polls), percent(n.rests, n.polls))
	line("articles        %7.1f a second", rate(n.articles))
	line("claims          %7.1f hosts a second in %.1f transactions; as many hosts handed back", rate(n.claimed), rate(n.claims))
	line("late            %s p50, %s p99: all polls, from the time at which the feed was due", show(s.late.at(.5)), show(s.late.at(.99)))
	line("                %s p50, %s p99: on hosts with at most %d feeds", show(s.lateSmall.at(.5)), show(s.lateSmall.at(.99)), smallHost)
	line("                %s p50, %s p99: for want of a poller, from the time at which the host could be asked", show(s.wait.at(.5)), show(s.wait.at(.99)))
	line("deaths          %d pollers died, with %d hosts in hand; hosts with due feeds were without a poller for %s p50, %s at most (the lease is %s)",
		n.deaths, n.orphans, show(s.orphaned.at(.5)), show(s.orphaned.max), p.lease)
	line("backlog         %d feeds due and not polled at the end, %d at most; of these %d on hosts that wait for a poller", s.overdue(), n.mostDue, s.waitingFeeds())
	line("                %d polls and %d settlements wait for the writer at the end, %d articles for settling, %d for an index",
		s.waitingPolls(), s.writer.settlements, s.unsettled(), s.index.waiting)
	line("stored to seen  settled after %s p50, %s p99; found after %s p50, %s p99", show(s.settled.at(.5)), show(s.settled.at(.99)), show(s.found.at(.5)), show(s.found.at(.99)))
	line("writer          %.1f transactions a second, %.1f polls in one of them; %.1f ms in the queue p99", rate(n.transactions), float64(n.polls)/float64(max(n.batches, 1)), s.queued.at(.99).Seconds()*1000)
	line("")
	line("%-42s %8s", "what is in use", "share")
	first := use{}
	for _, u := range s.uses() {
		line("%-42s %7.1f%%  %s", u.what, u.share*100, u.note)
		if !u.elastic && u.share > first.share {
			first = u
		}
	}
	line("")
	if first.share >= .99 { // what waits for it hides what it would have to do
		line("gives way first: %s; it is over its limit", first.what)
	} else {
		line("gives way first: %s, at %.2f times this load", first.what, 1/first.share)
	}
	line("a day adds %.0f GB to the database and %.0f GB to each index", p.articles*p.databaseBytes/1e9, p.articles*p.indexBytes/1e9)
	return err
}

// use is how much of something is in use; 1 is all.
type use struct {
	what    string
	share   float64
	note    string
	elastic bool // falls as more waits, so that it gives no limit
}

func (s *simulation) uses() []use {
	p, n := s.p, &s.counted
	seconds := p.length.Seconds()
	busiest, share := 0.0, 0.0
	for i := range s.settlers {
		busiest = max(busiest, s.settlers[i].busy.Seconds()/seconds)
		share = max(share, s.settlers[i].share)
	}
	open := p.articles * p.window.Hours() / 24 * share
	perNode := p.requests/float64(p.nodes)*p.pageCost.Seconds() + float64(n.articles)/seconds*p.indexCost.Seconds()
	// The more waits for the writer, the more a transaction stores: its commits cost less. This is what they cost at least.
	full := s.writer.busy - time.Duration(n.transactions-n.polls/pollBatch)*p.commit
	of := func(k transactionKind) float64 { return s.writer.byKind[k].Seconds() / seconds * 100 }
	return []use{
		{what: "writer: time of the one transaction", share: s.writer.busy.Seconds() / seconds, elastic: true, note: fmt.Sprintf("polls %.0f%%, settling %.0f%%, ageing out %.0f%%", of(polls), of(settlement), of(retention))},
		{what: "writer: the same with full batches", share: full.Seconds() / seconds, note: fmt.Sprintf("%d polls a transaction", pollBatch)},
		{what: "pollers: workers", share: n.workerTime.Seconds() / seconds / float64(p.pollers*p.workers), note: fmt.Sprintf("%d pollers with %d each", p.pollers, p.workers)},
		{what: "pollers: cores", share: n.cpu.Seconds() / seconds / float64(p.pollers*p.cores)},
		{what: "settler: time of its rounds, the busiest", share: busiest, elastic: true, note: fmt.Sprintf("%d settlers, the largest has %.0f%% of the articles", p.settlers, share*100)},
		{what: "settler: its core, the busiest", share: float64(n.articles) / seconds * share * p.settleCost.Seconds()},
		{what: "settler: memory of the largest window", share: open * p.windowBytes / p.memory, note: fmt.Sprintf("%.1f million articles, %.0f GB", open/1e6, open*p.windowBytes/1e9)},
		{what: "web node: cores", share: perNode / float64(p.cores), note: fmt.Sprintf("%d nodes; indexing alone %.0f%%", p.nodes, float64(n.articles)/seconds*p.indexCost.Seconds()/float64(p.cores)*100)},
	}
}

func percent(n, of int64) float64 { return 100 * float64(n) / float64(max(of, 1)) }

// show rounds a time to what a reader needs of it.
func show(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d < 10*time.Minute:
		return d.Round(time.Second).String()
	}
	return d.Round(time.Minute).String()
}
