package virtio

// The window is a capability by which a driver reaches the BARs without having
// them mapped: it says where, and reads or writes the data behind it. Every
// device must have one, and iPXE uses none that has not. VIRTIO 1.2 §4.1.4.9.
const (
	structWindow = 5

	windowBAR    = 4 // offsets in the capability
	windowOffset = 8
	windowLength = 12
	windowData   = 16
	windowEnd    = 20
)

// window is the device.Ports of the data.
type window PCI

// addWindow adds the capability.
func (p *PCI) addWindow() error {
	body, writable := make([]byte, windowEnd-capabilityHead), make([]byte, windowEnd-capabilityHead)
	body[0], body[1] = windowEnd, structWindow
	for i := range writable {
		if at := i + capabilityHead; at == windowBAR || at >= windowOffset && at < windowData {
			writable[i] = 0xff
		}
	}
	var err error
	if p.window, err = p.Function.AddCapability(capabilityOwn, body, writable); err != nil {
		return err
	}
	p.Function.Delegate(p.window+windowData, windowEnd-windowData, (*window)(p))
	return nil
}

// where is what the driver has chosen. ok is false if it may not be reached.
func (w *window) where() (bar uint8, off uint32, size int, ok bool) {
	f := w.Function
	bar = uint8(f.Read(w.window+windowBAR, 1))
	off, n := f.Read(w.window+windowOffset, 4), f.Read(w.window+windowLength, 4)
	most := uint32(modernSize)
	if bar == barLegacy {
		most = legacyPorts
	}
	ok = (bar == barLegacy || bar == barModern) && (n == 1 || n == 2 || n == 4) && off < most && off%n == 0
	return bar, off, int(n), ok
}

// In is device.Ports': the bytes of the data from off on.
func (w *window) In(off uint16, _ int) (v uint32) {
	bar, at, n, ok := w.where()
	switch {
	case !ok:
		return 0
	case bar == barLegacy:
		v = (*legacy)(w).In(uint16(at), n)
	default:
		v = uint32((*PCI)(w).Read(uint64(at), n))
	}
	return v & mask(n) >> (8 * off)
}

// Out is device.Ports', for all of the bytes at once.
func (w *window) Out(off uint16, _ int, v uint32) {
	bar, at, n, ok := w.where()
	v &= mask(n)
	switch {
	case !ok || off != 0:
	case bar == barLegacy:
		(*legacy)(w).Out(uint16(at), n, v)
	default:
		(*PCI)(w).Write(uint64(at), n, uint64(v))
	}
}

// mask is the bits of n bytes, up to 4.
func mask(n int) uint32 { return 1<<(8*n) - 1 }
