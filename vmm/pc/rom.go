package pc

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/memmap"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// aliasSize is how much of a BIOS is at the end of the first MiB too.
const aliasSize = 128 << 10

// rom is the firmware in the machine's memory: read-only below 4 GiB, and at
// the end of the first MiB as the host bridge's attributes say. It is a
// vmm.Overlay, and the device that is there when memory is not.
type rom struct {
	vm    *vmm.VM
	block ram.Block // of host memory, which begins with the image
	size  uint64
	pam   pcihost.Attributes
}

// newROM puts the firmware there.
func newROM(vm *vmm.VM, host vmm.Host, image []byte) (*rom, error) {
	if len(image) == 0 || len(image)%(64<<10) != 0 || len(image) > ram.BlockSize {
		return nil, fmt.Errorf("%d bytes; a BIOS has a multiple of 64 KiB up to %d KiB", len(image), ram.BlockSize>>10)
	}
	block, err := host.AllocBlock()
	if err != nil {
		return nil, err
	}
	r := &rom{vm: vm, block: block, size: uint64(len(image))}
	vm.OnClose(func() { host.FreeBlock(block) })
	copy(block.Data, image)
	if err := vm.Map(memmap.Top-r.size, block.Host, r.size, false); err != nil {
		return nil, err
	}
	// Video memory is the adapter's.
	if err := vm.Unmap(nil, memmap.Video, memmap.OptionROMs-memmap.Video); err != nil {
		return nil, err
	}
	for i := range pcihost.Segments {
		if err := r.set(i); err != nil {
			return nil, err
		}
	}
	vm.Overlay = r
	if err := vm.Memory.Register("ROM", memmap.OptionROMs, memmap.Extended-memmap.OptionROMs, lowROM{r}); err != nil {
		return nil, err
	}
	return r, vm.Memory.Register("ROM", memmap.Top-r.size, r.size, vacantMemory{})
}

// shadow takes in new attributes.
func (r *rom) shadow(a pcihost.Attributes) {
	old := r.pam
	r.pam = a
	for i := range pcihost.Segments {
		_, _, read, write := a.Segment(i)
		if _, _, r0, w0 := old.Segment(i); read == r0 && write == w0 {
			continue
		}
		if err := r.set(i); err != nil {
			start, _, _, _ := a.Segment(i)
			r.vm.End(vmm.Ending{How: vmm.Failed, Err: fmt.Errorf("the memory at %#x cannot be mapped as PAM says: %w", start, err)})
			return
		}
	}
}

// set maps a segment as its attributes say.
func (r *rom) set(i int) error {
	start, size, read, write := r.pam.Segment(i)
	if err := r.vm.Unmap(r.vm.Current(), start, size); err != nil {
		return err
	}
	switch b := r.alias(start); {
	case read:
		return r.vm.Map(start, r.ramAt(start), size, write)
	case b != nil:
		return r.vm.Map(start, r.block.Host+r.size-(memmap.Extended-start), size, false)
	}
	return nil
}

// ramAt is the host-physical address of memory below 1 MiB.
func (r *rom) ramAt(gpa uint64) (host uint64) {
	first := true
	r.vm.RAM.Range(func(_ uint64, b ram.Block) {
		if first {
			host, first = b.Host+gpa, false
		}
	})
	return host
}

// alias is what of the firmware is at an address below 1 MiB, nil if nothing.
func (r *rom) alias(gpa uint64) []byte {
	back := memmap.Extended - gpa
	if back > min(aliasSize, r.size) {
		return nil
	}
	return r.block.Data[r.size-back : r.size]
}

// Load is vmm.Overlay's.
func (r *rom) Load(gpa uint64) (b []byte, here bool) {
	switch {
	case gpa < memmap.Video || gpa >= memmap.Top:
		return nil, false
	case gpa < memmap.OptionROMs:
		return nil, true
	case gpa < memmap.Extended:
		if _, _, read, _ := r.pam.Segment(pcihost.SegmentAt(gpa)); read {
			return nil, false
		}
		return r.alias(gpa), true
	case gpa >= memmap.Top-r.size:
		return r.block.Data[gpa-(memmap.Top-r.size) : r.size], true
	}
	return nil, false
}

// Store is vmm.Overlay's.
func (r *rom) Store(gpa uint64) (b []byte, here bool) {
	switch {
	case gpa < memmap.Video || gpa >= memmap.Extended:
		return nil, false
	case gpa < memmap.OptionROMs:
		return nil, true
	}
	_, _, _, write := r.pam.Segment(pcihost.SegmentAt(gpa))
	return nil, !write
}

// State is device.Stateful's.
func (r *rom) State(c *state.Codec) {
	c.Version("rom", 1)
	pam := r.pam
	for i := range pam {
		c.U8(&pam[i])
	}
	if c.Loading() && c.Err() == nil {
		r.shadow(pam)
	}
}

// Reset is device.Resetter's.
func (r *rom) Reset() { r.shadow(pcihost.Attributes{}) }

// lowROM is what answers to the accesses that stop between 0xC0000 and 1 MiB: a
// device.MMIO.
type lowROM struct{ *rom }

// Read finds the ROM, or nothing.
func (r lowROM) Read(off uint64, size int) (v uint64) {
	b := r.alias(memmap.OptionROMs + off)
	for i := range size {
		at := uint64(0xff)
		if i < len(b) {
			at = uint64(b[i])
		}
		v |= at << (8 * i)
	}
	return v
}

// Write reaches memory that cannot be read at the moment, if there is any.
func (r lowROM) Write(off uint64, size int, v uint64) {
	gpa := memmap.OptionROMs + off
	if _, _, _, write := r.pam.Segment(pcihost.SegmentAt(gpa)); !write {
		return
	}
	var b [8]byte
	for i := range size {
		b[i] = byte(v >> (8 * i))
	}
	r.vm.RAM.Write(gpa, b[:size])
}

// vacantMemory is memory that nobody can write: a device.MMIO.
type vacantMemory struct{}

// Read finds nothing.
func (vacantMemory) Read(uint64, int) uint64 { return ^uint64(0) }

// Write does nothing.
func (vacantMemory) Write(uint64, int, uint64) {}
