package guestos

import (
	_ "embed"

	"github.com/ringo-vmm/ringo/internal/cpio"
)

// busyboxInit is the first program of the busybox guest.
//
//go:embed busybox-init.sh
var busyboxInit []byte

// The device /dev/console, which the kernel opens for the first program:
// Linux, Documentation/admin-guide/devices.txt.
const consoleMajor, consoleMinor = 5, 1

// packBusybox makes an initial RAM disk around the program busybox.
func packBusybox(busybox []byte) []byte {
	var c cpio.Writer
	for _, dir := range []string{"bin", "dev", "etc", "proc", "root", "sys", "tmp"} {
		c.Dir(dir, 0o755)
	}
	c.CharDevice("dev/console", 0o600, consoleMajor, consoleMinor)
	c.File("bin/busybox", 0o755, busybox)
	c.Symlink("bin/sh", "busybox")
	c.File("init", 0o755, busyboxInit)
	return c.End()
}
