// Package boot is the lab of docs/course/1-boot.md: a guest with two mistakes, to
// be found with gdb and the post-mortem. The gap is in gap.go.
package boot

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/pc"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// Patch is memory of the guest that shall be different.
type Patch struct {
	Address uint64 // guest-physical; in this guest the linear one too
	Bytes   []byte
}

// apply writes patches to a guest's memory.
func apply(m *ram.RAM, patches []Patch) error {
	for _, p := range patches {
		if err := m.Write(p.Address, p.Bytes); err != nil {
			return fmt.Errorf("patch at %#x: %w", p.Address, err)
		}
	}
	return nil
}

// Port is where the guest asks for its patches, before all else, by a write of
// anything.
const Port = 0x2e0

// Connect has Ringo patch the guests that ask for it.
func Connect() {
	pc.Extend(func(p *pc.PC) (pc.Extension, error) {
		d := patcher{p.VM.RAM}
		return d, p.VM.Ports.Register("lab 1", Port, 1, d)
	})
}

// patcher is a device at the port. It has no state.
type patcher struct{ ram *ram.RAM }

// In is device.Ports'.
func (patcher) In(uint16, int) uint32 { return ^uint32(0) }

// Out is device.Ports'.
func (p patcher) Out(uint16, int, uint32) { apply(p.ram, patches) }

// State is device.Stateful's.
func (patcher) State(*state.Codec) {}

// Reset is device.Resetter's.
func (patcher) Reset() {}
