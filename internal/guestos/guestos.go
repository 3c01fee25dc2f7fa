// Package guestos gets the guest systems that Ringo's own configurations
// (iso/*.toml) and the boot tests name: kernels, firmware and a memory tester
// out of Debian's archive, user spaces packed as initial RAM disks, and a disk
// with Debian on it. cmd/ringo asks it by name (ringo guest fetch) and for
// whatever a configuration needs that is not there.
//
// What is fetched is kept in build/guests with a note of where it came from and
// its checksum (record.go). Debian's packages come by apt-get (apt.go), which
// checks their signatures, or from a file that the user has (deb.go). The u-root
// user space is compiled from the Go module proxy (uroot.go), the busybox one
// packed here (busybox.go), and so are the one with a network (ramdisk.go) and
// Debian's disk (system.go, modules.go).
package guestos

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Guest is a file that can be fetched.
type Guest struct {
	Name  string // what a user calls it
	File  string // its name in build/guests
	About string

	// One of them says what it is made of; neither for what is compiled from
	// Go modules.
	debian  *debian
	system  *system
	ramdisk *ramdisk
}

// pkg is a Debian package.
type pkg struct {
	ask  string         // what to ask for; it may be empty itself and depend on the right one
	real *regexp.Regexp // the name of the package that has the files
}

// debian is a file of a Debian package.
type debian struct {
	pkg
	member *regexp.Regexp // the file's path in it
	// pack makes of the package's file what is kept; nil keeps the file. Its
	// recipe changes with what it makes.
	pack   func(file []byte) []byte
	recipe string
}

// Packages that several guests are made of.
var (
	cloudKernel   = pkg{"linux-image-cloud-amd64", regexp.MustCompile(`^linux-image-[0-9].*-cloud-amd64$`)}
	genericKernel = pkg{"linux-image-amd64", regexp.MustCompile(`^linux-image-[0-9][^-]*(-[0-9]+)?-amd64$`)}
	busyboxStatic = pkg{"busybox-static", regexp.MustCompile(`^busybox-static$`)}
	installer     = pkg{"debian-installer-12-netboot-i386", regexp.MustCompile(`^debian-installer-12-netboot-i386$`)}
)

var busyboxProgram = regexp.MustCompile(`^bin/busybox$`)

// Guests are all there are.
var Guests = []*Guest{
	{
		Name: "cloud", File: "vmlinuz-cloud", About: "Debian's Linux kernel for virtual machines",
		debian: &debian{
			pkg:    cloudKernel,
			member: regexp.MustCompile(`^boot/vmlinuz-`),
		},
	},
	{
		Name: "generic", File: "vmlinuz-generic", About: "Debian's Linux kernel for all machines",
		debian: &debian{
			pkg:    genericKernel,
			member: regexp.MustCompile(`^boot/vmlinuz-`),
		},
	},
	{
		Name: "memtest", File: "memtest.bin", About: "memtest86+, a memory tester",
		debian: &debian{
			pkg:    pkg{"memtest86+", regexp.MustCompile(`^memtest86\+$`)},
			member: regexp.MustCompile(`^boot/memtest86\+x64\.bin$`),
		},
	},
	{
		Name: "busybox", File: "busybox.cpio", About: "initial RAM disk: Busybox and its shell",
		debian: &debian{
			pkg:    busyboxStatic,
			member: busyboxProgram,
			pack:   packBusybox, recipe: digest(packBusybox(nil)),
		},
	},
	{
		Name: "seabios", File: "bios-256k.bin", About: "SeaBIOS, a PC's firmware",
		debian: &debian{
			pkg:    pkg{"seabios", regexp.MustCompile(`^seabios$`)},
			member: regexp.MustCompile(`^usr/share/seabios/bios-256k\.bin$`),
		},
	},
	{
		Name: "vgabios", File: "vgabios-stdvga.bin", About: "SeaBIOS' BIOS of the display adapter",
		debian: &debian{
			pkg:    pkg{"seabios", regexp.MustCompile(`^seabios$`)},
			member: regexp.MustCompile(`^usr/share/seabios/vgabios-stdvga\.bin$`),
		},
	},
	{
		Name: "uboot", File: "u-boot.rom", About: "U-Boot, a firmware of another kind",
		debian: &debian{
			pkg:    pkg{"u-boot-qemu", regexp.MustCompile(`^u-boot-qemu$`)},
			member: regexp.MustCompile(`^usr/lib/u-boot/qemu-x86/u-boot\.rom$`),
		},
	},
	{
		Name: "ipxe", File: "ipxe.lkrn", About: "iPXE, a network boot program, as a Linux kernel",
		debian: &debian{
			pkg:    pkg{"ipxe", regexp.MustCompile(`^ipxe$`)},
			member: regexp.MustCompile(`^boot/ipxe\.lkrn$`),
		},
	},
	{
		Name: "undionly", File: "undionly.kpxe", About: "iPXE, for a boot ROM to start",
		debian: &debian{
			pkg:    pkg{"ipxe", regexp.MustCompile(`^ipxe$`)},
			member: regexp.MustCompile(`^usr/lib/ipxe/undionly\.kpxe$`),
		},
	},
	{
		Name: "gnumach", File: "gnumach", About: "GNU Mach, a multiboot kernel",
		debian: &debian{
			pkg:    pkg{"gnumach-image-1.8-486", regexp.MustCompile(`^gnumach-image-1\.8-486$`)},
			member: regexp.MustCompile(`^boot/gnumach-1\.8-486\.gz$`),
			pack:   unzip, recipe: "gunzip",
		},
	},
	{
		Name: "installer", File: "installer-linux", About: "the kernel of Debian's installer for 32-bit processors",
		debian: &debian{pkg: installer, member: regexp.MustCompile(`/i386/text/debian-installer/i386/linux$`)},
	},
	{
		Name: "installer-initrd", File: "installer-initrd.gz", About: "initial RAM disk: Debian's installer",
		debian: &debian{pkg: installer, member: regexp.MustCompile(`/i386/text/debian-installer/i386/initrd\.gz$`)},
	},
	{Name: "net", File: "net.cpio", About: "initial RAM disk: Busybox, and network adapters that have an address", ramdisk: netRAMDisk},
	{Name: "debian", File: "debian.img", About: "a disk with Debian on it: GRUB, Linux, and a login", system: debianSystem},
	{Name: "uroot", File: "uroot.cpio", About: "initial RAM disk: u-root, a user space in Go"},
}

// unzip is what a gzip file holds, nothing if it is none.
func unzip(file []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(r, maxMember))
	if err != nil {
		return nil
	}
	return b
}

// Lookup finds guests by name. No names are all guests.
func Lookup(names []string) ([]*Guest, error) {
	if len(names) == 0 {
		return Guests, nil
	}
	var found []*Guest
	for _, name := range names {
		g := lookup(name)
		if g == nil {
			var all []string
			for _, g := range Guests {
				all = append(all, g.Name)
			}
			return nil, fmt.Errorf("no guest is called %q; there are %s", name, strings.Join(all, ", "))
		}
		found = append(found, g)
	}
	return found, nil
}

func lookup(name string) *Guest {
	for _, g := range Guests {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// digest is a checksum that is as short as it may be for one's own files.
func digest(b []byte) string { return sum(b)[:12] }

// sum is the SHA-256 of b in hexadecimal digits.
func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
