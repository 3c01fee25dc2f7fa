package guestos

import (
	"archive/tar"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// aKernel says its version, as Linux does.
func aKernel(version string) string {
	b := make([]byte, 0x300)
	binary.LittleEndian.PutUint16(b[0x20e:], 0x80)
	return string(b[:0x280]) + version + " (somebody) #1\x00" + string(b[:0x40])
}

func TestARAMDiskHasTheDriversOfEachKernel(t *testing.T) {
	r := newRig(t)
	disk := &ramdisk{busybox: &busyboxStatic, kernels: []kernelDrivers{{&genericKernel, []string{"virtio_net"}}}}
	file := func(name, text string) tar.Header {
		return tar.Header{Name: "./" + name, Mode: 0o644, PAXRecords: map[string]string{"T.text": text}}
	}
	r.pkg("busybox-static", file("bin/busybox", "busybox"))
	r.pkg("linux", file("boot/vmlinuz-6.1", aKernel("6.1-amd64")), file("lib/modules/6.1-amd64/kernel/virtio_net.ko", modinfo("virtio")),
		file("lib/modules/6.1-amd64/kernel/virtio.ko", modinfo("")), file("lib/modules/6.1-amd64/kernel/other.ko", modinfo("")))
	debs := []string{r.fixtures + "/busybox-static.deb", r.fixtures + "/linux.deb"}
	image, err := disk.pack(debs)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range unpack(t, image) {
		if name := strings.Fields(entry)[2]; strings.HasPrefix(name, "modules/") || name == "init" || name == "bin/busybox" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if got, want := strings.Join(names, " "), "bin/busybox init modules/6.1-amd64 modules/6.1-amd64/00-virtio.ko modules/6.1-amd64/01-virtio_net.ko"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	disk.kernels[0].names = []string{"absent"}
	if _, err := disk.pack(debs); err == nil || !strings.Contains(err.Error(), "no module absent") {
		t.Error(err)
	}
	for _, kernel := range []string{"", aKernel(""), strings.Repeat("\xff", 0x220)} {
		if v, err := release([]byte(kernel)); err == nil && v != "" {
			t.Errorf("a version %q of %d bytes", v, len(kernel))
		}
	}
}
