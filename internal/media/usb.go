package media

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// WriteUSB writes the file image to the block device dev, reads it back and
// compares. It refuses what is not a whole disk, is too small, is in use or is
// not removable; force overrides the last two.
func WriteUSB(image, dev string, force bool) error {
	dev, err := filepath.EvalSymlinks(dev)
	if err != nil {
		return err
	}
	fi, err := os.Stat(dev)
	if err != nil {
		return err
	}
	if fi.Mode().Type() != os.ModeDevice {
		return fmt.Errorf("%s is not a block device", dev)
	}
	return usb{sys: "/sys", proc: "/proc"}.write(image, dev, force)
}

// usb writes disks that a kernel describes in the given folders, sysfs(5) and
// proc(5).
type usb struct{ sys, proc string }

func (u usb) write(image, dev string, force bool) error {
	fi, err := os.Stat(image)
	if err != nil {
		return err
	}
	name := filepath.Base(dev)
	size, err := u.size(name)
	if err != nil {
		return err
	}
	if size < fi.Size() {
		return fmt.Errorf("%s has %d bytes, the image %d", dev, size, fi.Size())
	}
	risks, err := u.risks(name)
	if err != nil {
		return err
	}
	if len(risks) > 0 && !force {
		return fmt.Errorf("refusing to write %s: %s (FORCE=1 writes it all the same)", dev, strings.Join(risks, "; "))
	}
	if err := writeDisk(image, dev); err != nil {
		return fmt.Errorf("writing %s: %w", dev, err)
	}
	if err := compare(image, dev); err != nil {
		return fmt.Errorf("reading %s back: %w", dev, err)
	}
	return nil
}

// size is the length in bytes of the whole disk of that name.
func (u usb) size(name string) (int64, error) {
	if _, err := os.Stat(filepath.Join(u.sys, "class/block", name, "partition")); err == nil {
		return 0, fmt.Errorf("%s is a partition; name the whole disk", name)
	}
	// sysfs counts 512-byte units whatever the disk's sector size.
	b, err := os.ReadFile(filepath.Join(u.sys, "class/block", name, "size"))
	if err != nil {
		return 0, fmt.Errorf("no disk %s: %w", name, err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 54)
	if err != nil {
		return 0, fmt.Errorf("size of %s: %w", name, err)
	}
	return n * 512, nil
}

// risks are the reasons for which it would be wrong to overwrite a disk.
func (u usb) risks(name string) ([]string, error) {
	var risks []string
	dir := filepath.Join(u.sys, "class/block", name)
	b, err := os.ReadFile(filepath.Join(dir, "removable"))
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(string(b)) != "1" {
		risks = append(risks, "it is not removable")
	}
	parts, err := filepath.Glob(filepath.Join(dir, "*", "partition"))
	if err != nil {
		return nil, err
	}
	whole := []string{dir}
	for _, p := range parts {
		whole = append(whole, filepath.Dir(p))
	}
	for _, d := range whole {
		used, err := u.uses(d)
		if err != nil {
			return nil, err
		}
		risks = append(risks, used...)
	}
	return risks, nil
}

// uses says how the disk or partition described in the sysfs folder dir is in
// use: mounted, swapped to, or under another block device.
func (u usb) uses(dir string) ([]string, error) {
	var uses []string
	name := filepath.Base(dir)
	number, err := os.ReadFile(filepath.Join(dir, "dev"))
	if err != nil {
		return nil, err
	}
	node := "/dev/" + name
	err = u.lines("self/mountinfo", func(f []string) {
		// proc(5): id, parent, major:minor, root, mount point, options,
		// optional fields up to a lone hyphen, type, source. A file system
		// with a number of its own (btrfs) still names its source.
		if len(f) < 10 {
			return
		}
		source := ""
		for i := 6; i+2 < len(f); i++ {
			if f[i] == "-" {
				source = f[i+2]
				break
			}
		}
		if f[2] == strings.TrimSpace(string(number)) || source == node {
			uses = append(uses, name+" is mounted on "+f[4])
		}
	})
	if err != nil {
		return nil, err
	}
	err = u.lines("swaps", func(f []string) {
		if len(f) > 0 && f[0] == node {
			uses = append(uses, name+" is swap space")
		}
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	holders, err := os.ReadDir(filepath.Join(dir, "holders"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for _, h := range holders {
		uses = append(uses, name+" is part of "+h.Name())
	}
	return uses, nil
}

// lines calls f with the fields of each line of a file of proc.
func (u usb) lines(name string, f func([]string)) error {
	r, err := os.Open(filepath.Join(u.proc, name))
	if err != nil {
		return err
	}
	defer r.Close()
	s := bufio.NewScanner(r)
	for s.Scan() {
		f(strings.Fields(s.Text()))
	}
	return s.Err()
}

// writeDisk copies image to the start of dev and waits until it is there.
func writeDisk(image, dev string) error {
	r, err := os.Open(image)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(dev, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, make([]byte, 1<<20)); err != nil {
		return err
	}
	// EINVAL: this device does not know how to wait (fsync(2)).
	if err := w.Sync(); err != nil && !errors.Is(err, unix.EINVAL) {
		return err
	}
	// Best effort both: a regular file has neither a buffer to drop nor
	// partitions to look for, and the comparison stands without them.
	unix.IoctlSetInt(int(w.Fd()), unix.BLKFLSBUF, 0)
	unix.IoctlSetInt(int(w.Fd()), unix.BLKRRPART, 0)
	return nil
}

// compare returns an error if dev does not start with image.
func compare(image, dev string) error {
	a, err := os.Open(image)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := os.Open(dev)
	if err != nil {
		return err
	}
	defer b.Close()
	want, got := make([]byte, 1<<20), make([]byte, 1<<20)
	for off := int64(0); ; {
		n, err := io.ReadFull(a, want)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		if n == 0 {
			return nil
		}
		if _, err := io.ReadFull(b, got[:n]); err != nil {
			return fmt.Errorf("at byte %d: %w", off, err)
		}
		if !bytes.Equal(want[:n], got[:n]) {
			for i := range n {
				if want[i] != got[i] {
					return fmt.Errorf("byte %d is %#02x, was written as %#02x", off+int64(i), got[i], want[i])
				}
			}
		}
		off += int64(n)
	}
}
