package ingress

import (
	"net/http"
	"net/netip"
)

// Client is whom a request counts for where clients are bounded: its address, of IPv6 the network of 64 bits, which one
// customer has whole. Requests without an address, as in tests, are one client.
func Client(r *http.Request) netip.Prefix {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	addr := at.Addr().Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits) // no address has fewer bits
	return p
}
