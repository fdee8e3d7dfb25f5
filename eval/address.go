package eval

import (
	"net/netip"
	"strings"
)

func parseAddress(text string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(text)
	return address.Unmap(), err == nil
}

// parseRange reads a CIDR range or a single address, which is a range of one.
func parseRange(text string) (netip.Prefix, bool) {
	if strings.Contains(text, "/") {
		prefix, err := netip.ParsePrefix(text)
		return prefix.Masked(), err == nil
	}
	address, ok := parseAddress(text)
	return netip.PrefixFrom(address, address.BitLen()), ok
}

func inRange(have netip.Addr, want netip.Prefix) bool { return want.Contains(have) }

func isAddress(text string) bool { _, ok := parseAddress(text); return ok }
