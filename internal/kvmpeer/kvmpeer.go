// Package kvmpeer makes what ringo bench compares Ringo with: Debian's Linux
// kernel with KVM, and an initial RAM disk with KVM's modules and one program
// (folder init) that runs a micro-guest in a virtual machine of KVM's.
package kvmpeer

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/ringo-vmm/ringo/internal/cpio"
	"github.com/ringo-vmm/ringo/internal/guestos"
)

// KernelGuest is the name of the kernel among guestos.Guests. Only that one of
// Debian's kernels has KVM.
const KernelGuest = "generic"

// modules are KVM's for AMD processors and what they need, in the order in
// which they have to be loaded.
var modules = []string{"irqbypass", "kvm", "ccp", "kvm-amd"}

// Make makes an initial RAM disk for the kernel that the store has, which must
// be there, and returns its path. It fetches the kernel's package, for the
// modules, when it has not got that version's yet.
func Make(store guestos.Store) (initrd string, err error) {
	kernel, err := guestos.Lookup([]string{KernelGuest})
	if err != nil {
		return "", err
	}
	source, ok := store.Have(kernel[0])
	pkg, version, _ := strings.Cut(source, " ")
	if !ok || version == "" {
		return "", fmt.Errorf("the kernel is not there: ringo guest fetch %s", KernelGuest)
	}
	dir := filepath.Join(store.Root, "build", "bench")
	cache := filepath.Join(dir, "modules-"+strings.ReplaceAll(version, ":", "-"))
	if _, err := os.Stat(cache); err != nil {
		fmt.Fprintf(store.Log, "ringo bench: fetching %s %s for KVM's modules\n", pkg, version)
		if err := fetchModules(pkg+"="+version, cache); err != nil {
			return "", fmt.Errorf("KVM's modules: %w", err)
		}
	}
	program, err := buildInit(store.Root, dir)
	if err != nil {
		return "", err
	}
	disk, err := pack(program, cache)
	if err != nil {
		return "", err
	}
	initrd = filepath.Join(dir, "kvm.cpio")
	return initrd, os.WriteFile(initrd, disk, 0o666)
}

// fetchModules puts the modules of a package, "NAME=VERSION", into the folder
// to, which is there only when all of them are.
func fetchModules(pkg, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(to), ".modules-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	get := exec.Command("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", pkg)
	get.Dir = tmp
	if out, err := get.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get download %s: %w: %s (if Debian has another version by now: ringo guest fetch -f %s)", pkg, err, lastLine(out), KernelGuest)
	}
	debs, err := filepath.Glob(filepath.Join(tmp, "*.deb"))
	if err != nil || len(debs) != 1 {
		return fmt.Errorf("apt-get downloaded %d packages, not 1", len(debs))
	}
	out := filepath.Join(tmp, "out")
	if err := os.Mkdir(out, 0o777); err != nil {
		return err
	}
	if err := unpackModules(debs[0], out); err != nil {
		return err
	}
	return os.Rename(out, to)
}

// unpackModules takes the modules out of a package.
func unpackModules(deb, to string) error {
	unpack := exec.Command("dpkg-deb", "--fsys-tarfile", deb)
	pipe, err := unpack.StdoutPipe()
	if err != nil {
		return err
	}
	if err := unpack.Start(); err != nil {
		return err
	}
	defer func() {
		pipe.Close()
		unpack.Wait()
	}()
	missing := len(modules)
	for r := tar.NewReader(pipe); missing > 0; {
		h, err := r.Next()
		if err == io.EOF {
			return fmt.Errorf("%s has not got all of %v", filepath.Base(deb), modules)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(deb), err)
		}
		for i, m := range modules {
			if path.Base(h.Name) != m+".ko" {
				continue
			}
			b, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(to, moduleFile(i)), b, 0o666); err != nil {
				return err
			}
			missing--
		}
	}
	return nil
}

// moduleFile is the name under which a module is kept, which sorts in the order
// of loading.
func moduleFile(i int) string { return fmt.Sprintf("%d-%s.ko", i, modules[i]) }

// buildInit builds the user space's one program.
func buildInit(root, dir string) ([]byte, error) {
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
func pack(program []byte, cache string) ([]byte, error) {
	var w cpio.Writer
	w.Dir("dev", 0o755)
	w.CharDevice("dev/console", 0o600, consoleMajor, consoleMinor)
	w.CharDevice("dev/kvm", 0o600, kvmMajor, kvmMinor)
	w.Dir("modules", 0o755)
	for i := range modules {
		b, err := os.ReadFile(filepath.Join(cache, moduleFile(i)))
		if err != nil {
			return nil, err
		}
		w.File("modules/"+moduleFile(i), 0o644, b)
	}
	w.File("init", 0o755, program)
	return w.End(), nil
}

// lastLine is the last line of what a program said.
func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// CommandLine is the kernel's: as quick and quiet as can be, and the guest to
// run. GODEBUG is for the program, whose processor nothing is to interrupt.
func CommandLine(guest string) string {
	return "console=ttyS0 quiet mitigations=off GODEBUG=asyncpreemptoff=1 guest=" + guest
}
