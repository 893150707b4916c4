package ingress

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Client identifies the client of a request for limits: by its address, of IPv6 the network of 64 bits, which one customer
// has whole. Requests without an address, as in tests, are one client.
func Client(r *http.Request) netip.Prefix {
	addr, ok := remote(r)
	if !ok {
		return netip.Prefix{}
	}
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits) // no address has fewer bits
	return p
}

// Address is the address of the client of a request, "" where it has none.
func Address(r *http.Request) string {
	addr, ok := remote(r)
	if !ok {
		return ""
	}
	return addr.String()
}

// remote is the address of the connection, or the one that throughProxies set.
func remote(r *http.Request) (netip.Addr, bool) {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	return at.Addr().Unmap().WithZone(""), err == nil
}

// throughProxies sets RemoteAddr of requests that come through trusted proxies to the address of the client, with port 0. Other requests lose
// the header that is for proxies alone.
func throughProxies(trusted []netip.Prefix, header string, log *slog.Logger, next http.Handler) http.Handler {
	var warned sync.Once
	header = http.CanonicalHeaderKey(header)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addr, ok := remote(r)
		proxied := ok && isIn(trusted, addr)
		if !proxied && len(r.Header[header]) > 0 {
			copied := *r
			copied.Header = r.Header.Clone()
			copied.Header.Del(header)
			r = &copied
		}
		if proxied {
			copied := *r
			copied.RemoteAddr = netip.AddrPortFrom(clientOf(r.Header, addr, trusted), 0).String()
			r = &copied
		} else if ok && (addr.IsLoopback() || addr.IsPrivate()) && len(r.Header["X-Forwarded-For"])+len(r.Header["Forwarded"]) > 0 {
			warned.Do(func() {
				log.Warn("requests come through a proxy that trusted_proxies does not name, so all its clients count as one "+
					"where logins and streams are bounded", "proxy", addr.String())
			})
		}
		next.ServeHTTP(w, r)
	})
}

// clientOf reads X-Forwarded-For or Forwarded (RFC 7239) from the right: each proxy adds the address that it was asked by, so
// what precedes the first address that is no trusted proxy's may be made up. Proxies write one of the two headers and pass on
// what a client puts into the other. Where they disagree, the client is the proxy itself.
func clientOf(h http.Header, proxy netip.Addr, trusted []netip.Prefix) netip.Addr {
	client, found := proxy, false
	for _, hops := range [][]string{elements(h["X-Forwarded-For"]), forwarded(h["Forwarded"])} {
		if len(hops) == 0 {
			continue
		}
		at := proxy
		for _, hop := range slices.Backward(hops) {
			if !isIn(trusted, at) {
				break
			}
			addr, ok := hopAddress(hop)
			if !ok {
				break // "unknown", or a name that a proxy uses in its place
			}
			at = addr
		}
		if found && at != client {
			return proxy
		}
		client, found = at, true
	}
	return client
}

// elements splits all lines of a header at the commas.
func elements(lines []string) []string {
	if len(lines) == 0 {
		return nil
	}
	return strings.Split(strings.Join(lines, ","), ",")
}

// forwarded gives the "for" of each element of all lines of Forwarded, "" where it has none.
func forwarded(lines []string) (hops []string) {
	for _, element := range elements(lines) {
		hop := ""
		for pair := range strings.SplitSeq(element, ";") {
			if name, value, ok := strings.Cut(pair, "="); ok && strings.EqualFold(strings.TrimSpace(name), "for") {
				hop = strings.Trim(strings.TrimSpace(value), `"`)
			}
		}
		hops = append(hops, hop)
	}
	return hops
}

// hopAddress reads an address with or without brackets and a port.
func hopAddress(hop string) (netip.Addr, bool) {
	hop = strings.TrimSpace(hop)
	if at, err := netip.ParseAddrPort(hop); err == nil {
		return at.Addr().Unmap().WithZone(""), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(hop, "["), "]"))
	return addr.Unmap().WithZone(""), err == nil
}

func isIn(networks []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// WindowCounter counts events by a key, such as wrong passwords by client. The events of a key are forgotten together, when the
// window of the first is over. A WindowCounter holds a bounded number of keys. Beyond it a tenth of them is dropped: those with the
// fewest events, and of these the oldest, so that a flood of new keys does not displace one with many events.
type WindowCounter[K comparable] struct {
	now     func() time.Time
	window  time.Duration
	maxKeys int

	mu     sync.Mutex // guards counts
	counts map[K]*count
}

type count struct {
	events int
	reset  time.Time
}

// NewWindowCounter makes a counter of at most so many keys, by the clock now.
func NewWindowCounter[K comparable](now func() time.Time, window time.Duration, maxKeys int) *WindowCounter[K] {
	return &WindowCounter[K]{now: now, window: window, maxKeys: maxKeys, counts: map[K]*count{}}
}

// Add counts an event. It gives how many there are with this one, and when they are forgotten.
func (t *WindowCounter[K]) Add(key K) (events int, left time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	c := t.counts[key]
	if c == nil || !now.Before(c.reset) {
		if c == nil && len(t.counts) >= t.maxKeys {
			t.evict(now)
		}
		c = &count{reset: now.Add(t.window)}
		t.counts[key] = c
	}
	c.events++
	return c.events, c.reset.Sub(now)
}

// Undo undoes an Add.
func (t *WindowCounter[K]) Undo(key K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.counts[key]; c != nil && c.events > 0 {
		c.events--
	}
}

// Forget forgets the events of a key.
func (t *WindowCounter[K]) Forget(key K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.counts, key)
}

// Has says whether a key has any event.
func (t *WindowCounter[K]) Has(key K) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.counts[key]
	return c != nil && c.events > 0 && t.now().Before(c.reset)
}

// Len is how many keys are held.
func (t *WindowCounter[K]) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.counts)
}

// evict drops keys whose window is over, and then the least important beyond nine tenths of the bound.
func (t *WindowCounter[K]) evict(now time.Time) {
	keys := make([]K, 0, len(t.counts))
	for key, c := range t.counts {
		if now.Before(c.reset) {
			keys = append(keys, key)
		} else {
			delete(t.counts, key)
		}
	}
	slices.SortFunc(keys, func(a, b K) int {
		x, y := t.counts[a], t.counts[b]
		return cmp.Or(cmp.Compare(x.events, y.events), x.reset.Compare(y.reset))
	})
	for _, key := range keys[:max(0, len(keys)-t.maxKeys+t.maxKeys/10)] {
		delete(t.counts, key)
	}
}
