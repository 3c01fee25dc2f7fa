package guests

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/guests/asm"
)

// Mode is the mode in which a guest's first processor starts.
type Mode int

// The modes. In all of them interrupts and the direction flag are off, and
// there is no IDT. An image needs that and the mode from its loader; its first
// instructions, which Build puts before the guest's, make the rest: the stack,
// the prelude's GDT and segments, the page tables. General registers may hold
// anything.
const (
	// Real is real mode with all segments at 0.
	Real Mode = iota
	// Protected is 32-bit protected mode without paging. All segments reach
	// from 0 to 4 GiB; CS is Code32 and the others are Data.
	Protected
	// Long is 64-bit mode. Addresses up to 4 GiB are mapped to themselves,
	// all of them writable. CS is Code64 and the others are Data.
	Long
)

// Bits is the size of the code that a processor starts with in a mode: 16, 32
// or 64.
func (m Mode) Bits() int { return [...]int{16, 32, 64}[m] }

// End is the way a guest ends.
type End int

const (
	// Exits: it writes 0 to port F4h; another number is a failure.
	Exits End = iota
	// Halts: it executes HLT with interrupts off.
	Halts
	// TripleFaults: it shuts the processor down by a triple fault.
	TripleFaults
	// Resets: it asks for a reset.
	Resets
	// PowersOff: it puts the machine in the ACPI state S5.
	PowersOff
	// Anyhow: it may exit with 0, reset, be stopped for what it did, or never
	// get out of it. Its host must survive that and be able to stop it.
	Anyhow
)

// Guest is a micro-guest.
type Guest struct {
	Name    string
	Help    string // one line: what it exercises
	Memory  uint64 // RAM from address 0, in bytes
	CPUs    int
	Mode    Mode
	Code    func(p *Prog)
	Expect  string // a regular expression that its console output must match
	Ends    End
	Hostile bool // it tries to hang its host or to get out

	still bool // see Still
}

// Guest-physical memory below 1 MiB. An image is from LoadAt on.
const (
	// StackTop is the stack pointer at the start. The stack has 4 KiB.
	StackTop = 0x8000
	// LoadAt is where the code of a guest is, and its first instruction.
	LoadAt = 0x8000
	// TablesAt is where the page tables of 64-bit guests are, and the end of
	// the code: 16-bit code reaches all of it.
	TablesAt = 0x10000
	// Scratch is where RAM is free for a guest, up to 640 KiB, and from
	// 1 MiB on. It holds anything at first, and not zeros.
	Scratch = 0x20000
)

// Build assembles a guest. The image is for guest-physical address LoadAt, and
// its first byte is the first instruction. The error has the file and line of
// each mistake in the guest's code.
func (g Guest) Build() ([]byte, error) {
	p := newProg(g)
	p.begin()
	g.Code(p)
	p.finish()
	image, err := p.Assemble()
	if err != nil {
		return nil, fmt.Errorf("guest %s: %w", g.Name, err)
	}
	if room := TablesAt - LoadAt; len(image) > room {
		return nil, fmt.Errorf("guest %s: %d bytes of code and data, more than %d", g.Name, len(image), room)
	}
	if p.tables {
		image = append(image, make([]byte, TablesAt-LoadAt-len(image))...)
		image = append(image, identityTables()...)
	}
	return image, nil
}

// Find returns the guest of a name.
func Find(name string) (Guest, bool) {
	for _, g := range All {
		if g.Name == name {
			return g, true
		}
	}
	return Guest{}, false
}

// Prog is what a guest is written with: the assembler, and the prelude.
type Prog struct {
	*asm.Assembler
	guest    Guest
	tables   bool                  // the image has page tables
	emitted  map[string]bool       // routines and tables, by label
	tail     []func()              // emits them, behind the code
	texts    map[string]string     // label by text
	vars     map[string]int        // bytes by label
	order    []string              // of texts and vars
	handlers map[handlerKey]string // label by vector
}

func newProg(g Guest) *Prog {
	return &Prog{
		Assembler: asm.New(LoadAt, g.Mode.Bits()), guest: g, tables: g.Mode == Long,
		emitted: map[string]bool{}, texts: map[string]string{}, vars: map[string]int{},
		handlers: map[handlerKey]string{},
	}
}

// begin emits what a guest's mode promises.
func (p *Prog) begin() {
	p.Mov(asm.ESP, asm.Imm(StackTop))
	switch p.guest.Mode {
	case Real:
		p.Continue(0, 16)
		p.SetData(0)
	case Protected:
		p.LoadGDT()
		p.Continue(Code32, 32)
		p.SetData(Data)
	case Long:
		p.LoadGDT()
		p.Continue(Code64, 64)
		p.SetData(Data)
		p.Mov(asm.EAX, asm.Imm(TablesAt))
		p.Mov(asm.CR3, asm.RAX)
	}
}

// finish ends the code and emits what it uses.
func (p *Prog) finish() {
	p.Done()
	for len(p.tail) > 0 {
		emit := p.tail[0]
		p.tail = p.tail[1:]
		emit()
	}
	for _, name := range p.order {
		if size, ok := p.vars[name]; ok {
			p.Align(16)
			p.Label(name)
			p.Space(size)
		} else {
			p.Label(p.texts[name])
			p.TextZ(name)
		}
	}
}

// Var returns memory of size bytes, aligned to 16 and 0 at the start, at the
// label name.
func (p *Prog) Var(name string, size int) asm.Mem {
	if _, ok := p.vars[name]; !ok {
		p.order = append(p.order, name)
	}
	p.vars[name] = max(size, p.vars[name])
	return asm.Mem{Label: name}
}

// text returns the label of a text that a zero ends.
func (p *Prog) text(s string) string {
	label, ok := p.texts[s]
	if !ok {
		label = p.Unique("text")
		p.texts[s] = label
		p.order = append(p.order, s)
	}
	return label
}

// routine returns the label of a routine that emit emits, once in each mode in
// which it is asked for.
func (p *Prog) routine(name string, emit func()) string {
	label := fmt.Sprintf("%s.%d", name, p.Mode())
	p.once(label, emit)
	return label
}

// once emits something behind the code, at a label, if it is not there yet.
func (p *Prog) once(label string, emit func()) {
	if p.emitted[label] {
		return
	}
	p.emitted[label] = true
	bits := p.Mode()
	p.tail = append(p.tail, func() {
		p.Bits(bits)
		p.Label(label)
		emit()
	})
}

// reg returns a register as the prelude uses it: with 64 bits in 64-bit code
// and with 32 elsewhere.
func (p *Prog) reg(r asm.Reg) asm.Reg { return r.As(max(p.Mode(), 32)) }
