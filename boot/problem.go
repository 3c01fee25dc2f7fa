package boot

import "strconv"

// Code says what was wrong with the hand-over.
type Code uint8

const (
	UnknownLoader Code = iota
	InfoOutOfReach
	InfoMalformed
	TextOutOfReach
	TextTooLong
	MapOutOfReach
	MapEntryMalformed
	MapEntryEmpty
	MapEntryWraps
	TooManyEntries
	MapFull
	SizesOnly
	ModulesOutOfReach
	TooManyModules
	ModuleBackwards
	ModuleOnKernel
	ModuleOnModule
	ModuleNotRAM
	KernelNotRAM
	FramebufferImpossible
	TagMalformed
	NoEndTag
	BootServicesRunning
	codes
)

// texts say each problem and what is done about it. %a and %b stand for the
// problem's two numbers, %n for the name of the module.
var texts = [codes]string{
	UnknownLoader:         "no loader we know: EAX %a, EBX %b",
	InfoOutOfReach:        "boot information at %a of %b bytes is out of reach",
	InfoMalformed:         "boot information at %a says it is %b bytes long",
	TextOutOfReach:        "string runs into %a, out of reach: cut there",
	TextTooLong:           "string is longer than %a bytes: cut there",
	MapOutOfReach:         "memory map at %a of %b bytes is out of reach: ignored",
	MapEntryMalformed:     "memory map entry at %a has a size of %b: the map ends there",
	MapEntryEmpty:         "memory map entry for %a is empty: ignored",
	MapEntryWraps:         "memory map entry for %a of %b bytes leaves the 52-bit address space: ignored",
	TooManyEntries:        "memory map has more than %a entries: the rest is ignored",
	MapFull:               "memory map falls into more than %a pieces: some RAM is not used",
	SizesOnly:             "no memory map: trusting the sizes, %a bytes from 0 and %b bytes from 1 MiB",
	ModulesOutOfReach:     "module list at %a of %b bytes is out of reach: no modules",
	TooManyModules:        "one module too many at %a-%b: ignored",
	ModuleBackwards:       "module at %a-%b ends before it starts: ignored",
	ModuleOnKernel:        "module %n at %a-%b overlaps the kernel: ignored",
	ModuleOnModule:        "module %n at %a-%b overlaps the module in front: ignored",
	ModuleNotRAM:          "module %n at %a-%b does not lie in RAM: ignored",
	KernelNotRAM:          "the kernel at %a-%b does not lie in RAM",
	FramebufferImpossible: "framebuffer at %a of %b bytes a line cannot be: ignored",
	TagMalformed:          "multiboot 2 tag of type %a has a size of %b: ignored",
	NoEndTag:              "multiboot 2 tags run out at offset %a without an end tag",
	BootServicesRunning:   "UEFI boot services are still running",
}

func (c Code) String() string {
	if c < codes {
		return texts[c]
	}
	return "unknown problem"
}

// Problem is something wrong with the hand-over that was ignored.
type Problem struct {
	Code    Code
	A, B    uint64
	name    [32]byte // of the module, cut
	nameLen int
}

// MaxProblemText is the room that Append needs, in bytes.
const MaxProblemText = 160

// Append adds the problem in words to b and returns it. With room for
// MaxProblemText more bytes in b it allocates nothing. Pre-runtime.
func (p *Problem) Append(b []byte) []byte {
	text := p.Code.String()
	for k := 0; k < len(text); k++ {
		if text[k] != '%' || k+1 == len(text) {
			b = append(b, text[k])
			continue
		}
		k++
		switch text[k] {
		case 'a':
			b = strconv.AppendUint(append(b, "0x"...), p.A, 16)
		case 'b':
			b = strconv.AppendUint(append(b, "0x"...), p.B, 16)
		case 'n':
			b = append(append(append(b, '"'), p.name[:p.nameLen]...), '"')
		}
	}
	return b
}

// String is the problem in words. It allocates.
func (p *Problem) String() string { return string(p.Append(nil)) }

// note records a problem. A few of one code are enough: the rest is counted,
// and leaves room for others.
func (i *Info) note(c Code, a, b uint64) {
	same := 0
	for k := range i.Problems() {
		if i.problems[k].Code == c {
			same++
		}
	}
	if same == maxSame || i.problemCount == len(i.problems) {
		i.LostProblems++
		return
	}
	i.problems[i.problemCount] = Problem{Code: c, A: a, B: b}
	i.problemCount++
}

// noteModule records a problem of the module m.
func (i *Info) noteModule(c Code, m *Module) {
	lost := i.LostProblems
	i.note(c, m.Start, m.End)
	if i.LostProblems == lost {
		p := &i.problems[i.problemCount-1]
		p.nameLen = copy(p.name[:], m.Name())
	}
}
