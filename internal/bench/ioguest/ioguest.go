// Package ioguest makes the initial RAM disk of the guest that uses disks and the
// network, for boot tests and for ringo bench: Busybox with the drivers of one of
// Debian's kernels for virtio, AHCI and IDE, and the program that measures (folder
// iobench).
package ioguest

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ringo-vmm/ringo/internal/cpio"
	"github.com/ringo-vmm/ringo/internal/guestos"
)

// Kernels among guestos.Guests. The first has no driver for AHCI.
const (
	Cloud   = "cloud"
	Generic = "generic"
)

// drivers are what is wanted of each kernel: for disks at virtio, IDE and AHCI,
// the other devices of virtio, and a file system. The rest is part of the kernel.
var drivers = map[string][]string{
	Cloud:   strings.Fields("virtio_pci virtio_mmio virtio_blk virtio_console virtio_rng virtio_net sd_mod ata_piix"),
	Generic: strings.Fields("virtio_pci virtio_mmio virtio_blk virtio_console virtio_rng virtio_net sd_mod ata_piix ahci crc32c_generic ext4"),
}

// busybox is the guest whose initial RAM disk comes first in ours.
const busybox = "busybox"

//go:embed init.sh
var initScript []byte

// Make makes the initial RAM disk for a kernel that the store has, and returns
// its path. Several may do so at a time.
func Make(store guestos.Store, kernel string) (initrd string, err error) {
	guests, err := guestos.Lookup([]string{kernel, busybox})
	if err != nil {
		return "", err
	}
	modules, err := store.Drivers(guests[0], drivers[kernel])
	if err != nil {
		return "", err
	}
	base, err := os.ReadFile(store.Path(guests[1]))
	if err != nil {
		return "", fmt.Errorf("%w: ringo guest fetch %s", err, busybox)
	}
	dir := filepath.Join(store.Root, "build", "bench")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(dir, ".make-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	program, err := buildProgram(store.Root, tmp)
	if err != nil {
		return "", err
	}
	name := "disks-" + kernel + ".cpio"
	if err := os.WriteFile(filepath.Join(tmp, name), slices.Concat(base, pack(program, modules)), 0o666); err != nil {
		return "", err
	}
	initrd = filepath.Join(dir, name)
	return initrd, os.Rename(filepath.Join(tmp, name), initrd)
}

// buildProgram builds the program that measures in a folder.
func buildProgram(root, dir string) ([]byte, error) {
	name := filepath.Join(dir, "iobench")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", name, "./internal/bench/ioguest/iobench")
	build.Dir = root
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build ./internal/bench/ioguest/iobench: %w\n%s", err, out)
	}
	return os.ReadFile(name)
}

// pack makes the archive that follows Busybox's: of two archives one after the
// other, Linux unpacks both (Documentation/driver-api/early-userspace,
// "initramfs buffer format"), and a file of the second replaces the first's.
func pack(program []byte, modules []guestos.Driver) []byte {
	var w cpio.Writer
	w.Dir("modules", 0o755)
	w.Dir("mnt", 0o755)
	for _, m := range modules {
		w.File("modules/"+m.File, 0o644, m.Data)
	}
	w.File("bin/iobench", 0o755, program)
	w.File("init", 0o755, initScript)
	return w.End()
}
