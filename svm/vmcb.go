package svm

// Segment is a segment register in the VMCB. Attributes are bits 55:52 and
// 47:40 of the descriptor, in 12 bits: type, S, DPL, P in the low byte, AVL, L,
// D/B, G above. APM vol. 2 §15.5.1, table B-2.
type Segment struct {
	Selector   uint16
	Attributes uint16
	Limit      uint32 // bytes, not scaled by G
	Base       uint64 // guest-virtual; for system segments and tables too
}

// VMCB is a virtual machine control block, a page that the processor reads and
// writes: the control area up to 0x400, then the guest's saved state. It must
// be in a frame of its own. APM vol. 2 appendix B.
type VMCB struct {
	InterceptCRRead  uint16     // 000 bit n: reads of CRn
	InterceptCRWrite uint16     // 002
	InterceptDRRead  uint16     // 004
	InterceptDRWrite uint16     // 006
	InterceptVectors uint32     // 008 bit n: exception n
	Intercept1       Intercept1 // 00C
	Intercept2       Intercept2 // 010
	Intercept3       uint32     // 014
	_                [0x3c - 0x18]byte
	PauseThreshold   uint16     // 03C
	PauseCount       uint16     // 03E
	IOPM             uint64     // 040 host-physical, of the I/O permission map
	MSRPM            uint64     // 048 host-physical, of the MSR permission map
	TSCOffset        uint64     // 050 added to the TSC that the guest reads
	ASID             uint32     // 058
	TLBControl       TLBControl // 05C
	VIntr            VIntr      // 060
	InterruptShadow  uint64     // 068 bit 0
	ExitCode         ExitCode   // 070
	ExitInfo1        uint64     // 078
	ExitInfo2        uint64     // 080
	ExitIntInfo      Event      // 088 the event that an exit interrupted
	NestedPaging     uint64     // 090 bit 0: on
	AVICBar          uint64     // 098
	GHCB             uint64     // 0A0
	EventInj         Event      // 0A8 injected at the next entry
	NestedCR3        uint64     // 0B0 host-physical, of the nested page tables
	VirtExt          uint64     // 0B8 bit 0: LBR virtualization, 1: virtual VMLOAD and VMSAVE
	Clean            Clean      // 0C0
	_                uint32
	NextRIP          uint64    // 0C8 where it is saved
	FetchedBytes     uint8     // 0D0 with decode assists
	InstructionBytes [15]uint8 // 0D1
	_                [0x400 - 0xe0]byte

	ES, CS, SS, DS, FS, GS   Segment // 400
	GDTR, LDTR, IDTR, TR     Segment // 460
	_                        [0x4cb - 0x4a0]byte
	CPL                      uint8 // 4CB
	_                        uint32
	EFER                     uint64 // 4D0
	_                        [0x548 - 0x4d8]byte
	CR4, CR3, CR0            uint64 // 548
	DR7, DR6                 uint64 // 560
	RFLAGS                   uint64 // 570
	RIP                      uint64 // 578
	_                        [0x5d8 - 0x580]byte
	RSP                      uint64 // 5D8
	_                        [0x5f8 - 0x5e0]byte
	RAX                      uint64 // 5F8
	STAR, LSTAR, CSTAR       uint64 // 600
	SFMASK                   uint64 // 618
	KernelGSBase             uint64 // 620
	SysenterCS               uint64 // 628
	SysenterESP, SysenterEIP uint64 // 630
	CR2                      uint64 // 640
	_                        [0x668 - 0x648]byte
	PAT                      uint64 // 668
	DebugCtl                 uint64 // 670
	BranchFrom, BranchTo     uint64 // 678
	LastFrom, LastTo         uint64 // 688
	_                        [0x6e0 - 0x698]byte
	SpecCtrl                 uint64 // 6E0
	_                        [0x1000 - 0x6e8]byte
}

// Intercept1 is the first word of intercepted instructions and events.
// APM vol. 2 table B-1, offset 0x00C.
type Intercept1 uint32

