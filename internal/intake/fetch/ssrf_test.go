package fetch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// dns answers every question as its function says: n counts the questions about that name and type from 0. An invalid
// address is an empty answer. It gives a resolver that asks nobody else.
func dns(t *testing.T, answer func(name string, v6 bool, n int) netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // which ends the loop
	go func() {
		asked := map[string]int{}
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			v6 := q.Type == dnsmessage.TypeAAAA
			key := fmt.Sprint(q.Name, v6)
			ip := answer(strings.TrimSuffix(q.Name.String(), "."), v6, asked[key])
			asked[key]++
			m.Response, m.Answers, m.Additionals = true, nil, nil
			head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
			switch {
			case v6 && ip.Is6():
				m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}}}
			case q.Type == dnsmessage.TypeA && ip.Is4():
				m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: ip.As4()}}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from) // who asked may have given up
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// watch notes each connection that the guardian lets through, and lets only those to the servers of the test be made.
type watch struct {
	mu   sync.Mutex
	own  []string
	seen []string
}

var errWatched = errors.New("the test makes no connection there")

func (w *watch) dialled(_, address string, _ syscall.RawConn) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.Contains(w.own, address) {
		return nil
	}
	w.seen = append(w.seen, address)
	return errWatched
}

func (w *watch) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

// trap is a client with all that wants to lead it astray: a server on 127.0.0.2, which alone it may reach, that redirects
// to wherever it is told, and a sink on 127.0.0.1 that counts its connections.
type trap struct {
	*Client
	watch
	server, sink string // host:port
	caught       atomic.Int64
}

func newTrap(t *testing.T, resolver *net.Resolver, allow ...string) *trap {
	t.Helper()
	tr := &trap{}
	sink := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { send(w, "secrets") }))
	sink.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			tr.caught.Add(1)
		}
	}
	sink.Start()
	t.Cleanup(sink.Close)
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("this machine has no 127.0.0.2: %v", err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusFound)
	}))
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	tr.sink, tr.server = sink.Listener.Addr().String(), l.Addr().String()
	tr.own = []string{tr.server, tr.sink}
	o := Options{Timeout: 2 * time.Second, resolver: resolver, dialled: tr.dialled}
	for _, prefix := range append(allow, "127.0.0.2/32") {
		o.AllowPrivate = append(o.AllowPrivate, netip.MustParsePrefix(prefix))
	}
	tr.Client = client(t, o)
	return tr
}

// lead tries an address in every way that an address can come: as a feed, an image or page, a picture or recording that is passed on, a
// hub or webhook, and after a redirect. It gives the errors.
func (tr *trap) lead(t *testing.T, address string) []error {
	t.Helper()
	ctx := context.Background()
	var errs []error
	get := func(r Request) {
		_, err := tr.Get(ctx, r)
		errs = append(errs, err)
	}
	get(Request{URL: address})
	get(Request{URL: address, Accept: "image/*"})
	redirect := "http://" + tr.server + "/?to=" + url.QueryEscape(address)
	get(Request{URL: redirect})
	for _, picture := range []string{address, redirect} {
		_, err := tr.Picture(ctx, Request{URL: picture})
		_, played := tr.Recording(ctx, Request{URL: picture})
		errs = append(errs, err, played)
	}
	resp, err := tr.Post(ctx, address, http.Header{}, []byte("hub.mode=subscribe"))
	if err == nil {
		_ = resp.Body.Close()
	}
	return append(errs, err)
}

// wantNothing holds that no connection was made, or would have been.
func (tr *trap) wantNothing(t *testing.T, address string, errs []error) {
	t.Helper()
	for i, err := range errs {
		if err == nil {
			t.Errorf("%s: way %d gave an answer", address, i)
		}
	}
	if seen := tr.take(); len(seen) > 0 {
		t.Errorf("%s: connections to %v", address, seen)
	}
	if n := tr.caught.Swap(0); n > 0 {
		t.Errorf("%s: %d connections at the sink", address, n)
	}
}

