package loader

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/memmap"
)

// Fields of the BIOS data area, by guest-physical address. IBM PC/AT Technical
// Reference, ROM BIOS data area; Phoenix, System BIOS for IBM PCs, ch. 3.
const (
	bdaCOM1     = 0x400 // port
	bdaEBDA     = 0x40e // segment of the extended BIOS data area
	bdaBaseKiB  = 0x413 // memory below it, in KiB
	bdaEnd      = 0x500
	com1        = 0x3f8
	ebdaKiB     = 1 // the extended BIOS data area begins with its size
	interrupts  = 256
	vectorBytes = 4
)

// writeBIOSData writes what kernels of any kind look up in the first page and
// in the extended BIOS data area: where memory ends, where the console is.
func (l *load) writeBIOSData() error {
	b := make([]byte, bdaEnd)
	le := binary.LittleEndian
	le.PutUint16(b[bdaCOM1:], com1)
	le.PutUint16(b[bdaEBDA:], memmap.ExtendedData>>paragraph)
	le.PutUint16(b[bdaBaseKiB:], memmap.ExtendedData>>10)
	if err := l.RAM.Write(0, b); err != nil {
		return err
	}
	return l.write(memmap.ExtendedData, []byte{ebdaKiB}, memmap.Video-memmap.ExtendedData)
}

// writeServices writes the interrupt services, and vectors that lead to them.
func (l *load) writeServices() error {
	le := binary.LittleEndian
	offsets := map[string]uint16{}
	var code []byte
	for _, i := range services {
		if i.label != "" {
			offsets[i.label] = uint16(len(code))
		}
		code = append(code, i.code...)
	}
	code = append(code, make([]byte, servicesData-len(code))...)
	code = le.AppendUint32(code, uint32(len(l.space.e820)))
	extended := l.RAM.Low() - memmap.Extended
	code = le.AppendUint16(code, uint16(min(extended, 15<<20)>>10))
	code = le.AppendUint16(code, uint16((max(extended, 15<<20)-15<<20)>>16))
	for _, r := range l.space.e820 {
		code = le.AppendUint64(code, r.Start)
		code = le.AppendUint64(code, r.Size)
		code = le.AppendUint32(code, uint32(r.Type))
	}
	if err := l.RAM.Write(memmap.BIOS, code); err != nil {
		return err
	}
	var vectors []byte
	for n := range interrupts {
		service, ok := vectorServices[n]
		if !ok {
			service = "return"
		}
		vectors = le.AppendUint16(vectors, offsets[service])
		vectors = le.AppendUint16(vectors, memmap.BIOS>>paragraph)
	}
	return l.RAM.Write(0, vectors)
}

// vectorServices is the interrupt numbers that have a service. The others
// return at once.
var vectorServices = map[int]string{
	0x10: "video",
	0x12: "size",
	0x13: "fail", // disks
	0x14: "fail", // serial ports
	0x15: "memory",
	0x16: "keyboard",
	0x17: "fail", // printers
	0x1a: "fail", // clock, PCI
}
