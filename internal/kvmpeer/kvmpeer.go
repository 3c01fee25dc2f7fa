// Package kvmpeer makes what ringo bench compares Ringo with: initial RAM disks
// for Debian's Linux kernel with KVM. One has a single program (folder init)
// that runs a micro-guest in a virtual machine of KVM's (Make), the other this
// computer's QEMU and what its guests are made of (MakeQEMU).
package kvmpeer

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/ringo-vmm/ringo/internal/cpio"
	"github.com/ringo-vmm/ringo/internal/guestos"
)

// KernelGuest is the name of the kernel among guestos.Guests. Only that one of
// Debian's kernels has all the drivers.
const KernelGuest = "generic"

// kvmDrivers is KVM for AMD processors.
var kvmDrivers = []string{"kvm_amd"}

// Make makes the initial RAM disk that runs a micro-guest, for the kernel that the
// store has, which must be there, and returns its path.
func Make(store guestos.Store) (initrd string, err error) {
	modules, err := drivers(store, kvmDrivers)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(store.Root, "build", "bench")
	program, err := buildInit(store.Root, dir)
	if err != nil {
		return "", err
	}
	initrd = filepath.Join(dir, "kvm.cpio")
	return initrd, os.WriteFile(initrd, pack(program, modules), 0o666)
}

// drivers are modules of the kernel.
func drivers(store guestos.Store, wanted []string) ([]guestos.Driver, error) {
	kernel, err := guestos.Lookup([]string{KernelGuest})
	if err != nil {
		return nil, err
	}
	return store.Drivers(kernel[0], wanted)
}

// buildInit builds the user space's one program.
func buildInit(root, dir string) ([]byte, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	name := filepath.Join(dir, "init")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", name, "./internal/kvmpeer/init")
	build.Dir = root
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build ./internal/kvmpeer/init: %w\n%s", err, out)
	}
	return os.ReadFile(name)
}

// Devices that the program uses: Linux, Documentation/admin-guide/devices.txt.
const (
	consoleMajor, consoleMinor = 5, 1
	kvmMajor, kvmMinor         = 10, 232
)

// pack makes the initial RAM disk.
func pack(program []byte, modules []guestos.Driver) []byte {
	var w cpio.Writer
	w.Dir("dev", 0o755)
	w.CharDevice("dev/console", 0o600, consoleMajor, consoleMinor)
	w.CharDevice("dev/kvm", 0o600, kvmMajor, kvmMinor)
	addModules(&w, modules)
	w.File("init", 0o755, program)
	return w.End()
}

// addModules puts modules where the first program looks for them.
func addModules(w *cpio.Writer, modules []guestos.Driver) {
	w.Dir("modules", 0o755)
	for _, m := range modules {
		w.File("modules/"+m.File, 0o644, m.Data)
	}
}

// CommandLine is the kernel's: as quick and quiet as can be, and the guest to
// run. GODEBUG is for the program, whose processor nothing is to interrupt.
func CommandLine(guest string) string {
	return "console=ttyS0 quiet mitigations=off GODEBUG=asyncpreemptoff=1 guest=" + guest
}
