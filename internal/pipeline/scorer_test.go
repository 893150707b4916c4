package pipeline_test

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"headwater/internal/pipeline/pipelinetest"
)

// scorer is a publisher of many feeds on many hosts. It checks how its reader behaves.
type scorer struct {
	clock *pipelinetest.Clock
	began time.Time
	hosts []string // addresses that it listens on

	busy    sync.Mutex
	running map[string]int // running requests of each host

	mu       sync.Mutex
	pages    map[string]*page // by host and path
	rests    map[string]time.Time
	restart  time.Time // when the reader last started
	counts   map[string]int
	faults   map[string]int
	examples map[string]string
}

// page is what a scorer remembers of an address.
type page struct {
	etag, modified string    // as last sent
	whole          time.Time // when the whole document was last sent
	asked          time.Time
	free           time.Time // when it may be requested again
}

// newScorer listens on this many addresses of the loopback network.
func newScorer(t *testing.T, c *pipelinetest.Clock, hosts int) *scorer {
	s := &scorer{
		clock: c, began: c.Now(), pages: map[string]*page{}, rests: map[string]time.Time{}, running: map[string]int{},
		counts: map[string]int{}, faults: map[string]int{}, examples: map[string]string{},
	}
	for h := range hosts {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.1.%d:0", h+1))
		if err != nil {
			t.Skipf("this machine has no 127.0.1.%d: %v", h+1, err)
		}
		srv := &http.Server{Handler: s}
		go func() { _ = srv.Serve(l) }() // until it is closed
		t.Cleanup(func() { must(t, srv.Close()) })
		s.hosts = append(s.hosts, l.Addr().String())
	}
	return s
}

// kinds of feeds, by their answers.
var kinds = []string{
	"both", "weak", "modified", "etag moves", "modified moves", "bare", "max-age", "expires", "ttl", "period", "hours",
	"found", "moved", "ending", "failing", "missing", "cookies", "odd",
}

// url returns the address of a feed. Every kind is on every host.
func (s *scorer) url(i int) string {
	kind := kinds[i/len(s.hosts)%len(kinds)]
	return fmt.Sprintf("http://%s/%s/%d?key=%d", s.hosts[i%len(s.hosts)], strings.ReplaceAll(kind, " ", "-"), i, i)
}

func (s *scorer) fault(kind string, r *http.Request, format string, args ...any) {
	if s.faults[kind]++; s.faults[kind] == 1 {
		s.examples[kind] = fmt.Sprintf("%s%s at %s: ", r.Host, r.URL, s.clock.Now().Sub(s.began)) + fmt.Sprintf(format, args...)
	}
}

// ServeHTTP implements http.Handler.
func (s *scorer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	others := s.enter(r.Host, 1)
	defer s.enter(r.Host, -1)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if others > 0 {
		s.fault("at once", r, "%d others of this host under way", others)
	}
	p := s.pages[r.Host+r.URL.Path]
	if p == nil {
		p = &page{}
		s.pages[r.Host+r.URL.Path] = p
	}
	s.counts["requests"]++
	s.judge(r, p, now)
	p.asked, p.free = now, now.Add(10*time.Minute)
	if until, status := s.overloaded(r, now); status != 0 {
		w.Header().Set("Retry-After", until)
		w.WriteHeader(status)
		return
	}
	s.answer(w, r, p, now)
}

// judge checks a request.
func (s *scorer) judge(r *http.Request, p *page, now time.Time) {
	h := r.Header
	parts := strings.Split(r.URL.Path, "/")
	switch {
	case h.Get("Cookie") != "":
		s.fault("cookies", r, "%s", h.Get("Cookie"))
	case h.Get("Referer") != "":
		s.fault("referrers", r, "%s", h.Get("Referer"))
	case r.URL.RawQuery != "key="+parts[len(parts)-1]:
		s.fault("queries", r, "%q", r.URL.RawQuery)
	case !strings.Contains(h.Get("User-Agent"), "1 subscribers"), !strings.Contains(h.Get("Accept"), "application/atom+xml"), !strings.Contains(h.Get("Accept-Encoding"), "br"):
		s.fault("headers", r, "%v", h)
	}
	if until := s.rests[r.Host]; now.Before(until) {
		s.fault("early after Retry-After", r, "%s too soon", until.Sub(now))
	}
	if now.Before(p.free) {
		kind := "early"
		if p.asked.Before(s.restart) {
			kind = "early after a restart"
		}
		s.fault(kind, r, "%s too soon, asked before at %s", p.free.Sub(now), p.asked.Sub(s.began))
	}
	if strings.HasPrefix(r.URL.Path, "/hours/") && now.UTC().Hour() < 6 {
		s.fault("skipped hours", r, "at %s", now.UTC())
	}
	s.judgeValidators(r, p, now)
}

func (s *scorer) judgeValidators(r *http.Request, p *page, now time.Time) {
	etag, modified := strings.Join(r.Header["If-None-Match"], "|"), strings.Join(r.Header["If-Modified-Since"], "|")
	switch given := p.etag != "" || p.modified != ""; {
	case etag == "" && modified == "":
		s.counts["unconditional"]++
		if given && now.Sub(p.whole) < 7*24*time.Hour {
			s.fault("unconditional", r, "the document was given whole %s ago", now.Sub(p.whole))
		}
		if given {
			s.counts["weekly"]++
		}
	case !given:
		s.fault("validators made up", r, "%q %q", etag, modified)
	case etag != p.etag, modified != p.modified:
		s.fault("validators out of order", r, "%q %q, given were %q %q", etag, modified, p.etag, p.modified)
	default:
		s.counts["conditional"]++
		if now.Sub(p.whole) > 8*24*time.Hour {
			s.fault("never whole", r, "the document was given whole %s ago", now.Sub(p.whole))
		}
	}
}

// enter counts the running requests of a host, and returns how many there were before.
func (s *scorer) enter(host string, n int) int {
	s.busy.Lock()
	defer s.busy.Unlock()
	before := s.running[host]
	s.running[host] += n
	return before
}

// overloaded makes a fifth of the hosts fail twice a week: 503 with seconds, and 429 with a date. Status 0 means no
// failure.
func (s *scorer) overloaded(r *http.Request, now time.Time) (until string, status int) {
	if slices.Index(s.hosts, r.Host)%5 != 0 || now.Before(s.rests[r.Host]) {
		return "", 0
	}
	switch hour := int(now.Sub(s.began).Hours()); {
	case hour >= 30 && hour < 36:
		s.rests[r.Host] = now.Add(11*time.Hour + 7*time.Second)
		s.counts["Retry-After"]++
		return strconv.Itoa(11*3600 + 7), http.StatusServiceUnavailable
	case hour >= 80 && hour < 90:
		at := now.Add(40*time.Hour + 13*time.Second)
		s.rests[r.Host] = at.Truncate(time.Second)
		s.counts["Retry-After"]++
		return at.UTC().Format(http.TimeFormat), http.StatusTooManyRequests
	}
	return "", 0
}
