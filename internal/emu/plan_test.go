package emu

import (
	"bytes"
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu/fakeemu"
	"github.com/ringo-vmm/ringo/internal/hostpkg"
	"github.com/ringo-vmm/ringo/internal/media"
)

func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestStartRefusesWhatAMachineCannotDo(t *testing.T) {
	k, disc := kernelFile(t), discFile(t)
	two := []media.Module{{Path: "a"}, {Path: "b"}}
	for _, c := range []struct {
		name string
		o    Options
		err  string
	}{
		{"unknown machine", Options{Machine: "pdp-11", Image: k}, `no machine is called "pdp-11"; there are qemu-svm, `},
		{"unknown boot", Options{Boot: "tape", Image: k}, `no way to boot is called "tape"; there are kernel, `},
		{"Bochs and -kernel", Options{Machine: "bochs-vmx", Boot: BootKernel, Image: k}, "bochs-vmx cannot boot by \"kernel\", only by iso"},
		{"little memory", Options{Image: k, MemMiB: 8}, "8 MiB of memory"},
		{"negative memory", Options{Image: k, MemMiB: -1}, "-1 MiB of memory"},
		{"no processors", Options{Image: k, CPUs: -1}, "-1 processors"},
		{"too many processors", Options{Image: k, CPUs: 256}, "256 processors"},
		{"Bochs and gdb", Options{Machine: "bochs-svm", Image: k, GDB: true}, "no gdb server"},
		{"no file", Options{Image: k + "x"}, "no such file"},
		{"no image", Options{Image: "plan_test.go"}, "neither an ELF kernel nor an ISO image"},
		{"disc as kernel", Options{Image: disc}, "is an ISO image, which -boot kernel does not take"},
		{"folder as disc", Options{Boot: BootISO, Image: folder(t, "boot.ipxe")}, "is a boot server's folder, which -boot iso"},
		{"any folder", Options{Boot: BootPXE, Image: folder(t)}, "without boot.ipxe"},
		{"command line of a disc", Options{Boot: BootISO, Image: disc, Append: "x"}, "its command line and modules are part of it"},
		{"quotes", Options{Image: k, Append: `a="b"`}, "command line"},
		{"unknown adapter", Options{Image: k, NIC: "ne2k"}, `no network adapter is called "ne2k"; there are e1000, e1000e, virtio`},
		{"Bochs and its adapter", Options{Machine: "bochs-vmx", Image: k, NIC: "virtio"}, "whose network adapter is e1000"},
		{"ports to nowhere", Options{Image: k, Forward: []string{"2222:22"}}, "no network adapter"},
		{"no port", Options{Image: k, NIC: "virtio", Forward: []string{"2222"}}, `forwarded ports "2222"`},
		{"port beyond", Options{Image: k, NIC: "virtio", Forward: []string{"2222:65536"}}, `forwarded ports "2222:65536"`},
		{"two PVH modules", Options{Boot: BootPVH, Image: k, Modules: two}, "one module"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Start(c.o)
			if _, usage := err.(UsageError); !usage || !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want a UsageError with %q", err, c.err)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
		})
	}
}

