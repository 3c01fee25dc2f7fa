package pcihost

import "fmt"

// AddCapability puts a capability into the function's list (PCI 3.0 §6.7): its
// id, the pointer to the next one, and body behind them. writable has a bit for
// each bit of body that the guest can change; nil is none. It returns the
// offset of the capability, of which the body begins two bytes further.
func (f *Function) AddCapability(id uint8, body, writable []byte) (uint8, error) {
	const head = 2 // id and pointer
	off := f.freeCapability
	if off+head+len(body) > spaceSize {
		return 0, fmt.Errorf("pcihost: capability %#x of %d bytes at %#x: configuration space ends at %#x", id, head+len(body), off, spaceSize)
	}
	if writable != nil && len(writable) != len(body) {
		return 0, fmt.Errorf("pcihost: capability %#x has %d bytes, and %d that can be written", id, len(body), len(writable))
	}
	f.Define8(uint8(off), id, 0)
	for i, v := range body {
		var w byte
		if writable != nil {
			w = writable[i]
		}
		f.Define8(uint8(off+head+i), v, w)
	}
	f.Define8(f.lastCapability, uint8(off), 0)
	f.Define8(regStatus, f.initial[regStatus]|statusCapabilities, 0)
	f.lastCapability = uint8(off + 1)
	f.freeCapability = (off + head + len(body) + 3) &^ 3
	return uint8(off), nil
}
