//go:build tamago

package main

import (
	"debug/elf"
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/amd64/paging"
	"github.com/ringo-vmm/ringo/boot"
	"github.com/ringo-vmm/ringo/kernel/frame"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// The kernel's address space:
//
//	0                     nothing, for a page: nil pointers fault
//	4 KiB .. 512 GiB      physical memory at its own address; code can only
//	                      be executed in the image, and not be written there
//	0xc0_0000_0000 ..     the Go heap, page by page as it is touched
//	0x7e00_0000_0000 ..   devices whose registers are above 512 GiB
//	0x7f00_0000_0000 ..   what else the Go runtime asks for
//
// What is not RAM is mapped uncached.
const (
	highDevices  = 0x7e00_0000_0000
	runtimeStart = 0x7f00_0000_0000
	runtimeEnd   = 0x7fff_0000_0000
)

// space is the kernel's page tables; the layer's lock guards it.
var space paging.Space

const (
	dataFlags   = paging.Write | paging.NX | paging.Global
	deviceFlags = dataFlags | paging.PCD | paging.PWT
	screenFlags = dataFlags | paging.PAT
)

// pageAttributes is the page attribute table: what the PAT, PCD and PWT bits
// select. It is the reset value but for entry 4, PAT alone, which is
// write-combining, for framebuffers. AMD APM vol. 2 §7.8.
const pageAttributes = 0x0007_0401_0007_0406

// imageBase is the host-physical address of the image, whose first page holds
// the ELF headers; package boot's entry code is linked just behind it.
const imageBase = 0x0100f000

// imageSegments is the program headers of the image in memory.
func imageSegments() []elf.Prog64 {
	h := (*elf.Header64)(address(imageBase))
	return unsafe.Slice((*elf.Prog64)(address(imageBase+h.Phoff)), int(h.Phnum))
}

// image is the memory that the kernel's image takes, in whole pages.
func image() boot.Range {
	r := boot.Range{Start: imageBase}
	for _, s := range imageSegments() {
		if s.Type == uint32(elf.PT_LOAD) {
			r.End = max(r.End, pageUp(s.Vaddr+s.Memsz))
		}
	}
	return r
}

func pageUp(a uint64) uint64   { return (a + boot.PageSize - 1) &^ (boot.PageSize - 1) }
func pageDown(a uint64) uint64 { return a &^ (boot.PageSize - 1) }

// initSpace builds the kernel's page tables and loads them. area is the first
// processor's own memory, whose stacks get their guard pages. Pre-runtime.
func initSpace(area uintptr) error {
	root, err := frames.Alloc(0, frame.Below4G, frame.PageTable)
	if err != nil {
		return err
	}
	amd64.ZeroPage(uintptr(root))
	_, _, _, edx := amd64.CPUID(0x80000001, 0)
	const gigabytePages = 1 << 26
	space.Init(root, physical{}, physical{}, edx&gigabytePages != 0)
	if err := mapMemory(); err != nil {
		return err
	}
	if _, err := mapEarly(uint64(lapicWindow), pageSize, deviceFlags); err != nil {
		return err
	}
	for _, page := range thread.Guards {
		guard := uint64(area) + uint64(page)*boot.PageSize
		if err := space.Unmap(guard, boot.PageSize, nil); err != nil {
			return err
		}
	}
	space.Stale()
	amd64.WriteMSR(msr.PAT, pageAttributes)
	amd64.WriteCR3(root)
	amd64.WriteCR4(amd64.ReadCR4() | amd64.CR4PGE)
	reach = directEnd
	return nil
}

// mapMemory maps the image by its segments and all else that the loader's map
// names.
func mapMemory() error {
	for _, s := range imageSegments() {
		if s.Type != uint32(elf.PT_LOAD) {
			continue
		}
		flags := paging.Global
		if s.Flags&uint32(elf.PF_W) != 0 {
			flags |= paging.Write
		}
		if s.Flags&uint32(elf.PF_X) == 0 {
			flags |= paging.NX
		}
		start, end := pageDown(s.Vaddr), pageUp(s.Vaddr+s.Memsz)
		if err := space.Map(start, start, end-start, flags); err != nil {
			return err
		}
	}
	kernel := image()
	for _, r := range handover.Memory.Regions() {
		flags := deviceFlags
		if r.Kind == boot.RAM || r.Kind == boot.ACPIReclaimable {
			flags = dataFlags
		}
		start, end := max(pageDown(r.Start), boot.PageSize), min(pageUp(r.End), directEnd)
		// Two regions may share a page: the first one has it.
		for start < end && space.Walk(start).OK && (start < kernel.Start || start >= kernel.End) {
			start += boot.PageSize
		}
		if err := mapAround(start, end, kernel, flags); err != nil {
			return err
		}
	}
	return mapLowMegabyte()
}

// mapAround maps a range onto itself but for the kernel's image, which is
// mapped already.
func mapAround(start, end uint64, kernel boot.Range, flags paging.Entry) error {
	if before := min(end, kernel.Start); start < before {
		if err := space.Map(start, start, before-start, flags); err != nil {
			return err
		}
	}
	if start = max(start, kernel.End); start < end {
		return space.Map(start, start, end-start, flags)
	}
	return nil
}

// mapLowMegabyte maps what no memory map needs to name: the video memory and
// the BIOS, where ACPI's root pointer may be.
func mapLowMegabyte() error {
	for pa := uint64(boot.PageSize); pa < 1<<20; pa += boot.PageSize {
		if !space.Walk(pa).OK {
			if err := space.Map(pa, pa, boot.PageSize, deviceFlags); err != nil {
				return err
			}
		}
	}
	return nil
}

// invalidate drops from the TLBs of all processors what the last change of
// space made stale. The caller holds the layer's lock, or is pre-runtime.
func invalidate() {
	if va, pages := space.Stale(); pages != 0 {
		flush(va, pages)
		thread.Shootdown(va, pages)
	}
}

// flush drops pages of 4 KiB from this processor's TLB.
func flush(va, pages uint64) {
	const most = 64 // beyond, a reload of all is cheaper
	if pages > most {
		// Kernel mappings are global: only a change of CR4.PGE drops them.
		cr4 := amd64.ReadCR4()
		amd64.WriteCR4(cr4 &^ amd64.CR4PGE)
		amd64.WriteCR4(cr4)
		return
	}
	for ; pages > 0; pages-- {
		amd64.INVLPG(uintptr(va))
		va += boot.PageSize
	}
}

// mapEarly maps device registers, size bytes at host-physical address pa, and
// returns their host-virtual address. Registers inside what the loader calls
// RAM stay mapped as that is. The caller holds the layer's lock, or is
// pre-runtime.
func mapEarly(pa, size uint64, flags paging.Entry) (uint64, error) {
	start, end := pageDown(pa), pageUp(pa+size)
	if end <= pa {
		return 0, paging.ErrPhysical
	}
	va := start
	if end > directEnd {
		va = nextDevice
		nextDevice += end - start
	}
	err := space.Map(va, start, end-start, flags)
	if err == paging.ErrOverlap && space.Walk(va).OK && space.Walk(va+end-start-1).OK {
		err = nil
	}
	invalidate()
	return va + pa - start, err
}

const pageSize = boot.PageSize

// nextDevice is the next address for a device above directEnd.
var nextDevice uint64 = highDevices