func lines(t *testing.T, name string) []string {
	t.Helper()
	var out []string
	for s := bufio.NewScanner(sharedFile(t, name)); s.Scan(); {
		if line := strings.TrimSpace(s.Text()); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

// literal writes an address as the host of a URL.
func literal(ip string) string {
	if strings.Contains(ip, ":") {
		return "[" + strings.Replace(ip, "%", "%25", 1) + "]"
	}
	return ip
}

// TestSharedAddresses has every address that is not public written as such, as A and as AAAA of a name.
func TestSharedAddresses(t *testing.T) {
	ips := lines(t, "hostile/ssrf_ips.txt")
	named := func(name string, v6 bool, _ int) netip.Addr {
		var n int
		if _, err := fmt.Sscanf(name, "ip%d.example", &n); err != nil || n >= len(ips) {
			return netip.Addr{}
		}
		if ip := netip.MustParseAddr(ips[n]).WithZone(""); ip.Is6() == v6 {
			return ip
		}
		return netip.Addr{}
	}
	resolver := dns(t, named)
	tr := newTrap(t, resolver)
	_, port, _ := net.SplitHostPort(tr.sink)
	// Where all is allowed the same addresses are dialled, so the trap can spring.
	careless := newTrap(t, resolver, "0.0.0.0/0", "::/0")
	for i, ip := range ips {
		for _, address := range []string{"http://" + literal(ip) + ":" + port + "/", "https://" + literal(ip) + "/", fmt.Sprintf("http://ip%d.example:%s/", i, port)} {
			tr.wantNothing(t, address, tr.lead(t, address))
		}
		address := fmt.Sprintf("http://ip%d.example/", i)
		if careless.lead(t, address); len(careless.take()) < 6 {
			t.Errorf("%s (%s): a careless client does not go there in each way", address, ip)
		}
	}
	if len(ips) < 60 {
		t.Errorf("only %d addresses", len(ips))
	}
}

// TestSharedURLs has addresses that reach where a fetcher must not. Every name in them leads to this machine.
func TestSharedURLs(t *testing.T) {
	addresses := []string{
		"http://0/", "http://0x7f.1/", "http://017700000001/", "http://2130706433/", "http://127.0.0.1./", "http://localhost./", "http://LOCALHOST/",
		"http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::1%25lo]/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/",
		"http://good.example@127.0.0.1/", "http://127.0.0.1:80@10.0.0.1/", "http://127.0.0.1\t.example/", "//127.0.0.1/", "feed://127.0.0.1/",
		"feed:http://127.0.0.1/", "http:127.0.0.1/", "http:///127.0.0.1/", `http:\\127.0.0.1\`, "http://good.example#@127.0.0.1/", "unix:///run/docker.sock",
	}
	for _, line := range lines(t, "hostile/ssrf_urls.jsonl") {
		var v struct{ V string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		addresses = append(addresses, v.V)
	}
	tr := newTrap(t, dns(t, func(_ string, v6 bool, _ int) netip.Addr {
		return netip.MustParseAddr(map[bool]string{true: "::1", false: "127.0.0.1"}[v6])
	}))
	for _, address := range addresses {
		errs := tr.lead(t, address)
		if address == "http://1.1.1.1" { // the one that is public as it stands
			if seen := tr.take(); !slices.Contains(seen, "1.1.1.1:80") {
				t.Errorf("%s: connections to %v", address, seen)
			}
		}
		tr.wantNothing(t, address, errs)
	}
}

// TestRebinding has a name that leads to an allowed server first, and to the sink when that server redirects to the same
// name; and names with a public address beside a private one.
func TestRebinding(t *testing.T) {
	answer := func(name string, v6 bool, n int) netip.Addr {
		switch {
		case name == "both.example" && v6:
			return netip.MustParseAddr("fd00::1")
		case name == "both.example":
			return netip.MustParseAddr("1.1.1.1")
		case v6:
			return netip.Addr{}
		case n == 0:
			return netip.MustParseAddr("127.0.0.2")
		}
		return netip.MustParseAddr("127.0.0.1")
	}
	lure := func(tr *trap) string {
		_, port, _ := net.SplitHostPort(tr.server)
		_, sink, _ := net.SplitHostPort(tr.sink)
		return "http://rebound.example:" + port + "/?to=" + url.QueryEscape("http://rebound.example:"+sink+"/")
	}
	tr := newTrap(t, dns(t, answer))
	_, err := tr.Get(context.Background(), Request{URL: lure(tr)})
	failure(t, err, "private", "rebound.example", "fetch.allow_private")
	tr.wantNothing(t, "a name that changes", []error{err})
	careless := newTrap(t, dns(t, answer), "127.0.0.0/8")
	if res, err := careless.Get(context.Background(), Request{URL: lure(careless)}); err != nil || string(res.Body) != "secrets" || careless.caught.Load() == 0 {
		t.Errorf("a careless client was not caught: %+v, %v", res, err)
	}
	_, err = tr.Get(context.Background(), Request{URL: "http://both.example/"})
	if seen := tr.take(); err == nil || len(seen) != 1 || seen[0] != "1.1.1.1:80" {
		t.Errorf("a name with a public and a private address leads to %v, %v", seen, err)
	}
}
