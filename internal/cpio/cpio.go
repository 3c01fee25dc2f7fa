// Package cpio writes archives in the "newc" format, which Linux unpacks into
// its first file system: Linux,
// Documentation/driver-api/early-userspace/buffer-format.rst.
package cpio

import (
	"bytes"
	"fmt"
)

// File types of an archive's entries: inode(7).
const (
	modeDir     = 0o040000
	modeChar    = 0o020000
	modeFile    = 0o100000
	modeSymlink = 0o120000
)

// Writer makes an archive. All entries belong to root and are of the year
// 1970, so that the same files make the same archive. The directories of a path
// come before it.
type Writer struct {
	buf     bytes.Buffer
	entries int
}

// Dir appends a directory with the given permissions.
func (w *Writer) Dir(name string, permissions uint32) {
	w.entry(name, modeDir|permissions, 0, 0, nil)
}

// File appends a file.
func (w *Writer) File(name string, permissions uint32, data []byte) {
	w.entry(name, modeFile|permissions, 0, 0, data)
}

// Symlink appends a symbolic link.
func (w *Writer) Symlink(name, target string) {
	w.entry(name, modeSymlink|0o777, 0, 0, []byte(target))
}

// CharDevice appends a character device. Linux,
// Documentation/admin-guide/devices.txt, lists the numbers.
func (w *Writer) CharDevice(name string, permissions, major, minor uint32) {
	w.entry(name, modeChar|permissions, major, minor, nil)
}

func (w *Writer) entry(name string, mode, major, minor uint32, data []byte) {
	w.entries++
	const magic, owner, group, links, time, device = "070701", 0, 0, 1, 0, 0
	fmt.Fprintf(&w.buf, "%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", magic,
		w.entries, mode, owner, group, links, time, len(data), device, device, major, minor, len(name)+1, 0)
	w.buf.WriteString(name)
	w.buf.WriteByte(0)
	w.align()
	w.buf.Write(data)
	w.align()
}

// align pads to the multiple of 4 bytes at which headers and contents begin.
func (w *Writer) align() {
	for w.buf.Len()%4 != 0 {
		w.buf.WriteByte(0)
	}
}

// End returns the whole archive.
func (w *Writer) End() []byte {
	w.entry("TRAILER!!!", 0, 0, 0, nil)
	return w.buf.Bytes()
}
