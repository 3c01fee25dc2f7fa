package lapic

// Mode is the delivery mode of an interrupt, as the ICR, the local vector
// table, I/O APICs and message-signalled interrupts encode it. Intel SDM vol. 3
// §11.5.1, §11.6.1, §11.11.2; 82093AA §3.2.4.
type Mode uint8

// The delivery modes.
const (
	Fixed Mode = iota
	LowestPriority
	SMI        // ignored: a guest has no system management mode
	RemoteRead // ignored, as processors do
	NMI
	INIT
	StartUp
	ExtINT
)

// Shorthand is a destination that names no processor. Intel SDM vol. 3 §11.6.1.
type Shorthand uint8

// The shorthands, as the ICR encodes them.
const (
	NoShorthand Shorthand = iota
	Self
	All
	Others
)

// Broadcast is the destination that is every processor. Who has a destination
// of 8 bits turns its 0xff into this.
const Broadcast = 0xffff_ffff

// Message is an interrupt on its way to local APICs.
type Message struct {
	Dest      uint32 // APIC id, or logical destination
	From      uint32 // APIC id of the sender, for Others
	Vector    uint8
	Mode      Mode
	Shorthand Shorthand
	Logical   bool // Dest is a logical destination
	Level     bool // level-triggered: the end of the interrupt is broadcast
}

// Dest8 is a destination of 8 bits, as xAPICs and I/O APICs have it.
func Dest8(d uint8) uint32 {
	if d == 0xff {
		return Broadcast
	}
	return uint32(d)
}
