// Package config reads the description of virtual machines: one text in TOML
// (toml.io, version 1.0) with a [[vm]] table for each. docs/config.md is the
// reference for those who write one.
//
// Package kernel calls Parse with the text of the boot module vms.toml and
// makes the machines; cmd/ringo calls it with the same text, before it packs
// that and the files that it names. There is one parser, so that both say the
// same. It uses no file system.
//
// A mistake costs the machine that it is in, not the others, and every mistake
// is an Error of one line.
package config

import (
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/sched"
)

// ModuleName is the boot module that holds the configuration.
const ModuleName = "vms.toml"

// Limits of a configuration.
const (
	// MaxText is the length of the text in bytes, MaxPart that of one
	// machine. They bound what a hostile text can make the TOML package do,
	// whose time grows with the cube of how deep tables are nested.
	MaxText, MaxPart = 64 << 10, 4 << 10
	// MaxVMs is the number of machines.
	MaxVMs = 64
	// MaxCPUs is the number of processors of one machine.
	MaxCPUs = 64
	// MaxMemory is the most memory of one machine, in bytes.
	MaxMemory = ram.MaxSize
	// MaxName is the length of a machine's name in bytes.
	MaxName = 32
	// MinScrollback and MaxScrollback bound VM.Scrollback, in bytes.
	MinScrollback, MaxScrollback = 4 << 10, 16 << 20
)

// What a key has that is not given.
const (
	DefaultCPUs       = 1
	DefaultScrollback = 64 << 10
)

// Config is all that a text describes.
type Config struct {
	// VMs are the machines without a mistake, in the order of the text.
	VMs []*VM
	// Network is what the machines' network adapters are plugged into.
	Network Network
}

// VM describes a virtual machine.
type VM struct {
	Name    string  // of [a-z0-9-], unlike any other's
	Machine Machine // what board it is
	CPUs    int     // 1 to MaxCPUs
	Memory  uint64  // bytes, whole blocks of package ram, at most MaxMemory

	// Firmware is the image that the machine starts from its reset vector in,
	// VGABIOS one for its display adapter; without Firmware the Kernel is
	// started as Boot says.
	Firmware string
	VGABIOS  string
	Order    []Source // what firmware boots from, the first first; empty is its own order
	Disks    []Disk

	NICs    []NIC
	Serials []Serial // one of them, the first line, is always there
	// Virtio says where the virtio devices are: those that disks, adapters
	// and serial lines name, and the next two.
	Virtio  Virtio
	RNG     bool // a virtio source of random numbers
	Balloon bool // a virtio balloon, by which memory is taken back

	Boot        Boot
	Kernel      string   // the image; see Image for the meaning of names
	Initrd      string   // the initial RAM disk; may be empty
	CommandLine string   // may be empty
	Modules     []Module // for the multiboot and PVH protocols

	// Where and how the processor starts, with BootFlat: the guest-physical
	// address of the image, whose first byte is executed, and the width of
	// the code in bits: 16, 32 or 64.
	Address uint64
	Mode    int

	CPUID []Feature // changes to the features that the guest sees
	MSRs  []MSR     // sorted by index

	// Share is what the machine gets of the host's processors.
	Share sched.Params

	Scrollback int // bytes of console output that are kept

	Autostart bool // it is started when Ringo is
	Restart   bool // a reset that the guest asks for starts it again

	boot  string         // the key, as it is
	lines map[string]int // of the keys in the text; of the [[vm]] for key ""
}

// Boot is how a guest starts.
type Boot string

// The ways to start. Each takes a Kernel; keysOf says which other keys it
// takes.
const (
	BootAuto       Boot = "auto"       // by what the image is
	BootLinux64    Boot = "linux64"    // bzImage, 64-bit boot protocol
	BootLinux32    Boot = "linux32"    // bzImage, 32-bit boot protocol
	BootLinux16    Boot = "linux16"    // bzImage, real-mode entry
	BootPVH        Boot = "pvh"        // ELF with a PVH note
	BootMultiboot  Boot = "multiboot"  // multiboot 1, ELF or by address fields
	BootMultiboot2 Boot = "multiboot2" // multiboot 2, likewise
	BootELF        Boot = "elf"        // an ELF image, started at its entry point
	BootFlat       Boot = "flat"       // bytes at an address
)

// Source is a kind of device that firmware boots from.
type Source string

// The sources.
const (
	SourceCD     Source = "cd"
	SourceDisk   Source = "disk"
	SourceFloppy Source = "floppy"
)

// Module is a file that a guest gets beside its kernel.
type Module struct {
	File string
	Args string // what follows the name in the module's string; may be empty
}

// Feature turns a CPUID feature on or off.
type Feature struct {
	Name string // as the manuals spell it, in any case of letters
	On   bool
}

// MSR decides what a guest finds in a model-specific register.
type MSR struct {
	Index uint32
	Fault bool   // an access is #GP
	Value uint64 // otherwise: what reads give, while writes are ignored
}
