package kvmpeer

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/guestos"
)

// inOrder checks that text has all of want, one behind the other.
func inOrder(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		_, after, ok := strings.Cut(text, w)
		if !ok {
			t.Fatalf("no %q where it belongs", w)
		}
		text = after
	}
}

var someDrivers = []guestos.Driver{{File: "00-kvm.ko", Data: []byte("KVM")}, {File: "01-kvm_amd.ko", Data: []byte("AMD")}}

func TestModulesArePackedInTheOrderOfLoading(t *testing.T) {
	inOrder(t, string(pack([]byte("program"), someDrivers)),
		"dev/console", "dev/kvm", "modules/00-kvm.ko", "KVM", "modules/01-kvm_amd.ko", "AMD", "init\x00", "program")
}

func TestFilesArePackedBehindTheirFolders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("contents"), 0o600); err != nil {
		t.Fatal(err)
	}
	archive, err := packQEMU(map[string]string{"usr/bin/qemu": file, "usr/share/qemu/rom": file}, someDrivers)
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, string(archive), "usr\x00", "usr/bin\x00", "usr/bin/qemu\x00", "contents", "usr/share\x00", "usr/share/qemu\x00", "usr/share/qemu/rom\x00", "contents",
		"modules/00-kvm.ko", "init\x00", "#!/bin/sh")
	if strings.Count(string(archive), "usr/share\x00") != 1 {
		t.Error("a folder is there twice")
	}
	if _, err := packQEMU(map[string]string{"a": file + "-none"}, nil); err == nil {
		t.Error("a file that is not there is no error")
	}
}

func TestOnlyOneGuestHasTheDisk(t *testing.T) {
	with, without := Start("a", "52:54:00:00:00:01", "quiet", true), Start("b", "52:54:00:00:00:02", "quiet", false)
	inOrder(t, with, "guest a -append 'quiet'", "mac=52:54:00:00:00:01", "ifname=a", "virtio-blk-pci", "; until join a;")
	if strings.Contains(without, "virtio-blk-pci") {
		t.Error(without)
	}
}

func TestTheKernelComesFirst(t *testing.T) {
	store := guestos.Store{Root: t.TempDir(), Log: io.Discard}
	for _, makes := range []func() (string, error){
		func() (string, error) { return Make(store) },
		func() (string, error) { return MakeQEMU(store, "kernel", "initrd") },
	} {
		if _, err := makes(); err == nil || !strings.Contains(err.Error(), "ringo guest fetch generic") {
			t.Error(err)
		}
	}
}
