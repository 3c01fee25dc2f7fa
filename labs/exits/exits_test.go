package exits

import (
	"sync"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

func TestMeterAddsUp(t *testing.T) {
	var m meter
	m.halt(100)
	m.wake(350)
	m.halt(400)
	m.wake(500)
	if got := m.idle(1000); got != 350 {
		t.Errorf("halted from 100 to 350 and from 400 to 500: idle for %d ns, want 350", got)
	}
}

func TestMeterCountsTheHaltThatGoesOn(t *testing.T) {
	var m meter
	m.halt(100)
	if got := m.idle(160); got != 60 {
		t.Errorf("halted since 100: idle for %d ns at 160, want 60", got)
	}
	if got := m.idle(170); got != 70 {
		t.Errorf("and for %d ns at 170, want 70: asking must change nothing", got)
	}
	m.wake(180)
	if got := m.idle(200); got != 80 {
		t.Errorf("it went on at 180: idle for %d ns at 200, want 80", got)
	}
}

func TestMeterStandsBeingAskedAtAnyTime(t *testing.T) {
	var m meter
	var group sync.WaitGroup
	group.Go(func() {
		for now := uint64(0); now < 100_000; now += 2 {
			m.halt(now)
			m.wake(now + 1)
		}
	})
	last := uint64(0)
	for now := range uint64(1000) {
		got := m.idle(100_000 + now)
		if got < last && got+200_000 < last {
			t.Errorf("idle for %d ns, and before for %d", got, last)
		}
		last = got
	}
	group.Wait()
	if got := m.idle(200_000); got != 50_000 {
		t.Errorf("idle for %d ns, want 50000", got)
	}
}

var clock struct {
	sync.Mutex
	now uint64
}

func now() uint64 {
	clock.Lock()
	defer clock.Unlock()
	clock.now += 10
	return clock.now
}

var connect = sync.OnceFunc(func() { Connect(now) })

// run runs a machine through exits. The last ends it.
func run(t *testing.T, exits ...vmmtest.Exit) (*vmm.VM, *account) {
	t.Helper()
	connect()
	vm, err := vmmtest.VM("guest", &vmmtest.Host{}, &vmmtest.Engine{Exits: append(exits, vmmtest.Stop(vmm.ReasonShutdown))}, 2<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(vm.Close)
	c, err := vm.NewVCPU(nil)
	if err != nil {
		t.Fatal(err)
	}
	a := of(c)
	vm.Start()
	select {
	case <-vm.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the machine does not end")
	}
	return vm, a
}

// A halt with interrupts off ends a machine of one processor.
func TestHandlerTellsTheMeter(t *testing.T) {
	_, a := run(t, func(c *vmmtest.CPU, e *vmm.Exit) { c.S.RFLAGS = 2; e.Reason, e.Length = vmm.ReasonHLT, 1 })
	if got := a.meter.idle(0); got != 10 {
		t.Errorf("the guest has halted for 10 ns of the test's clock; the meter says %d", got)
	}
}

func TestWBINVDIsCounted(t *testing.T) {
	wbinvd := func(c *vmmtest.CPU, e *vmm.Exit) { e.Reason, e.Length = vmm.ReasonInvalidate, 2 }
	vm, a := run(t, func(c *vmmtest.CPU, e *vmm.Exit) { c.S.RIP = 0x1000; wbinvd(c, e) }, wbinvd, wbinvd)
	if got := a.caches.Load(); got != 3 {
		t.Errorf("3 times WBINVD, and %d are counted", got)
	}
	if rip := vm.CPUs()[0].CPU().RIP(); rip != 0x1006 {
		t.Errorf("3 instructions of 2 bytes lead from RIP 0x1000 to 0x1006, and not to %#x: the guest must go on behind each", rip)
	}
}