func TestStartWithoutAnEmulatorIsAnError(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("QEMU", "/nonexistent/qemu")
	if _, err := Start(Options{Image: kernelFile(t)}); err == nil || !strings.Contains(err.Error(), "/nonexistent/qemu") {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// commandLine is what QEMU is started with for o, with the machine's folder
// written as DIR.
func commandLine(t *testing.T, o Options) string {
	t.Helper()
	p, err := newPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args, _, err := p.qemu(dir)
	if err != nil {
		t.Fatal(err)
	}
	return " " + strings.ReplaceAll(strings.Join(args, " "), dir, "DIR") + " "
}

func TestQEMUCommandLine(t *testing.T) {
	k, disc, server := kernelFile(t), discFile(t), folder(t, "boot.ipxe")
	modules := []media.Module{{Path: "/x/vms.toml"}, {Path: "/y/linux", Args: "a,b c"}}
	for _, c := range []struct {
		name       string
		o          Options
		want, deny []string
	}{
		{"by default", Options{Image: k},
			[]string{"-M q35 -accel tcg -cpu EPYC,+svm,+npt,+vgif", "-m 1024M -smp 1", "-nodefaults -no-reboot",
				"-serial stdio", "isa-debug-exit,iobase=0xf4,iosize=4", "-device VGA", "-kernel DIR/ringo.elf"},
			[]string{"-icount", "-S", "-append", "-initrd"}},
		{"on pc", Options{Machine: "qemu-svm-pc", Image: k}, []string{"-M pc -accel tcg"}, []string{"q35"}},
		{"on KVM", Options{Machine: "qemu-kvm", Image: k}, []string{"-accel kvm -cpu host"}, []string{"tcg"}},
		{"sized", Options{Image: k, MemMiB: 12288, CPUs: 4}, []string{"-m 12288M -smp 4"}, nil},
		{"counting, no display", Options{Image: k, ICount: true, NoVGA: true}, []string{"-icount shift=0,sleep=off"}, []string{"VGA"}},
		{"for gdb", Options{Image: k, GDB: true}, []string{"-gdb tcp:127.0.0.1:", "-S"}, nil},
		{"with modules", Options{Image: k, Append: "verbose", Modules: modules},
			[]string{"-append verbose", "-initrd DIR/vms.toml,DIR/linux a,,b c"}, nil},
		{"CD", Options{Boot: BootISO, Image: disc}, []string{"-cdrom DIR/ringo.iso"}, []string{"pflash", "-kernel"}},
		{"USB stick", Options{Boot: BootUSB, Image: disc},
			[]string{"if=none,id=stick,format=raw,snapshot=on,file=DIR/ringo.iso", "usb-storage,drive=stick"}, []string{"-cdrom"}},
		{"network adapter", Options{Image: k, NIC: "e1000e", Forward: []string{"2222:22", "8080:80"}},
			[]string{"-netdev user,id=uplink,hostfwd=tcp:127.0.0.1:2222-:22,hostfwd=tcp:127.0.0.1:8080-:80 -device e1000e,netdev=uplink,romfile="}, nil},
		{"network", Options{Boot: BootPXE, Image: server}, []string{"tftp=DIR/pxe", "bootfile=boot.ipxe", "-boot n"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := commandLine(t, c.o)
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in %s", want, got)
				}
			}
			for _, deny := range c.deny {
				if strings.Contains(got, deny) {
					t.Errorf("%q in %s", deny, got)
				}
			}
		})
	}
}

func TestTwoMachinesForGDBHaveTwoPorts(t *testing.T) {
	a, err := freeAddress("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := freeAddress(a); err != nil || b != a {
		t.Errorf("free address %s gave %s, %v", a, b, err)
	}
	// What holds the address is another listener, as QEMU's would.
	l, err := net.Listen("tcp", a)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if b, err := freeAddress(a); err != nil || b == a {
		t.Errorf("taken address %s gave %s, %v", a, b, err)
	}
}

func TestBochsConfiguration(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "kept")
	t.Setenv("TMPDIR", t.TempDir())
	fakeemu.Use(t, "keep "+kept+"\nsay \"ringo: exit 0\\r\\n\"\nexit 1")
	vm, err := Start(Options{Machine: "bochs-svm", Image: discFile(t), MemMiB: 3072, CPUs: 2, NIC: "e1000", Forward: []string{"2222:22"}})
	if err != nil {
		t.Fatal(err)
	}
	if e := vm.Exit(); e.Outcome != Stopped {
		t.Fatalf("%+v: %s", e, vm.Messages())
	}
	b, err := os.ReadFile(filepath.Join(kept, "bochsrc"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	for _, want := range []string{
		"cpu: model=trinity_apu, count=2, ips=100000000, reset_on_triple_fault=0, ignore_bad_msrs=1",
		"memory: guest=3072, host=2048",
		"panic: action=fatal",
		"boot: cdrom",
		"plugin_ctrl: e1000=true",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no line %q in\n%s", want, b)
		}
	}
	network, err := os.ReadFile(filepath.Join(kept, "slirp.conf"))
	if want := "# slirp config\nhostfwd = tcp:127.0.0.1:2222-10.0.2.15:22\n"; err != nil || string(network) != want {
		t.Errorf("network options %q, %v; want %q", network, err, want)
	}
}

