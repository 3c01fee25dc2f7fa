// Package emu runs Ringo's image on emulated machines, with its serial line in
// the program's hands. cmd/ringo run and the boot tests in test/ drive it.
//
// A machine is one of a small table (machine.go) and gets the image in one of
// several ways, as a loader would bring it (boot.go). qemu.go and bochs.go turn
// that into an emulator's command line and configuration; vm.go starts the
// emulator, collects what the machine says, waits for text and types; exit.go
// says how the machine ended.
//
// github.com/hugelgupf/vmtest/qemu has much of this for QEMU. It is not used:
// Bochs, the only emulator here with VMX, needs all but the command line once
// more, and what callers want, one expression over all the output so far,
// live output, the kernel's exit code, is beside its model, a pseudo-terminal
// whose text each match consumes.
package emu

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ringo-vmm/ringo/internal/hostpkg"
	"github.com/ringo-vmm/ringo/internal/media"
)

// Options describe one run of a machine.
type Options struct {
	Machine string // a name of Machines; "qemu-svm" if empty
	Boot    Boot   // how the machine gets the image; the machine's default if empty
	// Image is the kernel (ELF), or, where Boot can use it as it is, an ISO
	// image or a folder made by media.PXE.
	Image   string
	Append  string // the kernel's command line
	Modules []media.Module

	MemMiB int  // memory in MiB; 1024 if 0
	CPUs   int  // processors; 1 if 0
	NoVGA  bool // without a display adapter (QEMU)
	ICount bool // the clock counts instructions (QEMU)
	GDB    bool // stop before the first instruction and wait for gdb (QEMU)
	// Lines are TCP addresses to listen at, for COM2, COM3 and COM4.
	Lines []string

	// Link is, with BootPXE, a Unix datagram socket that QEMU sends the frames of
	// its network adapter to, from the socket Link+".qemu". Empty is a network of
	// QEMU's own, with Image served.
	Link string

	// NIC is the model of the network adapter, a key of nics, which is on the
	// emulator's user network; none if empty. Forward is TCP ports of this
	// machine that lead to ports of the emulated one, HOST:GUEST.
	NIC     string
	Forward []string

	Extra []string // arguments for the emulator beside its own

	// Serial gets what the machine sends on COM1, byte by byte as it comes.
	Serial io.Writer
}

// Limits of what Options may ask for.
const (
	minMemMiB, maxMemMiB = 32, 1 << 20
	maxCPUs              = 255
	maxLines             = 3
)

// UsageError is a mistake in Options, not a failure of the host.
type UsageError string

func (e UsageError) Error() string { return string(e) }

func errorf(format string, args ...any) error { return UsageError(fmt.Sprintf(format, args...)) }

// plan is a checked Options, with everything decided that the emulator's
// command line depends on.
type plan struct {
	Options
	machine Machine
	image   imageKind
}

// imageKind is what a file that Options.Image names turned out to be.
type imageKind int

const (
	kernelImage imageKind = iota
	discImage
	serverFolder
)

func (k imageKind) String() string {
	return [...]string{"a kernel", "an ISO image", "a boot server's folder"}[k]
}

