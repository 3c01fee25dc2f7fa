package guestos

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/media"
)

// small is a system of two packages beside kernel and Busybox.
var small = &Guest{Name: "small", File: "small.img", system: &system{size: 4 << 20, kernel: &genericKernel, busybox: &busyboxStatic, packages: []string{"base", "login"}}}

// modinfo is a kernel module that needs others.
func modinfo(depends string) string {
	return "ELF\x00license=GPL\x00depends=" + depends + "\x00name=x\x00"
}

// system puts small's packages into the archive.
func (r *rig) system() {
	r.t.Helper()
	const kernel = "linux-image-6.1.0-1-amd64"
	file := func(name, text string) tar.Header {
		return tar.Header{Name: "./" + name, Mode: 0o644, PAXRecords: map[string]string{"T.text": text}}
	}
	modules := "lib/modules/6.1/kernel/"
	r.pkg(kernel, file("boot/vmlinuz-6.1", "kernel"),
		file(modules+"ata_piix.ko", modinfo("libata")), file(modules+"libata.ko", modinfo("scsi-mod")), file(modules+"scsi-mod.ko", modinfo("")),
		file(modules+"ahci.ko", modinfo("libata")), file(modules+"virtio_pci.ko", modinfo("")), file(modules+"virtio_blk.ko", modinfo("")),
		file(modules+"sd_mod.ko", modinfo("scsi-mod")), file(modules+"crc32c_generic.ko", modinfo("")), file(modules+"ext4.ko", modinfo("")))
	r.write(filepath.Join(r.fixtures, "linux-image-amd64.show"), "Package: linux-image-amd64\nVersion: 1\nDepends: "+kernel+" (= 1)\n")
	r.pkg("busybox-static", file("bin/busybox", "busybox"))
	r.pkg("base", tar.Header{Name: "./tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}, file("usr/share/doc/base/x", "x"),
		file("usr/share/base-passwd/passwd.master", "root:*:0:0:root:/root:/bin/bash\nbin:*:2:2::/bin:/x\n"), file("usr/share/base-passwd/group.master", "root:*:0:\n"))
	su := file("bin/su", "su")
	su.Mode = 0o4755
	r.pkg("login", su, tar.Header{Name: "./bin/hard", Typeflag: tar.TypeLink, Linkname: "./bin/su", Mode: 0o755}, tar.Header{Name: "./bin/soft", Typeflag: tar.TypeSymlink, Linkname: "su"})
}

// pkg puts a package of that name into the archive. An entry's record T.text is
// what the file holds.
func (r *rig) pkg(name string, entries ...tar.Header) {
	r.t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		text := h.PAXRecords["T.text"]
		h.Size, h.PAXRecords = int64(len(text)), nil
		if err := w.WriteHeader(&h); err != nil {
			r.t.Fatal(err)
		}
		io.WriteString(w, text)
	}
	w.Close()
	r.write(filepath.Join(r.fixtures, name+".deb"), b.String())
	r.write(filepath.Join(r.fixtures, name+".control"), "Package: "+name+"\nVersion: 1\n")
	r.write(filepath.Join(r.fixtures, name+".show"), "Package: "+name+"\nVersion: 1\nSize: 1048576\nSHA256: "+sum(b.Bytes())+"\n")
}

// get downloads small's packages, in the order in which it lists them.
func (r *rig) get() []string {
	r.t.Helper()
	debs, err := r.store.download(small, small.system.all(), r.t.TempDir())
	if err != nil {
		r.t.Fatal(err)
	}
	return debs
}

