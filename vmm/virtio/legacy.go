package virtio

// The legacy registers, in ports. VIRTIO 1.2 §4.1.4.10.
const (
	legacyDeviceBits  = 0x00
	legacyDriverBits  = 0x04
	legacyAddress     = 0x08
	legacySize        = 0x0c // 16 bits
	legacySelect      = 0x0e // 16
	legacyNotify      = 0x10 // 16
	legacyStatus      = 0x12 // 8
	legacyISR         = 0x13 // 8
	legacyVector      = 0x14 // 16, with MSI-X alone
	legacyQueueVector = 0x16 // 16, likewise
	legacyConfig      = 0x14 // the configuration space, without MSI-X
	legacyConfigMSIX  = 0x18

	legacyPorts = 128

	// A queue's place is a number of pages. Its areas follow each other, the
	// device area on a page of its own. VIRTIO 1.2 §2.7.2, §4.1.5.1.3.1.
	legacyShift = 12
	legacyPage  = 1 << legacyShift
)

// legacy is the device.Ports of the legacy registers.
type legacy PCI

// config is where the configuration space begins.
func (l *legacy) config() uint16 {
	if l.msix.Enabled() {
		return legacyConfigMSIX
	}
	return legacyConfig
}

// In is device.Ports'.
func (l *legacy) In(off uint16, size int) uint32 {
	p := (*PCI)(l)
	if at := l.config(); off >= at {
		return uint32(p.readConfig(uint64(off-at), size))
	}
	i, ok := p.selected()
	switch {
	case off == legacyDeviceBits:
		return uint32(p.offered)
	case off == legacyDriverBits:
		return uint32(p.features)
	case off == legacyAddress && ok:
		return uint32(p.queues[i].Desc >> legacyShift)
	case off == legacySize && ok:
		return uint32(p.queues[i].most)
	case off == legacySelect:
		return uint32(p.queueSelect)
	case off == legacyStatus:
		return uint32(p.readStatus())
	case off == legacyISR:
		return uint32(p.readISR())
	case off == legacyVector:
		return uint32(p.configVector)
	case off == legacyQueueVector && ok:
		return uint32(p.queues[i].vector)
	}
	return 0
}

// Out is device.Ports'. Modern drivers notify by it too.
func (l *legacy) Out(off uint16, size int, v uint32) {
	p := (*PCI)(l)
	if off == legacyNotify {
		p.notify(v & 0xffff)
		return
	}
	if at := l.config(); off >= at {
		p.writeConfig(uint64(off-at), size, uint64(v))
		return
	}
	switch off {
	case legacyDriverBits:
		p.writeFeatures(0, v)
	case legacyAddress:
		p.place(v)
	case legacySelect:
		p.queueSelect = uint16(v)
	case legacyStatus:
		p.writeStatus(uint8(v))
	case legacyVector:
		p.configVector = p.vector(uint16(v))
	case legacyQueueVector:
		if i, ok := p.selected(); ok {
			p.queues[i].vector = p.vector(uint16(v))
		}
	}
}

// place puts the selected queue on a page, or nowhere, page 0.
func (p *PCI) place(page uint32) {
	i, ok := p.selected()
	if !ok || p.Has(FeatureVersion1) {
		return
	}
	q := p.queues[i]
	if page == 0 {
		q.Stop()
		q.Size = q.most
	}
	if _, ok := p.changeable(); !ok || page == 0 {
		return
	}
	n := uint64(q.most)
	q.Size = q.most
	q.Desc = uint64(page) << legacyShift
	q.Driver = q.Desc + 16*n
	q.Device = (q.Driver + 2*n + 6 + legacyPage - 1) &^ (legacyPage - 1)
	p.enable()
}
