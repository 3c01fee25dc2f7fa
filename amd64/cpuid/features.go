package cpuid

import (
	"fmt"
	"strings"
)

// Feature is one bit of CPUID: 32 times its word's place in the table words,
// plus the bit.
type Feature uint16

// The registers that hold feature bits, in the order of the table words.
const (
	leaf1ECX Feature = iota * 32
	leaf1EDX
	leaf6EAX
	leaf7EBX
	leaf7ECX
	leaf7EDX
	leaf7Sub1EAX
	leafDSub1EAX
	ext1ECX
	ext1EDX
	ext7EDX
	ext8EBX
	extAEDX
)

// The features that Ringo's code asks for by name. The tables name many more
// for the reader of the monitor's cpuid command.
const (
	Monitor     = leaf1ECX + 3
	VMX         = leaf1ECX + 5
	SMX         = leaf1ECX + 6
	CMPXCHG16B  = leaf1ECX + 13
	PCID        = leaf1ECX + 17
	X2APIC      = leaf1ECX + 21
	TSCDeadline = leaf1ECX + 24
	XSAVE       = leaf1ECX + 26
	OSXSAVE     = leaf1ECX + 27
	AVX         = leaf1ECX + 28
	RDRAND      = leaf1ECX + 30
	Hypervisor  = leaf1ECX + 31

	TSC  = leaf1EDX + 4
	MSR  = leaf1EDX + 5
	PAE  = leaf1EDX + 6
	MCE  = leaf1EDX + 7
	APIC = leaf1EDX + 9
	SEP  = leaf1EDX + 11
	MTRR = leaf1EDX + 12
	PGE  = leaf1EDX + 13
	MCA  = leaf1EDX + 14
	PAT  = leaf1EDX + 16
	FXSR = leaf1EDX + 24
	SSE2 = leaf1EDX + 26
	HTT  = leaf1EDX + 28

	ARAT = leaf6EAX + 2

	FSGSBASE         = leaf7EBX + 0
	SMEP             = leaf7EBX + 7
	INVPCID          = leaf7EBX + 10
	RDSEED           = leaf7EBX + 18
	SMAP             = leaf7EBX + 20
	UMIP             = leaf7ECX + 2
	LA57             = leaf7ECX + 16
	SpecCtrl         = leaf7EDX + 26
	ArchCapabilities = leaf7EDX + 29

	XSAVEOPT = leafDSub1EAX + 0
	XSAVEC   = leafDSub1EAX + 1
	XSAVES   = leafDSub1EAX + 3

	SVM           = ext1ECX + 2
	SYSCALL       = ext1EDX + 11
	NX            = ext1EDX + 20
	Page1GB       = ext1EDX + 26
	RDTSCP        = ext1EDX + 27
	LongMode      = ext1EDX + 29
	InvariantTSC  = ext7EDX + 8
	NestedPaging  = extAEDX + 0
	LBRVirt       = extAEDX + 1
	SVMLock       = extAEDX + 2
	NRIPSave      = extAEDX + 3
	TSCRate       = extAEDX + 4
	VMCBClean     = extAEDX + 5
	FlushByASID   = extAEDX + 6
	DecodeAssists = extAEDX + 7

	PauseFilter          = extAEDX + 10
	PauseFilterThreshold = extAEDX + 12
	AVIC                 = extAEDX + 13
	VMSAVEVirt           = extAEDX + 15
	VGIF                 = extAEDX + 16
	X2AVIC               = extAEDX + 18
	SpecCtrlVirt         = extAEDX + 20
	VNMI                 = extAEDX + 25
)

// bit is the manual's mnemonic for a feature bit, and what it means.
type bit struct{ name, meaning string }

// word is a register that holds feature bits. Bits without a name are reserved,
// hold numbers, or came after this table.
type word struct {
	leaf, sub uint32
	reg       Reg
	bits      *[32]bit
}

