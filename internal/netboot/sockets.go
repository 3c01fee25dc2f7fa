package netboot

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/insomniacslk/dhcp/dhcpv4/server4"
)

// Listen opens the sockets on an interface of this machine, for which one must be
// root or have CAP_NET_BIND_SERVICE and CAP_NET_RAW.
func Listen(name string, self netip.Addr) (s Sockets, err error) {
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.DHCP, err = udp(name, dhcpPort); err != nil {
		return s, err
	}
	if s.PXE, err = udp(name, pxePort); err != nil {
		return s, err
	}
	if s.TFTP, err = net.ListenPacket("udp4", netip.AddrPortFrom(self, 69).String()); err != nil {
		return s, fmt.Errorf("TFTP: %w", err)
	}
	if s.HTTP, err = net.Listen("tcp4", netip.AddrPortFrom(self, 80).String()); err != nil {
		return s, fmt.Errorf("HTTP: %w", err)
	}
	s.UDP = func() (net.PacketConn, error) { return net.ListenPacket("udp4", netip.AddrPortFrom(self, 0).String()) }
	return s, nil
}

// udp is a socket for broadcasts on an interface.
func udp(name string, port int) (net.PacketConn, error) {
	c, err := server4.NewIPv4UDPConn(name, &net.UDPAddr{Port: port})
	if err != nil {
		return nil, fmt.Errorf("UDP port %d on %s: %w (root is needed; is a DHCP server running?)", port, name, err)
	}
	return c, nil
}

// Interface finds the interface of a name, or the only one that has an IPv4
// address and is no loopback, with its address and network.
func Interface(name string) (found string, self netip.Prefix, err error) {
	list, err := net.Interfaces()
	if err != nil {
		return "", self, err
	}
	for _, i := range list {
		if name != "" && i.Name != name || name == "" && i.Flags&net.FlagLoopback != 0 || i.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			return "", self, err
		}
		for _, a := range addrs {
			p, err := netip.ParsePrefix(a.String())
			if err != nil || !p.Addr().Is4() {
				continue
			}
			if found != "" {
				return "", self, fmt.Errorf("%s and %s both have addresses: say which by -iface", found, i.Name)
			}
			found, self = i.Name, p
			break
		}
	}
	if found == "" {
		return "", self, fmt.Errorf("no interface %s that is up and has an IPv4 address", name)
	}
	return found, self, nil
}

// Wake sends Wake-on-LAN's magic packet to a machine: six bytes FFh and its address
// sixteen times. (AMD: Magic Packet Technology, 1995.)
func Wake(mac net.HardwareAddr, from netip.Addr) error {
	packet := make([]byte, 6, 102)
	for i := range packet {
		packet[i] = 0xff
	}
	for range 16 {
		packet = append(packet, mac...)
	}
	c, err := net.DialUDP("udp4", &net.UDPAddr{IP: from.AsSlice()}, &net.UDPAddr{IP: net.IPv4bcast, Port: 9})
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Write(packet)
	return err
}
