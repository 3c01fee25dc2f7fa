package wire

import (
	"encoding/base64"
	"encoding/binary"
)

// Writer makes records. It is large, and static where nothing can be
// allocated.
type Writer struct {
	// Print takes a piece of a line.
	Print func(p []byte)

	records uint64
	// content is a copy of what is sent: the dump may be of this Writer too,
	// which changes meanwhile.
	content [MaxContent]byte
	table   [tableSize]uint16
	record  [HeaderSize + maxCompressed]byte
	text    [lineSize]byte
}

// lineSize is the size of the pieces in which a line is printed, in bytes: whole
// groups of base64's.
const (
	lineSize  = 64
	groupSize = lineSize / 4 * 3
)

// Begin starts a dump of about so many bytes of memory.
func (w *Writer) Begin(size uint64) {
	w.records = 0
	w.send(Begin, size, nil)
}

// Processor adds a processor's registers.
func (w *Writer) Processor(index uint64, r *Registers) { w.registers(Processor, index, r) }

// Thread adds a thread's registers.
func (w *Writer) Thread(number uint64, r *Registers) { w.registers(Thread, number, r) }

func (w *Writer) registers(kind Kind, address uint64, r *Registers) {
	var content [RegistersSize]byte
	for i, v := range r.GPR {
		binary.LittleEndian.PutUint64(content[8*i:], v)
	}
	binary.LittleEndian.PutUint64(content[16*8:], r.RIP)
	binary.LittleEndian.PutUint64(content[17*8:], r.RFLAGS)
	binary.LittleEndian.PutUint64(content[18*8:], r.FSBase)
	w.send(kind, address, content[:])
}

// Memory adds what is at a host-virtual address, MaxContent bytes at most.
func (w *Writer) Memory(address uint64, content []byte) {
	w.send(Memory, address, content[:min(len(content), MaxContent)])
}

// End ends the dump.
func (w *Writer) End() { w.send(End, w.records, nil) }

func (w *Writer) send(kind Kind, address uint64, content []byte) {
	content = w.content[:copy(w.content[:], content)]
	n := compress(w.record[HeaderSize:], content, &w.table)
	h := w.record[:HeaderSize]
	h[0], h[1], h[2], h[3] = byte(kind), 1, 0, 0
	if n == 0 || n >= len(content) {
		h[1] = 0
		n = copy(w.record[HeaderSize:], content)
	}
	binary.LittleEndian.PutUint32(h[4:], uint32(len(content)))
	binary.LittleEndian.PutUint64(h[12:], address)
	binary.LittleEndian.PutUint32(h[8:], Checksum(h, content))
	w.records++
	w.Print(w.text[:copy(w.text[:], Mark)])
	for data := w.record[:HeaderSize+n]; len(data) > 0; {
		group := data[:min(len(data), groupSize)]
		base64.StdEncoding.Encode(w.text[:], group)
		w.Print(w.text[:base64.StdEncoding.EncodedLen(len(group))])
		data = data[len(group):]
	}
	w.text[0] = '\n'
	w.Print(w.text[:1])
}