func TestNeedsIsWhatTheRunUses(t *testing.T) {
	k, disc := kernelFile(t), discFile(t)
	for _, c := range []struct {
		name string
		o    Options
		want [][]hostpkg.Package
	}{
		{"QEMU alone", Options{Image: k}, [][]hostpkg.Package{hostpkg.QEMU}},
		{"an ISO to make", Options{Boot: BootISO, Image: k}, [][]hostpkg.Package{hostpkg.QEMU, hostpkg.ISO}},
		{"a ready ISO", Options{Boot: BootISO, Image: disc}, [][]hostpkg.Package{hostpkg.QEMU}},
		{"UEFI", Options{Boot: BootUEFIUSB, Image: disc}, [][]hostpkg.Package{hostpkg.QEMU, hostpkg.UEFI}},
		{"network", Options{Boot: BootPXE, Image: k}, [][]hostpkg.Package{hostpkg.QEMU, hostpkg.PXE, hostpkg.GRUB}},
		{"Bochs", Options{Machine: "bochs-vmx", Image: k}, [][]hostpkg.Package{hostpkg.Bochs, hostpkg.ISO}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Needs(c.o)
			if want := slices.Concat(c.want...); err != nil || !slices.Equal(got, want) {
				t.Errorf("Needs = %v, %v; want %v", got, err, want)
			}
		})
	}
	t.Setenv("QEMU", "/opt/qemu")
	if got, err := Needs(Options{Image: k}); err != nil || got != nil {
		t.Errorf("with a QEMU of the user's: %v, %v", got, err)
	}
}

func TestPVHImageHasNoMultibootHeader(t *testing.T) {
	// The least that package image takes for one it made: a multiboot 1
	// header and a multiboot 2 header, whose magics, flags and checksums
	// add up to 0.
	kernel := make([]byte, 4096)
	copy(kernel, "\x7fELF")
	put := func(off int, words ...uint32) {
		for i, w := range words {
			binary.LittleEndian.PutUint32(kernel[off+4*i:], w)
		}
	}
	magic1, magic2 := uint32(0x1BADB002), uint32(0xE85250D6)
	put(0x200, magic1, 0x10003, -(magic1 + 0x10003))
	put(0x300, magic2, 0, 24, -(magic2 + 24), 0, 8)
	name := filepath.Join(t.TempDir(), "k.elf")
	if err := os.WriteFile(name, kernel, 0o666); err != nil {
		t.Fatal(err)
	}
	p, err := newPlan(Options{Boot: BootPVH, Image: name})
	if err != nil {
		t.Fatal(err)
	}
	staged, err := p.stage(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(staged)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) != len(kernel) || bytes.Contains(b, binary.LittleEndian.AppendUint32(nil, magic1)) {
		t.Error("the multiboot header is still there")
	}
	if !bytes.HasPrefix(b, kernel[:0x200]) {
		t.Error("more than the headers changed")
	}
}

func TestPVHKernelGetsAModuleWithoutArguments(t *testing.T) {
	p := plan{Options: Options{Boot: BootPVH, Modules: []media.Module{{Path: "/y/linux", Args: "a,b c"}}}}
	if got := p.initrd("DIR"); got != "DIR/linux" {
		t.Errorf("-initrd %s", got)
	}
}
