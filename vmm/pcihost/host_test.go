package pcihost

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/pci"
)

func TestAScanFindsTheBridgesAndTheDevice(t *testing.T) {
	r := newRig(t)
	space, err := pci.NewPortSpace(r)
	if err != nil {
		t.Fatal(err)
	}
	found, problems := pci.Scan(space, 0, 0, 255)
	for _, p := range problems {
		t.Error(p)
	}
	var got []string
	for _, d := range found {
		got = append(got, d.String())
	}
	text := strings.Join(got, "\n")
	if len(found) != 3 {
		t.Fatalf("%d functions, want 3:\n%s", len(found), text)
	}
	for _, want := range []string{"00:00.0", "8086:1237", "00:01.0", "8086:7000", "00:04.0", "1af4:1042"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	bars := found[2].BARs
	want := []pci.BAR{
		{Index: 0, IO: true, Size: 64},
		{Index: 1, Size: 0x1000},
		{Index: 4, Size: 0x4000, Is64: true, Prefetchable: true},
	}
	if len(bars) != len(want) {
		t.Fatalf("BARs %v, want %v", bars, want)
	}
	for i := range want {
		if bars[i] != want[i] {
			t.Errorf("BAR %v, want %v", bars[i], want[i])
		}
	}
	if c := found[2].Capabilities; len(c) != 2 || c[0].ID != 9 || c[1].ID != 0x11 || c[0].Offset != 0x40 || c[1].Offset != 0x48 {
		t.Errorf("capabilities %v", c)
	}
	r.wantMapped("after the scan", nil)
}

func TestAccessRulesOfTheAddressPort(t *testing.T) {
	r := newRig(t)
	for _, size := range []int{1, 2} {
		r.ports.Out(Port, size, 0x80)
		if got := r.ports.In(Port, size); got != 1<<(8*size)-1 {
			t.Errorf("%d bytes at 0xcf8 read %#x", size, got)
		}
	}
	if got := r.ports.In(Port, 4); got != 0 {
		t.Errorf("address %#x after narrow writes, want 0", got)
	}
	r.ports.Out(Port, 4, 0xffffffff)
	if got := r.ports.In(Port, 4); got != 0x80fffffc {
		t.Errorf("address %#x after ones, want 0x80fffffc", got)
	}
}

func TestDataPortReadsTheBytesOfTheRegister(t *testing.T) {
	r := newRig(t)
	for _, tt := range []struct {
		reg  uint8
		size int
		want uint32
	}{
		{regVendor, 4, 0x10421af4},
		{regVendor, 2, 0x1af4},
		{regVendor + 1, 2, 0x421a},
		{regDevice, 2, 0x1042},
		{regVendor, 1, 0xf4},
		{regVendor + 3, 1, 0x10},
		{regVendor + 3, 2, 0xffff},
		{regDevice, 4, 0xffffffff},
		{regRevision, 4, 0x01000001},
		{regSubsystemVendor, 4, 0x11001af4},
		{regCapabilities, 1, 0x40},
		{regInterruptLine, 2, rigPin<<8 | 5}, // device 3, INTA#: PIRQD#
		{0x40, 4, 0x01104809},
	} {
		if got := r.read(rigDevice, 0, tt.reg, tt.size); got != tt.want {
			t.Errorf("%d bytes at %#x: %#x, want %#x", tt.size, tt.reg, got, tt.want)
		}
	}
}

func TestWhatIsNotThereReadsAllOnes(t *testing.T) {
	r := newRig(t)
	for name, address := range map[string]uint32{
		"not enabled":      rigDevice << 11,
		"another bus":      addressEnable | 1<<16 | rigDevice<<11,
		"another device":   addressEnable | 5<<11,
		"another function": addressEnable | rigDevice<<11 | 1<<8,
	} {
		r.ports.Out(Port, 4, address)
		r.ports.Out(Port+portData, 4, 0)
		if got := r.ports.In(Port+portData, 4); got != 0xffffffff {
			t.Errorf("%s: %#x", name, got)
		}
	}
}

func TestGuestChangesOnlyWhatCanBeWritten(t *testing.T) {
	r := newRig(t)
	for reg := 0; reg < spaceSize; reg += 4 {
		r.write(rigDevice, 0, uint8(reg), 4, 0xffffffff)
	}
	for _, tt := range []struct {
		reg  uint8
		want uint32
	}{
		{regVendor, 0x10421af4},
		{regCommand, statusCapabilities<<16 | 0x547},
		{regRevision, 0x01000001},
		{0x0c, 0},
		{regSubsystemVendor, 0x11001af4},
		{0x30, 0},
		{regCapabilities, 0x40},
		{regInterruptLine, rigPin<<8 | 0xff},
		{0x40, 0xff104809},
		{0x44, 0x0302},
		{0xfc, 0},
	} {
		if got := r.read(rigDevice, 0, tt.reg, 4); got != tt.want {
			t.Errorf("register %#x: %#x, want %#x", tt.reg, got, tt.want)
		}
	}
	if got := r.read(0, 0, regCommand, 4); got != 0x02800006 {
		t.Errorf("host bridge: command and status %#x, want 0x02800006", got)
	}
}

func TestAWriteChangesOnlyItsBytes(t *testing.T) {
	r := newRig(t)
	r.write(rigDevice, 0, regInterruptLine, 1, 0x0b)
	r.write(rigDevice, 0, regCommand, 2, CommandMaster)
	r.write(0, 0, regPAM0+2, 1, 0x33)
	if got := r.read(rigDevice, 0, regInterruptLine, 1); got != 0x0b {
		t.Errorf("interrupt line %#x, want 0xb", got)
	}
	if got := r.dev.Command(); got != CommandMaster {
		t.Errorf("command %#x, want %#x", got, CommandMaster)
	}
	if got := r.read(0, 0, 0x58, 4); got != 0x33000000 {
		t.Errorf("PAM registers %#x, want 0x33000000", got)
	}
}

func TestTheHostBridgeKeepsItsMemoryAttributes(t *testing.T) {
	r := newRig(t)
	if got := r.read(0, 0, 0x70, 4); got != 0x00020000 {
		t.Errorf("SMRAM control %#x after reset, want 0x20000", got)
	}
	for reg, want := range map[uint8]uint32{0x58: 0xfffff000, 0x5c: 0xffffffff, 0x60: 0, 0x70: 0x00ff0000} {
		r.write(0, 0, reg, 4, 0xffffffff)
		if got := r.read(0, 0, reg, 4); got != want {
			t.Errorf("register %#x: %#x after ones, want %#x", reg, got, want)
		}
	}
}

func TestOnlyADeviceWithOtherFunctionsIsMultiFunction(t *testing.T) {
	r := newRig(t)
	if got := r.read(rigDevice, 0, regHeaderType, 1); got != 0 {
		t.Errorf("header type %#x, want 0", got)
	}
	if err := r.host.Add(rigDevice, 2, r.function(Header{Vendor: 1})); err != nil {
		t.Fatal(err)
	}
	if got := r.read(rigDevice, 0, regHeaderType, 1); got != 0x80 {
		t.Errorf("header type %#x after another function, want 0x80", got)
	}
	r.host.Reset()
	if got := r.read(rigDevice, 0, regHeaderType, 1); got != 0x80 {
		t.Errorf("header type %#x after reset, want 0x80", got)
	}
}

func TestBadFunctionsAreErrors(t *testing.T) {
	r := newRig(t)
	f := r.function(Header{Vendor: 1})
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"taken":         {r.host.Add(rigDevice, 0, f), "00:04.0 is taken"},
		"device":        {r.host.Add(32, 0, f), "no 00:20.0"},
		"function":      {r.host.Add(4, 8, f), "no 00:04.8"},
		"added already": {r.host.Add(5, 0, r.dev), "00:05.0 is on a bus already"},
		"pin":           {func() error { _, err := NewFunction(Header{Pin: 5}); return err }(), "interrupt pin 5"},
		"route":         {func() error { _, err := New(Config{Routes: [pins]uint8{1, 2, 16}}); return err }(), "PIRQC# is routed to interrupt 16"},
		"long capability": {func() error { _, err := f.AddCapability(9, make([]byte, 191), nil); return err }(),
			"capability 0x9 of 193 bytes at 0x40"},
		"mask of a capability": {func() error { _, err := f.AddCapability(9, make([]byte, 4), make([]byte, 3)); return err }(),
			"has 4 bytes, and 3 that can be written"},
	} {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, tt.err, tt.want)
		}
	}
}

