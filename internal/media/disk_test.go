package media

import (
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// diskTools stand for GRUB's and e2fsprogs' programs. The file system is a line
// of text, and the commands for it.
func diskTools(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for name, script := range map[string]string{
		"grub-mkimage": `while [ "$1" != -o ]; do shift; done; echo GRUB >"$2"`,
		"mke2fs":       `for a; do image=$size; size=$a; done; echo "ext4 of $size at $E2FSPROGS_FAKE_TIME" >"$image"`,
		"debugfs":      `echo "debugfs 1.0" >&2; cat "$3" >>"$4"; grep -q absent "$3" && echo "absent: not found" >&2; true`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	installed := grubFolder
	t.Cleanup(func() { grubFolder = installed })
	grubFolder = dir
	writeFile(t, filepath.Join(dir, "boot.img"), strings.Repeat("b", 510)+"\x55\xaa")
}

func TestDiskHasGRUBAPartitionTableAndFiles(t *testing.T) {
	diskTools(t)
	dir := t.TempDir()
	out := filepath.Join(dir, "disk.img")
	err := Disk(out, 4<<20, []File{
		{Name: "etc/rc", Mode: 0o755, Data: []byte("text")},
		{Name: "tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
		{Name: "etc/link", Mode: fs.ModeSymlink, Data: []byte("rc")},
	})
	if err != nil {
		t.Fatal(err)
	}
	image := []byte(readFile(t, out))
	if string(image[510:512]) != "\x55\xaa" || string(image[512:517]) != "GRUB\n" {
		t.Errorf("the first sector ends with %x, the second begins with %q", image[510:512], image[512:517])
	}
	entry := image[446:462]
	if first, n := binary.LittleEndian.Uint32(entry[8:]), binary.LittleEndian.Uint32(entry[12:]); entry[0] != 0x80 || entry[4] != 0x83 || first != 2048 || n != 6144 {
		t.Errorf("the partition is %x", entry)
	}
	for _, b := range image[462:510] {
		if b != 0 {
			t.Errorf("other partitions: %x", image[462:510])
			break
		}
	}
	system := string(image[1<<20:])
	for _, want := range []string{
		"ext4 of 3072k at 1\n",
		"mkdir \"etc\"\nsif \"/etc\" mode 040755\nsymlink \"etc/link\" \"rc\"\nwrite \"",
		"\" \"etc/rc\"\nsif \"etc/rc\" mode 0100755\nmkdir \"tmp\"\nsif \"/tmp\" mode 041777\n",
	} {
		if !strings.Contains(system, want) {
			t.Errorf("no %q in\n%s", want, system)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDiskRefusesWhatItCannotMake(t *testing.T) {
	diskTools(t)
	for _, c := range []struct {
		name string
		size int64
		file File
		want string
	}{
		{"no whole sectors", 4<<20 + 1, File{Name: "a"}, "a disk of"},
		{"no room", 1 << 20, File{Name: "a"}, "a disk of"},
		{"a quote", 4 << 20, File{Name: `a"b`}, "no file may be called"},
		{"a line", 4 << 20, File{Name: "a", Mode: fs.ModeSymlink, Data: []byte("b\nquit")}, "no file may be called"},
		{"outside", 4 << 20, File{Name: "../a"}, "no file may be called"},
		{"from the root", 4 << 20, File{Name: "/a"}, "no file may be called"},
		{"a device", 4 << 20, File{Name: "a", Mode: fs.ModeDevice}, "a is of type"},
		{"a command that fails", 4 << 20, File{Name: "absent"}, "debugfs: it complains\nabsent: not found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			err := Disk(filepath.Join(dir, "disk.img"), c.size, []File{c.file})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
