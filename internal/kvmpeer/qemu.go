package kvmpeer

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ringo-vmm/ringo/internal/cpio"
	"github.com/ringo-vmm/ringo/internal/elfdeps"
	"github.com/ringo-vmm/ringo/internal/guestos"
)

// qemuProgram is the program of this computer that is packed.
const qemuProgram = "qemu-system-x86_64"

// busybox is the guest whose initial RAM disk comes before ours.
const busybox = "busybox"

// qemuDrivers are KVM, a disk in memory, and the network between QEMUs: taps on
// a bridge, and the kernel's own back end of virtio's adapters.
var qemuDrivers = []string{"kvm_amd", "brd", "bridge", "tun", "vhost_net"}

// roms are the files of Debian's packages seabios and qemu-system-data that a PC
// without a display needs to start Linux.
var roms = []string{
	"/usr/share/seabios/bios-256k.bin",
	"/usr/share/qemu/kvmvapic.bin",
	"/usr/share/qemu/linuxboot.bin",
	"/usr/share/qemu/linuxboot_dma.bin",
}

// romsAt is where QEMU looks for them.
const romsAt = "usr/share/qemu"

//go:embed host-init.sh
var hostInit []byte

// MakeQEMU makes the initial RAM disk that runs this computer's QEMU on KVM, with
// a kernel and an initial RAM disk for its guests, and returns its path. Its
// shell starts guests (host-init.sh): Guest, Connect and Exits are the commands.
func MakeQEMU(store guestos.Store, kernel, guestDisk string) (initrd string, err error) {
	modules, err := drivers(store, qemuDrivers)
	if err != nil {
		return "", err
	}
	base, err := guestos.Lookup([]string{busybox})
	if err != nil {
		return "", err
	}
	first, err := os.ReadFile(store.Path(base[0]))
	if err != nil {
		return "", fmt.Errorf("%w: ringo guest fetch %s", err, busybox)
	}
	program, err := exec.LookPath(qemuProgram)
	if err != nil {
		return "", err
	}
	libraries, err := elfdeps.Of(program, elfdeps.Folders)
	if err != nil {
		return "", err
	}
	files := map[string]string{"usr/bin/" + qemuProgram: program, "guest/vmlinuz": kernel, "guest/initrd": guestDisk}
	for _, l := range libraries {
		files[strings.TrimPrefix(l, "/")] = l
	}
	for _, r := range roms {
		files[romsAt+"/"+filepath.Base(r)] = r
	}
	second, err := packQEMU(files, modules)
	if err != nil {
		return "", err
	}
	initrd = filepath.Join(store.Root, "build", "bench", "qemu.cpio")
	return initrd, os.WriteFile(initrd, slices.Concat(first, second), 0o666)
}

// packQEMU makes the archive that follows Busybox's, of files of this computer by
// their paths in it.
func packQEMU(files map[string]string, modules []guestos.Driver) ([]byte, error) {
	var w cpio.Writer
	made := map[string]bool{".": true}
	var folder func(name string)
	folder = func(name string) {
		if !made[name] {
			folder(filepath.Dir(name))
			made[name] = true
			w.Dir(name, 0o755)
		}
	}
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b, err := os.ReadFile(files[name])
		if err != nil {
			return nil, err
		}
		folder(filepath.Dir(name))
		w.File(name, 0o755, b)
	}
	addModules(&w, modules)
	w.File("init", 0o755, hostInit)
	return w.End(), nil
}
