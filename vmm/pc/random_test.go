package pc

import (
	"math/rand/v2"
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// places are where random accesses go: near these, and now and then anywhere.
var (
	portPlaces = []uint16{0x20, 0xa0, 0x4d0, 0x40, 0x61, 0x70, 0x60, 0x64, 0x92, 0xb2, 0x3f8, pmPort, pmPort + 8, 0xcf8, 0xcfc, 0xe9, 0x402, 0x80, 0x2f8}
	gpaPlaces  = []uint64{0xfec0_0000, 0xfec0_0010, 0xfee0_0000, 0xfee0_0080, 0xfee0_0300, 0xfee0_0320, 0xfee0_0380, 0xfee0_0ff8, 0xf000_0000}
	msrPlaces  = []uint32{0x0, 0x10, 0x1b, 0x174, 0x200, 0x250, 0x277, 0x2ff, 0x400, 0x6e0, 0x800, 0x830, 0xda0, 0x4b56_4d00, 0xc000_0080, 0xc000_0100, 0xc001_0010, 0xc001_1020}
)

// accesses makes random exits by ports and MSRs, and random accesses to
// addresses.
type accesses struct {
	*rand.Rand
	pc *PC
}

func (a *accesses) value() uint64 { return a.Uint64() >> a.IntN(64) }

func (a *accesses) next(c *vmmtest.CPU, e *vmm.Exit) {
	c.S.RFLAGS ^= x86.FlagIF
	sizes := [...]uint8{1, 2, 4, 8}
	switch a.IntN(4) {
	case 0:
		writeMSR(msrPlaces[a.IntN(len(msrPlaces))]+a.Uint32N(16), a.value())(c, e)
		e.Write = a.IntN(2) == 0
	case 1:
		gpa, size := gpaPlaces[a.IntN(len(gpaPlaces))]+a.Uint64N(0x40), int(sizes[a.IntN(4)])
		a.pc.VM.Devices.Lock()
		a.pc.VM.Memory.Write(gpa, size, a.value())
		a.pc.VM.Memory.Read(gpa, size)
		a.pc.VM.Devices.Unlock()
		e.Reason = vmm.ReasonHost
	default:
		port := portPlaces[a.IntN(len(portPlaces))] + uint16(a.IntN(8))
		vmmtest.Out(port, sizes[a.IntN(3)], uint32(a.value()))(c, e)
		e.Write = a.IntN(3) != 0
	}
}

func TestRandomAccessesAreHarmless(t *testing.T) {
	const machines, each = 100, 5000
	for seed := range uint64(machines) {
		a := &accesses{Rand: rand.New(rand.NewPCG(seed, 1))}
		exits := make([]vmmtest.Exit, each, each+1)
		for i := range exits {
			exits[i] = a.next
		}
		a.pc = build(t, machine(&vmmtest.Host{}, append(exits, vmmtest.Out(exitPort, 1, 0))...))
		if e := run(t, a.pc); e.How == vmm.Failed {
			t.Errorf("seed %d: %v", seed, e)
		}
	}
}
