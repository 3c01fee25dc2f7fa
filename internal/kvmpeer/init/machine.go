package main

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ringo-vmm/ringo/vmm/guests"
)

// machine is a virtual machine with one processor.
type machine struct {
	vcpu    int // file descriptor
	area    *runArea
	bytes   []byte // the same memory, with the data of port accesses
	console []byte
}

// newMachine makes a machine with KVM's own interrupt controllers and timer,
// and puts a guest into it.
func newMachine(g guests.Guest) (*machine, error) {
	image, err := g.Build()
	if err != nil {
		return nil, err
	}
	kvm, err := unix.Open("/dev/kvm", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/kvm: %w", err)
	}
	vm, err := ioctl("making a machine", kvm, reqCreateVM, 0)
	if err != nil {
		return nil, err
	}
	if _, err := ioctl("interrupt controllers", vm, reqCreateIRQChip, 0); err != nil {
		return nil, err
	}
	if err := pass("timer", vm, reqCreatePIT, &pitConfig{}); err != nil {
		return nil, err
	}
	if err := addMemory(vm, g.Memory, image); err != nil {
		return nil, err
	}
	m := &machine{console: make([]byte, 0, 64<<10)}
	if m.vcpu, err = ioctl("making a processor", vm, reqCreateVCPU, 0); err != nil {
		return nil, err
	}
	size, err := ioctl("size of the shared area", kvm, reqMmapSize, 0)
	if err != nil {
		return nil, err
	}
	if m.bytes, err = unix.Mmap(m.vcpu, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return nil, fmt.Errorf("the shared area: %w", err)
	}
	m.area = (*runArea)(unsafe.Pointer(&m.bytes[0]))
	return m, m.start(kvm, g.Mode)
}

// addMemory gives a machine memory from address 0 with the guest's image in it.
func addMemory(vm int, size uint64, image []byte) error {
	ram, err := unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
	if err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	copy(ram[guests.LoadAt:], image)
	return pass("memory", vm, reqSetMemory, &memoryRegion{size: size, program: uint64(uintptr(unsafe.Pointer(&ram[0])))})
}

// Bits of control registers and EFER, and types of segments. APM vol. 2 §3.1,
// §4.7, §4.8.
const (
	cr0PE, cr0PG     = 1 << 0, 1 << 31
	cr4PAE           = 1 << 5
	eferLME, eferLMA = 1 << 8, 1 << 10
	kindCode         = 0xb // accessed, readable
	kindData         = 0x3 // accessed, writable

	flagsReserved = 1 << 1 // always set
)

// start puts the processor at the guest's first instruction, in 64-bit mode.
func (m *machine) start(kvm int, mode guests.Mode) error {
	if mode != guests.Long {
		return fmt.Errorf("only guests in 64-bit mode can be run")
	}
	table := &cpuidTable{}
	table.n = uint32(len(table.entries))
	if err := pass("CPUID that KVM supports", kvm, reqSupportedCPUID, table); err != nil {
		return err
	}
	if err := pass("CPUID", m.vcpu, reqSetCPUID, table); err != nil {
		return err
	}
	s := &specialRegisters{}
	if err := pass("reading special registers", m.vcpu, reqGetSpecial, s); err != nil {
		return err
	}
	s.cs = segment{limit: 0xffffffff, selector: guests.Code64, kind: kindCode, present: 1, s: 1, l: 1, g: 1}
	data := segment{limit: 0xffffffff, selector: guests.Data, kind: kindData, present: 1, db: 1, s: 1, g: 1}
	s.ds, s.es, s.fs, s.gs, s.ss = data, data, data, data, data
	s.cr0 |= cr0PE | cr0PG
	s.cr3 = guests.TablesAt
	s.cr4 |= cr4PAE
	s.efer |= eferLME | eferLMA
	if err := pass("special registers", m.vcpu, reqSetSpecial, s); err != nil {
		return err
	}
	return pass("registers", m.vcpu, reqSetRegs, &registers{rip: guests.LoadAt, rsp: guests.StackTop, rflags: flagsReserved})
}

// Ports that this program answers, beside those that read as all ones and
// ignore what is written.
const (
	consolePort = 0xe9
	exitPort    = 0xf4
)

// run runs the guest until it writes to the exit port. The system call is a
// raw one: Go's scheduler has nothing else to run.
func (m *machine) run() error {
	io := (*ioExit)(unsafe.Pointer(&m.area.exit))
	mmio := (*mmioExit)(unsafe.Pointer(&m.area.exit))
	for {
		_, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(m.vcpu), reqRun, 0)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return fmt.Errorf("running the guest: %w", errno)
		}
		switch m.area.reason {
		case exitIO:
			b := &m.bytes[io.data]
			switch {
			case io.write == 0:
				*b = 0xff
			case io.port == consolePort && len(m.console) < cap(m.console):
				m.console = append(m.console, *b)
			case io.port == exitPort && *b == 0:
				return nil
			case io.port == exitPort:
				return fmt.Errorf("the guest ended with code %d", *b)
			}
		case exitMMIO:
			if mmio.write == 0 {
				mmio.data = [8]byte{}
			}
		case exitShutdown:
			return fmt.Errorf("the guest shut down: triple fault")
		default:
			return fmt.Errorf("exit for reason %d is not handled", m.area.reason)
		}
	}
}
