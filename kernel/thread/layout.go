package thread

import (
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
)

// The layer's own data lives outside the Go heap and refers to itself by
// address: storing a Go pointer makes the compiler call the collector's write
// barrier, which needs a g that the layer does not have. A ref is such an
// address, of a thread; 0 is none.
type ref uintptr

func (r ref) get() *thread { return (*thread)(pointer(uintptr(r))) }

func (t *thread) ref() ref { return ref(uintptr(unsafe.Pointer(t))) }

// pointer turns an address outside the Go heap into a pointer, which the
// collector ignores.
func pointer(addr uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&addr))
}

// thread is one thread of the Go runtime (an M) or, one for each processor,
// the idle thread, which holds no code. entry_amd64.s knows the fields up to
// fx by name.
type thread struct {
	// The saved processor state, valid while the thread does not run.
	rax, rbx, rcx, rdx, rsi, rdi, rbp uint64
	r8, r9, r10, r11, r12, r13, r14   uint64
	r15, rip, rflags, rsp             uint64
	fsbase                            uint64    // thread-local storage
	full                              uint64    // 1: fx is valid, an interrupt saved this state
	fx                                [512]byte // the SSE state in FXSAVE's format

	state  state
	tid    uint32
	cpu    uint32 // index of the processor it runs or last ran on
	pin    uint32 // index of the only processor that it may run on, plus 1; 0 is any
	since  uint64 // when it came into its state, in ns
	turn   uint64 // while ready: those with smaller numbers go first, in ns
	result uint64 // what the system call it waits in returns on a time-out

	next, prev ref     // neighbours in the queue it is in
	waitsOn    uintptr // futex address or wait object; 0 when not waiting
	timer      timer   // ends its wait

	pending uint64   // signals sent, bit n-1 for signal n
	blocked uint64   // signals masked
	stack   altStack // where signal handlers run
}

// state is what a thread is doing.
type state uint32

const (
	stateFree state = iota
	stateRunning
	stateReady
	stateWaiting
	stateIdle // an idle thread, always
)

var stateNames = [...]string{"free", "running", "ready", "waiting", "idle"}

// processor is the data of one processor. GS base points at it; Go code
// outside the layer never uses GS.
type processor struct {
	self     uintptr // own address
	current  ref     // the thread whose state an entry saves
	stackTop uintptr // kernel stack
	end      uintptr // of the processor's memory, which holds all its stacks
	scratch  uint64  // where an entry puts RDX for a moment
	g        uintptr // the layer's own g
	fsbase   uint64  // what MSR FS.base holds
	fsgsbase uint64  // 1: WRFSBASE works
	engine   uintptr // what makes guests run on this processor: host-virtual
	fpuOwner uintptr // the engine's: whose x87 and AVX state is loaded
	asids    uint64  // the engine's: its generation of address space identifiers

	tls uint64 // FS base of the layer, whose slot for g is its own

	idle     ref
	index    uint32 // order of arrival; never an APIC id
	apicID   uint32
	armed    uint64 // deadline the timer is set to, in ns; never if none
	preempt  bool   // a thread has come that goes before the current one
	sliceEnd uint64 // when the current thread must give way to a ready one; 0 is never

	interrupts uint64 // taken, all vectors
	switches   uint64 // a thread resumed that was not the last one
	faults     uint64 // pages backed on demand
	idleFrom   uint64 // ns; 0 when busy
	idleTime   uint64 // ns spent in HLT

	// The layer's lock guards these.
	ready  readyQueue // threads that may run nowhere else
	timers timers     // the deadlines that its timer sees to

	// The watchdog's, see watch.go.
	watchAt        uint64  // the next tick, in ns
	ticks          uint64  // so far
	neighbour, own watched // the next processor, the next thread of ready
	looked         uint32  // an NMI has been asked for, or taken; atomic

	// Kicks that are kept back, see kick.go. Only the processor itself uses
	// these.
	late   uint64 // bit i: one for processor i
	lateAt uint64 // until then, in ns
	seed   uint64 // of their random delays

	translations uint32 // what its TLB may hold, see shootdown.go; atomic
	stopped      uint32 // 1: halted for good, and its state is in aborted; atomic
}

