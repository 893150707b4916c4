package fetch

import (
	"net/netip"
	"strings"
	"time"

	"headwater/internal/weburl"
)

// PauseOf is how long after a request the next one to the host of an address waits.
func (c *Client) PauseOf(address string) time.Duration {
	u, err := weburl.Parse(address)
	if err != nil {
		return c.opt.Pause
	}
	return c.gate.pauseOf(strings.ToLower(u.Hostname()))
}

// own says that a host, written as an address or as localhost, lies in a network that somebody has allowed: it is one of
// theirs and no publisher's.
func (o Options) own(host string) bool {
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		ip, err = netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	if err != nil {
		return false
	}
	for _, p := range o.AllowPrivate {
		if p.Contains(ip.Unmap()) {
			return true
		}
	}
	return false
}
