package media

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// fakeDisk is a sysfs and a proc with one disk, sdb, of 4 MiB with a
// partition, and a regular file in its place.
type fakeDisk struct {
	usb
	t     *testing.T
	dev   string
	image string
}

const diskSize, imageSize = 4 << 20, 3<<20 + 512

func newDisk(t *testing.T) *fakeDisk {
	dir := t.TempDir()
	d := &fakeDisk{
		usb: usb{sys: filepath.Join(dir, "sys"), proc: filepath.Join(dir, "proc")}, t: t,
		dev: filepath.Join(dir, "dev/sdb"), image: filepath.Join(dir, "ringo.iso"),
	}
	writeFile(t, d.dev, strings.Repeat("old ", diskSize/4))
	writeFile(t, d.image, strings.Repeat("new content\n", imageSize/12+1)[:imageSize])
	d.set("size", "8192\n")
	d.set("removable", "1\n")
	d.set("dev", "8:16\n")
	d.set("sdb1/partition", "1\n")
	d.set("sdb1/dev", "8:17\n")
	d.mounts("")
	writeFile(t, filepath.Join(d.proc, "swaps"), "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n")
	// As in the real sysfs, partitions are found by their own names too.
	if err := os.Symlink("sdb/sdb1", filepath.Join(d.sys, "class/block/sdb1")); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *fakeDisk) set(name, text string) {
	writeFile(d.t, filepath.Join(d.sys, "class/block/sdb", name), text)
}

func (d *fakeDisk) mounts(line string) {
	writeFile(d.t, filepath.Join(d.proc, "self/mountinfo"), "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"+line)
}

func (d *fakeDisk) swap(name string) {
	writeFile(d.t, filepath.Join(d.proc, "swaps"), "Filename Type Size Used Priority\n"+name+" partition 1 0 -2\n")
}

func TestUSBRefusesADiskThatMayNotBeOverwritten(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   func(*fakeDisk)
		err   string // of the refusal; empty: written without force
		never bool   // refused with force too
	}{
		{name: "a free stick", set: func(*fakeDisk) {}},
		{name: "not removable", set: func(d *fakeDisk) { d.set("removable", "0\n") }, err: "it is not removable"},
		{name: "partition mounted", set: func(d *fakeDisk) {
			d.mounts("30 25 8:17 / /media/stick rw,nosuid shared:9 master:1 - vfat /dev/sdb1 rw\n")
		}, err: "sdb1 is mounted on /media/stick"},
		{name: "disk mounted", set: func(d *fakeDisk) {
			d.mounts("30 25 8:16 / /mnt rw - vfat /dev/root rw\n")
		}, err: "sdb is mounted on /mnt"},
		{name: "mounted under another number", set: func(d *fakeDisk) {
			d.mounts("30 25 0:44 / /mnt rw - btrfs /dev/sdb1 rw\n")
		}, err: "sdb1 is mounted on /mnt"},
		{name: "another disk mounted", set: func(d *fakeDisk) {
			d.mounts("30 25 8:160 / /mnt rw - btrfs /dev/sdb10 rw\n")
		}},
		{name: "swap space", set: func(d *fakeDisk) { d.swap("/dev/sdb1") }, err: "sdb1 is swap space"},
		{name: "under a device mapper", set: func(d *fakeDisk) { d.set("sdb1/holders/dm-0", "") }, err: "sdb1 is part of dm-0"},
		{name: "several reasons", set: func(d *fakeDisk) {
			d.set("removable", "0\n")
			d.swap("/dev/sdb")
		}, err: "it is not removable; sdb is swap space"},
		{name: "too small", set: func(d *fakeDisk) { d.set("size", "6144\n") }, err: "3145728 bytes, the image 3146240", never: true},
		{name: "a partition", set: func(d *fakeDisk) {
			old := d.dev
			d.dev += "1"
			os.Rename(old, d.dev)
		}, err: "sdb1 is a partition", never: true},
		{name: "not a disk", set: func(d *fakeDisk) { os.RemoveAll(d.sys) }, err: "no disk sdb", never: true},
		{name: "no mount table", set: func(d *fakeDisk) { os.RemoveAll(d.proc) }, err: "mountinfo", never: true},
	} {
		for _, force := range []bool{false, true} {
			name := c.name
			if force {
				name += ", forced"
			}
			t.Run(name, func(t *testing.T) {
				d := newDisk(t)
				c.set(d)
				err := d.write(d.image, d.dev, force)
				refused := c.err != "" && (!force || c.never)
				if refused != (err != nil) || refused && !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				want := "old "
				if !refused {
					want = "new content\n"
				}
				if got := readFile(t, d.dev); !strings.HasPrefix(got, want) || len(got) != diskSize {
					t.Errorf("disk has %d bytes and starts with %q", len(got), got[:12])
				}
			})
		}
	}
}

func TestCompareNamesTheFirstWrongByte(t *testing.T) {
	d := newDisk(t)
	image := []byte(readFile(t, d.image))
	for _, at := range []int{0, 1<<20 - 1, 1 << 20, imageSize - 1} {
		disk := bytes.Clone(image)
		disk[at] ^= 1
		writeFile(t, d.dev, string(disk))
		err := compare(d.image, d.dev)
		if err == nil || !strings.HasPrefix(err.Error(), "byte ") || !strings.Contains(err.Error(), strconv.Itoa(at)+" is") {
			t.Errorf("byte %d wrong: %v", at, err)
		}
	}
	writeFile(t, d.dev, string(image[:imageSize-1]))
	if err := compare(d.image, d.dev); err == nil {
		t.Error("a disk that ends early compares equal")
	}
}

func TestUSBReadsTheDiskBack(t *testing.T) {
	// Writing to /dev/null succeeds, and nothing is there afterwards.
	d := newDisk(t)
	if err := os.Rename(filepath.Join(d.sys, "class/block/sdb"), filepath.Join(d.sys, "class/block/null")); err != nil {
		t.Fatal(err)
	}
	if err := d.write(d.image, "/dev/null", false); err == nil || !strings.Contains(err.Error(), "reading /dev/null back") {
		t.Errorf("error %v", err)
	}
}

func TestWriteUSBWantsABlockDevice(t *testing.T) {
	d := newDisk(t)
	for _, dev := range []string{d.dev, "/dev/null", d.dev + "/none"} {
		if err := WriteUSB(d.image, dev, true); err == nil {
			t.Errorf("%s was written", dev)
		}
	}
}
