package virtio

// The common configuration structure. VIRTIO 1.2 §4.1.4.3.
const (
	commonDeviceSelect = 0x00
	commonDeviceBits   = 0x04
	commonDriverSelect = 0x08
	commonDriverBits   = 0x0c
	commonVector       = 0x10 // 16 bits
	commonQueues       = 0x12 // 16
	commonStatus       = 0x14 // 8
	commonGeneration   = 0x15 // 8
	commonSelect       = 0x16 // 16
	commonSize16       = 0x18 // 16: queue_size
	commonQueueVector  = 0x1a // 16
	commonEnable       = 0x1c // 16
	commonNotifyOff    = 0x1e // 16
	commonDesc         = 0x20 // 64, and driver and device area behind it
	commonDeviceEnd    = 0x38
	commonSize         = 0x38 // bytes
)

// Read is device.MMIO's.
func (p *PCI) Read(off uint64, size int) uint64 {
	switch at := off & offsetMask; off & structMask {
	case offCommon:
		v := uint64(p.common(uint32(at)&^3)) >> (8 * (at & 3))
		if size == 8 {
			v |= uint64(p.common(uint32(at)&^3+4)) << 32
		}
		return v
	case offISR:
		if at == 0 {
			return uint64(p.readISR())
		}
	case offDevice:
		return p.readConfig(at, size)
	}
	return 0
}

// Write is device.MMIO's. A driver is to write a field as a whole, one of 64
// bits as two halves. VIRTIO 1.2 §4.1.3.1.
func (p *PCI) Write(off uint64, size int, v uint64) {
	switch at := off & offsetMask; off & structMask {
	case offCommon:
		p.writeCommon(uint32(at), size, uint32(v))
		if size == 8 {
			p.writeCommon(uint32(at)+4, size, uint32(v>>32))
		}
	case offDevice:
		p.writeConfig(at, size, v)
	case offNotify:
		p.notify(uint32(at / notifyStride))
	}
}

// common is 32 bits of the structure.
func (p *PCI) common(off uint32) uint32 {
	switch off {
	case commonDeviceSelect:
		return p.deviceSelect
	case commonDeviceBits:
		return p.readFeatures()
	case commonDriverSelect:
		return p.driverSelect
	case commonDriverBits:
		return p.driverFeatures()
	case commonVector:
		return uint32(p.configVector) | uint32(len(p.queues))<<16
	case commonStatus:
		return uint32(p.readStatus()) | uint32(p.generation)<<8 | uint32(p.queueSelect)<<16
	}
	if off >= commonDesc && off < commonDeviceEnd {
		return p.readAddress((off-commonDesc)/8, off%8 != 0)
	}
	i, ok := p.selected()
	switch {
	case !ok: // a queue that is not there has no size
	case off == commonSize16:
		return uint32(p.queues[i].Size) | uint32(p.queues[i].vector)<<16
	case off == commonEnable && p.queues[i].Ready():
		return 1 | uint32(i)<<16
	case off == commonEnable:
		return uint32(i) << 16
	}
	return 0
}

func (p *PCI) writeCommon(off uint32, size int, v uint32) {
	if off >= commonDesc && off < commonDeviceEnd {
		if size >= 4 && off%4 == 0 {
			p.writeAddress((off-commonDesc)/8, off%8 != 0, v)
		}
		return
	}
	switch {
	case off == commonDeviceSelect && size >= 4:
		p.deviceSelect = v
	case off == commonDriverSelect && size >= 4:
		p.driverSelect = v
	case off == commonDriverBits && size >= 4:
		p.writeFeatures(p.driverSelect, v)
	case off == commonStatus && size == 1:
		p.writeStatus(uint8(v))
	case size != 2:
	case off == commonVector:
		p.configVector = p.vector(uint16(v))
	case off == commonSelect:
		p.queueSelect = uint16(v)
	case off == commonSize16:
		p.writeSize(v)
	case off == commonQueueVector:
		if i, ok := p.selected(); ok {
			p.queues[i].vector = p.vector(uint16(v))
		}
	case off == commonEnable && v == 1:
		p.enable()
	}
}