// aborted is where the registers of its last abort are.
func (p *processor) aborted() *thread { return (*thread)(pointer(p.self + offAborted)) }

// processorAt is the processor with an index.
func processorAt(index uint32) *processor { return (*processor)(pointer(layer.processors[index])) }

// A processor's own memory, in pages. Every stack has an unmapped page below.
const (
	pageSize = 4096

	stackPages = 4
	istPages   = 4

	// areaData holds the processor, its GDT, TSS, idle thread and fake g.
	areaData  = 0
	dataPages = 5
	// Stacks by their top, in the order of ists.
	areaKernel  = areaData + dataPages + 1 + stackPages
	areaFault   = areaKernel + 1 + istPages
	areaDouble  = areaFault + 1 + istPages
	areaNMI     = areaDouble + 1 + istPages
	areaMachine = areaNMI + 1 + istPages
	areaPages   = areaMachine
	AreaPages   = areaMachine // size of a processor's memory, in pages of 4 KiB
	KernelStack = areaKernel  // top of the stack in it, in pages
	offGDT      = 1 * pageSize
	offTSS      = offGDT + 64
	offIdle     = offGDT + 256
	offG        = 2 * pageSize
	offM        = offG + 1024
	offTLS      = offGDT + 2048
	offAborted  = offTLS + 128
	goMOffset   = 48 // offset of g.m in the Go runtime, which TestGOffset checks
)

// Interrupt stacks. An interrupt cannot arrive while the layer runs, so it
// may use the layer's stack; exceptions can.
const (
	istInterrupt = 1 + iota
	istFault
	istDouble
	istNMI
	istMachine
)

// Guards lists the unmapped pages of an area, as page numbers.
var Guards = [...]int{
	areaKernel - stackPages - 1, areaFault - istPages - 1, areaDouble - istPages - 1,
	areaNMI - istPages - 1, areaMachine - istPages - 1,
}

// initArea lays out a processor's memory, which is zero and page-aligned, at
// host-virtual address area.
func initArea(area uintptr, index, apicID uint32) *processor {
	p := (*processor)(pointer(area))
	p.self, p.index, p.apicID = area, index, apicID
	p.stackTop = area + areaKernel*pageSize
	p.end = area + AreaPages*pageSize
	p.g = area + offG
	p.tls = uint64(area + offTLS)
	p.armed = never

	gdt, tss := (*amd64.GDT)(pointer(area+offGDT)), (*amd64.TSS)(pointer(area+offTSS))
	gdt.Init(area + offTSS)
	tss.SetNoPortMap()
	for i, top := range [...]uintptr{areaKernel, areaFault, areaDouble, areaNMI, areaMachine} {
		tss.SetIST(1+i, area+top*pageSize)
	}

	idle := (*thread)(pointer(area + offIdle))
	idle.state, idle.fsbase = stateIdle, p.tls
	p.idle, p.current = idle.ref(), idle.ref()

	// The fake g has no stack bounds, so no check of them ever fails, and a
	// fake m for the few runtime functions that count locks in it.
	*(*uintptr)(pointer(p.g + goMOffset)) = area + offM
	*(*uintptr)(pointer(uintptr(p.tls) - 8)) = p.g
	return p
}

// The engines' assembly knows these fields by their offsets.
var (
	_ = [1]int{}[unsafe.Offsetof(processor{}.self)-amd64.PerCPUSelf]
	_ = [1]int{}[unsafe.Offsetof(processor{}.fsbase)-amd64.PerCPUFSBase]
	_ = [1]int{}[unsafe.Offsetof(processor{}.asids)-amd64.PerCPUGeneration]
	_ = [1]int{}[unsafe.Offsetof(processor{}.engine)-amd64.PerCPUEngine]
	_ = [1]int{}[unsafe.Offsetof(processor{}.fpuOwner)-amd64.PerCPUFPUOwner]
)
