//go:build boot

package test

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/internal/netboot"
	"github.com/ringo-vmm/ringo/kernel/network/host"
	"github.com/ringo-vmm/ringo/vmm/ether"
)

// cable is the network between QEMU's adapter and the boot server: a socket of
// datagrams, each a frame.
type cable struct {
	c    *net.UnixConn
	qemu *net.UnixAddr
}

func newCable(t *testing.T, path string) *cable {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &cable{c, &net.UnixAddr{Name: path + ".qemu", Net: "unixgram"}}
}

// Send is ether.Port's. What the stack leaves to the adapter is done here.
func (l *cable) Send(f ether.Frame) {
	if !f.Check() {
		return
	}
	var w ether.Finisher
	for w.Finish(f, ether.Features{}); ; {
		out, ok := w.Next()
		if !ok {
			return
		}
		l.c.WriteTo(out.Data, l.qemu)
	}
}

// broadcasts is a socket for DHCP, whose clients have no address that an IP stack
// could send to.
type broadcasts struct {
	net.PacketConn // for what nobody calls
	cable          *cable
	mac            ether.MAC
	self           netip.Addr
	requests       chan []byte
	done           chan struct{}
}

// Where things are in a frame with UDP in IPv4 without options. RFC 791, RFC 768.
const (
	ipStart, udpStart, dataStart = 14, 34, 42
	protocolUDP                  = 17
)

// filter takes the requests out of what comes in.
func (b *broadcasts) filter(f ether.Frame) bool {
	d := f.Data
	if len(d) < dataStart || binary.BigEndian.Uint16(d[12:]) != 0x0800 || d[ipStart] != 0x45 || d[ipStart+9] != protocolUDP || binary.BigEndian.Uint16(d[udpStart+2:]) != 67 {
		return false
	}
	select {
	case b.requests <- append([]byte(nil), d[dataStart:]...):
	default:
	}
	return true
}

func (b *broadcasts) ReadFrom(p []byte) (int, net.Addr, error) {
	select {
	case d := <-b.requests:
		return copy(p, d), &net.UDPAddr{IP: net.IPv4zero, Port: 68}, nil
	case <-b.done:
		return 0, nil, net.ErrClosed
	}
}

func (b *broadcasts) WriteTo(p []byte, _ net.Addr) (int, error) {
	d := make([]byte, dataStart, dataStart+len(p))
	copy(d, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	copy(d[6:], b.mac[:])
	binary.BigEndian.PutUint16(d[12:], 0x0800)
	ip := d[ipStart:udpStart]
	ip[0], ip[8], ip[9] = 0x45, 64, protocolUDP
	binary.BigEndian.PutUint16(ip[2:], uint16(20+8+len(p)))
	copy(ip[12:], b.self.AsSlice())
	copy(ip[16:], net.IPv4bcast.To4())
	sum := uint32(0)
	for i := 0; i < len(ip); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(ip[i:]))
	}
	binary.BigEndian.PutUint16(ip[10:], ^uint16(sum+sum>>16))
	udp := d[udpStart:]
	binary.BigEndian.PutUint16(udp, 67)
	binary.BigEndian.PutUint16(udp[2:], 68)
	binary.BigEndian.PutUint16(udp[4:], uint16(8+len(p)))
	b.cable.Send(ether.Frame{Data: append(d, p...)})
	return len(p), nil
}

func (b *broadcasts) Close() error { close(b.done); return nil }

// What ringo flash serves boots a machine whose boot ROM asks for it: DHCP, then
// files by HTTP. The network is a cable to QEMU's adapter, and needs no root.
func TestFlashServesABootROM(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := filepath.Join(dir, "pxe")
	if err := media.PXE(server, media.Content{ELF: kernelELF, Modules: described(t, "../iso/bios.toml")}); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	wire := newCable(t, link)
	stack, err := host.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Close)
	self := netip.MustParsePrefix("10.99.0.1/24")
	mac := ether.MAC{2, 0, 0, 0, 0, 1}
	dhcp := &broadcasts{cable: wire, mac: mac, self: self.Addr(), requests: make(chan []byte, 16), done: make(chan struct{})}
	nic, err := stack.AddNIC(host.NICConfig{Name: "lab", MAC: mac, Filter: dhcp.filter})
	if err != nil {
		t.Fatal(err)
	}
	if err := nic.SetAddress(self, netip.Addr{}); err != nil {
		t.Fatal(err)
	}
	nic.Connect(wire)
	go func() {
		buf := make([]byte, 2048)
		for {
			n, err := wire.c.Read(buf)
			if err != nil {
				return
			}
			nic.Receive(ether.Frame{Data: buf[:n]})
		}
	}()

	on := netboot.Sockets{DHCP: dhcp, UDP: func() (net.PacketConn, error) { return stack.ListenUDP(nic, 0) }}
	if on.TFTP, err = stack.ListenUDP(nic, 69); err != nil {
		t.Fatal(err)
	}
	if on.HTTP, err = stack.ListenTCP(nic, 80); err != nil {
		t.Fatal(err)
	}
	var kernels atomic.Int32
	s := &netboot.Server{Dir: server, Self: self.Addr(), Pool: self.Masked(), Log: t.Logf, Served: func(name string) {
		if name == "ringo.elf" {
			kernels.Add(1)
		}
	}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, on) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	boot(t, emu.Options{Boot: emu.BootPXE, Image: server, Link: link}).Expect(`by iPXE`).Expect(`No bootable device`)
	if n := kernels.Load(); n != 1 {
		t.Errorf("the kernel was served %d times", n)
	}
}
