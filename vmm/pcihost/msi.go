package pcihost

import "encoding/binary"

// The MSI capability with a 64-bit address and one message. PCI 3.0 §6.8.1.
const (
	capabilityMSI = 0x05

	msiControl = 2 // offsets in the capability
	msiAddress = 4
	msiData    = 12
	msiEnd     = 14

	msiEnable = 1 << 0
	msi64     = 1 << 7
)

// addressZero is the bits of a message's address that are 0: it is a multiple
// of 4. PCI 3.0 §6.8.1.4, §6.8.2.7.
const addressZero = 3

// MSI is a function's message-signalled interrupt: a write of a dword to an
// address, both of which the guest chose, in place of the interrupt pin.
type MSI struct {
	f  *Function
	at uint8 // of the capability
}

// AddMSI adds the capability, with one message.
func (f *Function) AddMSI() (*MSI, error) {
	body := make([]byte, msiEnd-msiControl)
	writable := make([]byte, len(body))
	body[0] = msi64
	writable[0] = msiEnable
	binary.LittleEndian.PutUint64(writable[msiAddress-msiControl:], ^uint64(addressZero))
	binary.LittleEndian.PutUint16(writable[msiData-msiControl:], 0xffff)
	at, err := f.AddCapability(capabilityMSI, body, writable)
	if err != nil {
		return nil, err
	}
	f.msi = &MSI{f: f, at: at}
	return f.msi, nil
}

// Enabled tells whether the guest has chosen the message over the pin.
func (m *MSI) Enabled() bool {
	return m != nil && m.f.config[m.at+msiControl]&msiEnable != 0
}

// Raise sends the message, if it is enabled. The device lock is held.
func (m *MSI) Raise() {
	if !m.Enabled() {
		return
	}
	b := m.f.config[m.at:]
	m.f.send(binary.LittleEndian.Uint64(b[msiAddress:]), uint32(binary.LittleEndian.Uint16(b[msiData:])))
}

// send writes a message, which only a bus master can. PCI 3.0 §6.2.2.
func (f *Function) send(address uint64, data uint32) {
	if f.host != nil && f.host.message != nil && f.Command()&CommandMaster != 0 {
		f.host.message(address, data)
	}
}

// messages tells whether the function interrupts by messages, and not by its
// pin. PCI 3.0 §6.8.1.3, §6.8.2.3.
func (f *Function) messages() bool { return f.msi.Enabled() || f.msix.Enabled() }
