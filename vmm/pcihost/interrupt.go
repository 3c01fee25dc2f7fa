package pcihost

// pins is the number of interrupt pins of a device, INTA# to INTD#, and of the
// lines PIRQA# to PIRQD# that they are wired to.
const pins = 4

// routeDisabled is bit 7 of a route: the line interrupts nobody. 82371SB data
// sheet, PIRQ route control registers.
const (
	routeDisabled = 1 << 7
	routeMask     = 0xf
)

// PIRQ is the line, 0 to 3 for PIRQA# to PIRQD#, that interrupt pin 1 to 4 of a
// device on the bus is wired to: the pins of neighbours are wired one further
// each, so that devices which all use INTA# share as little as can be. PCI 3.0
// §2.2.6, implementation note. Where that begins is the board's business: as
// SeaBIOS has it, device 1's INTA# is PIRQA#.
func PIRQ(dev, pin int) int { return (dev + pin + pins - 2) % pins }

// Set is device.IRQ's: the function's device wants its interrupt pin, or no
// longer. A function without a pin does nothing.
func (f *Function) Set(level bool) {
	f.level = level
	f.drive()
}

// drive brings status register and pin in step with what the device wants and
// the command register allows.
func (f *Function) drive() {
	f.config[regStatus] &^= statusInterrupt
	if f.level {
		f.config[regStatus] |= statusInterrupt
	}
	on := f.level && f.Command()&CommandNoINTx == 0
	if on == f.asserted || f.pin == 0 || f.host == nil {
		return
	}
	f.asserted = on
	line := PIRQ(int(f.slot/functions), int(f.pin))
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
