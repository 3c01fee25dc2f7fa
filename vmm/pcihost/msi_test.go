package pcihost

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/bus"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// Where the functions of a messenger are, and their capabilities.
const (
	msiDevice, msixDevice = 6, 7
	messageAt             = headerEnd
	tableBase             = 0xfe000000
	vectors               = 70
	apic                  = 0xfee00000
)

// sent is a message.
type sent struct {
	address uint64
	data    uint32
}

// messenger is a bus with a function that has MSI and one that has MSI-X.
type messenger struct {
	testing.TB
	memory bus.Memory
	host   *Host
	line   devicetest.Line
	msi    *MSI
	msix   *MSIX
	sent   []sent
	told   []string
}

func newMessenger(t testing.TB) *messenger {
	m := &messenger{TB: t}
	c := Config{ISABridge: true, Routes: [pins]uint8{5, 5, 5, 5}, Memory: &m.memory,
		Message: func(address uint64, data uint32) { m.sent = append(m.sent, sent{address, data}) },
		Refused: func(err error) { m.told = append(m.told, err.Error()) },
	}
	c.IRQ[5] = &m.line
	var err error
	if m.host, err = New(c); err != nil {
		t.Fatal(err)
	}
	for _, dev := range []int{msiDevice, msixDevice} {
		f, err := NewFunction(Header{Vendor: 1, Device: uint16(dev), Pin: 1})
		if err != nil {
			t.Fatal(err)
		}
		if dev == msiDevice {
			m.msi, err = f.AddMSI()
		} else {
			m.msix, err = f.AddMSIX(1, vectors)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := m.host.Add(dev, 0, f); err != nil {
			t.Fatal(err)
		}
		m.config(dev, regCommand, 2, CommandMemory|CommandMaster)
	}
	m.config(msixDevice, regBAR+4, 4, tableBase)
	return m
}

func (m *messenger) config(dev int, off uint8, size int, v uint32) {
	m.host.Out(portAddress, 4, addressEnable|uint32(dev)<<11|uint32(off&registerMask))
	m.host.Out(portData+uint16(off&3), size, v)
}

// entry writes an entry of the table.
func (m *messenger) entry(i int, address uint64, data, control uint32) {
	at := uint64(tableBase + i*entrySize)
	m.memory.Write(at, 8, address)
	m.memory.Write(at+entryData, 8, uint64(control)<<32|uint64(data))
}

// want checks what was sent since the last call.
func (m *messenger) want(when string, want ...sent) {
	m.Helper()
	if !slices.Equal(m.sent, want) {
		m.Errorf("%s: sent %x, want %x", when, m.sent, want)
	}
	m.sent = nil
}

func TestMSISendsWhatTheGuestSays(t *testing.T) {
	m := newMessenger(t)
	m.msi.Raise()
	m.want("not enabled")
	m.config(msiDevice, messageAt+msiAddress, 4, apic|0x1003)
	m.config(msiDevice, messageAt+msiAddress+4, 4, 1)
	m.config(msiDevice, messageAt+msiData, 2, 0x4041)
	m.config(msiDevice, messageAt+msiControl, 2, 0xffff)
	m.msi.Raise()
	m.want("enabled", sent{1<<32 | apic | 0x1000, 0x4041})
	if v := m.msi.f.Read(messageAt, 4); v != 0x0081_0005 {
		t.Errorf("capability %#x after ones, want one message, 64 bits, enabled", v)
	}
	m.config(msiDevice, regCommand, 2, CommandMemory)
	m.msi.Raise()
	m.want("not a bus master")
}

func TestMessagesReplaceThePin(t *testing.T) {
	m := newMessenger(t)
	for name, tt := range map[string]struct {
		dev int
		f   *Function
		on  uint32
	}{"MSI": {msiDevice, m.msi.f, msiEnable}, "MSI-X": {msixDevice, m.msix.f, msixEnable}} {
		tt.f.Set(true)
		if !m.line.Level {
			t.Errorf("%s: the pin is not driven while messages are off", name)
		}
		m.config(tt.dev, messageAt+msiControl, 2, tt.on)
		if m.line.Level {
			t.Errorf("%s: the pin is driven while messages are on", name)
		}
		m.config(tt.dev, messageAt+msiControl, 2, 0)
		if !m.line.Level {
			t.Errorf("%s: the pin is not driven when messages are off again", name)
		}
		tt.f.Set(false)
	}
}

func TestMSIXSendsTheVectorsMessage(t *testing.T) {
	m := newMessenger(t)
	m.entry(3, apic|7, 0x33, 0)
	m.entry(69, apic|0x2000, 0x69, 0)
	m.msix.Raise(3)
	m.want("not enabled")
	m.config(msixDevice, messageAt+msixControl, 2, msixEnable)
	m.msix.Raise(3)
	m.msix.Raise(69)
	m.want("enabled", sent{apic | 4, 0x33}, sent{apic | 0x2000, 0x69})
	m.msix.Raise(-1)
	m.msix.Raise(vectors)
	m.want("no such vectors")
	m.config(msixDevice, regCommand, 2, CommandMemory)
	m.msix.Raise(3)
	m.want("not a bus master")
}

func TestMaskedVectorsArePendingUntilTheyAreNot(t *testing.T) {
	m := newMessenger(t)
	pending := func() [2]uint64 {
		return [2]uint64{m.memory.Read(tableBase+m.msix.half, 8), m.memory.Read(tableBase+m.msix.half+8, 8)}
	}
	m.entry(0, apic, 1, 0)
	m.entry(65, apic, 2, entryMasked)
	m.config(msixDevice, messageAt+msixControl, 2, msixEnable|msixMask)
	m.msix.Raise(0)
	m.msix.Raise(65)
	m.msix.Raise(65)
	m.want("masked")
	if got := pending(); got != [2]uint64{1, 2} {
		t.Errorf("pending %x, want vectors 0 and 65", got)
	}
	m.config(msixDevice, messageAt+msixControl, 2, msixEnable)
	m.want("the function unmasked", sent{apic, 1})
	m.memory.Write(tableBase+65*entrySize+entryControl, 4, 0)
	m.want("the vector unmasked", sent{apic, 2})
	if got := pending(); got != [2]uint64{} {
		t.Errorf("pending %x after all was sent", got)
	}
}

func TestAResetForgetsWhatIsPending(t *testing.T) {
	m := newMessenger(t)
	m.config(msixDevice, messageAt+msixControl, 2, msixEnable)
	m.msix.Raise(5)
	m.host.Reset()
	m.config(msixDevice, regCommand, 2, CommandMemory|CommandMaster)
	m.config(msixDevice, regBAR+4, 4, tableBase)
	m.config(msixDevice, messageAt+msixControl, 2, msixEnable)
	m.entry(5, apic, 0x55, 0)
	m.want("after the reset")
}

func TestTheTableTakesWholeDwords(t *testing.T) {
	m := newMessenger(t)
	const at = tableBase + 2*entrySize
	if got := m.memory.Read(at+entryControl, 4); got != entryMasked {
		t.Errorf("vector control %#x after reset, want masked", got)
	}
	m.memory.Write(at, 8, ^uint64(0))
	m.memory.Write(at+8, 8, ^uint64(0))
	m.memory.Write(at, 2, 0)
	m.memory.Write(at+2, 4, 0)
	for off, want := range map[uint64]uint64{0: 0xffff_ffff_ffff_fffc, 8: 0x1_ffff_ffff} {
		if got := m.memory.Read(at+off, 8); got != want {
			t.Errorf("at %d: %#x, want %#x", off, got, want)
		}
	}
	if got := m.memory.Read(at+1, 2); got != 0xffff {
		t.Errorf("two bytes read %#x", got)
	}
	m.memory.Write(tableBase+m.msix.half, 8, ^uint64(0))
	for _, off := range []uint64{vectors * entrySize, m.msix.half - 8, m.msix.half, m.msix.half + 16, 2*m.msix.half - 8} {
		if got := m.memory.Read(tableBase+off, 8); got != 0 {
			t.Errorf("at %#x: %#x, want 0", off, got)
		}
	}
	m.host.Reset()
	m.config(msixDevice, regCommand, 2, CommandMemory)
	m.config(msixDevice, regBAR+4, 4, tableBase)
	if got := m.memory.Read(at, 8) | m.memory.Read(at+8, 8); got != entryMasked<<32 {
		t.Errorf("the entry is %#x after reset", got)
	}
}

func TestSizesOfMSIX(t *testing.T) {
	for n, want := range map[int]uint64{1: 2048, 128: 2048, 129: 4096, 2048: 32768} {
		f, err := NewFunction(Header{})
		if err != nil {
			t.Fatal(err)
		}
		m, err := f.AddMSIX(0, n)
		if err != nil || m.half != want || f.bars[0].Size != 2*want {
			t.Errorf("%d vectors: half %#x of %#x, %v, want %#x", n, m.half, f.bars[0].Size, err, want)
		}
		if got := f.Read(m.at, 4); got != uint32(n-1)<<16|capabilityMSIX {
			t.Errorf("%d vectors: capability %#x", n, got)
		}
	}
	for _, n := range []int{0, 2049} {
		f, _ := NewFunction(Header{})
		if _, err := f.AddMSIX(0, n); err == nil || !strings.Contains(err.Error(), "want 1 to 2048") {
			t.Errorf("%d vectors: %v", n, err)
		}
	}
}

func TestOfTwoDevicesAtOneAddressTheLaterLoses(t *testing.T) {
	m := newMessenger(t)
	f, err := NewFunction(Header{Vendor: 9})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.AddMSIX(0, 1); err != nil {
		t.Fatal(err)
	}
	if err := m.host.Add(9, 0, f); err != nil {
		t.Fatal(err)
	}
	m.entry(0, apic, 0x77, 0)
	m.config(9, regCommand, 2, CommandMemory)
	m.config(9, regBAR, 4, tableBase)
	if got := m.memory.Read(tableBase+entryData, 4); got != 0x77 || len(m.told) != 1 || !strings.Contains(m.told[0], "overlaps MSI-X") {
		t.Errorf("the first device's data %#x, told %q", got, m.told)
	}
	m.config(9, regBAR, 4, tableBase+0x10000)
	if got := m.memory.Read(tableBase+0x10000+entryControl, 4); got != entryMasked {
		t.Errorf("the later one is not where it moved: %#x", got)
	}
	if got := m.memory.Read(tableBase+entryData, 4); got != 0x77 {
		t.Errorf("the first one is gone: %#x", got)
	}
}

func TestADeviceNeedsABus(t *testing.T) {
	h, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	f, _ := NewFunction(Header{})
	f.AddMSIX(2, 1)
	if err := h.Add(3, 0, f); err == nil || !strings.Contains(err.Error(), "no bus for MSI-X at BAR2") {
		t.Error(err)
	}
	if err := f.AddBAR(1, BAR{Kind: IO, Size: 16, Name: "x", MMIO: &MSIX{}}); err == nil || !strings.Contains(err.Error(), "another kind") {
		t.Error(err)
	}
}

func TestMessagesSurviveASaveAndALoad(t *testing.T) {
	old, fresh := newMessenger(t), newMessenger(t)
	old.entry(65, apic|4, 0x41, entryMasked)
	old.config(msixDevice, messageAt+msixControl, 2, msixEnable)
	old.msix.Raise(65)
	devicetest.Survives(t, old.host, fresh.host)
	fresh.want("loaded")
	fresh.memory.Write(tableBase+65*entrySize+entryControl, 4, 0)
	fresh.want("unmasked after the load", sent{apic | 4, 0x41})
}

func FuzzLoadMessages(f *testing.F) {
	m := newMessenger(f)
	m.entry(65, apic|4, 0x41, entryMasked)
	m.config(msixDevice, messageAt+msixControl, 2, msixEnable)
	m.msix.Raise(65)
	f.Add(devicetest.Save(m.host))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := newMessenger(t)
		c := state.Loader(b)
		m.host.State(c)
		if c.Close() == nil {
			devicetest.Survives(t, m.host, newMessenger(t).host)
		}
	})
}

