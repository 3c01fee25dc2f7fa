package bus

import "encoding/binary"

// InString reads items of size bytes (1, 2 or 4) at a port into p, as many in
// one go as the device can, and tells how many: at least one, for which p has
// room.
func (b *Ports) InString(port uint16, size int, p []byte) (items int) {
	if d := b.stringDevice(port); d != nil {
		if items = d.strings.InString(port-d.base, size, p); items > 0 {
			return items
		}
	}
	v := b.In(port, size)
	switch size {
	case 1:
		p[0] = uint8(v)
	case 2:
		binary.LittleEndian.PutUint16(p, uint16(v))
	default:
		binary.LittleEndian.PutUint32(p, v)
	}
	return 1
}

// OutString writes items of size bytes (1, 2 or 4) in p to a port, as many in
// one go as the device can, and tells how many: at least one, which p has.
func (b *Ports) OutString(port uint16, size int, p []byte) (items int) {
	if d := b.stringDevice(port); d != nil {
		if items = d.strings.OutString(port-d.base, size, p); items > 0 {
			return items
		}
	}
	var v uint32
	switch size {
	case 1:
		v = uint32(p[0])
	case 2:
		v = uint32(binary.LittleEndian.Uint16(p))
	default:
		v = binary.LittleEndian.Uint32(p)
	}
	b.Out(port, size, v)
	return 1
}

// stringDevice is the device at a port if it is a device.StringPorts, else nil.
func (b *Ports) stringDevice(port uint16) *portDevice {
	page := b.pages[port>>8]
	if page == nil {
		return nil
	}
	if d := &b.devices[page[port&0xff]]; d.strings != nil {
		return d
	}
	return nil
}
