package dhcp

import (
	"encoding/binary"
	"math/bits"
	"net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// Bound is what a client was given.
type Bound struct {
	Address netip.Prefix
	Gateway netip.Addr // invalid if there is none
	DNS     []netip.Addr
}

// Client asks for an address until it has one, and keeps it. It is a machine of
// states without a goroutine: Tick and Take say what to send. RFC 2131 §4.4.
type Client struct {
	MAC  ether.MAC
	Name string

	bound   Bound
	server  net.IP
	offered net.IP
	state   clientState
	id      dhcpv4.TransactionID
	tries   uint
	next    time.Time // when something is to be sent
	until   time.Time // when the address is lost
}

type clientState uint8

const (
	selecting clientState = iota
	requesting
	bound
	renewing
)

const (
	firstWait, maxWait = time.Second, 32 * time.Second
	maxRequests        = 4
	minLease           = time.Minute
)

// Bound is what the client has; ok is false if it has nothing.
func (c *Client) Bound() (b Bound, ok bool) { return c.bound, c.bound.Address.IsValid() }

// Tick is to be called about once a second. It returns a message to broadcast,
// or nil.
func (c *Client) Tick(now time.Time) []byte {
	if c.state >= bound && !now.Before(c.until) {
		c.state, c.bound, c.tries = selecting, Bound{}, 0
	}
	if now.Before(c.next) {
		return nil
	}
	if c.state == bound {
		c.state, c.tries = renewing, 0
	}
	if c.state == requesting && c.tries >= maxRequests {
		c.state, c.tries = selecting, 0
	}
	c.next = now.Add(min(firstWait<<min(c.tries, 6), maxWait))
	c.tries++
	return c.message()
}

// message is what the client has to say in its state.
func (c *Client) message() []byte {
	kind := dhcpv4.MessageTypeRequest
	if c.state == selecting {
		kind = dhcpv4.MessageTypeDiscover
		id, err := dhcpv4.GenerateTransactionID()
		if err != nil {
			return nil
		}
		c.id = id
	}
	m, err := dhcpv4.New(dhcpv4.WithTransactionID(c.id), dhcpv4.WithHwAddr(c.MAC[:]), dhcpv4.WithMessageType(kind),
		dhcpv4.WithBroadcast(true), dhcpv4.WithOption(dhcpv4.OptHostName(c.Name)),
		dhcpv4.WithRequestedOptions(dhcpv4.OptionSubnetMask, dhcpv4.OptionRouter, dhcpv4.OptionDomainNameServer))
	if err != nil {
		return nil
	}
	switch c.state {
	case requesting:
		m.UpdateOption(dhcpv4.OptRequestedIPAddress(c.offered))
		m.UpdateOption(dhcpv4.OptServerIdentifier(c.server))
	case renewing:
		m.ClientIPAddr = c.bound.Address.Addr().AsSlice()
	}
	return m.ToBytes()
}

// Take takes a message from a server. It returns a message to broadcast, or
// nil, and whether Bound has changed.
func (c *Client) Take(message []byte, now time.Time) (send []byte, changed bool) {
	if len(message) > MaxMessage {
		return nil, false
	}
	m, err := dhcpv4.FromBytes(message)
	if err != nil || m.OpCode != dhcpv4.OpcodeBootReply || m.TransactionID != c.id || string(m.ClientHWAddr) != string(c.MAC[:]) {
		return nil, false
	}
	switch kind := m.MessageType(); {
	case kind == dhcpv4.MessageTypeOffer && c.state == selecting && m.ServerIdentifier() != nil && c.tries > 0:
		c.state, c.offered, c.server = requesting, m.YourIPAddr, m.ServerIdentifier()
		c.tries, c.next = 1, now.Add(firstWait)
		return c.message(), false
	case kind == dhcpv4.MessageTypeAck && (c.state == requesting || c.state == renewing):
		b, ok := read(m)
		if !ok {
			return nil, false
		}
		lease := max(m.IPAddressLeaseTime(minLease), minLease)
		c.state, c.until, c.next = bound, now.Add(lease), now.Add(lease/2)
		changed = !same(b, c.bound)
		c.bound = b
		return nil, changed
	case kind == dhcpv4.MessageTypeNak && (c.state == requesting || c.state == renewing):
		_, had := c.Bound()
		c.state, c.bound, c.tries, c.next = selecting, Bound{}, 0, now.Add(firstWait)
		return nil, had
	}
	return nil, false
}

// read is what a message gives; ok is false if that is no address one can use.
func read(m *dhcpv4.DHCPv4) (b Bound, ok bool) {
	a, ok := addr(m.YourIPAddr)
	mask := m.SubnetMask()
	if !ok || len(mask) != 4 || a.IsMulticast() || a.IsLoopback() || a == broadcastAddr {
		return b, false
	}
	v := binary.BigEndian.Uint32(mask)
	n := bits.LeadingZeros32(^v)
	if n == 0 || v != ^uint32(0)<<(32-n) {
		return b, false
	}
	b.Address = netip.PrefixFrom(a, n)
	for _, r := range m.Router() {
		if g, ok := addr(r); ok && b.Address.Contains(g) && g != a {
			b.Gateway = g
			break
		}
	}
	for _, d := range m.DNS() {
		if d, ok := addr(d); ok && len(b.DNS) < 3 {
			b.DNS = append(b.DNS, d)
		}
	}
	return b, true
}

func addr(ip net.IP) (netip.Addr, bool) {
	a, ok := netip.AddrFromSlice(ip.To4())
	return a, ok && !a.IsUnspecified()
}

func same(a, b Bound) bool {
	if a.Address != b.Address || a.Gateway != b.Gateway || len(a.DNS) != len(b.DNS) {
		return false
	}
	for i := range a.DNS {
		if a.DNS[i] != b.DNS[i] {
			return false
		}
	}
	return true
}
