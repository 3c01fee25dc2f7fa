// Package hostpkg knows what Ringo's tools need of the developer's machine,
// emulators, firmware and image makers, says what of it is missing and gets
// that from Debian's archive. cmd/ringo asks it before it starts a program
// that may not be there; each command asks for no more than it uses.
package hostpkg

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Package is something the host may lack.
type Package struct {
	Apt   string // what to ask apt-get for: one or more Debian package names
	Probe string // what shows that it is there: a program in PATH, or a file if it has a slash
}

// Emulators.
var (
	QEMU  = []Package{{"qemu-system-x86", "qemu-system-x86_64"}}
	Bochs = []Package{
		// bochs wants one display library beside the rfb one that is used
		// here. Naming the text one keeps apt-get from choosing a desktop.
		{"bochs bochs-term", "bochs"},
		{"bochsbios", "/usr/share/bochs/BIOS-bochs-latest"},
		{"vgabios", "/usr/share/vgabios/vgabios.bin"},
	}
)

// Firmware that QEMU runs before the boot loader.
var (
	UEFI = []Package{{"ovmf", "/usr/share/OVMF/OVMF_CODE_4M.fd"}}
	PXE  = []Package{{"ipxe-qemu", "/usr/lib/ipxe/qemu/pxe-virtio.rom"}}
)

// GRUB makes EFI programs; ISO makes images that start on BIOS and UEFI.
var (
	GRUB = []Package{
		{"grub-common", "grub-mkstandalone"},
		{"grub-efi-amd64-bin", "/usr/lib/grub/x86_64-efi/moddep.lst"},
	}
	ISO = append([]Package{
		{"grub-common", "grub-mkrescue"},
		{"grub-pc-bin", "/usr/lib/grub/i386-pc/moddep.lst"},
		{"xorriso", "xorriso"},
		{"mtools", "mformat"},
	}, GRUB...)
)

// What disks with a system on them are made with, and SYSLINUX's floppies.
var (
	Disk = []Package{
		{"grub-common", "grub-mkimage"},
		{"grub-pc-bin", "/usr/lib/grub/i386-pc/moddep.lst"},
		{"e2fsprogs", "/sbin/mke2fs"},
	}
	Floppy = []Package{
		{"syslinux", "syslinux"},
		{"syslinux-common", "/usr/lib/syslinux/modules/bios/ldlinux.c32"},
		{"mtools", "mformat"},
	}
)

// Race is what go test -race needs: a C compiler and the C library's headers.
var Race = []Package{{"gcc", "gcc"}, {"libc6-dev", "/usr/include/stdio.h"}}

// GDB is the debugger that the stubs are tested with.
var GDB = []Package{{"gdb", "gdb"}}

// SSH is the client that talks to Ringo's monitor.
var SSH = []Package{{"openssh-client", "ssh"}}

// QCOW2 makes disk images in that format.
var QCOW2 = []Package{{"qemu-utils", "qemu-img"}}

// All is everything above.
func All() []Package {
	var all []Package
	for _, p := range [][]Package{QEMU, Bochs, UEFI, PXE, ISO, Disk, Floppy, Race, GDB, SSH, QCOW2} {
		all = append(all, p...)
	}
	return all
}

// Host is the machine whose programs and files are asked for.
type Host struct {
	// Root is put before the paths of files; empty for this machine.
	Root string
	// LookPath finds a program, as exec.LookPath does.
	LookPath func(name string) (string, error)
	// UID is the user. User 0 may install.
	UID int
	// Run runs a command, its output going to the user.
	Run func(argv ...string) error
	// Log gets a line when something is installed.
	Log io.Writer
}

// This is the machine the program runs on. What apt-get prints goes to log.
func This(log io.Writer) *Host {
	return &Host{
		LookPath: exec.LookPath,
		UID:      os.Geteuid(),
		Run: func(argv ...string) error {
			c := exec.Command(argv[0], argv[1:]...)
			c.Stdout, c.Stderr = log, log
			return c.Run()
		},
		Log: log,
	}
}

// Has reports whether the host has p.
func (h *Host) Has(p Package) bool {
	if !strings.Contains(p.Probe, "/") {
		_, err := h.LookPath(p.Probe)
		return err == nil
	}
	_, err := os.Stat(filepath.Join(h.Root, p.Probe))
	return err == nil
}

// Missing returns the names of the Debian packages that are needed and not
// there, each once, in the order of need.
func (h *Host) Missing(need []Package) []string {
	var missing []string
	seen := make(map[string]bool)
	for _, p := range need {
		if h.Has(p) {
			continue
		}
		for _, name := range strings.Fields(p.Apt) {
			if !seen[name] {
				seen[name] = true
				missing = append(missing, name)
			}
		}
	}
	return missing
}

// Check returns an error of one line, which says what to install and how, if
// something of need is missing.
func (h *Host) Check(need []Package) error {
	missing := h.Missing(need)
	if len(missing) == 0 {
		return nil
	}
	names := strings.Join(missing, " ")
	if !h.debian() {
		return fmt.Errorf("needed here, by the names that Debian gives them: %s", names)
	}
	return fmt.Errorf("missing packages; to install them: sudo apt-get install --no-install-recommends %s", names)
}

// Ensure installs what is missing of need. It can do so on Debian, as root or
// where sudo asks no password; elsewhere it returns Check's error.
func (h *Host) Ensure(need []Package) error {
	missing := h.Missing(need)
	if len(missing) == 0 {
		return nil
	}
	if !h.debian() {
		return h.Check(need)
	}
	var sudo []string
	if h.UID != 0 {
		if _, err := h.LookPath("sudo"); err != nil {
			return h.Check(need)
		}
		sudo = []string{"sudo", "-n"}
		if h.Run("sudo", "-n", "true") != nil {
			return h.Check(need)
		}
	}
	fmt.Fprintf(h.Log, "installing %s\n", strings.Join(missing, " "))
	apt := append(sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120")
	// A machine with stale package lists can still have all it needs, so an
	// update that fails does not count; the installation tells.
	h.Run(append(apt[:len(apt):len(apt)], "update")...)
	install := append(apt[:len(apt):len(apt)], "install", "-y", "--no-install-recommends")
	if err := h.Run(append(install, missing...)...); err != nil {
		return fmt.Errorf("apt-get install %s: %w", strings.Join(missing, " "), err)
	}
	if left := h.Missing(need); len(left) > 0 {
		return fmt.Errorf("still missing after apt-get install: %s", strings.Join(left, " "))
	}
	return nil
}

// debian reports whether the host is Debian or made from it, by os-release(5).
func (h *Host) debian() bool {
	f, err := os.Open(filepath.Join(h.Root, "/etc/os-release"))
	if err != nil {
		return false
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		key, value, _ := strings.Cut(s.Text(), "=")
		if key != "ID" && key != "ID_LIKE" {
			continue
		}
		for _, id := range strings.Fields(strings.Trim(value, `"'`)) {
			if id == "debian" {
				return true
			}
		}
	}
	return false
}
