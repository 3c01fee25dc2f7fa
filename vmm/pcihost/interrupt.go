package pcihost

// pins is the number of interrupt pins of a device, INTA# to INTD#; lines that of
// the lines PIRQA# to PIRQH# that they are wired to, of which a 440FX has the
// first four.
const (
	pins  = 4
	lines = 8
)

// routeDisabled is bit 7 of a route: the line interrupts nobody. 82371SB data
// sheet, PIRQ route control registers.
const (
	routeDisabled = 1 << 7
	routeMask     = 0xf
)

// Chipset is the bridges of a bus.
type Chipset uint8

// The chipsets.
const (
	I440FX Chipset = iota // 82441FX and 82371SB (PIIX3)
	Q35                   // 82Q35 and 82801IB (ICH9)
)

// firstInside is the first of the device numbers that are the ICH9's own: their
// pins are wired as its chipset configuration registers say, INTA# to PIRQA# and
// so on. ICH9 data sheet, D31IR to D25IR.
const firstInside = 25

// PIRQ is the line, 0 to 7 for PIRQA# to PIRQH#, that interrupt pin 1 to 4 of a
// device on the bus is wired to: the pins of neighbours are wired one further
// each, so that devices which all use INTA# share as little as can be. PCI 3.0
// §2.2.6, implementation note. Where that begins is the board's business: as
// SeaBIOS has it, device 1's INTA# is PIRQA# of a 440FX, and device 0's is PIRQE#
// of a Q35.
func (c Chipset) PIRQ(dev, pin int) int {
	switch {
	case c == I440FX:
		return (dev + pin + pins - 2) % pins
	case dev >= firstInside:
		return pin - 1
	}
	return pins + (dev+pin-1)%pins
}

// Set is device.IRQ's: the function's device wants its interrupt pin, or no
// longer. A function without a pin does nothing.
func (f *Function) Set(level bool) {
	f.level = level
	f.drive()
}

// drive brings status register and pin in step with what the device wants and
// the command register allows. A function that interrupts by messages leaves its
// pin alone.
func (f *Function) drive() {
	f.config[regStatus] &^= statusInterrupt
	if f.level {
		f.config[regStatus] |= statusInterrupt
	}
	on := f.level && f.Command()&CommandNoINTx == 0 && !f.messages()
	if on == f.asserted || f.pin == 0 || f.host == nil {
		return
	}
	f.asserted = on
	line := f.host.chipset.PIRQ(int(f.slot/functions), int(f.pin))
	if on {
		f.host.users[line]++
	} else {
		f.host.users[line]--
	}
	f.host.route()
}

// route brings the interrupt lines in step: one is up while a PIRQ line that is
// routed to it has a user.
func (h *Host) route() {
	var irqs uint16
	for line, n := range &h.users {
		if r := h.routes[line]; n > 0 && r&routeDisabled == 0 {
			irqs |= 1 << (r & routeMask)
		}
	}
	for changed, i := irqs^h.irqs, 0; changed>>i != 0; i++ {
		if changed>>i&1 != 0 && h.irq[i] != nil {
			h.irq[i].Set(irqs>>i&1 != 0)
		}
	}
	h.irqs = irqs
}
