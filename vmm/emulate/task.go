package emulate

import (
	"encoding/binary"
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Task is a task switch that the processor has left to software, behind its own
// checks of the gate and of privilege. SDM vol. 3 §7.3 and §25.4.2, APM vol. 2
// §12.4 and §15.14.1.
type Task struct {
	Selector uint16 // of the new task's TSS
	By       x86.TaskSource
	External bool   // by an event that no instruction asked for: error codes have EXT
	HasCode  bool   // the event has an error code
	Code     uint32 // which the new task finds on its stack
	Next     uint64 // RIP of the task that is left
}

// What a switch changes beside the registers of the task. SDM vol. 3 §17.2.4.
const (
	dr7Local = 0x155 // L0 to L3 and LE
	errorEXT = 1
)

// noMemory is an access of the processor's own to where there is none.
type noMemory struct{ linear, gpa uint64 }

func (e *noMemory) Error() string {
	return fmt.Sprintf("a task switch needs what is at linear %#x, guest-physical %#x, where no memory is", e.linear, e.gpa)
}

// tasks are the two tasks of a switch.
type tasks struct {
	from, to       *tssFormat
	fromTSS, toTSS place
	fromEntry      descriptor
	toEntry        descriptor
	fromOK         bool // fromEntry is there
}

// Switch makes the switch: in s, which is all of the processor's state, and in
// its memory. An error is an *x86.Exception, or says what is not in memory. An
// exception of the checks that come first leaves s as it was; a later one is
// the new task's, at its first instruction. trap tells that the new task wants
// a debug exception there.
func (t *Task) Switch(s *x86.State, mem Memory) (trap bool, err error) {
	var both tasks
	if err := t.check(s, mem, &both); err != nil {
		return false, err
	}
	var tss [tssSize]byte
	t.leave(s, mem, &both, tss[:])
	t.begin(s, mem, &both, tss[:])
	if err := t.segments(s, mem); err != nil {
		return false, err
	}
	if t.HasCode {
		if err := t.push(s, mem, both.to.word); err != nil {
			return false, err
		}
	}
	if s.RIP > uint64(s.Seg[x86.CS].Limit) {
		return false, t.fault(x86.GeneralProtection, 0)
	}
	return both.to == &tss32 && tss[tssTrap]&1 != 0, nil
}

// check does what comes before anything changes. SDM vol. 3 table 7-1.
func (t *Task) check(s *x86.State, mem Memory, b *tasks) (err error) {
	bad, busy := x86.GeneralProtection, uint8(0)
	if t.By == x86.TaskByIRET {
		bad, busy = x86.InvalidTSS, typeBusy
	}
	d, ok, err := readDescriptor(s, mem, t.Selector, true)
	if err != nil {
		return err
	}
	g := d.segment(t.Selector)
	b.to, b.toEntry = formatOf(g.Attributes), d
	switch {
	case !ok || t.Selector&selectorLDT != 0, g.Attributes&x86.AttrUser != 0 || g.Attributes.Type()&^typeWide != typeTSS|busy:
		return t.fault(bad, t.Selector)
	case g.Attributes&x86.AttrPresent == 0:
		return t.fault(x86.SegmentNotPresent, t.Selector)
	case g.Limit < b.to.limit:
		return t.fault(x86.InvalidTSS, t.Selector)
	}
	old := &s.Seg[x86.TR]
	b.from = formatOf(old.Attributes)
	if old.Limit < b.from.saved {
		return t.fault(x86.InvalidTSS, old.Selector)
	}
	if b.fromTSS, err = systemPlace(s, mem, old.Base, int(b.from.saved)+1, x86.Write); err != nil {
		return err
	}
	if b.toTSS, err = systemPlace(s, mem, g.Base, int(b.to.limit)+1, x86.Write); err != nil {
		return err
	}
	b.fromEntry, b.fromOK, err = readDescriptor(s, mem, old.Selector, true)
	return err
}

// leave writes the old task's state to its TSS. tss is scratch.
func (t *Task) leave(s *x86.State, mem Memory, b *tasks, tss []byte) {
	flags := s.RFLAGS
	if !t.External {
		flags &^= x86.FlagRF
	}
	if t.By == x86.TaskByIRET {
		flags &^= x86.FlagNT
	}
	b.fromTSS.get(mem, tss)
	b.from.save(s, tss, t.Next, flags)
	b.fromTSS.put(mem, tss, b.from.rip, int(b.from.saved)+1)
	if (t.By == x86.TaskByJump || t.By == x86.TaskByIRET) && b.fromOK {
		b.fromEntry.setType(mem, typeBusy, 0)
	}
}

// begin makes the processor the new task's, but for its segments: those it has
// in the meantime are flat code and a flat stack.
func (t *Task) begin(s *x86.State, mem Memory, b *tasks, tss []byte) {
	b.toTSS.get(mem, tss)
	nested := t.By == x86.TaskByCall || t.By == x86.TaskByEvent
	if nested {
		binary.LittleEndian.PutUint16(tss[tssLink:], s.Seg[x86.TR].Selector)
		b.toTSS.put(mem, tss, tssLink, tssLink+2)
	}
	if t.By != x86.TaskByIRET {
		b.toEntry.setType(mem, 0, typeBusy)
	}
	b.to.load(s, tss)
	if nested {
		s.RFLAGS |= x86.FlagNT
	}
	s.CR0 |= x86.CR0TS
	s.DR7 &^= dr7Local
	if b.to == &tss32 && s.CR0&x86.CR0PG != 0 {
		s.CR3 = loadBytes(tss[tssCR3:], 4)
	}
	s.Shadow = false
	s.Seg[x86.TR] = b.toEntry.segment(t.Selector)
	s.Seg[x86.TR].Attributes |= typeBusy
	for i := range x86.TR {
		s.Seg[i] = x86.Segment{Selector: b.to.loadSelector(tss, i)}
	}
	s.CPL = uint8(s.Seg[x86.CS].Selector & selectorRPL)
	s.Seg[x86.CS] = flat(x86.FlatCode32, s.Seg[x86.CS].Selector, s.CPL)
	s.Seg[x86.SS] = flat(x86.FlatData, s.Seg[x86.SS].Selector, s.CPL)
}

// flat is a flat segment with a selector and a privilege level.
func flat(g x86.Segment, selector uint16, dpl uint8) x86.Segment {
	g.Selector, g.Attributes = selector, g.Attributes.WithDPL(dpl)
	return g
}

// push puts the error code of the event on the new task's stack.
func (t *Task) push(s *x86.State, mem Memory, size int) error {
	mask := sizeMask(2)
	if s.Seg[x86.SS].Attributes&x86.AttrBig != 0 {
		mask = sizeMask(4)
	}
	top := (s.GPR[x86.RSP] - uint64(size)) & mask
	linear, exc := s.Linear(x86.SS, top, size, true)
	if exc != nil {
		return t.fault(x86.StackFault, 0)
	}
	acc := x86.Write
	if s.CPL == 3 {
		acc |= x86.User
	}
	p, err := systemPlace(s, mem, linear, size, acc)
	if err != nil {
		return err
	}
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], t.Code)
	p.put(mem, b[:], 0, size)
	s.GPR[x86.RSP] = s.GPR[x86.RSP]&^mask | top
	return nil
}

// fault is an exception with an error code that names a selector.
func (t *Task) fault(v x86.Vector, selector uint16) error {
	code := uint32(selector & codeSelector)
	if t.External {
		code |= errorEXT
	}
	return &x86.Exception{Vector: v, HasCode: true, Code: code}
}
