package main

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// KVM's interface: Linux, Documentation/virt/kvm/api.rst, and the numbers of
// the requests in include/uapi/linux/kvm.h. A request is its number, KVM's
// letter AEh, and the size and direction of what its argument points to:
// include/uapi/asm-generic/ioctl.h.
const (
	letter = 0xae << 8
	in     = 1 << 30 // the kernel reads the argument
	out    = 2 << 30 // the kernel writes it

	reqCreateVM      = letter | 0x01
	reqMmapSize      = letter | 0x04
	reqCreateVCPU    = letter | 0x41
	reqCreateIRQChip = letter | 0x60
	reqRun           = letter | 0x80

	reqSupportedCPUID = in | out | 8<<16 | letter | 0x05
	reqSetMemory      = in | unsafe.Sizeof(memoryRegion{})<<16 | letter | 0x46
	reqCreatePIT      = in | unsafe.Sizeof(pitConfig{})<<16 | letter | 0x77
	reqSetRegs        = in | unsafe.Sizeof(registers{})<<16 | letter | 0x82
	reqGetSpecial     = out | unsafe.Sizeof(specialRegisters{})<<16 | letter | 0x83
	reqSetSpecial     = in | unsafe.Sizeof(specialRegisters{})<<16 | letter | 0x84
	reqSetCPUID       = in | 8<<16 | letter | 0x90
)

// memoryRegion is guest-physical memory made of the program's own. §4.35.
type memoryRegion struct {
	slot, flags          uint32
	guest, size, program uint64
}

// pitConfig is the 8254's. §4.71.
type pitConfig struct{ flags, reserved [8]uint32 }

// cpuidTable is a list of CPUID leaves. §4.46.
type cpuidTable struct {
	n, reserved uint32
	entries     [256]struct{ function, index, flags, eax, ebx, ecx, edx, _, _, _ uint32 }
}

// registers are the general ones. §4.11.
type registers struct {
	rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp uint64
	r8to15                                 [8]uint64
	rip, rflags                            uint64
}

// segment is a segment register with its hidden part. §4.13.
type segment struct {
	base                               uint64
	limit                              uint32
	selector                           uint16
	kind, present, dpl, db, s, l, g, _ uint8
	unusable, _                        uint8
}

// specialRegisters are the others. §4.13.
type specialRegisters struct {
	cs, ds, es, fs, gs, ss, tr, ldt segment
	gdt, idt                        struct {
		base  uint64
		limit uint16
		_     [3]uint16
	}
	cr0, cr2, cr3, cr4, cr8, efer, apicBase uint64
	interrupts                              [4]uint64
}

// runArea is what the kernel and this program share about a processor's exit.
// §5.
type runArea struct {
	_      [8]byte
	reason uint32
	_      [20]byte
	exit   [256]byte // by reason
}

// Reasons for an exit. §5.
const (
	exitIO       = 2
	exitMMIO     = 6
	exitShutdown = 8
)

// ioExit is runArea.exit of IN and OUT. §5.
type ioExit struct {
	write, size uint8
	port        uint16
	count       uint32
	data        uint64 // where the data are in the area
}

// mmioExit is runArea.exit of an access to memory that is not there. §5.
type mmioExit struct {
	address uint64
	data    [8]byte
	size    uint32
	write   uint8
}

// ioctl makes a request with a number as its argument.
func ioctl(what string, fd int, request, arg uintptr) (int, error) {
	n, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, arg)
	if errno != 0 {
		return 0, fmt.Errorf("%s: %w", what, errno)
	}
	return int(n), nil
}

// pass makes a request with a pointer as its argument.
func pass[T any](what string, fd int, request uintptr, arg *T) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(arg)))
	if errno != 0 {
		return fmt.Errorf("%s: %w", what, errno)
	}
	return nil
}
