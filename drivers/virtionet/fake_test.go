package virtionet

import (
	"encoding/binary"
	"testing"

	"github.com/ringo-vmm/ringo/drivers/dma/dmatest"
	"github.com/ringo-vmm/ringo/pci"
	"github.com/ringo-vmm/ringo/vmm/ether"
)

// Where the fake has its registers, in BAR 4.
const (
	barBase    = 0xfe000000
	barSize    = 0x4000
	commonAt   = 0x0000
	isrAt      = 0x1000
	configAt   = 0x2000
	notifyAt   = 0x3000
	multiplier = 4
	capFirst   = 0x40
	capStride  = 0x18
)

const testMAC = "\x52\x54\x00\x12\x34\x56"

// fake is a device as VIRTIO 1.2 describes it, and its configuration space.
type fake struct {
	t      testing.TB
	memory *dmatest.Memory
	config [64]uint32

	offered, taken uint64
	featureSelect  [2]uint32
	status         uint8
	isr            uint8
	link           uint16
	selected       uint16
	queues         [2]fakeQueue
	sent           [][]byte
	raised         int
	late           []byte // a frame that comes when buffers are given back

	gone, hangs, picky, noVectors, asleep, needsReset bool
}

type fakeQueue struct {
	size, vector, enable uint16
	at                   [3]uint64 // table, driver's ring, device's ring
	seen, given          uint16
}

func newFake(t testing.TB) *fake {
	f := &fake{t: t, memory: dmatest.New(t), link: linkUp, offered: wanted | 1<<0 | 1<<15}
	f.config[0] = vendor | deviceModern<<16
	f.config[1] = 1 << 20 // it has capabilities
	f.config[2] = 0x02000001
	f.config[0x34/4] = capFirst
	for i, c := range []struct{ kind, at, size uint32 }{
		{5, 0, 4}, {typeCommon, commonAt, commonBytes}, {typeISR, isrAt, 1}, {typeDevice, configAt, 0x100},
		{typeNotify, notifyAt, 0x1000}, {typeCommon, 0x8000, 4}, // a second one, which is nonsense
	} {
		off := capFirst + i*capStride
		next := uint32(off+capStride) << 8
		if i == 5 {
			next = 0
		}
		f.config[off/4] = 9 | next | 20<<16 | c.kind<<24
		f.config[off/4+1], f.config[off/4+2], f.config[off/4+3], f.config[off/4+4] = 4, c.at, c.size, multiplier
	}
	f.reset()
	return f
}

// capability is the word of the capability of a kind, at an offset in it.
func (f *fake) capability(n int, off int) *uint32 { return &f.config[(capFirst+n*capStride+off)/4] }

func (f *fake) reset() {
	f.status, f.isr, f.taken = 0, 0, 0
	f.queues = [2]fakeQueue{{size: 256}, {size: 256}}
}

// scan finds the device.
func (f *fake) scan() *pci.Device {
	devices, _ := pci.Scan(configSpace{f}, 0, 0, 0)
	if len(devices) != 1 {
		f.t.Fatalf("%d devices", len(devices))
	}
	return devices[0]
}

type configSpace struct{ f *fake }

const bar4 = 0x10 + 4*4

func (s configSpace) Read32(a pci.Address, off uint16) uint32 {
	switch {
	case a != (pci.Address{}):
		return ^uint32(0)
	case off == bar4 && s.f.config[off/4] == 0:
		return barBase
	}
	return s.f.config[off/4]
}

func (s configSpace) Write32(a pci.Address, off uint16, v uint32) {
	if off == bar4 {
		s.f.config[off/4] = 0
		if v == ^uint32(0) {
			s.f.config[off/4] = ^uint32(barSize - 1)
		}
	}
}

// open maps part of the BAR.
func (f *fake) open(phys, size uint64) (Window, error) {
	if phys < barBase || phys+size > barBase+barSize {
		f.t.Errorf("%d bytes at %#x are mapped, which are not the device's", size, phys)
	}
	return &window{f, uintptr(phys - barBase), size}, nil
}

type window struct {
	f    *fake
	base uintptr
	size uint64
}

func (w *window) read(off uintptr, width int) uint32 {
	if w.f.gone {
		return ^uint32(0)
	}
	if off%uintptr(width) != 0 || uint64(off)+uint64(width) > w.size {
		w.f.t.Errorf("read of %d bytes at %#x of %d", width, off, w.size)
	}
	return w.f.read(w.base+off, width)
}

func (w *window) write(off uintptr, v uint32, width int) {
	if off%uintptr(width) != 0 || uint64(off)+uint64(width) > w.size {
		w.f.t.Errorf("write of %d bytes at %#x of %d", width, off, w.size)
	}
	w.f.write(w.base+off, v, width)
}

func (w *window) Read8(off uintptr) uint8       { return uint8(w.read(off, 1)) }
func (w *window) Read16(off uintptr) uint16     { return uint16(w.read(off, 2)) }
func (w *window) Read32(off uintptr) uint32     { return w.read(off, 4) }
func (w *window) Write8(off uintptr, v uint8)   { w.write(off, uint32(v), 1) }
func (w *window) Write16(off uintptr, v uint16) { w.write(off, uint32(v), 2) }
func (w *window) Write32(off uintptr, v uint32) { w.write(off, v, 4) }