func TestASystemIsMadeOfWholePackages(t *testing.T) {
	r := newRig(t)
	r.system()
	files, err := small.system.files(r.get())
	if err != nil {
		t.Fatal(err)
	}
	byName := make(map[string]media.File)
	for _, f := range files {
		byName[f.Name] = f
	}
	for _, want := range []media.File{
		{Name: "boot/vmlinuz", Mode: 0o644, Data: []byte("kernel")},
		{Name: "tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
		{Name: "bin/su", Mode: fs.ModeSetuid | 0o755, Data: []byte("su")},
		{Name: "bin/hard", Mode: 0o755, Data: []byte("su")},
		{Name: "bin/soft", Mode: fs.ModeSymlink, Data: []byte("su")},
		{Name: "etc/passwd", Mode: 0o644, Data: []byte("root::0:0:root:/root:/bin/bash\nbin:*:2:2::/bin:/x\n")},
		{Name: "etc/group", Mode: 0o644, Data: []byte("root:*:0:\n")},
		{Name: "etc/rc", Mode: 0o755, Data: systemFile("rc")},
		{Name: "etc/pam.d/common-auth", Mode: 0o644, Data: systemFile("pam")},
	} {
		if got := byName[want.Name]; got.Mode != want.Mode || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("%s is %v %q, want %v %q", want.Name, got.Mode, got.Data, want.Mode, want.Data)
		}
	}
	if f, ok := byName["usr/share/doc/base/x"]; ok {
		t.Errorf("%s is on the disk", f.Name)
	}
	z, err := gzip.NewReader(bytes.NewReader(byName["boot/initrd.img"].Data))
	if err != nil {
		t.Fatal(err)
	}
	initrd, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range unpack(t, initrd) {
		if name := strings.Fields(entry)[2]; strings.HasPrefix(name, "modules/") {
			names = append(names, strings.TrimPrefix(name, "modules/"))
		}
	}
	if got, want := strings.Join(names, " "), "00-scsi_mod.ko 01-libata.ko 02-ata_piix.ko 03-ahci.ko 04-sd_mod.ko 05-virtio_pci.ko 06-virtio_blk.ko 07-crc32c_generic.ko 08-ext4.ko"; got != want {
		t.Errorf("drivers %s, want %s", got, want)
	}
}

func TestAPackageIsFetchedOnceForAllGuests(t *testing.T) {
	r := newRig(t)
	r.system()
	log := filepath.Join(r.fixtures, "apt-get.log")
	first := r.get()
	if n := strings.Count(r.read(log), " download "); n != 1 {
		t.Errorf("apt-get was called %d times", n)
	}
	contains(t, r.log.String(), "small: fetching 4 packages, 4.0 MiB")
	if again := r.get(); strings.Join(again, " ") != strings.Join(first, " ") || strings.Count(r.read(log), " download ") != 1 {
		t.Errorf("fetched again:\n%s", r.read(log))
	}
	r.write(first[2], "damaged")
	r.get()
	if !strings.HasSuffix(r.read(log), " download base=1\n") || r.read(first[2]) == "damaged" {
		t.Errorf("a damaged package:\n%s", r.read(log))
	}
}

func TestASystemIsOfNoSinglePackage(t *testing.T) {
	r := newRig(t)
	err := r.store.Fetch(small, Options{Deb: "x.deb"})
	contains(t, err.Error(), "guest small: it is made of 4 packages")
}

func TestModulesThatCannotBeLoadedAreRefused(t *testing.T) {
	for _, c := range []struct {
		modules map[string][]byte
		want    string
	}{
		{map[string][]byte{}, "the kernel has no module a"},
		{map[string][]byte{"a": []byte(modinfo("b-c"))}, "the kernel has no module b_c"},
		{map[string][]byte{"a": []byte(modinfo("b")), "b": []byte(modinfo("a"))}, "module b depends on itself"},
	} {
		if _, err := inOrder(c.modules, []string{"a"}); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("inOrder: %v, want %s", err, c.want)
		}
	}
}

func FuzzDepends(f *testing.F) {
	f.Add([]byte(modinfo("a,b-c")))
	f.Add([]byte("\x00depends=a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range depends(data) {
			if name == "" || strings.ContainsAny(name, ",-\x00") {
				t.Errorf("a module called %q", name)
			}
		}
	})
}
