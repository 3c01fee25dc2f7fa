package guestos

import _ "embed"

// busyboxInit is the first program of the busybox guest.
//
//go:embed busybox-init.sh
var busyboxInit []byte

// The device /dev/console, which the kernel opens for the first program:
// Linux, Documentation/admin-guide/devices.txt.
const consoleMajor, consoleMinor = 5, 1

// packBusybox makes an initial RAM disk around the program busybox.
func packBusybox(busybox []byte) []byte {
	var c cpio
	for _, dir := range []string{"bin", "dev", "etc", "proc", "root", "sys", "tmp"} {
		c.add(dir, modeDir|0o755, nil)
	}
	c.addDevice("dev/console", 0o600, consoleMajor, consoleMinor)
	c.add("bin/busybox", modeFile|0o755, busybox)
	c.add("bin/sh", modeSymlink|0o777, []byte("busybox"))
	c.add("init", modeFile|0o755, busyboxInit)
	return c.end()
}
