package bus

// All calls f for each run of ports that one device has, by port.
func (b *Ports) All(f func(name string, first, last uint16)) {
	run, first := uint8(0), uint16(0)
	for port := range 1 << 16 {
		slot := uint8(0)
		if page := b.pages[port>>8]; page != nil {
			slot = page[port&0xff]
		}
		if slot == run {
			continue
		}
		if run != 0 {
			f(b.devices[run].name, first, uint16(port-1))
		}
		run, first = slot, uint16(port)
	}
	if run != 0 {
		f(b.devices[run].name, first, 1<<16-1)
	}
}

// All calls f for each device's range, by guest-physical address; size is in
// bytes.
func (b *Memory) All(f func(name string, gpa, size uint64)) {
	for _, r := range b.regions {
		f(r.name, r.start, r.end-r.start)
	}
}
