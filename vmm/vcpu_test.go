package vmm_test

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// interrupts is a vmm.Interrupts with a vector to take.
type interrupts struct{ vector uint8 }

func (i *interrupts) Pending() bool       { return i.vector != 0 }
func (i *interrupts) NMI() bool           { return false }
func (i *interrupts) Take() (uint8, bool) { v := i.vector; i.vector = 0; return v, v != 0 }

// counter is a device that counts accesses.
type counter struct{ in, out int }

func (c *counter) In(uint16, int) uint32   { c.in++; return 0x12345678 }
func (c *counter) Out(uint16, int, uint32) { c.out++ }

// machine is a machine of one processor, with a device at port 0x100 and one
// at 0xf4 that ends it.
func machine(t testing.TB, exits ...vmmtest.Exit) (*vmm.VM, *vmm.VCPU, *interrupts, *counter) {
	t.Helper()
	return machineOn(t, &vmmtest.Host{}, exits...)
}

// machineOn is machine on a host.
func machineOn(t testing.TB, host *vmmtest.Host, exits ...vmmtest.Exit) (*vmm.VM, *vmm.VCPU, *interrupts, *counter) {
	t.Helper()
	vm, err := vmmtest.VM("test", host, &vmmtest.Engine{Exits: exits}, ram.BlockSize)
	if err != nil {
		t.Fatal(err)
	}
	irq, d := &interrupts{}, &counter{}
	c, err := vm.NewVCPU(irq)
	if err != nil {
		t.Fatal(err)
	}
	vm.Ports.Register("counter", 0x100, 1, d)
	vm.Ports.Register("end", 0xf4, 1, end{vm})
	t.Cleanup(vm.Close)
	return vm, c, irq, d
}

type end struct{ vm *vmm.VM }

func (e end) In(uint16, int) uint32         { return 0 }
func (e end) Out(_ uint16, _ int, v uint32) { e.vm.End(vmm.Ending{How: vmm.Exited, Code: v}) }

var _ device.Ports = end{}

// run runs a machine to its end.
func run(t testing.TB, vm *vmm.VM) vmm.Ending {
	t.Helper()
	vm.Start()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	e, err := vm.Wait(ctx)
	if err != nil {
		vm.End(vmm.Ending{})
		t.Fatal("the machine has not ended")
	}
	return e
}

func TestPortAccessesChangeTheirPartOfRAX(t *testing.T) {
	for _, c := range []struct {
		size uint8
		want uint64
	}{{1, 0xaaaaaaaaaaaaaa78}, {2, 0xaaaaaaaaaaaa5678}, {4, 0x12345678}} {
		var got uint64
		vm, _, _, d := machine(t,
			func(cpu *vmmtest.CPU, e *vmm.Exit) {
				cpu.S.GPR[x86.RAX] = 0xaaaaaaaaaaaaaaaa
				vmmtest.In(0x100, c.size)(cpu, e)
			},
			func(cpu *vmmtest.CPU, e *vmm.Exit) {
				got = cpu.S.GPR[x86.RAX]
				vmmtest.Out(0xf4, 1, 0)(cpu, e)
			})
		if run(t, vm); got != c.want || d.in != 1 {
			t.Errorf("IN of %d bytes: RAX %#x, want %#x; %d accesses", c.size, got, c.want, d.in)
		}
	}
}

// A halted processor wakes when a timer's device raises an interrupt, and its
// rest is accounted.
func TestHaltLastsUntilAnInterrupt(t *testing.T) {
	var injected []x86.Vector
	vm, c, irq, _ := machine(t,
		func(cpu *vmmtest.CPU, e *vmm.Exit) { cpu.S.RFLAGS |= x86.FlagIF; e.Reason, e.Length = vmm.ReasonHLT, 1 },
		func(cpu *vmmtest.CPU, e *vmm.Exit) {
			injected = cpu.Injected
			vmmtest.Out(0xf4, 1, 3)(cpu, e)
		})
	const rest = 100_000_000
	vm.Clock().NewTimer(func() { irq.vector = 0x77; c.Notify() }).Set(vm.Clock().Now() + rest)
	if e := run(t, vm); e.Code != 3 || len(injected) != 1 || injected[0] != 0x77 {
		t.Errorf("%v, injected %v", e, injected)
	}
	if c.Idle() < rest/2 || c.Stats.Count[vmm.ReasonHLT] != 1 {
		t.Errorf("idle %d ns, %d exits by HLT", c.Idle(), c.Stats.Count[vmm.ReasonHLT])
	}
}

