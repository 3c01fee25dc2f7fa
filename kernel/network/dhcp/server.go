package dhcp

import (
	"net"
	"net/netip"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/iana"
	"github.com/insomniacslk/dhcp/rfc1035label"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// The ports. RFC 2131 §4.1.
const (
	ServerPort = 67
	ClientPort = 68
)

// MaxMessage is the most that a message has that is taken, in bytes.
const MaxMessage = 1472

// Server answers those who ask for an address.
type Server struct {
	Leases *Leases
	Domain string
	// Router and DNS say whether the host is that for the machines.
	Router, DNS bool
	// Boot is the file that a machine is to start from the network, and
	// whether the machine runs iPXE already, which takes URLs; empty is none.
	Boot func(name string, ipxe bool) string
}

// Answer is the answer to a message from an adapter; to is where it goes to on
// the wire, and nil says that there is no answer.
func (s *Server) Answer(message []byte) (answer []byte, to ether.MAC) {
	if len(message) > MaxMessage {
		return nil, to
	}
	req, err := dhcpv4.FromBytes(message)
	if err != nil || req.OpCode != dhcpv4.OpcodeBootRequest || req.HWType != iana.HWTypeEthernet || len(req.ClientHWAddr) != len(to) {
		return nil, to
	}
	copy(to[:], req.ClientHWAddr)
	r := s.reply(req, to)
	if r == nil || to.Multicast() {
		return nil, to
	}
	if req.IsBroadcast() || r.MessageType() == dhcpv4.MessageTypeNak {
		to = ether.Broadcast
	}
	return r.ToBytes(), to
}

// reply is the answer to a request, nil for none. RFC 2131 §4.3.
func (s *Server) reply(req *dhcpv4.DHCPv4, m ether.MAC) *dhcpv4.DHCPv4 {
	self := s.Leases.self.Addr()
	id := req.ServerIdentifier()
	if id != nil && !id.Equal(self.AsSlice()) {
		return nil // it asks another server
	}
	kind := req.MessageType()
	switch kind {
	case dhcpv4.MessageTypeDiscover, dhcpv4.MessageTypeRequest:
		v, ok := s.Leases.take(m, kind == dhcpv4.MessageTypeRequest)
		if !ok {
			return nil
		}
		wanted := req.RequestedIPAddress()
		if wanted == nil {
			wanted = req.ClientIPAddr
		}
		if kind == dhcpv4.MessageTypeRequest && !wanted.Equal(v.Addr.AsSlice()) {
			return s.message(req, dhcpv4.MessageTypeNak)
		}
		answer := dhcpv4.MessageTypeOffer
		if kind == dhcpv4.MessageTypeRequest {
			answer = dhcpv4.MessageTypeAck
		}
		r := s.message(req, answer)
		if r != nil {
			r.YourIPAddr = v.Addr.AsSlice()
			r.UpdateOption(dhcpv4.OptIPAddressLeaseTime(leaseTime))
			s.options(r, v.Name, isIPXE(req))
		}
		return r
	case dhcpv4.MessageTypeInform:
		r := s.message(req, dhcpv4.MessageTypeAck)
		if v, ok := s.Leases.Of(m); ok && r != nil {
			s.options(r, v.Name, isIPXE(req))
		}
		return r
	}
	return nil
}

func (s *Server) message(req *dhcpv4.DHCPv4, kind dhcpv4.MessageType) *dhcpv4.DHCPv4 {
	r, err := dhcpv4.NewReplyFromRequest(req, dhcpv4.WithMessageType(kind),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(s.Leases.self.Addr().AsSlice())))
	if err != nil {
		return nil
	}
	return r
}

// options tells a machine about the network, and what to start. RFC 2132.
func (s *Server) options(r *dhcpv4.DHCPv4, name string, ipxe bool) {
	self := net.IP(s.Leases.self.Addr().AsSlice())
	r.UpdateOption(dhcpv4.OptSubnetMask(net.CIDRMask(s.Leases.self.Bits(), 32)))
	if s.Router {
		r.UpdateOption(dhcpv4.OptRouter(self))
	}
	if s.DNS {
		r.UpdateOption(dhcpv4.OptDNS(self))
		r.UpdateOption(dhcpv4.OptDomainName(s.Domain))
		r.UpdateOption(dhcpv4.OptDomainSearch(&rfc1035label.Labels{Labels: []string{s.Domain}}))
	}
	if name != "" {
		r.UpdateOption(dhcpv4.OptHostName(name))
	}
	if s.Boot == nil {
		return
	}
	if file := s.Boot(name, ipxe); file != "" && len(file) < bootFileSize {
		r.ServerIPAddr = self
		r.BootFileName = file
		r.UpdateOption(dhcpv4.OptBootFileName(file))
	}
}

const bootFileSize = 128 // of the field in a message: RFC 2131 §2

// isIPXE tells whether iPXE asks. It gives its name as the user class.
func isIPXE(req *dhcpv4.DHCPv4) bool {
	return string(req.Options.Get(dhcpv4.OptionUserClassInformation)) == "iPXE"
}

// broadcastAddr is where a client's messages go.
var broadcastAddr = netip.AddrFrom4([4]byte{255, 255, 255, 255})
