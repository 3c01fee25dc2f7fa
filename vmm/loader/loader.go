package loader

import (
	"fmt"
	"strings"

	"github.com/ringo-vmm/ringo/vmm/ram"
)

// Image is a file in the host's memory.
type Image struct {
	Name string // for errors
	Data []byte
}

// Module is a file for the kernel, with the string that goes with it where the
// protocol has one.
type Module struct {
	Image
	Key         string // of the configuration, such as initrd or modules[1], for errors
	CommandLine string
}

// Config is what to load.
type Config struct {
	RAM  *ram.RAM
	RSDP uint64 // guest-physical address of the ACPI root pointer, 0 if none

	Kernel      Image
	Protocol    Protocol
	CommandLine string
	// Modules go to the kernel in this order; for Linux they are one initrd,
	// one behind the other.
	Modules []Module

	// Address and Mode are for the protocol Flat: where to put the image and
	// to start it, a guest-physical address, and how.
	Address uint64
	Mode    Mode
}

// load is a load under way.
type load struct {
	Config
	space space
}

// Load puts the kernel and what belongs to it into memory, together with what
// a BIOS would leave there, and returns how to start it. On an error the memory
// may have been written to.
func Load(c Config) (Entry, error) {
	l := &load{Config: c, space: newSpace(c.RAM)}
	if err := l.checkText(); err != nil {
		return Entry{}, err
	}
	if len(c.Kernel.Data) == 0 {
		return Entry{}, l.kernelError(fmt.Errorf("is empty"))
	}
	if l.Protocol == Auto {
		p, err := detect(c.Kernel.Data)
		if err != nil {
			return Entry{}, l.kernelError(err)
		}
		l.Protocol = p
	}
	if err := l.writeBIOSData(); err != nil {
		return Entry{}, err
	}
	var e Entry
	var err error
	switch l.Protocol {
	case Linux64, Linux32:
		e, err = l.linux()
	case Linux16:
		e, err = l.linux16()
	case Multiboot:
		e, err = l.multiboot()
	case Multiboot2:
		e, err = l.multiboot2()
	case PVH:
		e, err = l.pvh()
	case ELF:
		e, err = l.elf()
	case Flat:
		e, err = l.flat()
	default:
		err = wrong("boot", "there is no protocol %d", l.Protocol)
	}
	e.Protocol = l.Protocol
	return e, err
}

// checkText fails if a string has a NUL in it, which would end it.
func (l *load) checkText() error {
	if i := strings.IndexByte(l.CommandLine, 0); i >= 0 {
		return wrong("cmdline", "byte %d is NUL", i)
	}
	for _, m := range l.Modules {
		if i := strings.IndexByte(m.CommandLine, 0); i >= 0 {
			return moduleError(m, "byte %d of its command line is NUL", i)
		}
	}
	return nil
}

// noModules fails if there are modules or a command line, which nothing carries
// to a kernel that is just started.
func (l *load) noModules() error {
	if len(l.Modules) != 0 {
		return moduleError(l.Modules[0], "protocol %v has no modules", l.Protocol)
	}
	if l.CommandLine != "" {
		return wrong("cmdline", "protocol %v has none", l.Protocol)
	}
	return nil
}

// putModule puts a module into memory and returns where: in pages of its own,
// as multiboot promises, and as low as there is room, since a kernel may have
// mapped little when it looks for them.
func (l *load) putModule(m Module) (uint64, error) {
	size := uint64(len(m.Data))
	if size == 0 {
		return 0, moduleError(m, "is empty")
	}
	at, err := l.space.lowest("a module", alignUp(size, pageSize), pageSize)
	if err != nil {
		return 0, moduleError(m, "%s do not fit beside the kernel: the VM has %s", sizeText(size), sizeText(l.RAM.Size()))
	}
	return at, l.RAM.Write(at, m.Data)
}

// flat loads the image as it is.
func (l *load) flat() (Entry, error) {
	if err := l.noModules(); err != nil {
		return Entry{}, err
	}
	gdt, pageTables, err := l.machineTables(l.Mode)
	if err != nil {
		return Entry{}, err
	}
	if err := l.put("kernel", l.Address, l.Kernel.Data, uint64(len(l.Kernel.Data))); err != nil {
		return Entry{}, wrong("address", "kernel %s %w", l.Kernel.Name, err)
	}
	switch l.Mode {
	case Real:
		segment, offset := l.Address>>paragraph, l.Address&(1<<paragraph-1)
		if l.Address <= realLimit {
			segment, offset = 0, l.Address
		}
		if segment > realLimit {
			return Entry{}, wrong("address", "no real-mode segment reaches %#x", l.Address)
		}
		return realEntry(uint16(segment), uint16(offset), realSegment, realStack), nil
	case Protected, Long:
		return l.enter(l.Mode, l.Address, gdt, pageTables)
	}
	return Entry{}, wrong("mode", "there is no processor mode %d", l.Mode)
}

// enter is the entry at an address in protected or long mode.
func (l *load) enter(m Mode, at, gdt, pageTables uint64) (Entry, error) {
	if at >= mapped {
		return Entry{}, l.kernelError(fmt.Errorf("its entry point %#x is beyond 4 GiB", at))
	}
	if m == Long {
		return longEntry(at, gdt, pageTables), nil
	}
	return protectedEntry(at, gdt), nil
}
