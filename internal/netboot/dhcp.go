package netboot

import (
	"net"
	"net/netip"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/iana"
)

// Ports. RFC 2131 §4.1; the last is the PXE specification 2.1's, §2.2.
const (
	dhcpPort   = 67
	clientPort = 68
	pxePort    = 4011
)

// What a boot ROM says that it is, and the answer to it. PXE 2.1 §2.4.2.
const pxeClient = "PXEClient"

// Files that a machine is sent to.
const (
	biosLoader = "undionly.kpxe" // iPXE, which knows multiboot; firmware does not
	efiLoader  = "ringo.efi"
	script     = "boot.ipxe"
)

// optionIPXE is iPXE's own option, which it sends in every request.
const optionIPXE = dhcpv4.GenericOptionCode(175)

// bootControl is a PXE vendor option: sub-option 6, PXE_DISCOVERY_CONTROL, says
// that the boot file is in this very message. PXE 2.1 §2.4.2, table 2-1.
var bootControl = []byte{6, 1, 1 << 3, 255}

// lease is how long a machine may keep its address, in s.
const lease = 3600

// answer is the answer to a message at a port, nil if it is for somebody else.
func (s *Server) answer(m *dhcpv4.DHCPv4, port int) *dhcpv4.DHCPv4 {
	if m.OpCode != dhcpv4.OpcodeBootRequest || !s.wanted(m.ClientHWAddr) {
		return nil
	}
	file := s.file(m)
	proxy := !s.Pool.IsValid()
	if proxy && file == "" {
		return nil
	}
	var kind dhcpv4.MessageType
	switch m.MessageType() {
	case dhcpv4.MessageTypeDiscover:
		kind = dhcpv4.MessageTypeOffer
	case dhcpv4.MessageTypeRequest, dhcpv4.MessageTypeInform:
		// Beside another server, only what is asked at the PXE port is ours.
		if proxy && port != pxePort {
			return nil
		}
		if id := m.ServerIdentifier(); id != nil && !id.Equal(s.ip()) {
			return nil
		}
		kind = dhcpv4.MessageTypeAck
	default:
		return nil
	}
	a, err := dhcpv4.NewReplyFromRequest(m, dhcpv4.WithMessageType(kind), dhcpv4.WithServerIP(s.ip()), dhcpv4.WithOption(dhcpv4.OptServerIdentifier(s.ip())))
	if err != nil {
		return nil
	}
	if !proxy && m.MessageType() != dhcpv4.MessageTypeInform {
		address, ok := s.address(m.ClientHWAddr)
		if !ok {
			return nil
		}
		a.YourIPAddr = address.AsSlice()
		a.UpdateOption(dhcpv4.OptIPAddressLeaseTime(lease * 1e9))
		a.UpdateOption(dhcpv4.OptSubnetMask(net.CIDRMask(s.Pool.Bits(), 32)))
	}
	if file != "" {
		a.BootFileName = file
		a.UpdateOption(dhcpv4.OptBootFileName(file))
		a.UpdateOption(dhcpv4.OptTFTPServerName(s.ip().String()))
		a.UpdateOption(dhcpv4.OptClassIdentifier(pxeClient))
		a.UpdateOption(dhcpv4.OptGeneric(dhcpv4.OptionVendorSpecificInformation, bootControl))
		s.log("%v: boots %s", m.ClientHWAddr, file)
	}
	return a
}

func (s *Server) ip() net.IP { return s.Self.AsSlice() }

// file is what a machine is to boot, empty if it does not want to.
func (s *Server) file(m *dhcpv4.DHCPv4) string {
	ipxe := m.Options.Has(optionIPXE)
	for _, class := range m.UserClass() {
		ipxe = ipxe || class == "iPXE"
	}
	switch class := m.ClassIdentifier(); {
	case ipxe:
		return "http://" + s.Self.String() + "/" + script
	case len(class) < len(pxeClient) || class[:len(pxeClient)] != pxeClient:
		return ""
	}
	for _, arch := range m.ClientArch() {
		if arch == iana.EFI_BC || arch == iana.EFI_X86_64 {
			return efiLoader
		}
	}
	return biosLoader
}

// wanted tells whether the server is for a machine.
func (s *Server) wanted(mac net.HardwareAddr) bool {
	return len(mac) == 6 && (s.MAC == nil || s.MAC.String() == mac.String())
}

// address gives a machine an address of the pool, the same each time.
func (s *Server) address(mac net.HardwareAddr) (netip.Addr, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.leases[mac.String()]; ok {
		return a, true
	}
	taken := map[netip.Addr]bool{s.Self: true}
	for _, a := range s.leases {
		taken[a] = true
	}
	for a := s.Pool.Masked().Addr().Next(); s.Pool.Contains(a.Next()); a = a.Next() {
		if !taken[a] {
			if s.leases == nil {
				s.leases = map[string]netip.Addr{}
			}
			s.leases[mac.String()] = a
			return a, true
		}
	}
	return netip.Addr{}, false
}