// newPlan checks o and fills in its defaults.
func newPlan(o Options) (*plan, error) {
	if o.Machine == "" {
		o.Machine = Machines[0].Name
	}
	m, err := lookup(o.Machine)
	if err != nil {
		return nil, err
	}
	if o.Boot == "" {
		o.Boot = m.boots()[0]
	}
	if o.MemMiB == 0 {
		o.MemMiB = 1024
	}
	if o.CPUs == 0 {
		o.CPUs = 1
	}
	p := &plan{Options: o, machine: m}
	switch {
	case !slices.Contains(Boots, o.Boot):
		return nil, errorf("no way to boot is called %q; there are %s", o.Boot, join(Boots))
	case !slices.Contains(m.boots(), o.Boot):
		return nil, errorf("%s cannot boot by %q, only by %s", m.Name, o.Boot, join(m.boots()))
	case o.MemMiB < minMemMiB || o.MemMiB > maxMemMiB:
		return nil, errorf("%d MiB of memory: give %d MiB to %d MiB", o.MemMiB, minMemMiB, maxMemMiB)
	case o.CPUs < 1 || o.CPUs > maxCPUs:
		return nil, errorf("%d processors: give 1 to %d", o.CPUs, maxCPUs)
	case m.bochs && (o.ICount || o.GDB || o.NoVGA):
		return nil, errorf("%s is Bochs, which has no instruction-count mode, no gdb server and always a display adapter", m.Name)
	case m.bochs && o.NIC != "" && o.NIC != bochsNIC:
		return nil, errorf("%s is Bochs, whose network adapter is %s", m.Name, bochsNIC)
	case o.NIC != "" && nics[o.NIC] == "":
		return nil, errorf("no network adapter is called %q; there are %s", o.NIC, join(slices.Sorted(maps.Keys(nics))))
	case o.NIC == "" && len(o.Forward) > 0:
		return nil, errorf("ports are forwarded, and the machine has no network adapter")
	case len(o.Lines) > maxLines:
		return nil, errorf("%d serial lines beside the first: a PC has %d", len(o.Lines), maxLines)
	case o.Boot == BootPVH && len(o.Modules) > 1:
		return nil, errorf("QEMU passes one module to a PVH kernel, not %d", len(o.Modules))
	}
	for _, f := range o.Forward {
		if err := checkForward(f); err != nil {
			return nil, err
		}
	}
	if p.image, err = kindOf(o.Image); err != nil {
		return nil, err
	}
	if p.image != kernelImage {
		if p.image != o.Boot.asIs() {
			return nil, errorf("%s is %v, which -boot %s does not take", o.Image, p.image, o.Boot)
		}
		if o.Append != "" || len(o.Modules) > 0 {
			return nil, errorf("%s is %v: its command line and modules are part of it", o.Image, p.image)
		}
	}
	if err := (media.Content{Append: o.Append, Modules: o.Modules}).Check(); err != nil {
		return nil, UsageError(err.Error())
	}
	return p, nil
}

// kindOf looks at the beginning of the file name.
func kindOf(name string) (imageKind, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, UsageError(err.Error())
	}
	defer f.Close()
	if fi, err := f.Stat(); err == nil && fi.IsDir() {
		if _, err := os.Stat(filepath.Join(name, "boot.ipxe")); err != nil {
			return 0, errorf("%s is a folder without boot.ipxe", name)
		}
		return serverFolder, nil
	}
	// ELF §1-5: the identification; ISO 9660 §8.1: the standard identifier
	// of the first volume descriptor, in sector 16.
	var magic [5]byte
	if n, _ := f.ReadAt(magic[:], 0); n >= 4 && string(magic[:4]) == "\x7fELF" {
		return kernelImage, nil
	}
	if n, _ := f.ReadAt(magic[:], 16*2048+1); n == 5 && string(magic[:]) == "CD001" {
		return discImage, nil
	}
	return 0, errorf("%s is neither an ELF kernel nor an ISO image", name)
}

// Needs returns what the host must have for a run with o.
func Needs(o Options) ([]hostpkg.Package, error) {
	p, err := newPlan(o)
	if err != nil {
		return nil, err
	}
	var need []hostpkg.Package
	switch {
	case p.machine.override() != "":
	case p.machine.bochs:
		need = append(need, hostpkg.Bochs...)
	default:
		need = append(need, hostpkg.QEMU...)
	}
	if p.Boot.uefi() {
		need = append(need, hostpkg.UEFI...)
	}
	if p.Boot.asIs() == serverFolder {
		need = append(need, hostpkg.PXE...)
	}
	if p.image == kernelImage {
		switch p.Boot.asIs() {
		case discImage:
			need = append(need, hostpkg.ISO...)
		case serverFolder:
			need = append(need, hostpkg.GRUB...)
		}
	}
	return need, nil
}

func join[T ~string](list []T) string {
	var b strings.Builder
	for i, s := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(s))
	}
	return b.String()
}
