// Package ioguest makes the initial RAM disk of the guest that uses disks, for
// boot tests and for ringo bench: Busybox with the drivers of one of Debian's
// kernels for disks at virtio, AHCI and IDE, and the program that measures
// (folder iobench).
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

// busybox is the guest whose initial RAM disk comes first in ours.
const busybox = "busybox"

//go:embed init.sh
var initScript []byte

// Make makes the initial RAM disk for a kernel that the store has, and returns
// its path. It fetches the kernel's package, for the drivers, when it has not
// got that version's yet.
func Make(store guestos.Store, kernel string) (initrd string, err error) {
	guests, err := guestos.Lookup([]string{kernel, busybox})
	if err != nil {
		return "", err
	}
	source, ok := store.Have(guests[0])
	pkg, version, _ := strings.Cut(source, " ")
	if !ok || version == "" {
		return "", fmt.Errorf("the kernel is not there: ringo guest fetch %s", kernel)
	}
	base, err := os.ReadFile(store.Path(guests[1]))
	if err != nil {
		return "", fmt.Errorf("%w: ringo guest fetch %s", err, busybox)
	}
	dir := filepath.Join(store.Root, "build", "bench")
	cache := filepath.Join(dir, "drivers-"+kernel+"-"+strings.ReplaceAll(version, ":", "-"))
	if _, err := os.Stat(cache); err != nil {
		fmt.Fprintf(store.Log, "fetching %s %s for its disk drivers\n", pkg, version)
		if err := fetchDrivers(pkg+"="+version, cache); err != nil {
			return "", fmt.Errorf("disk drivers: %w", err)
		}
	}
	program, err := buildProgram(store.Root, dir)
	if err != nil {
		return "", err
	}
	more, err := pack(program, cache)
	if err != nil {
		return "", err
	}
	initrd = filepath.Join(dir, "disks-"+kernel+".cpio")
	return initrd, os.WriteFile(initrd, slices.Concat(base, more), 0o666)
}

// buildProgram builds the program that measures.
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
func pack(program []byte, cache string) ([]byte, error) {
	drivers, err := filepath.Glob(filepath.Join(cache, "*.ko"))
	if err != nil {
		return nil, err
	}
	slices.Sort(drivers)
	var w cpio.Writer
	w.Dir("modules", 0o755)
	w.Dir("mnt", 0o755)
	for _, d := range drivers {
		b, err := os.ReadFile(d)
		if err != nil {
			return nil, err
		}
		w.File("modules/"+filepath.Base(d), 0o644, b)
	}
	w.File("bin/iobench", 0o755, program)
	w.File("init", 0o755, initScript)
	return w.End(), nil
}
