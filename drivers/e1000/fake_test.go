package e1000

import (
	"encoding/binary"
	"testing"

	"github.com/ringo-vmm/ringo/drivers/dma/dmatest"
	"github.com/ringo-vmm/ringo/vmm/ether"
)

// fake is an adapter as the manual describes it.
type fake struct {
	t      testing.TB
	memory *dmatest.Memory
	reg    map[uintptr]uint32
	mask   uint32
	cause  uint32
	sent   [][]byte
	raised int // interrupts

	noAddress, noEEPROM bool // where the address is not after a reset

	gone, deaf, hangs, masterBusy, masked bool
}

const testMAC = "\x52\x54\x00\x12\x34\x56"

func newFake(t testing.TB) *fake {
	f := &fake{t: t, memory: dmatest.New(t), reg: map[uintptr]uint32{}}
	f.reset()
	return f
}

func (f *fake) reset() {
	clear(f.reg)
	f.mask, f.cause = 0, 0
	f.reg[regSTATUS] = statusLink | 2<<statusSpeedBit
	if f.noAddress {
		return
	}
	f.reg[regRAL] = binary.LittleEndian.Uint32([]byte(testMAC))
	f.reg[regRAH] = uint32(binary.LittleEndian.Uint16([]byte(testMAC[4:]))) | rahValid
}

func (f *fake) Read32(off uintptr) uint32 {
	if f.gone {
		return allOnes
	}
	v := f.reg[off]
	switch off {
	case regICR:
		v, f.cause = f.cause, 0
	case regMPC:
		f.reg[off] = 0
	case regSTATUS:
		if f.masterBusy {
			v |= statusMaster
		}
	}
	return v
}

func (f *fake) Write32(off uintptr, v uint32) {
	if off >= WindowSize || off%4 != 0 {
		f.t.Errorf("write beyond the registers, to %#x", off)
	}
	switch off {
	case regCTRL:
		if v&ctrlReset != 0 {
			f.reset()
			if f.hangs {
				f.reg[off] = v
			}
			return
		}
		f.reg[off] = v
	case regIMS:
		f.mask |= v
		f.update()
	case regIMC:
		if !f.masked {
			f.mask &^= v
		}
	case regEERD:
		f.reg[off] = v
		if word := v >> eerdWordBit; v&eerdStart != 0 && !f.noEEPROM {
			f.reg[off] = eerdDone | uint32(binary.LittleEndian.Uint16([]byte(testMAC[2*word:])))<<eerdDataBit
		}
	case regTDT:
		f.reg[off] = v
		f.transmit()
	default:
		f.reg[off] = v
	}
}

func (f *fake) update() {
	if f.cause&f.mask != 0 {
		f.raised++
	}
}

func (f *fake) raise(cause uint32) {
	f.cause |= cause
	f.update()
}

// descriptor is a descriptor of the ring whose registers begin at base.
func (f *fake) descriptor(base uintptr, i uint32) []byte {
	at := uint64(f.reg[base+4])<<32 | uint64(f.reg[base])
	return f.memory.Bytes(at+uint64(i)*descriptorSize, descriptorSize)
}

// transmit sends what is in the ring.
func (f *fake) transmit() {
	if f.reg[regTCTL]&tctlEnable == 0 || f.deaf {
		return
	}
	for f.reg[regTDH] != f.reg[regTDT] {
		d := f.descriptor(regTDBAL, f.reg[regTDH])
		word := binary.LittleEndian.Uint64(d[8:])
		if word&txRequests != txRequests {
			f.t.Errorf("transmit descriptor %#x", word)
		}
		frame := f.memory.Bytes(binary.LittleEndian.Uint64(d), int(word&txLenMask))
		f.sent = append(f.sent, append([]byte(nil), frame...))
		binary.LittleEndian.PutUint64(d[8:], word|txDone)
		f.reg[regTDH] = (f.reg[regTDH] + 1) % (f.reg[regTDLEN] / descriptorSize)
	}
}

// receive puts a frame into the ring, with the status that the test wants.
func (f *fake) receive(frame []byte, length int, status uint64) bool {
	head := f.reg[regRDH]
	if f.reg[regRCTL]&rctlEnable == 0 || head == f.reg[regRDT] {
		f.reg[regMPC]++
		f.raise(intOverrun)
		return false
	}
	d := f.descriptor(regRDBAL, head)
	if word := binary.LittleEndian.Uint64(d[8:]); word != 0 {
		f.t.Errorf("receive descriptor %d is %#x when the device gets it", head, word)
	}
	copy(f.memory.Bytes(binary.LittleEndian.Uint64(d), 2048), frame)
	binary.LittleEndian.PutUint64(d[8:], uint64(length)|status)
	f.reg[regRDH] = (head + 1) % (f.reg[regRDLEN] / descriptorSize)
	f.raise(intReceived)
	return true
}

// port keeps what it is sent.
type port struct{ frames [][]byte }

func (p *port) Send(f ether.Frame) { p.frames = append(p.frames, append([]byte(nil), f.Data...)) }
