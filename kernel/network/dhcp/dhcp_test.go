package dhcp

import (
	"net/netip"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

type rig struct {
	*testing.T
	clock uint64
	*Server
}

func newRig(t *testing.T, prefix string) *rig {
	r := &rig{T: t, clock: 1e9}
	r.Server = &Server{Leases: NewLeases(netip.MustParsePrefix(prefix), func() uint64 { return r.clock }), Domain: "ringo", Router: true, DNS: true,
		Boot: func(name string, ipxe bool) string {
			return map[bool]string{true: "http://x/" + name, false: name + ".kpxe"}[ipxe]
		}}
	return r
}

func mac(n byte) ether.MAC { return ether.MAC{2, 0, 0, 0, 0, n} }

// bind gets a client its address.
func (r *rig) bind(c *Client, now time.Time) (b Bound, ok bool) {
	m := c.Tick(now)
	for range 4 {
		if m == nil {
			break
		}
		answer, _ := r.Answer(m)
		if answer == nil {
			break
		}
		m, _ = c.Take(answer, now)
	}
	return c.Bound()
}

func TestClientsAreBound(t *testing.T) {
	r := newRig(t, "10.77.0.1/24")
	if a, err := r.Leases.Reserve("linux", mac(1)); err != nil || a.String() != "10.77.0.2" {
		t.Fatal(a, err)
	}
	if _, err := r.Leases.Reserve("other", mac(1)); err == nil {
		t.Error("an adapter is two machines'")
	}
	c := Client{MAC: mac(1)}
	now := time.Now()
	b, ok := r.bind(&c, now)
	if !ok || b.Address.String() != "10.77.0.2/24" || b.Gateway.String() != "10.77.0.1" || len(b.DNS) != 1 {
		t.Fatalf("%+v", b)
	}
	if v, ok := r.Leases.Named("linux"); !ok || !v.Asked || v.Until != 0 {
		t.Errorf("%+v", v)
	}
	// Half the lease later it asks again, and keeps the address.
	if c.Tick(now.Add(leaseTime/2-time.Second)) != nil {
		t.Error("it asks early")
	}
	m := c.Tick(now.Add(leaseTime / 2))
	answer, to := r.Answer(m)
	if _, changed := c.Take(answer, now.Add(leaseTime/2)); changed || answer == nil || to != ether.Broadcast {
		t.Error("it is not renewed")
	}
	// Nobody answers, and the address is lost.
	end := now.Add(leaseTime/2 + leaseTime)
	for at := now.Add(leaseTime / 2); at.Before(end); at = at.Add(time.Minute) {
		c.Tick(at)
		if _, ok := c.Bound(); !ok {
			t.Fatal("it is lost early")
		}
	}
	if c.Tick(end) == nil {
		t.Error("it does not begin again")
	}
	if _, ok := c.Bound(); ok {
		t.Error("it keeps an address that has ended")
	}
}

func TestUnknownAdaptersGetAddressesForATime(t *testing.T) {
	r := newRig(t, "10.77.0.1/24")
	for i := range byte(maxGuests + 5) {
		c := Client{MAC: mac(i)}
		if _, ok := r.bind(&c, time.Now()); ok != (i < maxGuests) {
			t.Fatalf("client %d: %v", i, ok)
		}
	}
	r.clock += uint64(leaseTime)
	c := Client{MAC: mac(200)}
	if b, ok := r.bind(&c, time.Now()); !ok || b.Address.Addr().String() != "10.77.0.2" || len(r.Leases.All()) != 1 {
		t.Errorf("%+v, %d leases", b, len(r.Leases.All()))
	}
}

func TestASmallNetworkIsSoonFull(t *testing.T) {
	r := newRig(t, "10.77.0.6/29")
	for i := range byte(6) {
		if _, err := r.Leases.Reserve("x", mac(i)); (err == nil) != (i < 5) {
			t.Errorf("%d: %v", i, err)
		}
	}
	r.Leases.Release(mac(2))
	if a, err := r.Leases.Reserve("y", mac(9)); err != nil || a.String() != "10.77.0.3" {
		t.Error(a, err)
	}
}

// ask is the answer to a message with changes.
func (r *rig) ask(kind dhcpv4.MessageType, change ...dhcpv4.Modifier) *dhcpv4.DHCPv4 {
	r.Helper()
	m := mac(7)
	req, err := dhcpv4.New(append([]dhcpv4.Modifier{dhcpv4.WithHwAddr(m[:]), dhcpv4.WithMessageType(kind)}, change...)...)
	if err != nil {
		r.Fatal(err)
	}
	b, _ := r.Answer(req.ToBytes())
	if b == nil {
		return nil
	}
	a, err := dhcpv4.FromBytes(b)
	if err != nil {
		r.Fatal(err)
	}
	return a
}

func TestTheServerAnswersAsItShould(t *testing.T) {
	r := newRig(t, "10.77.0.1/24")
	r.Leases.Reserve("pxe", mac(7))
	if a := r.ask(dhcpv4.MessageTypeDiscover); a.BootFileName != "pxe.kpxe" || a.ServerIPAddr.String() != "10.77.0.1" {
		t.Errorf("boot file %q", a.BootFileName)
	}
	if a := r.ask(dhcpv4.MessageTypeDiscover, dhcpv4.WithUserClass("iPXE", false)); a.BootFileName != "http://x/pxe" {
		t.Errorf("boot file %q", a.BootFileName)
	}
	wrong := dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress([]byte{10, 77, 0, 99}))
	if a := r.ask(dhcpv4.MessageTypeRequest, wrong); a.MessageType() != dhcpv4.MessageTypeNak {
		t.Errorf("another's address: %v", a)
	}
	if a := r.ask(dhcpv4.MessageTypeRequest, dhcpv4.WithOption(dhcpv4.OptServerIdentifier([]byte{10, 0, 0, 9}))); a != nil {
		t.Errorf("what another server is asked: %v", a)
	}
	if a := r.ask(dhcpv4.MessageTypeInform); a.MessageType() != dhcpv4.MessageTypeAck || !a.YourIPAddr.IsUnspecified() {
		t.Errorf("inform: %v", a)
	}
	if a := r.ask(dhcpv4.MessageTypeRelease); a != nil {
		t.Errorf("release: %v", a)
	}
}

func FuzzServer(f *testing.F) {
	c := Client{MAC: mac(1)}
	f.Add(c.Tick(time.Now()))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRig(t, "10.77.0.1/24")
		if a, to := r.Answer(b); a != nil && (to.Multicast() && to != ether.Broadcast || len(a) > MaxMessage) {
			t.Errorf("an answer of %d bytes to %v", len(a), to)
		}
	})
}

func FuzzClient(f *testing.F) {
	r := &Server{Leases: NewLeases(netip.MustParsePrefix("10.77.0.1/24"), func() uint64 { return 1 })}
	now := time.Now()
	c := Client{MAC: mac(1)}
	offer, _ := r.Answer(c.Tick(now))
	m, _ := c.Take(offer, now)
	ack, _ := r.Answer(m)
	f.Add(offer, ack)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		c := Client{MAC: mac(1)}
		c.Tick(now)
		for _, p := range [][]byte{a, b} {
			if len(p) > 8 {
				copy(p[4:], c.id[:])
			}
			c.Take(p, now)
		}
		if b, ok := c.Bound(); ok && (!b.Address.IsValid() || b.Address.Bits() == 0 || b.Gateway.IsValid() && !b.Address.Contains(b.Gateway)) {
			t.Errorf("bound %+v", b)
		}
		for at := range 200 {
			c.Tick(now.Add(time.Duration(at) * time.Minute))
		}
	})
}
