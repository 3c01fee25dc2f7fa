package ether

import (
	"encoding/hex"
	"fmt"
)

// MAC is an Ethernet address.
type MAC [6]byte

// Broadcast is the address of everybody.
var Broadcast = MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// ParseMAC reads an address as in "52:54:00:12:34:56".
func ParseMAC(s string) (m MAC, err error) {
	const digits = 2
	for i := range m {
		at := i * (digits + 1)
		last := i == len(m)-1
		if len(s) < at+digits || last != (len(s) == at+digits) || !last && s[at+digits] != ':' {
			return MAC{}, fmt.Errorf("%q is no address like 52:54:00:12:34:56", s)
		}
		if _, err := hex.Decode(m[i:i+1], []byte(s[at:at+digits])); err != nil {
			return MAC{}, fmt.Errorf("%q is no address like 52:54:00:12:34:56", s)
		}
	}
	return m, nil
}

// String is the address as ParseMAC reads it.
func (m MAC) String() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

// Multicast tells whether it is the address of a group, which Broadcast is one
// of. IEEE 802.3 §3.2.3.
func (m MAC) Multicast() bool { return m[0]&1 != 0 }
