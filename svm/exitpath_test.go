//go:build !tamago

package svm

import (
	"runtime"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/loader"
	"github.com/ringo-vmm/ringo/vmm/pc"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// exits are what a guest at 0x8000 does over and over, as the processor would
// report it: an instruction, and its exit.
var exits = []struct {
	name         string
	code         []byte
	exit         ExitCode
	info1, info2 uint64 // info2 of an I/O exit is added to RIP
}{
	{"OUT to a device", []byte{0xe6, 0x80}, ExitIO, 0x80<<16 | 1<<4, 2},
	{"IN from the PIC", []byte{0xe4, 0x21}, ExitIO, 0x21<<16 | 1<<4 | ioIn, 2},
	{"CPUID", []byte{0x0f, 0xa2}, ExitCPUID, 0, 0},
	{"EOI by MMIO", []byte{0x89, 0x07}, ExitNPF, 1<<32 | npfWrite, 0xfee0_00b0},
	{"MMIO to a device", []byte{0x8b, 0x07}, ExitNPF, 1 << 32, 0xfec0_0010},
}

// start is where the guest's code is.
const start = 0x8000

// guest makes a PC on this engine whose processor makes n exits, of the kinds
// in turn that list says, and then a last one that ends the machine.
func guest(t testing.TB, n int, list []int) *pc.PC {
	t.Helper()
	e, _ := newEngine(t, cpuidtest.QEMUEPYC)
	var image []byte
	var at []uint64
	for i := range exits {
		at = append(at, start+uint64(len(image)))
		image = append(image, exits[i].code...)
	}
	p, err := pc.New(pc.Config{
		Name: "path", Memory: 4 << 20, CPUs: 1, Host: &vmmtest.Host{}, Engine: e, CPUID: cpuidtest.QEMUEPYC.CPUID(),
		TSCHz: vmmtest.TSCHz, Wall: func() int64 { return 0 }, Console: console.New(1024),
		Load: loader.Config{Kernel: loader.Image{Name: "path", Data: image}, Protocol: loader.Flat, Address: start, Mode: loader.Long},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.VM.Close)
	i := 0
	onRun(t, func(c *context, v *VMCB) {
		x := &exits[list[i%len(list)]]
		v.RIP = at[list[i%len(list)]]
		c.state.GPR[x86.RAX], c.state.GPR[x86.RDI] = 0, x.info2
		info1, info2 := x.info1, x.info2
		if x.exit == ExitIO {
			info2 += v.RIP
		}
		if i++; i > n {
			v.ExitCode, info1, info2 = ExitIO, 0xf4<<16|1<<4, v.RIP+2
		} else {
			v.ExitCode = x.exit
		}
		v.ExitInfo1, v.ExitInfo2, v.ExitIntInfo = info1, info2, 0
	})
	return p
}

// The whole path of an exit, from the engine through the devices and back, with
// counters and trace: nothing on it allocates.
func TestTheExitPathAllocatesNothing(t *testing.T) {
	const n = 50_000
	p := guest(t, n, []int{0, 1, 2, 3, 4})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p.VM.Start()
	<-p.VM.Done()
	runtime.ReadMemStats(&after)
	if e, _ := p.VM.Ending(); e.How != vmm.Exited {
		t.Fatalf("ended: %v", e)
	}
	if got := p.CPU.Stats.Exits(); got != n+1 {
		t.Errorf("%d exits, want %d", got, n+1)
	}
	if allocs := after.Mallocs - before.Mallocs; allocs > n/100 {
		t.Errorf("%d exits, %d allocations", n, allocs)
	}
}

func BenchmarkExitPath(b *testing.B) {
	for i := range exits {
		b.Run(exits[i].name, func(b *testing.B) {
			p := guest(b, b.N, []int{i})
			b.ReportAllocs()
			b.ResetTimer()
			p.VM.Start()
			<-p.VM.Done()
		})
	}
}
