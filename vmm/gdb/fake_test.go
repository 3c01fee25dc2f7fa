package gdb

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// fake is a Target without hardware: processors that know a few instructions,
// in memory from linear address 0.
type fake struct {
	mu    sync.Mutex
	mem   []byte
	cpus  []x86.State
	xmm   [][16]x86.XMM
	stops chan Stop
	halt  chan struct{} // ends a run

	attached, killed bool
	places           []Breakpoint
	catches          []Catch
	off              bool
	endless          bool // a run ends by Interrupt alone
}

// The program at start: it stores to counter again and again.
const (
	start   = 0x1000
	loop    = start + 1
	store   = start + 4
	counter = 0x2000
)

var program = []byte{
	0x90,             // start: nop
	0x48, 0xff, 0xc0, // loop: inc rax
	0x88, 0x07, // store: mov [rdi], al
	0xeb, 0xf9, // jmp loop
}

func newFake(cpus int, efer uint64) *fake {
	f := &fake{mem: make([]byte, 0x4000), stops: make(chan Stop, 1), xmm: make([][16]x86.XMM, cpus)}
	copy(f.mem[start:], program)
	for i := range cpus {
		s := x86.State{CR0: x86.CR0PE | x86.CR0PG, EFER: efer, CR3: 0x3000}
		s.Seg[x86.CS] = x86.FlatCode64
		if efer == 0 {
			s.Seg[x86.CS] = x86.FlatCode32
		}
		s.Seg[x86.CS].Selector = 8
		s.RIP, s.RFLAGS = start, x86.FlagFixed|x86.FlagIF
		s.GPR[x86.RDI] = counter
		s.GPR[x86.R15] = uint64(i)
		s.GDTR = x86.Table{Base: 0xffff_8000_0000_1000, Limit: 0x7f}
		f.cpus = append(f.cpus, s)
	}
	return f
}

func (f *fake) Attach() error {
	if f.off {
		return errors.New("off")
	}
	f.attached = true
	return nil
}

func (f *fake) Detach()                        { f.attached, f.places, f.catches = false, nil, nil }
func (f *fake) Kill()                          { f.killed = true }
func (f *fake) CPUs() int                      { return len(f.cpus) }
func (f *fake) About(cpu int) string           { return fmt.Sprintf("processor %d of the fake", cpu) }
func (f *fake) State(cpu int, s *x86.State)    { *s = f.cpus[cpu] }
func (f *fake) SetState(cpu int, s *x86.State) { f.cpus[cpu] = *s }
func (f *fake) XMM(cpu int) *[16]x86.XMM       { return &f.xmm[cpu] }
func (f *fake) Stops() <-chan Stop             { return f.stops }

func (f *fake) Read(_ int, linear uint64, p []byte) int { return f.Physical(linear, p) }

func (f *fake) Write(_ int, linear uint64, p []byte) int {
	if linear >= uint64(len(f.mem)) {
		return 0
	}
	return copy(f.mem[linear:], p)
}

func (f *fake) Physical(gpa uint64, p []byte) int {
	if gpa >= uint64(len(f.mem)) {
		return 0
	}
	return copy(p, f.mem[gpa:])
}

func (f *fake) Insert(b Breakpoint) error {
	if b.Address >= uint64(len(f.mem)) {
		return errors.New("no memory there")
	}
	f.places = append(f.places, b)
	return nil
}

func (f *fake) Remove(b Breakpoint) error {
	at := slices.Index(f.places, b)
	if at < 0 {
		return errors.New("no such breakpoint")
	}
	f.places = slices.Delete(f.places, at, at+1)
	return nil
}

func (f *fake) Catch(c Catch, on bool) error {
	if on {
		f.catches = append(f.catches, c)
	} else {
		f.catches = slices.DeleteFunc(f.catches, func(d Catch) bool { return c == d })
	}
	return nil
}

func (f *fake) Interrupt() {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case f.halt <- struct{}{}:
	default:
	}
}

func (f *fake) Resume(do []Action) {
	f.mu.Lock()
	f.halt = make(chan struct{}, 1)
	halt := f.halt
	f.mu.Unlock()
	do = slices.Clone(do)
	go func() { f.stops <- f.run(do, halt) }()
}

// run executes until something stops it.
func (f *fake) run(do []Action, halt chan struct{}) Stop {
	if f.endless {
		<-halt
		return Stop{}
	}
	if len(f.catches) > 0 {
		return Stop{Why: Caught, Text: "caught " + f.catches[0].String()}
	}
	for first := true; ; first = false {
		select {
		case <-halt:
			return Stop{}
		default:
		}
		for i, a := range do {
			if a == Hold {
				continue
			}
			if stop, ok := f.step(i, first); ok {
				return stop
			}
			if a == Step {
				return Stop{CPU: i, Why: Stepped}
			}
		}
	}
}

// step executes an instruction of a processor. ok tells that it met a breakpoint.
func (f *fake) step(cpu int, first bool) (stop Stop, ok bool) {
	s := &f.cpus[cpu]
	for _, b := range f.places {
		if !first && b.Kind <= Hardware && b.Address == s.RIP {
			return Stop{CPU: cpu, Why: AtBreakpoint, Kind: b.Kind}, true
		}
	}
	switch f.mem[s.RIP] {
	case 0x90:
		s.RIP++
	case 0x48:
		s.GPR[x86.RAX]++
		s.RIP += 3
	case 0xeb:
		s.RIP += 2 + uint64(int8(f.mem[s.RIP+1]))
	case 0x88:
		at := s.GPR[x86.RDI]
		f.mem[at] = byte(s.GPR[x86.RAX])
		s.RIP += 2
		for _, b := range f.places {
			if b.Kind >= OnWrite && at >= b.Address && at < b.Address+b.Size {
				return Stop{CPU: cpu, Why: AtBreakpoint, Kind: b.Kind, Address: b.Address}, true
			}
		}
	default:
		return Stop{CPU: cpu, Why: Ended, Text: "the guest ran into nowhere"}, true
	}
	return Stop{}, false
}
