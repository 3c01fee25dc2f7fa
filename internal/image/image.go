// Package image makes a linked Go program bootable: it writes the headers
// that boot loaders look for into the unused part of the file's first page.
// The tool that builds Ringo calls it after the linker.
//
// It follows the Multiboot Specification 0.6.96 §3.1, the Multiboot2
// Specification 2.0 §3.1 and the x86/HVM direct boot ABI (PVH) of Xen's
// docs/misc/pvh.
package image

import (
	"errors"
	"fmt"
	"strings"
)

// pageSize is the size in bytes of an x86 page. The Go linker keeps the
// first page of the file for headers when it is told -R 0x1000.
const pageSize = 0x1000

// Boot returns a copy of in, a Go ELF64 executable, that multiboot 1,
// multiboot 2 and PVH loaders accept. All three jump to the ELF entry point
// in 32-bit protected mode with paging off.
//
// The program must be linked so that its segments lie in the file as they do
// in memory, headers first, between 1 MiB and 4 GiB host-physical: with
// -ldflags "-T 0x01010000 -R 0x1000". An error names the rule that in breaks;
// a program that already has boot headers is refused.
func Boot(in []byte) ([]byte, error) {
	l, err := readLayout(in)
	if err != nil {
		return nil, fmt.Errorf("boot headers: %w", err)
	}
	if findMultiboot1(in) >= 0 || findMultiboot2(in) >= 0 {
		return nil, errors.New("boot headers: the program already has multiboot headers: patch a fresh copy of what the linker wrote")
	}
	if l.stack < 0 {
		return nil, errors.New("boot headers: no PT_GNU_STACK program header to turn into the PVH note")
	}

	mb1 := align(l.roomStart, multiboot1Align)
	mb2 := align(mb1+multiboot1Size, multiboot2Align)
	note := mb2 + multiboot2Size
	end := note + pvhNoteSize
	if end > l.roomEnd {
		return nil, fmt.Errorf("boot headers: the first page has room from %#x to %#x, the headers need it up to %#x", l.roomStart, l.roomEnd, end)
	}
	for i, b := range in[mb1:end] {
		if b != 0 {
			return nil, fmt.Errorf("boot headers: the first page holds something at %#x, where no section is", mb1+uint64(i))
		}
	}

	out := append([]byte(nil), in...)
	copy(out[mb1:], multiboot1(l, mb1))
	copy(out[mb2:], multiboot2(l, mb2))
	copy(out[note:], pvhNote(l))
	copy(out[programHeader(l.stack):], noteSegment(l, note))
	return out, nil
}

// HideMultiboot returns a copy of in, which Boot made, that offers PVH alone.
// QEMU's -kernel prefers multiboot 1 when a file has both, so this is how it
// is made to boot through PVH. It fails when in has no boot headers.
func HideMultiboot(in []byte) ([]byte, error) {
	mb1, mb2 := findMultiboot1(in), findMultiboot2(in)
	if mb1 < 0 || mb2 < 0 {
		return nil, errors.New("hide multiboot: the program has no multiboot headers")
	}
	out := append([]byte(nil), in...)
	clear(out[mb1 : mb1+4])
	clear(out[mb2 : mb2+4])
	return out, nil
}

// Describe returns one line about the ELF64 executable in for the build log:
// its size, entry point, host-physical load range and ways to boot it.
func Describe(in []byte) (string, error) {
	l, err := readLayout(in)
	if err != nil {
		return "", fmt.Errorf("describe: %w", err)
	}
	var ways []string
	if findMultiboot1(in) >= 0 {
		ways = append(ways, "multiboot 1")
	}
	if findMultiboot2(in) >= 0 {
		ways = append(ways, "multiboot 2")
	}
	if l.pvh {
		ways = append(ways, "PVH")
	}
	if len(ways) == 0 {
		ways = append(ways, "no boot headers")
	}
	return fmt.Sprintf("ELF64 of %.1f MiB, entry %#x, loads %#x-%#x, memory to %#x; %s",
		float64(len(in))/(1<<20), l.entry, l.base, l.fileEnd, l.memEnd, strings.Join(ways, ", ")), nil
}

// align rounds v up to a multiple of a, a power of two.
func align(v, a uint64) uint64 { return (v + a - 1) &^ (a - 1) }
