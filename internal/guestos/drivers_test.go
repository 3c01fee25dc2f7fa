package guestos

import (
	"archive/tar"
	"path/filepath"
	"strings"
	"testing"
)

func TestDriversAreThoseOfTheKernelThatIsThere(t *testing.T) {
	r := newRig(t)
	kernel := lookup("generic")
	if _, err := r.store.Drivers(kernel, words("kvm_amd")); err == nil || !strings.Contains(err.Error(), "ringo guest fetch generic") {
		t.Errorf("without the kernel: %v", err)
	}
	const real = "linux-image-6.1.0-1-amd64"
	file := func(name, text string) tar.Header {
		return tar.Header{Name: "./" + name, Mode: 0o644, PAXRecords: map[string]string{"T.text": text}}
	}
	r.pkg(real, file("boot/vmlinuz-6.1", "kernel"), file("lib/modules/6.1/kernel/kvm-amd.ko", modinfo("kvm,ccp")),
		file("lib/modules/6.1/kernel/kvm.ko", modinfo("irqbypass")), file("lib/modules/6.1/kernel/ccp.ko", modinfo("")),
		file("lib/modules/6.1/kernel/irqbypass.ko", modinfo("")), file("lib/modules/6.1/kernel/kvm-intel.ko", modinfo("kvm")))
	r.write(filepath.Join(r.fixtures, "linux-image-amd64.show"), "Package: linux-image-amd64\nVersion: 1\nDepends: "+real+" (= 1)\n")
	if _, err := r.fetch("generic", Options{}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // from the package, and then kept
		list, err := r.store.Drivers(kernel, words("kvm_amd"))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, d := range list {
			names = append(names, d.File)
		}
		if got, want := strings.Join(names, " "), "00-irqbypass.ko 01-kvm.ko 02-ccp.ko 03-kvm_amd.ko"; got != want || !strings.Contains(string(list[3].Data), "kvm,ccp") {
			t.Errorf("%s, want %s", got, want)
		}
		r.write(filepath.Join(r.fixtures, real+".deb"), "no package")
	}
}

func TestDriversOfAnotherVersionAreRefused(t *testing.T) {
	r := newRig(t)
	r.cloud("1", "kernel", "")
	if _, err := r.fetch("cloud", Options{}); err != nil {
		t.Fatal(err)
	}
	r.cloud("2", "newer", "")
	_, err := r.store.Drivers(lookup("cloud"), words("virtio_net"))
	if err == nil || !strings.Contains(err.Error(), "Debian has linux-image-6.1.0-1-cloud-amd64 2 by now: ringo guest fetch -f cloud") {
		t.Error(err)
	}
}
