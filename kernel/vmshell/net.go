package vmshell

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/network"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/ether/vswitch"
)

// Net is the command net: the network that of returns, which may be nil. wall is
// the Unix time, in ns, of the network's time 0.
func Net(of func() *network.Network, wall func() int64) monitor.Command {
	return monitor.Command{
		Name: "net", Usage: "[table | leases | capture PORT [FRAMES]]", Group: "virtual machines",
		Help: "the network: its ports; who is where; whose addresses; frames at a port, as a pcap file in base64",
		Run: func(c *monitor.Context, args []string) error {
			n := of()
			if n == nil {
				return errors.New("there is no network: no machine has an adapter")
			}
			switch {
			case len(args) == 0:
				return showNetwork(c, n)
			case args[0] == "table" && len(args) == 1:
				return showTable(c, n)
			case args[0] == "leases" && len(args) == 1:
				return showLeases(c, n)
			case args[0] == "capture" && (len(args) == 2 || len(args) == 3):
				return capturePort(c, n, wall(), args[1:])
			}
			return monitor.BadInput("want nothing, table, leases, or capture and a port")
		},
		Complete: func(args []string) (words []string) {
			switch n := of(); {
			case len(args) == 1:
				return []string{"table", "leases", "capture"}
			case len(args) == 2 && args[0] == "capture" && n != nil:
				for _, p := range n.Status().Ports {
					words = append(words, p.Name)
				}
			}
			return words
		},
	}
}

// columns prints a table.
func columns(c *monitor.Context, rows func(w *tabwriter.Writer)) error {
	w := tabwriter.NewWriter(c, 0, 0, 2, ' ', 0)
	rows(w)
	return w.Flush()
}

// showNetwork shows the way to the world and the ports.
func showNetwork(c *monitor.Context, n *network.Network) error {
	s := n.Status()
	c.Printf("Ringo is %s, uplink %s", ownAddress(s.Self), s.Mode)
	if s.Mode != config.UplinkNone {
		if b := s.Outside; b.Address.IsValid() {
			c.Printf(": %v, gateway %v, DNS %v", b.Address, b.Gateway, b.DNS)
		} else {
			c.Printf(" without an address")
		}
		c.Printf("; %d flows, %d packets refused", s.NAT.Flows, s.NAT.Refused)
	}
	c.Printf("\n")
	return columns(c, func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "port\taddress\tEthernet\tpolicy\tVLAN\tsent\treceived\tlost")
		for i := range s.Ports {
			p := &s.Ports[i]
			name := p.Name
			if !p.Connected {
				name += " (off)"
			}
			fmt.Fprintf(w, "%s\t%s\t%v\t%v\t%s\t%s\t%s\t%s\n", name, ipAddress(p.Addr), ethernet(p.MAC), p.Policy, vlan(p.VLAN), traffic(&p.Sent), traffic(&p.Received), lost(&p.Counters))
		}
		for i := range s.Ports {
			for _, f := range s.Ports[i].Forwards {
				fmt.Fprintf(w, "%s port %d leads to port %d of %s\n", f.Protocol, f.Host, f.Guest, s.Ports[i].Name)
			}
		}
	})
}

// ownAddress is Ringo's own on the switch.
func ownAddress(p netip.Prefix) string {
	if !p.IsValid() {
		return "bridged"
	}
	return p.String()
}

func ipAddress(a netip.Addr) string {
	if !a.IsValid() {
		return "-"
	}
	return a.String()
}

// ethernet is the only address at a port.
func ethernet(m ether.MAC) string {
	if m == (ether.MAC{}) {
		return "any"
	}
	return m.String()
}

func vlan(id uint16) string {
	if id == 0 {
		return "-"
	}
	return strconv.Itoa(int(id))
}

// traffic is frames, and their bytes.
func traffic(d *vswitch.Direction) string { return fmt.Sprintf("%d (%s)", d.Frames, size(d.Bytes)) }

// size is a number of bytes.
func size(n uint64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// lost is the frames that are, by the reason.
func lost(k *vswitch.Counters) (text string) {
	for _, r := range []struct {
		why string
		n   uint64
	}{
		{"bad", k.Sent.Bad + k.Received.Bad}, {"spoofed", k.Sent.Spoof + k.Received.Spoof}, {"VLAN", k.Sent.VLAN + k.Received.VLAN},
		{"policy", k.Sent.Policy + k.Received.Policy}, {"rate", k.Sent.Rate + k.Received.Rate}, {"full", k.Sent.Full + k.Received.Full},
	} {
		if r.n != 0 {
			text += fmt.Sprintf(" %d %s", r.n, r.why)
		}
	}
	if text == "" {
		return "0"
	}
	return text[1:]
}

// showTable shows what the switch has learned.
func showTable(c *monitor.Context, n *network.Network) error {
	return columns(c, func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "Ethernet\tVLAN\tport\theard of")
		for _, e := range n.Status().Table {
			fmt.Fprintf(w, "%v\t%s\t%s\t%v ago\n", e.MAC, vlan(e.VLAN), e.Port, e.Age.Round(time.Millisecond))
		}
	})
}

// showLeases shows the addresses that Ringo has given.
func showLeases(c *monitor.Context, n *network.Network) error {
	return columns(c, func(w *tabwriter.Writer) {
		fmt.Fprintln(w, "address\tEthernet\tname\tasked for")
		for _, l := range n.Status().Leases {
			asked := "no"
			if l.Asked {
				asked = "yes"
			}
			fmt.Fprintf(w, "%v\t%v\t%s\t%s\n", l.Addr, l.MAC, l.Name, asked)
		}
	})
}
