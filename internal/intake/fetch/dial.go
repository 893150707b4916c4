package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// newTransport makes the one way out: every connection is dialled here, and checked when its address is known.
func newTransport(o Options, guardian *ssrf.Guardian) *http.Transport {
	control := guardian.Safe
	if o.dialled != nil {
		control = func(network, address string, raw syscall.RawConn) error {
			if err := guardian.Safe(network, address, raw); err != nil {
				return err
			}
			return o.dialled(network, address, raw)
		}
	}
	dialer := &net.Dialer{Timeout: min(connectTimeout, o.Timeout), KeepAlive: 30 * time.Second, Control: control, Resolver: o.resolver}
	t := &http.Transport{
		Proxy:                  nil, // the environment's proxies would dial for us, past the guardian
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // decompressed here, within the limit
		MaxIdleConns:           1000,
		MaxIdleConnsPerHost:    max(o.PerHost, 64),
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    min(connectTimeout, o.Timeout),
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	if o.Proxy != nil {
		t.Proxy = http.ProxyURL(o.Proxy)
	}
	return t
}

// newGuardian makes the check that each connection passes. Ports are free: feeds are served on all of them.
func newGuardian(allow []netip.Prefix) (*ssrf.Guardian, error) {
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		switch {
		case !p.IsValid():
			return nil, errors.New("fetch: allow_private holds a network that is none; write it as 127.0.0.0/8 or ::1/128")
		case p.Addr().Is4():
			v4 = append(v4, p)
		default:
			v6 = append(v6, p)
		}
	}
	return ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...)), nil
}

// roundTrip makes a request. Behind a proxy the guardian sees the proxy's address only, so what can be known of the
// host itself is looked at here; names are resolved by the proxy, which has to guard them.
func (c *Client) roundTrip(req *http.Request) (*http.Response, error) {
	if c.opt.Proxy != nil {
		if err := c.checkHost(req.URL.Hostname()); err != nil {
			return nil, err
		}
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil && c.opt.Proxy != nil && isRefused(err) {
		return nil, fmt.Errorf("%w (%s): %w", errProxy, c.opt.Proxy.Hostname(), err)
	}
	return resp, err
}

// errProxy says that it is the proxy that may not be reached.
var errProxy = errors.New("fetch.proxy is not on the public internet; name its network in fetch.allow_private")

// checkHost refuses a host that is an address which is not public, or a name that only stands for one.
func (c *Client) checkHost(host string) error {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil:
		network := "tcp4"
		if ip.Is6() {
			network = "tcp6"
		}
		return c.guardian.Safe(network, netip.AddrPortFrom(ip, 80).String(), nil)
	case last == "localhost", isNumber(last):
		return fmt.Errorf("%w: %s stands for an address", ssrf.ErrProhibitedIP, host)
	}
	return nil
}

// isNumber holds for the last part of a name that old parsers take for an IPv4 address: 0x7f000001, 017700000001.
func isNumber(label string) bool {
	_, err := strconv.ParseUint(label, 0, 64)
	_, decimal := strconv.ParseUint(label, 10, 64)
	return err == nil || decimal == nil
}