func (f *fake) read(at uintptr, width int) uint32 {
	q := &f.queues[f.selected%2]
	switch {
	case at == isrAt && width == 1:
		v := f.isr
		f.isr = 0
		return uint32(v)
	case at >= configAt && at < configAt+6 && width == 1:
		return uint32(testMAC[at-configAt])
	case at == configAt+configStatus && width == 2:
		return uint32(f.link)
	case at == regDeviceFeature && width == 4:
		return uint32(f.offered >> (32 * f.featureSelect[0]))
	case at == regStatus && width == 1:
		v := f.status
		if f.needsReset {
			v |= statusNeedsReset
		}
		return uint32(v)
	case at == regQueueSize && width == 2:
		return uint32(q.size)
	case at == regQueueVector && width == 2:
		return uint32(q.vector)
	case at == regQueueEnable && width == 2:
		return uint32(q.enable)
	case at == regQueueNotify && width == 2:
		return uint32(f.selected) * 3
	}
	f.t.Errorf("read of %d bytes at %#x", width, at)
	return 0
}

func (f *fake) write(at uintptr, v uint32, width int) {
	q := &f.queues[f.selected%2]
	switch {
	case at == regDeviceSelect && width == 4:
		f.featureSelect[0] = v
	case at == regDriverSelect && width == 4:
		f.featureSelect[1] = v
	case at == regDriverFeature && width == 4:
		f.taken |= uint64(v) << (32 * f.featureSelect[1])
	case at == regStatus && width == 1:
		if v == 0 {
			if !f.hangs {
				f.reset()
			}
			return
		}
		if f.picky {
			v &^= statusFeaturesOK
		}
		f.status = uint8(v)
	case at == regConfigVector && width == 2:
	case at == regQueueSelect && width == 2:
		f.selected = uint16(v)
	case at == regQueueSize && width == 2:
		q.size = uint16(v)
	case at == regQueueVector && width == 2:
		q.vector = uint16(v)
		if f.noVectors {
			q.vector = noVector
		}
	case at == regQueueEnable && width == 2:
		q.enable = uint16(v)
	case at >= regQueueTable && at < commonBytes && width == 4:
		half := 32 * (at / 4 % 2)
		p := &q.at[(at-regQueueTable)/8]
		*p = *p&^(0xffffffff<<half) | uint64(v)<<half
	case at == notifyAt+transmitQueue*3*multiplier && width == 2 && v == transmitQueue:
		f.transmit()
	case at == notifyAt && width == 2 && v == receiveQueue:
		if late := f.late; late != nil {
			f.late = nil
			f.receive(late)
		}
	default:
		f.t.Errorf("write of %d bytes at %#x: %#x", width, at, v)
	}
}

func (f *fake) word16(at uint64) uint16 { return binary.LittleEndian.Uint16(f.memory.Bytes(at, 2)) }

// next takes the next descriptor that the driver offers in a queue.
func (f *fake) next(q *fakeQueue) (id uint16, buffer []byte, flags uint16, ok bool) {
	if f.status&statusDriverOK == 0 || q.enable == 0 || f.word16(q.at[1]+2) == q.seen {
		return 0, nil, 0, false
	}
	id = f.word16(q.at[1] + 4 + 2*uint64(q.seen%q.size))
	q.seen++
	d := f.memory.Bytes(q.at[0]+16*uint64(id), 16)
	buffer = f.memory.Bytes(binary.LittleEndian.Uint64(d), int(binary.LittleEndian.Uint32(d[8:])))
	return id, buffer, binary.LittleEndian.Uint16(d[12:]), true
}

// back gives a descriptor back, and interrupts if the driver wants it.
func (f *fake) back(q *fakeQueue, id uint32, length uint32) {
	at := q.at[2] + 4 + 8*uint64(q.given%q.size)
	binary.LittleEndian.PutUint32(f.memory.Bytes(at, 4), id)
	binary.LittleEndian.PutUint32(f.memory.Bytes(at+4, 4), length)
	q.given++
	binary.LittleEndian.PutUint16(f.memory.Bytes(q.at[2]+2, 2), q.given)
	if f.word16(q.at[1])&noInterrupt == 0 {
		f.isr |= 1
		f.raised++
	}
}

func (f *fake) transmit() {
	q := &f.queues[transmitQueue]
	for !f.asleep {
		id, buffer, flags, ok := f.next(q)
		if !ok {
			return
		}
		for _, b := range buffer[:headerBytes] {
			if b != 0 || flags != 0 {
				f.t.Errorf("header % x, flags %#x", buffer[:headerBytes], flags)
			}
		}
		f.sent = append(f.sent, append([]byte(nil), buffer[headerBytes:]...))
		f.back(q, uint32(id), 0)
	}
}

// receive puts a frame into the next buffer.
func (f *fake) receive(frame []byte) bool {
	q := &f.queues[receiveQueue]
	id, buffer, flags, ok := f.next(q)
	if !ok {
		return false
	}
	if flags != flagWrite>>32 || len(buffer) != 2048 {
		f.t.Errorf("receive buffer of %d bytes, flags %#x", len(buffer), flags)
	}
	clear(buffer[:headerBytes])
	buffer[10] = 1 // the number of buffers
	f.back(q, uint32(id), uint32(headerBytes+copy(buffer[headerBytes:], frame)))
	return true
}

// port keeps what it is sent.
type port struct{ frames [][]byte }

func (p *port) Send(f ether.Frame) { p.frames = append(p.frames, append([]byte(nil), f.Data...)) }
