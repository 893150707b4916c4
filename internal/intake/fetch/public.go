package fetch

import "net/netip"

// Public reports whether an address is one that the dialer lets through: on the public internet, or in one of the networks.
func Public(addr netip.Addr, allow []netip.Prefix) bool {
	guardian, err := newGuardian(allow)
	return err == nil && guardian.SafeAddr(addr.Unmap()) == nil
}
