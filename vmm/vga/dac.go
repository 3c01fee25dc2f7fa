package vga

// dac is the table of 256 colours. IBM VGA, "Video Digital-to-Analog
// Converter".
type dac struct {
	mask      uint8
	readAt    uint8
	writeAt   uint8
	component uint8 // 0 red, 1 green, 2 blue: of the entry under way
	reading   bool  // the address was written to portDACRead last
	entry     [3]uint8
	colors    [256][3]uint8 // 6 bits each, or 8
}

// What portDACRead reads as.
const dacReads = 3

func (d *dac) read(port uint16) uint8 {
	switch port {
	case portDACMask:
		return d.mask
	case portDACRead:
		if d.reading {
			return dacReads
		}
		return 0
	case portDACWrite:
		return d.writeAt
	}
	b := d.colors[d.readAt][d.component%3]
	if d.component++; d.component == 3 {
		d.component = 0
		d.readAt++
	}
	return b
}

func (d *dac) write(port uint16, b uint8, deep bool) {
	switch port {
	case portDACMask:
		d.mask = b
	case portDACRead:
		d.readAt, d.component, d.reading = b, 0, true
	case portDACWrite:
		d.writeAt, d.component, d.reading = b, 0, false
	default:
		if !deep {
			b &= 0x3f
		}
		d.entry[d.component%3] = b
		if d.component++; d.component == 3 {
			d.component = 0
			d.colors[d.writeAt] = d.entry
			d.writeAt++
		}
	}
}

// eight is a component of 6 bits in 8, or one of 8.
func eight(b uint8, deep bool) uint8 {
	if deep {
		return b
	}
	return b<<2 | b>>4&3
}
