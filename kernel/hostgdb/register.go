package hostgdb

import "github.com/ringo-vmm/ringo/vmm/gdb/packet"

// The registers in the order of the target description. What gdb must have but
// the stub does not is x87 and SSE state: Go keeps nothing there between
// statements.
const (
	numRIP     = 16
	numFlags   = 17
	numCS      = 18
	numSS      = 19
	numData    = 20 // DS, ES, FS, GS
	numX87     = 24 // eight registers of 80 bits
	numControl = 32 // eight of 32 bits
	numFSBase  = 40
	numSystem  = 41
	numAll     = numSystem + len(System{})
)

// gdbOrder is gdb's order of the general registers, by their numbers.
var gdbOrder = [...]uint8{0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15}

// Selectors of Ringo's segments: package amd64.
const (
	selectorCode = 0x08
	selectorData = 0x10
)

// size is a register's size in bytes.
func size(n int) int {
	switch {
	case n >= numX87 && n < numControl:
		return 10
	case n >= numFlags && n < numFSBase:
		return 4
	}
	return 8
}

// put adds a register to a packet.
func (s *Stub) put(w *packet.Writer, n int) {
	r := &s.registers
	switch {
	case n < numRIP:
		w.Little(r.GPR[gdbOrder[n]], 8)
	case n == numRIP:
		w.Little(r.RIP, 8)
	case n == numFlags:
		w.Little(r.RFLAGS, 4)
	case n == numCS:
		w.Little(selectorCode, 4)
	case n == numSS:
		w.Little(selectorData, 4)
	case n < numX87:
		w.Little(0, 4)
	case n == numFSBase:
		w.Little(r.FSBase, 8)
	case n >= numSystem:
		w.Little(s.system[n-numSystem], 8)
	default:
		w.Unknown(size(n))
	}
}

// take sets a register to a value in a packet. It tells whether it can be set.
func (s *Stub) take(n int, digits []byte) bool {
	var raw [10]byte
	if k, ok := packet.DecodeHex(raw[:], digits); !ok || k != size(n) {
		return false
	}
	v := uint64(0)
	for i := range 8 {
		v |= uint64(raw[i]) << (8 * i)
	}
	switch {
	case n < numRIP:
		s.registers.GPR[gdbOrder[n]] = v
	case n == numRIP:
		s.registers.RIP = v
	case n == numFlags:
		s.registers.RFLAGS = v
	default:
		return false
	}
	return true
}

// readAll handles g; gdb asks for the system's registers one by one.
func (s *Stub) readAll(w *packet.Writer) {
	s.machine.Registers(s.threads.CPU, &s.registers)
	for n := range numSystem {
		s.put(w, n)
	}
}

// writeAll handles G. What cannot be set is left out.
func (s *Stub) writeAll(w *packet.Writer, p []byte) {
	s.machine.Registers(s.threads.CPU, &s.registers)
	for n := 0; n < numSystem && len(p) >= 2*size(n); n++ {
		s.take(n, p[:2*size(n)])
		p = p[2*size(n):]
	}
	s.machine.SetRegisters(s.threads.CPU, &s.registers)
	w.Str("OK")
}

// readOne handles p.
func (s *Stub) readOne(w *packet.Writer, p []byte) {
	n, ok := packet.Number(p)
	if !ok || n >= uint64(numAll) {
		w.Fail(packet.ErrRegister)
		return
	}
	s.machine.Registers(s.threads.CPU, &s.registers)
	s.machine.System(&s.system)
	s.put(w, int(n))
}

// writeOne handles P.
func (s *Stub) writeOne(w *packet.Writer, p []byte) {
	number, value, _ := packet.Cut(p, '=')
	n, ok := packet.Number(number)
	s.machine.Registers(s.threads.CPU, &s.registers)
	if !ok || n >= uint64(numAll) || !s.take(int(n), value) {
		w.Fail(packet.ErrRegister)
		return
	}
	s.machine.SetRegisters(s.threads.CPU, &s.registers)
	w.Str("OK")
}
