package e1000

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// Bits of EECD, the pins of the EEPROM. SDM §13.4.3.
const (
	eeSK   = 1 << 0 // clock
	eeCS   = 1 << 1 // select
	eeDI   = 1 << 2 // to the EEPROM
	eeDO   = 1 << 3 // from it
	eeFWE  = 2 << 4 // writes are enabled
	eeREQ  = 1 << 6 // software wants the pins
	eeGNT  = 1 << 7 // and has them
	eePRES = 1 << 8
	eeBits = eeSK | eeCS | eeDI | eeREQ
)

// Fields of EERD. SDM §13.4.4.
const (
	eerdStart = 1 << 0
	eerdDone  = 1 << 4
	eerdAddr  = 8
	eerdData  = 16
)

// Words of the EEPROM. SDM §5.6, table 5-2.
const (
	eeWords       = 64
	eeSubsystem   = 0x0b
	eeSubVendor   = 0x0c
	eeDevice      = 0x0d
	eeVendor      = 0x0e
	eeChecksum    = 0x3f
	eeChecksumSum = 0xbaba // that all words up to it add up to
)

// A command to the EEPROM over its pins: a start bit and the opcode, then the
// word's number. SDM §5.6.1, Microwire.
const (
	eeCommand = 9 // bits
	eeRead    = 6
)

// eeprom is a 93C46 with the adapter's address.
type eeprom struct {
	words [eeWords]uint16
	eepromState
}

type eepromState struct {
	pinsIn uint32 // as driven
	shift  uint32 // what was shifted in
	bits   uint8  // how much that is
	out    bool   // the pin DO
	dumps  bool   // a word is read out
	at     uint16 // the bit that comes next
}

func (e *eeprom) fill(m ether.MAC) {
	for i := range 3 {
		e.words[i] = binary.LittleEndian.Uint16(m[2*i:])
	}
	e.words[eeSubsystem], e.words[eeSubVendor] = subsystem, vendorIntel
	e.words[eeDevice], e.words[eeVendor] = device82540EM, vendorIntel
	var sum uint16
	for _, w := range e.words[:eeChecksum] {
		sum += w
	}
	e.words[eeChecksum] = eeChecksumSum - sum
	e.deselect()
}

// deselect forgets what goes on at the pins.
func (e *eeprom) deselect() { e.eepromState = eepromState{out: true} }

// pins is EECD.
func (e *eeprom) pins() uint32 {
	v := e.pinsIn | eeFWE | eePRES
	if e.pinsIn&eeREQ != 0 {
		v |= eeGNT
	}
	if e.out {
		v |= eeDO
	}
	return v
}

// drive sets the pins. When the clock goes up, a bit goes in, or comes out.
func (e *eeprom) drive(v uint32) {
	v &= eeBits
	up := v&^e.pinsIn&eeSK != 0
	if v&eeCS == 0 {
		e.deselect()
	}
	e.pinsIn = v
	if v&eeCS == 0 || !up {
		return
	}
	if e.dumps {
		word := e.words[e.at/16%eeWords]
		e.out = word>>(15-e.at%16)&1 != 0
		e.at = (e.at + 1) % (16 * eeWords)
		return
	}
	in := v & eeDI / eeDI
	if e.bits == 0 && in == 0 {
		return // no start bit yet
	}
	e.shift = e.shift<<1 | in
	if e.bits++; e.bits < eeCommand {
		return
	}
	if e.shift/eeWords == eeRead {
		e.dumps, e.at, e.out = true, uint16(e.shift%eeWords*16), false
	}
	e.shift, e.bits = 0, 0
}

// read is what EERD is after it was written: the word is there at once.
func (e *eeprom) read(v uint32) uint32 {
	addr := v >> eerdAddr & 0xff
	if v&eerdStart == 0 {
		return v & (0xff << eerdAddr)
	}
	var word uint16
	if addr < eeWords {
		word = e.words[addr]
	}
	return eerdDone | addr<<eerdAddr | uint32(word)<<eerdData
}
