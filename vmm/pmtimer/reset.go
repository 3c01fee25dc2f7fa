package pmtimer

import "github.com/ringo-vmm/ringo/vmm/state"

// The reset register (ICH data sheets, Reset Control Register), and the value
// that resets, for the FADT's RESET_REG and RESET_VALUE (ACPI 6.4 §4.8.3.6).
const (
	ResetPort  = 0xcf9
	ResetValue = resetSystem | resetNow

	resetSystem = 1 << 1 // and not the processors alone
	resetNow    = 1 << 2 // going high resets
	resetFull   = 1 << 3 // by way of a power cycle
)

// ResetRegister is a device.Ports for the one byte at ResetPort.
type ResetRegister struct {
	v     uint8
	reset func()
}

// NewResetRegister makes the register. reset resets the machine; it may not do
// so before it has returned.
func NewResetRegister(reset func()) *ResetRegister { return &ResetRegister{reset: reset} }

// Reset is what the register itself is left at.
func (r *ResetRegister) Reset() { r.v = 0 }

// In reads the register.
func (r *ResetRegister) In(uint16, int) uint32 { return 0xffff_ff00 | uint32(r.v) }

// Out writes the register.
func (r *ResetRegister) Out(_ uint16, _ int, v uint32) {
	old := r.v
	r.v = uint8(v) & (resetSystem | resetNow | resetFull)
	if r.v&^old&resetNow != 0 {
		r.reset()
	}
}

// State is device.Stateful's.
func (r *ResetRegister) State(c *state.Codec) {
	c.Version("reset register", 1)
	c.U8(&r.v)
	r.v &= resetSystem | resetNow | resetFull
}