func TestResetControlResetsOnTheRisingBit(t *testing.T) {
	r := newRig(t)
	const port = 0xcf9
	for i, tt := range []struct {
		write  uint8
		resets int
	}{
		{0x02, 0}, {0x06, 1}, {0x06, 1}, {0x02, 1}, {0x04, 2}, {0x00, 2}, {0xff, 3},
	} {
		r.ports.Out(port, 1, uint32(tt.write))
		if r.resets != tt.resets {
			t.Errorf("write %d, %#x: %d resets, want %d", i, tt.write, r.resets, tt.resets)
		}
		if got := r.ports.In(port, 1); got != uint32(tt.write)&0x06 {
			t.Errorf("write %d, %#x: reads %#x", i, tt.write, got)
		}
	}
}

func TestWithoutAnISABridgeThereIsNoResetControl(t *testing.T) {
	resets := 0
	h, err := New(Config{Reset: func() { resets++ }})
	if err != nil {
		t.Fatal(err)
	}
	h.Out(portResetControl, 1, 6)
	if h.In(portResetControl, 1) != allOnes || resets != 0 {
		t.Errorf("reads %#x, %d resets", h.In(portResetControl, 1), resets)
	}
	h.Out(portAddress, 4, addressEnable|1<<11)
	if got := h.In(portData, 4); got != allOnes {
		t.Errorf("device 1 is %#x", got)
	}
}
