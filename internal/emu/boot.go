package emu

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ringo-vmm/ringo/internal/image"
	"github.com/ringo-vmm/ringo/internal/media"
)

// Boot is a way in which a machine gets the image.
type Boot string

// The ways to boot. All but the first two run the machine's firmware and a
// boot loader.
const (
	BootKernel  Boot = "kernel"   // QEMU loads it by its multiboot 1 header
	BootPVH     Boot = "pvh"      // QEMU loads it by its PVH note
	BootISO     Boot = "iso"      // BIOS, CD, GRUB, multiboot 2
	BootUSB     Boot = "usb"      // BIOS, the same image on a USB stick
	BootPXE     Boot = "pxe"      // BIOS, iPXE, TFTP, multiboot 1
	BootUEFI    Boot = "uefi"     // UEFI, CD, GRUB, multiboot 2
	BootUEFIUSB Boot = "uefi-usb" // UEFI, USB stick
	BootUEFIPXE Boot = "uefi-pxe" // UEFI, iPXE, TFTP, GRUB, multiboot 2
)

// Boots are all ways to boot.
var Boots = []Boot{BootKernel, BootPVH, BootISO, BootUSB, BootPXE, BootUEFI, BootUEFIUSB, BootUEFIPXE}

func (b Boot) uefi() bool { return strings.HasPrefix(string(b), "uefi") }

// asIs is the kind of image that b brings into the machine.
func (b Boot) asIs() imageKind {
	switch b {
	case BootISO, BootUSB, BootUEFI, BootUEFIUSB:
		return discImage
	case BootPXE, BootUEFIPXE:
		return serverFolder
	}
	return kernelImage
}

// stage puts what the machine boots from into the folder dir and returns its
// path there, which has no characters that an emulator's syntax could mistake.
func (p *plan) stage(dir string) (string, error) {
	c := media.Content{ELF: p.Image, Append: p.Append, Modules: p.Modules}
	kind := p.Boot.asIs()
	name := filepath.Join(dir, [...]string{"ringo.elf", "ringo.iso", "pxe"}[kind])
	switch {
	case p.Boot == BootPVH:
		return name, onlyPVH(name, p.Image)
	case p.image == kind:
		return name, link(name, p.Image)
	case kind == discImage:
		return name, media.ISO(name, c, 0)
	default:
		return name, media.PXE(name, c)
	}
}

// stageModules puts links to the modules into dir, for QEMU's own loader.
func (p *plan) stageModules(dir string) error {
	for _, m := range p.Modules {
		if err := link(filepath.Join(dir, m.Name()), m.Path); err != nil {
			return err
		}
	}
	return nil
}

func link(name, target string) error {
	target, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	return os.Symlink(target, name)
}

// onlyPVH copies the kernel from to the file name without the multiboot
// headers, which QEMU would follow rather than the PVH note.
func onlyPVH(name, from string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if b, err = image.HideMultiboot(b); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return os.WriteFile(name, b, 0o666)
}
