package guestos

import (
	"bytes"
	"fmt"
)

// File types and permissions of an archive's entries: inode(7).
const (
	modeDir     = 0o040000
	modeChar    = 0o020000
	modeFile    = 0o100000
	modeSymlink = 0o120000
)

// cpio is an archive in the "newc" format, which Linux unpacks into its first
// file system: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
// All entries belong to root and are of the year 1970, so that the same files
// make the same archive.
type cpio struct {
	buf     bytes.Buffer
	entries int
}

// add appends an entry: of a file its contents, of a symbolic link its target.
// The directories of its path must be there.
func (c *cpio) add(name string, mode uint32, data []byte) { c.entry(name, mode, 0, 0, data) }

// addDevice appends a character device.
func (c *cpio) addDevice(name string, permissions, major, minor uint32) {
	c.entry(name, modeChar|permissions, major, minor, nil)
}

func (c *cpio) entry(name string, mode, major, minor uint32, data []byte) {
	c.entries++
	const magic, owner, group, links, time, device = "070701", 0, 0, 1, 0, 0
	fmt.Fprintf(&c.buf, "%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", magic,
		c.entries, mode, owner, group, links, time, len(data), device, device, major, minor, len(name)+1, 0)
	c.buf.WriteString(name)
	c.buf.WriteByte(0)
	c.align()
	c.buf.Write(data)
	c.align()
}

// align pads to the multiple of 4 bytes at which headers and contents begin.
func (c *cpio) align() {
	for c.buf.Len()%4 != 0 {
		c.buf.WriteByte(0)
	}
}

// end returns the whole archive.
func (c *cpio) end() []byte {
	c.add("TRAILER!!!", 0, nil)
	return c.buf.Bytes()
}
