package config

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// NIC is a network adapter of a machine, plugged into Ringo's switch.
type NIC struct {
	Bus      Bus     // BusVirtio or BusE1000
	MAC      [6]byte // all 0: Ringo makes one up from the machine's name
	Policy   Policy
	VLAN     int    // 1 to 4094; 0 is none. IEEE 802.1Q §9.6
	Rate     uint64 // the most that the guest sends, in bytes a second; 0 is no limit
	Forwards []Forward
}

// Policy is what frames the switch lets through to and from an adapter.
type Policy string

// The policies. Ringo's own services, such as DHCP, are there with each.
const (
	PolicyIsolated Policy = "isolated" // none
	PolicyInbound  Policy = "inbound"  // of connections that others make to it
	PolicyOpen     Policy = "open"     // all
)

// Forward is a port of the uplink that leads to one of the machine.
type Forward struct {
	Protocol    string // "tcp" or "udp"
	Host, Guest uint16 // the uplink's port and the machine's, not 0
}

// Limits of network adapters.
const (
	MaxNICs     = 8
	maxVLAN     = 4094
	minRate     = 1 << 10
	maxRate     = 1 << 40
	maxForwards = 32
)

func setNICs(vm *VM, _ string, v any) error {
	return each(v, `{bus = "virtio"}`, func(t map[string]any) error {
		if len(vm.NICs) == MaxNICs {
			return fmt.Errorf("a machine has up to %d", MaxNICs)
		}
		n, err := nic(t)
		vm.NICs = append(vm.NICs, n)
		return err
	})
}

func nic(t map[string]any) (n NIC, err error) {
	n.Bus, n.Policy = BusVirtio, PolicyOpen
	err = fields(t, []string{"bus", "mac", "policy", "vlan", "rate", "forward"}, func(name string, v any) (err error) {
		switch name {
		case "bus":
			n.Bus, err = choice(v, BusVirtio, BusE1000)
		case "mac":
			n.MAC, err = mac(v)
		case "policy":
			n.Policy, err = choice(v, PolicyIsolated, PolicyInbound, PolicyOpen)
		case "vlan":
			var id int64
			id, err = integer(v, 1, maxVLAN)
			n.VLAN = int(id)
		case "rate":
			n.Rate, err = size(v)
			if err == nil && (n.Rate < minRate || n.Rate > maxRate) {
				err = fmt.Errorf("%s a second; want %s to %s", FormatSize(n.Rate), FormatSize(minRate), FormatSize(maxRate))
			}
		case "forward":
			n.Forwards, err = forwards(v)
		}
		return err
	})
	if err == nil && n.Policy == PolicyIsolated && len(n.Forwards) > 0 {
		err = fmt.Errorf("forward: policy = %q lets nothing in", string(n.Policy))
	}
	return n, err
}

// mac is v as the address of one adapter. IEEE 802 §8.2: bit 0 of the first
// byte is for groups.
func mac(v any) (m [6]byte, err error) {
	s, err := text(v)
	if err != nil {
		return m, err
	}
	a, err := net.ParseMAC(s)
	if err != nil || len(a) != len(m) || [6]byte(a) == m || a[0]&1 != 0 {
		return m, fmt.Errorf("%q is no adapter's address, such as %q", s, "52:54:00:12:34:56")
	}
	return [6]byte(a), nil
}

// forwards is v as a list such as ["tcp:2222:22"].
func forwards(v any) (list []Forward, err error) {
	items, ok := v.([]any)
	switch {
	case !ok:
		return nil, wrongType(`an array such as ["tcp:2222:22"]`, v)
	case len(items) > maxForwards:
		return nil, fmt.Errorf("%d ports; an adapter has up to %d", len(items), maxForwards)
	}
	for _, item := range items {
		s, err := text(item)
		if err != nil {
			return nil, err
		}
		p := strings.Split(s, ":")
		if len(p) != 3 || p[0] != "tcp" && p[0] != "udp" {
			return nil, fmt.Errorf("%q: want protocol, the uplink's port and the machine's, such as %q", s, "tcp:2222:22")
		}
		f := Forward{Protocol: p[0]}
		if f.Host, err = port(p[1]); err == nil {
			f.Guest, err = port(p[2])
		}
		if err != nil {
			return nil, fmt.Errorf("%q: %w", s, err)
		}
		list = append(list, f)
	}
	return list, nil
}

// port is s as the number of a TCP or UDP port.
func port(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is no port; there are 1 to 65535", s)
	}
	return uint16(n), nil
}

// taken are what only one adapter or line of all can have, with their keys.
func (vm *VM) taken() (names []string, keys []string) {
	add := func(key, format string, args ...any) {
		keys, names = append(keys, key), append(names, fmt.Sprintf(format, args...))
	}
	for _, n := range vm.NICs {
		if n.MAC != [6]byte{} {
			add("net", "address %s", net.HardwareAddr(n.MAC[:]))
		}
		for _, f := range n.Forwards {
			add("net", "%s port %d of the uplink", f.Protocol, f.Host)
		}
	}
	for _, s := range vm.Serials {
		if s.To.Kind == ToTCP {
			add("serial", "tcp port %d of the uplink", s.To.Port)
		}
	}
	return names, keys
}