// A halted guest whose timer is set to a time further away than a time.Duration
// reaches takes no processor time.
func TestHaltWithAFarDeadlineSleeps(t *testing.T) {
	host := &countingHost{}
	vm, err := vmmtest.VM("far", host, &vmmtest.Engine{}, ram.BlockSize)
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	if _, err := vm.NewVCPU(&interrupts{}); err != nil {
		t.Fatal(err)
	}
	vm.Clock().NewTimer(func() {}).Set(1<<63 + 1<<62)
	vm.Start()
	for begin := vm.Clock().Now(); vm.Clock().Now() < begin+20_000_000; {
		time.Sleep(time.Millisecond)
	}
	looked := host.looked.Load()
	vm.End(vmm.Ending{})
	<-vm.Done()
	if looked > 1000 {
		t.Errorf("the clock was looked at %d times in 20 ms", looked)
	}
}

// countingHost counts how often somebody wants to know the time.
type countingHost struct {
	vmmtest.Host
	looked atomic.Int64
}

func (h *countingHost) Now() uint64 { h.looked.Add(1); return h.Host.Now() }

func TestAnInterruptWaitsForItsWindow(t *testing.T) {
	var before, after int
	vm, _, irq, _ := machine(t,
		func(cpu *vmmtest.CPU, e *vmm.Exit) {
			before = len(cpu.Injected)
			cpu.S.RFLAGS |= x86.FlagIF
			e.Reason = vmm.ReasonWindow
		},
		func(cpu *vmmtest.CPU, e *vmm.Exit) { after = len(cpu.Injected); vmmtest.Out(0xf4, 1, 0)(cpu, e) })
	irq.vector = 0x31
	if run(t, vm); before != 0 || after != 1 {
		t.Errorf("%d interrupts before the window, %d behind it", before, after)
	}
}

func TestAPanickingDeviceCostsItsMachineAlone(t *testing.T) {
	vm, _, _, _ := machine(t, vmmtest.Out(0x200, 1, 0))
	vm.Ports.Register("broken", 0x200, 1, (*broken)(nil))
	if e := run(t, vm); e.How != vmm.Failed || !strings.Contains(e.String(), "broken") {
		t.Errorf("%v", e)
	}
	if !vm.Devices.TryLock() {
		t.Error("the device lock is still held")
	}
}

type broken struct{ x int }

func (b *broken) In(uint16, int) uint32   { return 0 }
func (b *broken) Out(uint16, int, uint32) { b.x++ }

func TestTraceAndCounts(t *testing.T) {
	vm, c, _, _ := machine(t, vmmtest.In(0x100, 1), vmmtest.Out(0x100, 2, 5), vmmtest.ReadMSR(0x10), vmmtest.Out(0xf4, 1, 0))
	run(t, vm)
	last := c.Stats.Last(10)
	if len(last) != 3 && len(last) != 4 {
		t.Fatalf("%d exits in the trace", len(last))
	}
	if x := last[1]; x.Reason != vmm.ReasonPort || !x.Write || x.Size != 2 || x.Info != 0x100 || x.RAX != 5 {
		t.Errorf("the second exit is %+v", x)
	}
	if got := c.Stats.Last(1); len(got) != 1 || got[0] != last[len(last)-1] {
		t.Errorf("the last exit is %+v", got)
	}
}

func TestAGuestCannotFloodTheLog(t *testing.T) {
	host := &vmmtest.Host{}
	vm, err := vmmtest.VM("loud", host, &vmmtest.Engine{}, ram.BlockSize)
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	for i := range 10_000 {
		vm.Log("line %d", i)
	}
	if n := len(host.Lines()); n < 10 || n > 200 {
		t.Errorf("%d of 10000 lines are in the log", n)
	}
}

// ports makes a guest of n accesses to a port.
func ports(n int) []vmmtest.Exit {
	exits := make([]vmmtest.Exit, 0, n+1)
	out := vmmtest.Out(0x100, 1, 1)
	for range n {
		exits = append(exits, out)
	}
	return append(exits, vmmtest.Out(0xf4, 1, 0))
}

func TestExitsDoNotAllocate(t *testing.T) {
	const n = 100_000
	vm, _, _, d := machine(t, ports(n)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run(t, vm)
	runtime.ReadMemStats(&after)
	if allocs := after.Mallocs - before.Mallocs; d.out != n || allocs > n/100 {
		t.Errorf("%d exits, %d allocations", d.out, allocs)
	}
}

func BenchmarkExit(b *testing.B) {
	vm, _, _, _ := machine(b, ports(b.N)...)
	b.ReportAllocs()
	b.ResetTimer()
	run(b, vm)
}
