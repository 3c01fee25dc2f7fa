package kvmpeer

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/guestos"
)

// deb makes a Debian package with files that contain their own names.
func deb(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		name = filepath.Join(dir, "tree", name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("DEBIAN/control", "Package: linux\nVersion: 1\nArchitecture: amd64\nMaintainer: a <a@example.org>\nDescription: a\n")
	for _, f := range files {
		write(f, f)
	}
	out := filepath.Join(dir, "package.deb")
	if text, err := exec.Command("dpkg-deb", "--root-owner-group", "-b", filepath.Join(dir, "tree"), out).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

const lib = "lib/modules/6.1/kernel/"

func TestModulesArePackedInTheOrderOfLoading(t *testing.T) {
	dir := t.TempDir()
	kernel := deb(t, "boot/vmlinuz", lib+"arch/x86/kvm/kvm-intel.ko", lib+"arch/x86/kvm/kvm-amd.ko", lib+"arch/x86/kvm/kvm.ko",
		lib+"drivers/crypto/ccp/ccp.ko", lib+"virt/lib/irqbypass.ko")
	if err := unpackModules(kernel, dir); err != nil {
		t.Fatal(err)
	}
	disk, err := pack([]byte("program"), dir)
	if err != nil {
		t.Fatal(err)
	}
	rest := string(disk)
	for _, want := range []string{
		"dev/console", "dev/kvm", "modules/0-irqbypass.ko", "lib/irqbypass.ko", "modules/1-kvm.ko", "kvm/kvm.ko", "modules/2-ccp.ko",
		"modules/3-kvm-amd.ko", "kvm/kvm-amd.ko", "init\x00", "program",
	} {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("no %q where it belongs", want)
		}
		rest = after
	}
	if strings.Contains(string(disk), "kvm-intel") {
		t.Error("the archive has more modules than KVM for AMD needs")
	}
}

func TestAPackageWithoutKVMIsAnError(t *testing.T) {
	err := unpackModules(deb(t, lib+"virt/lib/irqbypass.ko"), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "package.deb has not got all of") {
		t.Error(err)
	}
	if err := unpackModules(filepath.Join(t.TempDir(), "no.deb"), t.TempDir()); err == nil {
		t.Error("no package is no error")
	}
}

func TestTheKernelComesFirst(t *testing.T) {
	_, err := Make(guestos.Store{Root: t.TempDir(), Log: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "ringo guest fetch generic") {
		t.Error(err)
	}
}