var words = [...]word{
	leaf1ECX / 32:     {LeafSignature, 0, ECX, &bits1ECX},
	leaf1EDX / 32:     {LeafSignature, 0, EDX, &bits1EDX},
	leaf6EAX / 32:     {LeafPower, 0, EAX, &bits6EAX},
	leaf7EBX / 32:     {LeafFeatures, 0, EBX, &bits7EBX},
	leaf7ECX / 32:     {LeafFeatures, 0, ECX, &bits7ECX},
	leaf7EDX / 32:     {LeafFeatures, 0, EDX, &bits7EDX},
	leaf7Sub1EAX / 32: {LeafFeatures, 1, EAX, &bits7Sub1EAX},
	leafDSub1EAX / 32: {LeafXSAVE, 1, EAX, &bitsDSub1EAX},
	ext1ECX / 32:      {LeafExtFeatures, 0, ECX, &bitsExt1ECX},
	ext1EDX / 32:      {LeafExtFeatures, 0, EDX, &bitsExt1EDX},
	ext7EDX / 32:      {LeafExtPower, 0, EDX, &bitsExt7EDX},
	ext8EBX / 32:      {LeafAddressSize, 0, EBX, &bitsExt8EBX},
	extAEDX / 32:      {LeafSVM, 0, EDX, &bitsExtAEDX},
}

// Has reports whether the processor has feature x.
func (f Func) Has(x Feature) bool {
	if int(x/32) >= len(words) {
		return false
	}
	w := words[x/32]
	return f.register(w)>>(x%32)&1 != 0
}

// register is the value of w's register; zero when the leaf is absent.
func (f Func) register(w word) uint32 {
	var regs [4]uint32
	regs[EAX], regs[EBX], regs[ECX], regs[EDX] = f.Leaf(w.leaf, w.sub)
	return regs[w.reg]
}

// Features are the named features the processor has, in table order.
func (f Func) Features() []Feature {
	var present []Feature
	for i, w := range words {
		value := f.register(w)
		for n := range w.bits {
			if value>>n&1 != 0 && w.bits[n].name != "" {
				present = append(present, Feature(i*32+n))
			}
		}
	}
	return present
}

// String is the manuals' mnemonic for x.
func (x Feature) String() string {
	if int(x/32) < len(words) {
		if name := words[x/32].bits[x%32].name; name != "" {
			return name
		}
	}
	return fmt.Sprintf("Feature(%d)", uint16(x))
}

// Meaning says in a few words what x is, empty for a feature without a name.
func (x Feature) Meaning() string {
	if int(x/32) >= len(words) {
		return ""
	}
	return words[x/32].bits[x%32].meaning
}

// Where names the place of x in CPUID, such as "00000001h.ecx[5]".
func (x Feature) Where() string {
	if int(x/32) >= len(words) {
		return ""
	}
	w := words[x/32]
	sub := ""
	if w.sub != 0 {
		sub = fmt.Sprintf(".%d", w.sub)
	}
	return fmt.Sprintf("%08xh%s.%s[%d]", w.leaf, sub, w.reg, x%32)
}

// Lookup finds a feature by its mnemonic, in either case.
func Lookup(name string) (x Feature, ok bool) {
	if name == "" {
		return 0, false
	}
	for i, w := range words {
		for n, b := range w.bits {
			if strings.EqualFold(b.name, name) {
				return Feature(i*32 + n), true
			}
		}
	}
	return 0, false
}

// Decode names the bits that are set in value, the contents of register reg of
// the leaf: the mnemonic, or "bit N" for one without a name. ok is false when
// that register does not hold feature bits.
func Decode(leaf, sub uint32, reg Reg, value uint32) (names []string, ok bool) {
	for _, w := range words {
		if w.leaf != leaf || w.sub != sub || w.reg != reg {
			continue
		}
		for n, b := range w.bits {
			switch {
			case value>>n&1 == 0:
			case b.name == "":
				names = append(names, fmt.Sprintf("bit %d", n))
			default:
				names = append(names, b.name)
			}
		}
		return names, true
	}
	return nil, false
}