// FuzzMessages makes accesses of 8 bytes each: what, where, value.
func FuzzMessages(f *testing.F) {
	f.Add([]byte("\x00\x07\x42\x00\x00\x80\x00\x00\x02\x03\x00\x00\x01\x00\x00\x00\x01\x03\x3c\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := newMessenger(t)
		for ; len(b) >= 8; b = b[8:] {
			v := uint32(b[4]) | uint32(b[5])<<8 | uint32(b[6])<<16 | uint32(b[7])<<24
			at, size := uint64(b[1])<<8|uint64(b[2]), 1<<(b[3]&3)
			switch b[0] % 5 {
			case 0:
				m.config(int(b[1]), b[2], min(size, 4), v)
			case 1:
				m.memory.Write(tableBase+at, size, uint64(v)<<32|uint64(v))
			case 2:
				m.msix.Raise(int(int8(b[1])))
				m.msi.Raise()
			case 3:
				m.memory.Read(tableBase+at, size)
			case 4:
				m.msix.f.Set(v&1 != 0)
			}
		}
		if m.msix.Enabled() && m.msix.f.asserted {
			t.Error("the pin is driven while messages are on")
		}
		devicetest.Survives(t, m.host, newMessenger(t).host)
	})
}

func BenchmarkRaise(b *testing.B) {
	m := newMessenger(b)
	m.host.message = func(uint64, uint32) {}
	m.entry(3, apic, 0x33, 0)
	m.config(msixDevice, messageAt+msixControl, 2, msixEnable)
	b.ReportAllocs()
	for b.Loop() {
		m.msix.Raise(3)
	}
}