// The intercepts of offset 0x00C.
const (
	InterceptINTR Intercept1 = 1 << iota
	InterceptNMI
	InterceptSMI
	InterceptINIT
	InterceptVINTR
	InterceptCR0Selective // writes that change more than TS and MP
	InterceptIDTRRead
	InterceptGDTRRead
	InterceptLDTRRead
	InterceptTRRead
	InterceptIDTRWrite
	InterceptGDTRWrite
	InterceptLDTRWrite
	InterceptTRWrite
	InterceptRDTSC
	InterceptRDPMC
	InterceptPUSHF
	InterceptPOPF
	InterceptCPUID
	InterceptRSM
	InterceptIRET
	InterceptINTn
	InterceptINVD
	InterceptPAUSE
	InterceptHLT
	InterceptINVLPG
	InterceptINVLPGA
	InterceptIO  // as the I/O permission map says
	InterceptMSR // as the MSR permission map says
	InterceptTaskSwitch
	InterceptFERRFreeze
	InterceptShutdown
)

// Intercept2 is the second word. APM vol. 2 table B-1, offset 0x010.
type Intercept2 uint32

// The intercepts of offset 0x010.
const (
	InterceptVMRUN Intercept2 = 1 << iota // must be set
	InterceptVMMCALL
	InterceptVMLOAD
	InterceptVMSAVE
	InterceptSTGI
	InterceptCLGI
	InterceptSKINIT
	InterceptRDTSCP
	InterceptICEBP
	InterceptWBINVD
	InterceptMONITOR
	InterceptMWAIT
	InterceptMWAITArmed
	InterceptXSETBV
	InterceptRDPRU
	InterceptEFERWriteTrap
)

// TLBControl says what VMRUN does to the TLB. APM vol. 2 §15.16.1.
type TLBControl uint32

// TLB controls. Those that flush by ASID need the processor's FlushByAsid.
const (
	TLBKeep           TLBControl = 0
	TLBFlushAll       TLBControl = 1
	TLBFlushASID      TLBControl = 3
	TLBFlushASIDLocal TLBControl = 7
)

// VIntr is the virtual interrupt word. APM vol. 2 table B-1, offset 0x060.
type VIntr uint64

// Bits of VIntr. The virtual interrupt's vector is in bits 39:32.
const (
	VIntrTPRMask     VIntr = 0xf    // CR8
	VIntrIRQ         VIntr = 1 << 8 // a virtual interrupt is pending
	VIntrGIF         VIntr = 1 << 9
	VIntrPriority    VIntr = 0xf << 16
	VIntrIgnoreTPR   VIntr = 1 << 20
	VIntrMasking     VIntr = 1 << 24 // RFLAGS.IF of the guest masks only virtual interrupts
	VIntrGIFEnable   VIntr = 1 << 25 // virtual GIF
	VIntrAVIC        VIntr = 1 << 31
	VIntrVectorShift       = 32
)

// Clean tells the processor which parts of the VMCB software has not changed
// since the last exit, so that it may use its cached copy. APM vol. 2 §15.15.
type Clean uint32

// The clean bits.
const (
	CleanIntercepts Clean = 1 << iota // intercepts, TSC offset, pause filter
	CleanIOPM
	CleanASID
	CleanTPR
	CleanNP
	CleanCR
	CleanDR
	CleanDT
	CleanSegments
	CleanCR2
	CleanLBR
	CleanAVIC
	CleanCET

	CleanAll = CleanCET<<1 - 1
)

// Event is an event that is injected or was interrupted: EVENTINJ and
// EXITINTINFO. APM vol. 2 §15.20.
type Event uint64

// Bits of an Event. The error code is in bits 63:32.
const (
	EventVector     Event = 0xff
	EventType       Event = 7 << 8
	EventErrorValid Event = 1 << 11
	EventValid      Event = 1 << 31

	EventInterrupt Event = 0 << 8
	EventNMI       Event = 2 << 8
	EventException Event = 3 << 8
	EventSoftware  Event = 4 << 8
)
