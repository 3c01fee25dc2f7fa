// Package iso holds the configurations of the boot loaders that bring Ringo's
// image into a machine: GRUB for discs, USB sticks and UEFI network boot, iPXE
// for BIOS network boot, and what a boot server needs beside them.
// internal/media fills them in.
//
// They follow the GNU GRUB manual 2.06 (§16, commands), Multiboot 2 and
// ipxe.org's command reference.
package iso

import "embed"

// Files are the configurations: templates for package text/template (*.tmpl)
// and files that are copied as they are.
//
//go:embed *.tmpl pxe
var Files embed.FS
