package ingress

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Client is whom a request counts for where clients are bounded: its address, of IPv6 the network of 64 bits, which one
// customer has whole. Requests without an address, as in tests, are one client.
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

// remote is the address of the connection, or what throughProxies made of it.
func remote(r *http.Request) (netip.Addr, bool) {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	return at.Addr().Unmap().WithZone(""), err == nil
}

// throughProxies gives requests that come through trusted proxies the address of the client as RemoteAddr, with port 0.
func (o Options) throughProxies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addr, ok := remote(r)
		if ok && isIn(o.Proxies, addr) {
			copied := *r
			copied.RemoteAddr = netip.AddrPortFrom(clientOf(r.Header, addr, o.Proxies), 0).String()
			r = &copied
		} else if ok && (addr.IsLoopback() || addr.IsPrivate()) && len(r.Header["X-Forwarded-For"])+len(r.Header["Forwarded"]) > 0 {
			o.unnamed.Do(func() {
				o.Logger.Warn("requests come through a proxy that trusted_proxies does not name, so all its clients count as one "+
					"where logins and streams are bounded", "proxy", addr.String())
			})
		}
		next.ServeHTTP(w, r)
	})
}

// clientOf reads X-Forwarded-For or Forwarded (RFC 7239) from the right: each proxy adds whom it was asked by, so what
// stands left of the first address that is no trusted proxy's may be made up. Proxies write one of the two headers and
// pass on what a client puts into the other. Where they disagree, the request counts as the proxy's own.
func clientOf(h http.Header, proxy netip.Addr, trusted []netip.Prefix) netip.Addr {
	var found []netip.Addr
	for _, hops := range [][]string{forwardedFor(h["X-Forwarded-For"]), forwarded(h["Forwarded"])} {
		if len(hops) > 0 {
			found = append(found, rightmost(hops, proxy, trusted))
		}
	}
	if len(found) == 0 || found[0] != found[len(found)-1] {
		return proxy
	}
	return found[0]
}

// rightmost is the last address that is no trusted proxy's, or else the last that can be read.
func rightmost(hops []string, at netip.Addr, trusted []netip.Prefix) netip.Addr {
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
	return at
}

// forwardedFor splits all lines of X-Forwarded-For.
func forwardedFor(lines []string) []string {
	if len(lines) == 0 {
		return nil
	}
	return strings.Split(strings.Join(lines, ","), ",")
}

// forwarded gives the "for" of each element of all lines of Forwarded, "" where it has none.
func forwarded(lines []string) (hops []string) {
	for _, element := range forwardedFor(lines) {
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
