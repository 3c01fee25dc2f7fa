package amd64

// Segment selectors of every GDT that Ringo loads. SYSCALL takes CS from
// MSR STAR and SS from the descriptor after it, so data follows code (AMD APM
// vol. 2 §6.1.1).
const (
	SelectorCode = 0x08
	SelectorData = 0x10
	SelectorTSS  = 0x18
)

// Segment descriptors in long mode. AMD APM vol. 2 §4.8.
const (
	descCode = 0x00af9b000000ffff // present, ring 0, 64-bit, readable, accessed
	descData = 0x00cf93000000ffff // present, ring 0, writable, accessed
	descTSS  = 0x0000890000000000 // present, available 64-bit TSS
)

// GDT is one processor's global descriptor table: null, code, data and the
// two halves of a TSS descriptor. AMD APM vol. 2 §4.6.1.
type GDT [5]uint64

// Init fills g for a TSS at host-virtual address tss.
func (g *GDT) Init(tss uintptr) {
	base := uint64(tss)
	g[0], g[1], g[2] = 0, descCode, descData
	g[3] = descTSS | (tssSize - 1) | base&0xffffff<<16 | base>>24&0xff<<56
	g[4] = base >> 32
}

// GDTSize is the size of a GDT in bytes.
const GDTSize = 5 * 8

const tssSize = 104

// TSS is a 64-bit task-state segment, of which long mode uses the stack
// pointers. It is 104 bytes of 32-bit words because its 64-bit fields are not
// aligned. AMD APM vol. 2 §12.2.5.
type TSS [tssSize / 4]uint32

// tssIST1 is the word index of the first interrupt stack pointer.
const tssIST1 = 0x24 / 4

// SetIST sets stack pointer n (1 to 7) of the interrupt stack table to the
// host-virtual address top.
func (t *TSS) SetIST(n int, top uintptr) {
	i := tssIST1 + 2*(n-1)
	t[i], t[i+1] = uint32(top), uint32(uint64(top)>>32)
}

// SetNoPortMap puts the I/O permission bitmap beyond the segment's limit.
func (t *TSS) SetNoPortMap() { t[len(t)-1] = tssSize << 16 }

// IDT is an interrupt descriptor table of 256 gates. AMD APM vol. 2 §4.6.5.
type IDT [256]Gate

// IDTSize is the size of an IDT in bytes.
const IDTSize = 256 * 16

// Gate is a 64-bit gate descriptor. AMD APM vol. 2 §4.8.4.
type Gate [2]uint64

// gateInterrupt is a present ring-0 interrupt gate, which clears RFLAGS.IF.
const gateInterrupt = 0x8e00 << 32

// InterruptGate is a gate to the host-virtual address entry on stack ist of
// the interrupt stack table; ist 0 stays on the interrupted stack.
func InterruptGate(entry uintptr, ist int) Gate {
	e := uint64(entry)
	return Gate{
		e&0xffff | SelectorCode<<16 | uint64(ist)<<32 | gateInterrupt | e>>16&0xffff<<48,
		e >> 32,
	}
}
