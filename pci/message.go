package pci

import "fmt"

// Message is what a message-signalled interrupt writes, and where.
type Message struct {
	Address uint64 // host-physical
	Data    uint32
}

// The message that a local APIC takes for an interrupt. Intel SDM vol. 3
// §11.11.1, §11.11.2; AMD APM vol. 2 §16.10.
const (
	messageBase    = 0xfee0_0000
	messageDestBit = 12
	maxMessageDest = 254
	firstVector    = 16
)

// NewMessage returns the message that interrupts the processor with APIC id
// dest at vector, edge-triggered. An id above 254 does not fit, and a vector
// below 16 cannot be delivered.
func NewMessage(dest uint32, vector uint8) (Message, error) {
	if dest > maxMessageDest {
		return Message{}, fmt.Errorf("pci: an MSI reaches APIC ids up to %d, not %d", maxMessageDest, dest)
	}
	if vector < firstVector {
		return Message{}, fmt.Errorf("pci: an MSI cannot have vector %d", vector)
	}
	return Message{messageBase | uint64(dest)<<messageDestBit, uint32(vector)}, nil
}
