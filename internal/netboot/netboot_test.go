package netboot

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/iana"
)

var (
	self = netip.MustParseAddr("10.77.0.1")
	mac  = net.HardwareAddr{0x52, 0x54, 0, 1, 2, 3}
)

// ask makes a request.
func ask(t *testing.T, kind dhcpv4.MessageType, mac net.HardwareAddr, with ...dhcpv4.Modifier) *dhcpv4.DHCPv4 {
	t.Helper()
	m, err := dhcpv4.New(append([]dhcpv4.Modifier{dhcpv4.WithMessageType(kind), dhcpv4.WithHwAddr(mac)}, with...)...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// rom is a boot ROM on an architecture.
func rom(arch iana.Arch) dhcpv4.Modifier {
	return func(m *dhcpv4.DHCPv4) {
		m.UpdateOption(dhcpv4.OptClassIdentifier("PXEClient:Arch:00000:UNDI:002001"))
		m.UpdateOption(dhcpv4.OptClientArch(arch))
	}
}

func ipxe(m *dhcpv4.DHCPv4) { m.UpdateOption(dhcpv4.OptGeneric(optionIPXE, []byte{1, 1, 1})) }

func TestEachMachineIsSentToWhatItCanBoot(t *testing.T) {
	for _, tc := range []struct {
		name string
		with []dhcpv4.Modifier
		want string
	}{
		{"BIOS", []dhcpv4.Modifier{rom(iana.INTEL_X86PC)}, "undionly.kpxe"},
		{"UEFI", []dhcpv4.Modifier{rom(iana.EFI_X86_64)}, "ringo.efi"},
		{"UEFI, by its other number", []dhcpv4.Modifier{rom(iana.EFI_BC)}, "ringo.efi"},
		{"iPXE on BIOS", []dhcpv4.Modifier{rom(iana.INTEL_X86PC), ipxe}, "http://10.77.0.1/boot.ipxe"},
		{"iPXE on UEFI, by its class", []dhcpv4.Modifier{rom(iana.EFI_BC), dhcpv4.WithUserClass("iPXE", false)}, "http://10.77.0.1/boot.ipxe"},
		{"what boots from its disk", nil, ""},
	} {
		s := &Server{Self: self}
		a := s.answer(ask(t, dhcpv4.MessageTypeDiscover, mac, tc.with...), dhcpPort)
		if tc.want == "" {
			if a != nil {
				t.Errorf("%s: an answer: %v", tc.name, a)
			}
			continue
		}
		if a == nil || a.MessageType() != dhcpv4.MessageTypeOffer || a.BootFileName != tc.want || !a.ServerIPAddr.Equal(net.IP(self.AsSlice())) {
			t.Errorf("%s: %v, want %s", tc.name, a, tc.want)
			continue
		}
		if !a.YourIPAddr.IsUnspecified() || a.ClassIdentifier() != "PXEClient" {
			t.Errorf("%s: beside another server, an address is offered, or the offer is not PXE's: %v", tc.name, a)
		}
		if got := s.answer(ask(t, dhcpv4.MessageTypeRequest, mac, tc.with...), dhcpPort); got != nil {
			t.Errorf("%s: a request for the other server's address is answered: %v", tc.name, got)
		}
		if got := s.answer(ask(t, dhcpv4.MessageTypeRequest, mac, tc.with...), pxePort); got == nil || got.MessageType() != dhcpv4.MessageTypeAck || got.BootFileName != tc.want {
			t.Errorf("%s: at the PXE port: %v", tc.name, got)
		}
	}
}

func TestAddressesAreGivenOnce(t *testing.T) {
	s := &Server{Self: self, Pool: netip.MustParsePrefix("10.77.0.0/29")}
	seen := map[string]bool{self.String(): true}
	for n := range byte(5) {
		mac := net.HardwareAddr{2, 0, 0, 0, 0, n}
		offer := s.answer(ask(t, dhcpv4.MessageTypeDiscover, mac, ipxe), dhcpPort)
		again := s.answer(ask(t, dhcpv4.MessageTypeRequest, mac, ipxe, dhcpv4.WithOption(dhcpv4.OptServerIdentifier(self.AsSlice()))), dhcpPort)
		if offer == nil || again == nil || again.MessageType() != dhcpv4.MessageTypeAck || !again.YourIPAddr.Equal(offer.YourIPAddr) {
			t.Fatalf("machine %d: %v, then %v", n, offer, again)
		}
		ip := offer.YourIPAddr.String()
		if seen[ip] || !s.Pool.Contains(netip.MustParseAddr(ip)) {
			t.Errorf("machine %d gets %s", n, ip)
		}
		seen[ip] = true
	}
	if a := s.answer(ask(t, dhcpv4.MessageTypeDiscover, net.HardwareAddr{2, 0, 0, 0, 0, 99}, ipxe), dhcpPort); a != nil {
		t.Errorf("there are no addresses left, and the answer is %v", a)
	}
	other := dhcpv4.WithOption(dhcpv4.OptServerIdentifier(net.IPv4(10, 77, 0, 6)))
	if a := s.answer(ask(t, dhcpv4.MessageTypeRequest, mac, ipxe, other), dhcpPort); a != nil {
		t.Errorf("a request to another server is answered: %v", a)
	}
}

func TestOnlyTheMachineThatIsMeant(t *testing.T) {
	s := &Server{Self: self, MAC: mac}
	if s.answer(ask(t, dhcpv4.MessageTypeDiscover, mac, ipxe), dhcpPort) == nil {
		t.Error("the machine gets no answer")
	}
	if s.answer(ask(t, dhcpv4.MessageTypeDiscover, net.HardwareAddr{2, 0, 0, 0, 0, 1}, ipxe), dhcpPort) != nil {
		t.Error("another machine gets an answer")
	}
}

// What comes by the network is anything.
func FuzzAnswer(f *testing.F) {
	m, _ := dhcpv4.NewDiscovery(mac)
	f.Add(m.ToBytes(), true)
	f.Add([]byte{1, 1, 6}, false)
	f.Fuzz(func(t *testing.T, b []byte, pool bool) {
		s := &Server{Self: self}
		if pool {
			s.Pool = netip.MustParsePrefix("10.77.0.0/24")
		}
		if m, err := dhcpv4.FromBytes(b); err == nil {
			if a := s.answer(m, dhcpPort); a != nil {
				a.ToBytes()
			}
		}
	})
}

func TestServesTheFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "ringo.elf"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	if err := os.WriteFile(filepath.Join(dir, "..", "secret"), []byte("secret"), 0o666); err != nil {
		t.Fatal(err)
	}
	served := make(chan string, 10)
	s := &Server{Dir: dir, Self: self, Log: t.Logf, Served: func(name string) { served <- name }}
	on := loopback(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, on) }()
	get := func(name string) (int, string) {
		r, err := http.Get("http://" + on.HTTP.Addr().String() + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, _ := io.ReadAll(r.Body)
		return r.StatusCode, string(b)
	}
	if code, text := get("ringo.elf"); code != 200 || text != "one" {
		t.Errorf("%d %q", code, text)
	}
	if name := <-served; name != "ringo.elf" {
		t.Errorf("served %s", name)
	}
	write("another")
	if code, text := get("ringo.elf"); code != 200 || text != "another" {
		t.Errorf("after a build: %d %q", code, text)
	}
	for _, name := range []string{"nothing", "%2e%2e/secret", "..%2fsecret", ""} {
		if code, text := get(name); code == 200 || strings.Contains(text, "secret") {
			t.Errorf("%q: %d %q", name, code, text)
		}
	}
	// TFTP: a read request in octet mode, and its first block.
	c, err := net.Dial("udp4", on.TFTP.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	u, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	if _, err := u.WriteTo([]byte("\x00\x01ringo.elf\x00octet\x00"), on.TFTP.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 600)
	n, _, err := u.ReadFrom(buf)
	if want := []byte("\x00\x03\x00\x01another"); err != nil || !bytes.Equal(buf[:n], want) {
		t.Errorf("TFTP: %q, %v", buf[:n], err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// loopback is sockets on this machine's loopback interface.
func loopback(t *testing.T) (s Sockets) {
	t.Helper()
	packet := func() net.PacketConn {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	s.DHCP, s.TFTP = packet(), packet()
	s.UDP = func() (net.PacketConn, error) { return net.ListenPacket("udp4", "127.0.0.1:0") }
	var err error
	if s.HTTP, err = net.Listen("tcp4", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	return s
}
