package amd64

import "unsafe"

// PortIO is the I/O port space of a machine. Drivers take it as a value, so
// that a test can stand in for the hardware. The real one is Ports.
// Section: AMD APM vol. 2 §8.2.11, Intel SDM vol. 1 ch. 19.
type PortIO interface {
	In8(port uint16) uint8
	In16(port uint16) uint16
	In32(port uint16) uint32
	Out8(port uint16, v uint8)
	Out16(port uint16, v uint16)
	Out32(port uint16, v uint32)
}

// Ports is the processor's own I/O port space. It is privileged: outside
// ring 0 every method faults.
type Ports struct{}

func in8(port uint16) uint8
func in16(port uint16) uint16
func in32(port uint16) uint32
func out8(port uint16, v uint8)
func out16(port uint16, v uint16)
func out32(port uint16, v uint32)

func (Ports) In8(port uint16) uint8       { return in8(port) }
func (Ports) In16(port uint16) uint16     { return in16(port) }
func (Ports) In32(port uint16) uint32     { return in32(port) }
func (Ports) Out8(port uint16, v uint8)   { out8(port, v) }
func (Ports) Out16(port uint16, v uint16) { out16(port, v) }
func (Ports) Out32(port uint16, v uint32) { out32(port, v) }

// MMIO is a window of memory-mapped registers; offsets are in bytes from its
// start. Drivers take it as a value; the real one is Registers.
type MMIO interface {
	Read32(off uintptr) uint32
	Write32(off uintptr, v uint32)
}

// Registers is a register window at a host-virtual address that is mapped
// uncached.
type Registers uintptr

func load32(addr uintptr) uint32
func store32(addr uintptr, v uint32)

// Read32 reads the register at byte offset off with one 32-bit access.
func (r Registers) Read32(off uintptr) uint32 { return load32(uintptr(r) + off) }

// Write32 writes the register at byte offset off with one 32-bit access.
func (r Registers) Write32(off uintptr, v uint32) { store32(uintptr(r)+off, v) }

// Bytes is the n bytes of memory at host-virtual address addr, which the Go
// heap does not own: firmware tables, frames, boot modules.
func Bytes(addr uintptr, n int) []byte {
	return unsafe.Slice((*byte)(pointer(addr)), n)
}

// pointer turns an address outside the Go heap into a pointer, which the
// collector ignores.
func pointer(addr uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&addr))
}

// MSRs is the processor's model-specific registers.
type MSRs struct{}

// Fence waits until all earlier loads and stores are visible to everybody.
// Some MSR writes need it in front. Intel SDM vol. 3 §11.12.3.
func Fence()

// Read is RDMSR.
func (MSRs) Read(msr uint32) uint64 { return ReadMSR(msr) }

// Write is WRMSR after a Fence.
func (MSRs) Write(msr uint32, v uint64) {
	Fence()
	WriteMSR(msr, v)
}
