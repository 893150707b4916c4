package ingress

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"headwater/internal/weburl"
)

// Hosts are the names and addresses that a server answers to. A page whose own name was changed to resolve to this
// machine (DNS rebinding) still sends that name as Host, and the browser takes its requests for ones of the same origin.
// So a name that is not listed is refused on every path. The port does not matter.
type Hosts struct {
	names  map[string]bool // host names, lower case, in punycode
	addrs  map[netip.Addr]bool
	listen netip.Addr // invalid where all addresses are listened on
}

// NewHosts allows the address that is listened on, the host of the public address ("" is none), and names and addresses
// that somebody listed. On loopback the names and addresses of loopback are allowed; on all addresses those of the
// machine as well.
func NewHosts(listen, publicURL string, listed []string) *Hosts {
	h := &Hosts{names: map[string]bool{}, addrs: map[netip.Addr]bool{}}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		host = listen
	}
	if addr, ok := addressOf(host); !ok {
		h.allow(host)
	} else if !addr.IsUnspecified() {
		h.listen = addr
	}
	if u, err := weburl.Parse(publicURL); err == nil {
		h.allow(u.Hostname())
	}
	for _, name := range listed {
		h.allow(name)
	}
	return h
}

// allow takes a name or an address as a person writes it.
func (h *Hosts) allow(host string) {
	if addr, ok := addressOf(host); ok {
		h.addrs[addr] = !addr.IsUnspecified() // browsers take 0.0.0.0 for this machine, whatever listens there
		return
	}
	if u, err := weburl.Parse("http://" + host); err == nil {
		h.names[nameOf(u.Hostname())] = true
	}
}

// Allows says whether the Host header of a request that came in at the address local names this server.
func (h *Hosts) Allows(header string, local netip.Addr) bool {
	host := header
	if name, _, err := net.SplitHostPort(header); err == nil {
		host = name
	} else if strings.HasPrefix(header, "[") && strings.HasSuffix(header, "]") {
		host = header[1 : len(header)-1]
	}
	addr, ok := addressOf(host)
	if !ok {
		name := nameOf(host)
		return h.names[name] || h.onLoopback() && (name == "localhost" || strings.HasSuffix(name, ".localhost"))
	}
	switch {
	case h.addrs[addr]:
		return true
	case addr.IsLoopback():
		return h.onLoopback()
	case h.listen.IsValid():
		return addr == h.listen
	}
	return addr == local || isLocal(addr)
}

// onLoopback says whether clients on this machine reach the server at loopback.
func (h *Hosts) onLoopback() bool { return !h.listen.IsValid() || h.listen.IsLoopback() }

// isLocal says whether an interface of the machine has the address now.
func isLocal(addr netip.Addr) bool {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return false // the address of the connection was compared already
	}
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap() == addr {
			return true
		}
	}
	return false
}

// addressOf reads an address. An empty host is all addresses, as in ":8080".
func addressOf(host string) (netip.Addr, bool) {
	if host == "" {
		return netip.IPv6Unspecified(), true
	}
	addr, err := netip.ParseAddr(host)
	return addr.Unmap().WithZone(""), err == nil
}

func nameOf(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

func (h *Hosts) check(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h == nil || !h.Allows(r.Host, localAddr(r)) {
			refuse(w, http.StatusMisdirectedRequest, fmt.Sprintf("This server does not answer to the name %.200q. If that name is meant to "+
				"lead here, add it to hosts in config.yaml (or HEADWATER_HOSTS), or set public_url to the address that readers use, "+
				"and start the server again.", r.Host))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// localAddr is the address that the client connected to; invalid where there is no connection, as in a test.
func localAddr(r *http.Request) netip.Addr {
	a, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	addr, _ := netip.AddrFromSlice(a.IP) // of a connection it is always right
	return addr.Unmap()
}

// refuse answers in plain text, before anything of a handler's own is set.
func refuse(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // a client that left needs no answer
}

// SameOrigin refuses requests that may change something and that a browser sends from another site's page: by
// Sec-Fetch-Site, else by Origin (http.CrossOriginProtection). Programs send neither and pass. Pages of publicURL pass,
// though a proxy has changed Host. What is refused goes to refused, or gets plain text where that is nil.
func SameOrigin(publicURL string, refused, next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	if refused == nil {
		refused = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			refuse(w, http.StatusForbidden, r.Method+" "+r.URL.Path+" was sent from another site's page, so it is refused. "+
				"Programs send neither Origin nor Sec-Fetch-Site.")
		})
	}
	guard.SetDenyHandler(refused)
	if origin := originOf(publicURL); origin != "" {
		_ = guard.AddTrustedOrigin(origin) // an origin of scheme and host is valid; on an error no origin is trusted
	}
	return guard.Handler(next)
}

// originOf is the origin of an address as browsers send it, without a port that its scheme implies; "" for none.
func originOf(address string) string {
	u, err := weburl.Parse(address)
	if err != nil {
		return ""
	}
	host := u.Host
	if port := u.Port(); port == map[string]string{"http": "80", "https": "443"}[u.Scheme] && port != "" {
		host = host[:len(host)-len(port)-1]
	}
	return (&url.URL{Scheme: u.Scheme, Host: host}).String()
}
