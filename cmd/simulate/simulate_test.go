package main

import (
	"bytes"
	"cmp"
	"flag"
	"slices"
	"strings"
	"testing"
	"time"
)

// small is an installation that takes a second to play.
func small(t *testing.T, args ...string) parameters {
	t.Helper()
	var p parameters
	f := flag.NewFlagSet("simulate", flag.ContinueOnError)
	p.flags(f)
	args = append(strings.Fields("-feeds 4000 -hosts 1200 -articles 60000 -pollers 3 -workers 16 -length 3h -warm-up 10m -mtbf 15m -timeout 15s -settlers 4 -requests 40"), args...)
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	if err := p.check(); err != nil {
		t.Fatal(err)
	}
	return p
}

type request struct {
	host, poller, feed int32
	from, until        time.Duration
}

func play(t *testing.T, p parameters) (*simulation, []request) {
	t.Helper()
	s := newSimulation(p)
	var all []request
	s.asked = func(host, poller, feed int32, from, until time.Duration) {
		all = append(all, request{host, poller, feed, from, until})
	}
	s.run()
	if s.broken != nil {
		t.Fatal(s.broken)
	}
	return s, all
}

func reportOf(t *testing.T, s *simulation) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.report(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestOnePollerAHost holds by the requests themselves that no host is asked by two pollers at once, nor before its pause has
// ended, while pollers die and come back.
func TestOnePollerAHost(t *testing.T) {
	p := small(t)
	s, all := play(t, p)
	slices.SortStableFunc(all, func(a, b request) int { return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.from, b.from)) })
	changes := 0
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if a.host != b.host {
			continue
		}
		if b.from < a.until+p.pause {
			t.Fatalf("host %d: poller %d asks at %s, and poller %d has asked it from %s to %s", b.host, b.poller, b.from, a.poller, a.from, a.until)
		}
		if a.poller != b.poller {
			changes++
		}
	}
	if s.counted.deaths < 10 || s.counted.orphans < 10 || changes < 100 {
		t.Errorf("%d deaths with %d hosts in hand, %d changes of pollers; too few to show anything", s.counted.deaths, s.counted.orphans, changes)
	}
}

// TestNoFeedIsForgotten holds that each feed is polled soon after it is due, whatever dies.
func TestNoFeedIsForgotten(t *testing.T) {
	p := small(t)
	s, all := play(t, p)
	polled := map[int32]bool{}
	for _, r := range all {
		polled[r.feed] = true
	}
	for i := range s.hosts {
		h := &s.hosts[i]
		if h.n > smallHost {
			continue // its feeds wait for each other
		}
		bound := p.lease + p.turn + 2*claimEvery + time.Duration(h.n)*(p.timeout+p.pause)
		for f := h.first; f < h.first+h.n; f++ {
			if late := s.end - s.feeds[f].due; late > bound {
				t.Errorf("feed %d of host %d with %d feeds is %s late at the end; at most %s was expected", f, i, h.n, late, bound)
			}
			if !polled[f] && s.feeds[f].read < 0 && s.feeds[f].due < s.end-bound {
				t.Errorf("feed %d of host %d was due and never polled", f, i)
			}
		}
	}
	if len(polled) < p.feeds/2 || len(all) < p.feeds {
		t.Errorf("%d polls of %d feeds; too few to show anything", len(all), len(polled))
	}
	if got, most := s.orphaned.max, p.lease+2*claimEvery; got > most || got < p.lease/2 {
		t.Errorf("hosts of dead pollers waited %s at most, want %s to %s", got, p.lease/2, most)
	}
}

// TestArticlesArePassedOn holds that what is stored is settled and indexed, and that about as much comes as was asked for.
func TestArticlesArePassedOn(t *testing.T) {
	p := small(t, "-mtbf", "0")
	s, _ := play(t, p)
	if want := p.articles / 24 * p.length.Hours() * p.peak; float64(s.counted.articles) < .8*want || float64(s.counted.articles) > 1.2*want {
		t.Errorf("%d articles, want about %.0f", s.counted.articles, want)
	}
	if waits := s.unsettled() + s.index.waiting; float64(waits) > p.articles/86400*10 {
		t.Errorf("%d articles wait at the end, more than come in 10 s", waits)
	}
	for name, h := range map[string]*histogram{"settled": &s.settled, "found": &s.found} {
		if h.total < s.counted.articles*99/100 || h.at(.99) > 3*time.Second {
			t.Errorf("%d of %d articles %s, p99 after %s", h.total, s.counted.articles, name, h.at(.99))
		}
	}
}

func TestSameSeed(t *testing.T) {
	first, _ := play(t, small(t))
	again, _ := play(t, small(t))
	other, _ := play(t, small(t, "-seed", "2"))
	if reportOf(t, first) != reportOf(t, again) {
		t.Error("the same flags gave another report")
	}
	if reportOf(t, first) == reportOf(t, other) {
		t.Error("another seed gave the same report")
	}
}

// TestGivesWay holds that each limit is named when it is the one that is too small.
func TestGivesWay(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
		over bool
	}{
		{"a slow writer", []string{"-store-article", "800ms", "-store-settled", "800ms"}, "writer: the same with full batches", true},
		{"few workers", []string{"-pollers", "1", "-workers", "1", "-mtbf", "0"}, "pollers: workers", false},
		{"slow cores", []string{"-read-cost", "900ms", "-memory", "64e9"}, "pollers: cores", false},
		{"a slow settler", []string{"-settle-cost", "3s"}, "settler: its core, the busiest", true},
		{"little memory", []string{"-memory", "1e8"}, "settler: memory of the largest window", true},
		{"many readers", []string{"-requests", "4000"}, "web node: cores", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := play(t, small(t, append([]string{"-length", "1h"}, tt.args...)...))
			report := reportOf(t, s)
			if _, line, _ := strings.Cut(report, "gives way first: "); !strings.HasPrefix(line, tt.want) || tt.over != strings.Contains(line, "over its limit") {
				t.Errorf("want %q, over its limit %v:\n%s", tt.want, tt.over, report)
			}
		})
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	if h.at(.5) != 0 {
		t.Error("an empty histogram has a median")
	}
	for i := range 1000 {
		h.add(time.Duration(i+1)*time.Second, 1)
	}
	for share, want := range map[float64]time.Duration{.5: 500 * time.Second, .99: 990 * time.Second, 1: 1000 * time.Second} {
		if got := h.at(share); got < want*98/100 || got > want*103/100 {
			t.Errorf("%v of the times are within %s, want %s", share, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	good := small(t)
	for name, spoil := range map[string]func(*parameters){
		"hosts":   func(p *parameters) { p.hosts = p.feeds + 1 },
		"lease":   func(p *parameters) { p.lease = p.renew },
		"workers": func(p *parameters) { p.workers = 0 },
	} {
		p := good
		spoil(&p)
		if err := p.check(); err == nil || !strings.Contains(err.Error(), "-"+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
