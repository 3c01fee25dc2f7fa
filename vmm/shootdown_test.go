package vmm_test

import (
	"math"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

// page is a guest-physical page that guests use as long as their TLB, or the
// tables, have it. For Harvest it is the dirty bit that they have: a guest that
// finds it does not set it again.
type page struct {
	vmmtest.Engine
	mapped atomic.Bool
	gone   atomic.Bool  // Unmap, or Harvest, has returned
	misuse atomic.Int32 // uses when it was gone
	uses   atomic.Int32

	cpus       []*pageCPU
	rendezvous atomic.Int32
}

type pageSpace struct {
	vmm.Space
	*page
}

func (s pageSpace) Map(gpa, hpa, size uint64, write bool) error { s.mapped.Store(true); return nil }
func (s pageSpace) Unmap(gpa, size uint64) error                { s.mapped.Store(false); return nil }

func (s pageSpace) Harvest(gpa, size uint64, used func(gpa, size uint64, written bool)) error {
	s.mapped.Store(false)
	return nil
}

func (p *page) NewSpace() (vmm.Space, error) {
	s, err := p.Engine.NewSpace()
	return pageSpace{s, p}, err
}

func (p *page) NewCPU(s vmm.Space) (vmm.CPU, error) {
	c, err := p.Engine.NewCPU(s)
	cpu := &pageCPU{CPU: c.(*vmmtest.CPU), page: p}
	cpu.told.Store(math.MaxInt32) // it is not in its guest
	p.cpus = append(p.cpus, cpu)
	return cpu, err
}

type pageCPU struct {
	*vmmtest.CPU
	page *page
	bell *vmm.Bell
	tlb  bool
	told atomic.Int32 // the rendezvous it knows of, between two uses
}

// pageHost interrupts the processors.
type pageHost struct {
	vmmtest.Host
	page *page
}

func (h *pageHost) Rendezvous() {
	n := h.page.rendezvous.Add(1)
	for _, c := range h.page.cpus {
		for c.told.Load() < n {
			runtime.Gosched()
		}
	}
}

func (c *pageCPU) Watch(b *vmm.Bell) { c.bell = b }
func (c *pageCPU) FlushTLB()         { c.tlb = false }

// Run uses the page until the bell rings.
func (c *pageCPU) Run(e *vmm.Exit) {
	*e = vmm.Exit{Reason: vmm.ReasonHost}
	for {
		// No interrupt comes between a look at the bell and a use.
		interrupts := c.page.rendezvous.Load()
		if c.bell.Attention.Load()|c.bell.Rang.Load() != 0 {
			c.told.Store(math.MaxInt32)
			return
		}
		c.told.Store(interrupts)
		for range 8 {
			c.use()
			runtime.Gosched()
		}
	}
}

// use uses the page once if the guest has it.
func (c *pageCPU) use() {
	c.tlb = c.tlb || c.page.mapped.Load()
	if c.tlb {
		c.page.uses.Add(1)
		if c.page.gone.Load() {
			c.page.misuse.Add(1)
		}
	}
}

func TestNobodyUsesWhatIsUnmapped(t *testing.T) {
	testShootdown(t, func(vm *vmm.VM) error { return vm.Unmap(nil, 0, 4096) })
}

func TestNobodyKeepsWhatIsHarvested(t *testing.T) {
	testShootdown(t, func(vm *vmm.VM) error { return vm.Harvest(0, 4096, nil) })
}

func testShootdown(t *testing.T, take func(vm *vmm.VM) error) {
	p := new(page)
	host := &pageHost{page: p}
	vm, err := vmmtest.VM("shared", host, p, ram.BlockSize)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err := vm.NewVCPU(nil); err != nil {
			t.Fatal(err)
		}
	}
	vm.Start()
	vm.Devices.Lock()
	for _, c := range vm.CPUs()[1:] {
		c.StartUp(0)
	}
	vm.Devices.Unlock()
	for i := range 300 {
		for before := p.uses.Load(); p.uses.Load() == before; {
			runtime.Gosched()
		}
		vm.Devices.Lock()
		if err := take(vm); err != nil {
			t.Fatal(err)
		}
		p.gone.Store(true)
		vm.Devices.Unlock()
		for range 50 {
			runtime.Gosched()
		}
		p.gone.Store(false)
		if n := p.misuse.Load(); n != 0 {
			t.Fatalf("round %d: %d uses of a page that is not there any more", i, n)
		}
		vm.Map(0, 0, 4096, true)
	}
	vm.End(vmm.Ending{How: vmm.Stopped})
	<-vm.Done()
	vm.Close()
}
