package virtio

import "github.com/ringo-vmm/ringo/vmm/device"

// The registers of the MMIO transport, version 2. VIRTIO 1.2 §4.2.2.
const (
	mmioMagic         = 0x000
	mmioVersion       = 0x004
	mmioDeviceID      = 0x008
	mmioVendorID      = 0x00c
	mmioDeviceBits    = 0x010
	mmioDeviceSelect  = 0x014
	mmioDriverBits    = 0x020
	mmioDriverSelect  = 0x024
	mmioSelect        = 0x030
	mmioSizeMax       = 0x034
	mmioSizeNow       = 0x038
	mmioReady         = 0x044
	mmioNotify        = 0x050
	mmioISR           = 0x060
	mmioACK           = 0x064
	mmioStatus        = 0x070
	mmioDesc          = 0x080
	mmioDriver        = 0x090
	mmioDevice        = 0x0a0
	mmioSharedLength  = 0x0b0
	mmioSharedBase    = 0x0b8
	mmioSharedEnd     = 0x0c0
	mmioGeneration    = 0x0fc
	mmioConfig        = 0x100
	mmioMagicValue    = 0x74726976 // "virt"
	mmioVersionValue  = 2
	mmioVendorIDValue = 0x4f474e52 // "RNGO": nobody looks at it

	// MMIOSize is the size of the registers in bytes, of which the
	// configuration space has all behind the first 256.
	MMIOSize = 0x200
)

// MMIO is a device whose registers are in memory: a device.MMIO. ACPI tells the
// driver of it, as LNRO0005.
type MMIO struct {
	Core
	irq device.IRQ
}

// NewMMIO makes a device. Its interrupt is a level.
func NewMMIO(d Device, c Config, irq device.IRQ) (*MMIO, error) {
	m := &MMIO{irq: irq}
	return m, m.init(d, c, m)
}

// interrupt is wire's.
func (m *MMIO) interrupt(_ uint16, cause uint8) {
	m.interrupts |= cause
	m.irq.Set(true)
}

// level is wire's.
func (m *MMIO) level(on bool) { m.irq.Set(on) }

// Read is device.MMIO's. Registers are read 32 bits at a time, the configuration
// space as its fields are.
func (m *MMIO) Read(off uint64, size int) uint64 {
	if off >= mmioConfig {
		return m.readConfig(off-mmioConfig, size)
	}
	if size != 4 || off%4 != 0 {
		return 0
	}
	return uint64(m.register(off))
}

func (m *MMIO) register(off uint64) uint32 {
	switch off {
	case mmioMagic:
		return mmioMagicValue
	case mmioVersion:
		return mmioVersionValue
	case mmioDeviceID:
		return uint32(m.dev.Type())
	case mmioVendorID:
		return mmioVendorIDValue
	case mmioDeviceBits:
		return m.readFeatures()
	case mmioISR:
		return uint32(m.interrupts)
	case mmioStatus:
		return uint32(m.readStatus())
	case mmioGeneration:
		return uint32(m.generation)
	}
	if off >= mmioSharedLength && off < mmioSharedEnd {
		return ^uint32(0) // there is no shared memory
	}
	i, ok := m.selected()
	switch {
	case !ok:
	case off == mmioSizeMax:
		return uint32(m.queues[i].most)
	case off == mmioReady && m.queues[i].Ready():
		return 1
	}
	return 0
}

// Write is device.MMIO's.
func (m *MMIO) Write(off uint64, size int, v uint64) {
	w := uint32(v)
	switch {
	case off >= mmioConfig:
		m.writeConfig(off-mmioConfig, size, v)
	case size != 4:
	case off == mmioNotify:
		m.notify(w & 0xffff)
	case off == mmioACK:
		m.acknowledge(uint8(v))
	case off == mmioDeviceSelect:
		m.deviceSelect = w
	case off == mmioDriverSelect:
		m.driverSelect = w
	case off == mmioDriverBits:
		m.writeFeatures(m.driverSelect, w)
	case off == mmioSelect:
		m.queueSelect = uint16(min(w, 1<<16-1))
	case off == mmioSizeNow:
		m.writeSize(w)
	case off == mmioReady:
		m.writeReady(w)
	case off == mmioStatus:
		m.writeStatus(uint8(w))
	case off&^4 == mmioDesc:
		m.writeAddress(0, off&4 != 0, w)
	case off&^4 == mmioDriver:
		m.writeAddress(1, off&4 != 0, w)
	case off&^4 == mmioDevice:
		m.writeAddress(2, off&4 != 0, w)
	}
}

// writeReady starts the selected queue, or stops it. Buffers that the device has
// are lost then, as after a reset of the queue.
func (m *MMIO) writeReady(v uint32) {
	switch i, ok := m.selected(); {
	case v&1 != 0:
		m.enable()
	case ok:
		m.queues[i].Halt()
	}
}
