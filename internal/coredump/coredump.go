// Package coredump turns what a dying kernel sends over its serial line into
// an ELF core file, which gdb opens beside the kernel's ELF file.
//
// The kernel sends its processors' registers and its memory (package wire).
// What takes knowledge of the Go runtime is done here, where there is time for
// it: goroutines become the core's threads, the one that died first.
package coredump

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ringo-vmm/ringo/internal/coredump/wire"
)

// Dump is what has come of a crash dump.
type Dump struct {
	// Processors are their registers by index; the one that died is first
	// among Order.
	Processors map[uint64]wire.Registers
	Order      []uint64
	// Threads are the kernel's: where each last left its code.
	Threads []wire.Registers
	// Memory is in ascending order, and no two pieces overlap.
	Memory []Piece

	Records  uint64 // that came, the damaged ones left out
	Damaged  int    // lines that are no good
	Complete bool   // the end came, and all records before it
}

// Piece is memory that lies together.
type Piece struct {
	Address uint64 // host-virtual
	Data    []byte
}

// Limits of what is taken from a file.
const (
	maxLine   = 128 << 10
	maxMemory = 4 << 30
)

// ErrNone is a text without a dump.
var ErrNone = errors.New("no crash dump in it: its lines begin " + strings.TrimSpace(wire.Mark))

// Read finds the last dump in a log of the serial line.
func Read(r io.Reader) (*Dump, error) {
	var d *Dump
	size := 0
	in := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		if _, text, ok := bytes.Cut(line, []byte(wire.Mark)); ok {
			rec, bad := parse(bytes.TrimRight(text, "\r\n"))
			switch {
			case bad != nil && d != nil:
				d.Damaged++
			case bad == nil && rec.kind == wire.Begin:
				d, size = &Dump{Processors: make(map[uint64]wire.Registers), Records: 1}, 0
			case bad == nil && d != nil:
				if size += len(rec.content); size > maxMemory {
					return nil, fmt.Errorf("more than %d GiB of memory", maxMemory>>30)
				}
				d.add(rec)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil && err != bufio.ErrBufferFull {
			return nil, err
		}
	}
	if d == nil {
		return nil, ErrNone
	}
	d.sort()
	return d, nil
}

// record is a line of a dump.
type record struct {
	kind    wire.Kind
	address uint64
	content []byte
}

var errRecord = errors.New("damaged record")

func parse(text []byte) (r record, err error) {
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(raw, text)
	if err != nil || n < wire.HeaderSize {
		return r, errRecord
	}
	header, content := raw[:wire.HeaderSize], raw[wire.HeaderSize:n]
	size := binary.LittleEndian.Uint32(header[4:])
	if size > wire.MaxContent {
		return r, errRecord
	}
	if header[1] != 0 {
		if content, err = wire.Expand(content, int(size)); err != nil {
			return r, err
		}
	}
	if uint32(len(content)) != size || wire.Checksum(header, content) != binary.LittleEndian.Uint32(header[8:]) {
		return r, errRecord
	}
	return record{wire.Kind(header[0]), binary.LittleEndian.Uint64(header[12:]), content}, nil
}

func (d *Dump) add(r record) {
	switch r.kind {
	case wire.Processor, wire.Thread:
		if len(r.content) != wire.RegistersSize {
			d.Damaged++
			return
		}
		var regs wire.Registers
		for i := range regs.GPR {
			regs.GPR[i] = binary.LittleEndian.Uint64(r.content[8*i:])
		}
		regs.RIP = binary.LittleEndian.Uint64(r.content[16*8:])
		regs.RFLAGS = binary.LittleEndian.Uint64(r.content[17*8:])
		regs.FSBase = binary.LittleEndian.Uint64(r.content[18*8:])
		if r.kind == wire.Thread {
			d.Threads = append(d.Threads, regs)
			break
		}
		if _, again := d.Processors[r.address]; !again {
			d.Order = append(d.Order, r.address)
		}
		d.Processors[r.address] = regs
	case wire.Memory:
		if len(r.content) == 0 || r.address+uint64(len(r.content)) < r.address {
			d.Damaged++
			return
		}
		d.Memory = append(d.Memory, Piece{r.address, r.content})
	case wire.End:
		d.Complete = r.address == d.Records
		return
	}
	d.Records++
}

// sort puts the memory in order and joins what lies together.
func (d *Dump) sort() {
	slices.SortStableFunc(d.Memory, func(a, b Piece) int {
		switch {
		case a.Address < b.Address:
			return -1
		case a.Address > b.Address:
			return 1
		}
		return 0
	})
	var joined []Piece
	for _, p := range d.Memory {
		n := len(joined)
		if n > 0 {
			last := &joined[n-1]
			end := last.Address + uint64(len(last.Data))
			if p.Address < end { // the same memory twice
				p.Data = p.Data[min(uint64(len(p.Data)), end-p.Address):]
				p.Address = end
			}
			if p.Address == end {
				last.Data = append(last.Data, p.Data...)
				continue
			}
		}
		joined = append(joined, Piece{p.Address, slices.Clone(p.Data)})
	}
	d.Memory = joined
}

// Bytes is n bytes of memory, nil if they are not all there.
func (d *Dump) Bytes(address uint64, n int) []byte {
	i, found := slices.BinarySearchFunc(d.Memory, address, func(p Piece, a uint64) int {
		switch {
		case p.Address < a:
			return -1
		case p.Address > a:
			return 1
		}
		return 0
	})
	if !found {
		i--
	}
	if i < 0 {
		return nil
	}
	p := d.Memory[i]
	at := address - p.Address
	if at > uint64(len(p.Data)) || uint64(n) > uint64(len(p.Data))-at {
		return nil
	}
	return p.Data[at : at+uint64(n)]
}

// word is the 64-bit word at an address.
func (d *Dump) word(address uint64) (v uint64, ok bool) {
	b := d.Bytes(address, 8)
	if b == nil {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b), true
}
