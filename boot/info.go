// Package boot copies what the boot loader hands over into one value of fixed
// size, so that the memory it lay in can be used for other things.
//
// It understands multiboot 1 (Multiboot Specification 0.6.96 §3.3),
// multiboot 2 (Multiboot2 Specification 2.0 §3.6) and PVH (Xen
// docs/misc/pvh, xen/include/public/arch-x86/hvm/start_info.h). Whatever the
// loader says is checked; what is wrong is noted as a Problem and ignored
// where the machine can boot without it.
//
// Package kernel calls Parse and FindUsable before the Go runtime has started:
// nothing here allocates, except where it says so.
package boot

import "unsafe"

// Capacities of Info. A loader that gives more gets a Problem.
const (
	MaxModules     = 64
	MaxEntries     = 256  // entries of the loader's memory map
	MaxCommandLine = 4096 // bytes
	MaxModuleText  = 256  // bytes of a module's command line
	maxLoaderName  = 64   // bytes
	maxProblems    = 64
	maxSame        = 8 // problems of one code
	maxHandover    = 16
)

// Protocol is the way in that the boot loader took.
type Protocol uint8

const (
	Unknown Protocol = iota
	Multiboot1
	Multiboot2
	PVH
)

func (p Protocol) String() string {
	switch p {
	case Multiboot1:
		return "multiboot 1"
	case Multiboot2:
		return "multiboot 2"
	case PVH:
		return "PVH"
	}
	return "unknown protocol"
}

// Range is the host-physical addresses from Start up to, not including, End.
type Range struct{ Start, End uint64 }

// overlaps reports whether r and s have a byte in common.
func (r Range) overlaps(s Range) bool { return r.Start < s.End && s.Start < r.End }

// Module is a file that the loader put in memory for us. Its range is where;
// it is empty for an empty file.
type Module struct {
	Range
	text    [MaxModuleText]byte
	textLen int
}

// CommandLine is the string that belongs to the module, as the loader gave it.
func (m *Module) CommandLine() string { return view(m.text[:], m.textLen) }

// Name is the first word of the module's command line, less any directories:
// loaders differ in giving a path.
func (m *Module) Name() string {
	word, _ := nextWord(m.CommandLine())
	word = unquote(word)
	for i := len(word) - 1; i >= 0; i-- {
		if word[i] == '/' {
			return word[i+1:]
		}
	}
	return word
}

// Info is what the boot loader handed over. It is filled in by Parse and then
// FindUsable, holds no pointer, and must not be copied: its strings and slices
// are views of its own arrays.
type Info struct {
	Protocol Protocol

	// UEFI says that the firmware is UEFI. Only multiboot 2 tells.
	UEFI bool

	// RSDP is the host-physical address of the ACPI root pointer, or 0 when
	// the loader does not tell. Only PVH gives an address; multiboot 2 gives
	// a copy, which RSDPCopy returns.
	RSDP uint64

	// Framebuffer is the screen the loader set up, absent when its Addr is 0.
	Framebuffer Framebuffer

	// Memory is the machine's memory as the firmware describes it, made
	// consistent. Usable is the RAM in it that nothing occupies, in whole
	// pages.
	Memory Map
	Usable Map

	// LostProblems counts the problems that were not recorded.
	LostProblems int

	entries    [MaxEntries]Region // the loader's memory map, as given
	entryCount int
	lower      uint64 // bytes of RAM from 0, when there is no map
	upper      uint64 // bytes of RAM from 1 MiB, when there is no map

	modules     [MaxModules]Module
	moduleCount int

	commandLine    [MaxCommandLine]byte
	commandLineLen int
	loader         [maxLoaderName]byte
	loaderLen      int

	rsdp    [rsdpSize]byte
	rsdpLen int

	handover      [maxHandover]Range
	handoverCount int

	problems     [maxProblems]Problem
	problemCount int
}

// CommandLine is the kernel's command line as the loader gave it: with or
// without the name of the image in front.
func (i *Info) CommandLine() string { return view(i.commandLine[:], i.commandLineLen) }

// Lookup finds key on the kernel's command line, as the function Lookup does.
func (i *Info) Lookup(key string) (value string, ok bool) { return Lookup(i.CommandLine(), key) }

// Loader is the name the boot loader gives itself, or "".
func (i *Info) Loader() string { return view(i.loader[:], i.loaderLen) }

// Modules are the modules that are safe to use, in the loader's order.
func (i *Info) Modules() []Module { return i.modules[:i.moduleCount] }

// RSDPCopy is the copy of the ACPI root pointer that multiboot 2 gives: 36
// bytes, 20 for ACPI 1.0, or none. Its checksum is not verified.
func (i *Info) RSDPCopy() []byte { return i.rsdp[:i.rsdpLen] }

// Handover is where the loader's structures were, for the log. They are
// copied, so their memory is not kept.
func (i *Info) Handover() []Range { return i.handover[:i.handoverCount] }

// Problems are what was wrong with the hand-over.
func (i *Info) Problems() []Problem { return i.problems[:i.problemCount] }

// view is the string in the first n bytes of a buffer that does not change.
func view(buf []byte, n int) string { return unsafe.String(unsafe.SliceData(buf), n) }
