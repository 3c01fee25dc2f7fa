package loader

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

var le = binary.LittleEndian

// Fields of the setup header, by offset in the file and in the zero page.
// boot.rst, "The Real-Mode Kernel Header".
const (
	hdrSetupSects    = 0x1f1
	hdrSysSize       = 0x1f4
	hdrVidMode       = 0x1fa
	hdrBootFlag      = 0x1fe
	hdrJump          = 0x200 // its operand is the length of what follows from 0x202 on
	hdrMagic         = 0x202
	hdrVersion       = 0x206
	hdrTypeOfLoader  = 0x210
	hdrLoadFlags     = 0x211
	hdrCode32Start   = 0x214
	hdrRamdiskImage  = 0x218
	hdrRamdiskSize   = 0x21c
	hdrHeapEndPtr    = 0x224
	hdrCmdLinePtr    = 0x228
	hdrInitrdAddrMax = 0x22c // since 2.03
	hdrAlignment     = 0x230 // since 2.05
	hdrRelocatable   = 0x234 // since 2.05
	hdrXLoadFlags    = 0x236 // since 2.12
	hdrCmdLineSize   = 0x238 // since 2.06
	hdrPrefAddress   = 0x258 // since 2.10
	hdrInitSize      = 0x260 // since 2.10
	hdrEnd           = 0x26c // of 2.15
	hdrOldEnd        = 0x22c // of 2.02
	hdrMaxEnd        = 0x290 // of the room for it in the zero page

	bootFlag      = 0xaa55
	headerMagic   = "HdrS"
	sector        = 512
	minVersion    = 0x202
	maxVersion    = 0x2ff
	defaultSects  = 4
	maxSetup      = 0x8000
	defaultLine   = 255 // before 2.06
	defaultInitrd = 0x37ffffff
	defaultLoad   = 0x100000
	zImageLoad    = 0x10000
	maxZImage     = 0x80000
	entry64       = 0x200 // offset of the 64-bit entry point

	loadedHigh     = 1 << 0 // of loadflags
	canUseHeap     = 1 << 7
	xlfKernel64    = 1 << 0 // of xloadflags
	loaderTypeNone = 0xff   // of type_of_loader: no assigned id
)

// bzImage is a Linux kernel image.
type bzImage struct {
	setup     []byte // the real-mode part, with the header
	code      []byte // the rest
	headerEnd int    // offset in setup

	version     uint16
	high        bool // a bzImage, not a zImage
	code32Start uint32
	kernel64    bool
	relocatable bool
	alignment   uint64
	preferred   uint64 // 0 if none
	initSize    uint64 // from the place where it runs; 0 if not known
	initrdMax   uint64 // the last address of an initrd
	maxLine     uint64 // of the command line, without its NUL
}

// isBzImage tells whether b is meant to be a Linux kernel image.
func isBzImage(b []byte) bool {
	return len(b) >= hdrVersion && string(b[hdrMagic:][:len(headerMagic)]) == headerMagic
}

// parseBzImage reads the header of an image.
func parseBzImage(b []byte) (*bzImage, error) {
	if !isBzImage(b) {
		return nil, fmt.Errorf("is no bzImage: it lacks %q at %#x", headerMagic, hdrMagic)
	}
	if len(b) < hdrEnd {
		return nil, fmt.Errorf("is truncated: %d bytes of a bzImage, whose header alone has %d", len(b), hdrEnd)
	}
	k := &bzImage{
		version:     le.Uint16(b[hdrVersion:]),
		high:        b[hdrLoadFlags]&loadedHigh != 0,
		code32Start: le.Uint32(b[hdrCode32Start:]),
		alignment:   1,
		initrdMax:   defaultInitrd,
		maxLine:     defaultLine,
		headerEnd:   hdrMagic + int(b[hdrJump+1]),
	}
	switch {
	case le.Uint16(b[hdrBootFlag:]) != bootFlag:
		return nil, fmt.Errorf("is corrupt: boot flag %#x, want %#x", le.Uint16(b[hdrBootFlag:]), bootFlag)
	case k.version < minVersion || k.version > maxVersion:
		return nil, fmt.Errorf("has boot protocol version %d.%02d, want 2.02 or later of 2", k.version>>8, k.version&0xff)
	case k.headerEnd < hdrOldEnd || k.headerEnd > hdrMaxEnd:
		return nil, fmt.Errorf("is corrupt: its header ends at %#x, want %#x to %#x", k.headerEnd, hdrOldEnd, hdrMaxEnd)
	}
	if err := k.split(b); err != nil {
		return nil, err
	}
	if err := k.parseLater(); err != nil {
		return nil, err
	}
	return k, nil
}

// split finds the two parts of an image.
func (k *bzImage) split(b []byte) error {
	sects := int(b[hdrSetupSects])
	if sects == 0 {
		sects = defaultSects
	}
	n := (1 + sects) * sector
	if n > maxSetup {
		return fmt.Errorf("is corrupt: %d sectors of setup code, want at most %d", sects, maxSetup/sector-1)
	}
	if len(b) <= n || k.headerEnd > n {
		return fmt.Errorf("is truncated: %d bytes, of which %d are setup code", len(b), n)
	}
	k.setup, k.code = b[:n], b[n:]
	if k.version < 0x204 {
		return nil
	}
	// The size is in units of 16 bytes; the last need not be complete. A
	// signature may follow.
	const unit = 16
	size := uint64(le.Uint32(b[hdrSysSize:])) * unit
	switch {
	case size == 0:
		return fmt.Errorf("is corrupt: its header says that it has no code")
	case uint64(len(k.code))+unit <= size:
		return fmt.Errorf("is truncated: %d bytes, its header says %d", len(b), uint64(n)+size)
	}
	k.code = k.code[:min(size, uint64(len(k.code)))]
	return nil
}

// parseLater reads the fields that came with later versions.
func (k *bzImage) parseLater() error {
	h := k.setup
	if k.version >= 0x203 {
		k.initrdMax = uint64(le.Uint32(h[hdrInitrdAddrMax:]))
	}
	if k.version >= 0x205 {
		k.relocatable = h[hdrRelocatable] != 0
		k.alignment = uint64(le.Uint32(h[hdrAlignment:]))
	}
	if k.version >= 0x206 {
		k.maxLine = uint64(le.Uint32(h[hdrCmdLineSize:]))
	}
	if k.version >= 0x20a {
		k.preferred = le.Uint64(h[hdrPrefAddress:])
		k.initSize = uint64(le.Uint32(h[hdrInitSize:]))
	}
	if k.version >= 0x20c {
		k.kernel64 = le.Uint16(h[hdrXLoadFlags:])&xlfKernel64 != 0
	}
	if k.relocatable && bits.OnesCount64(k.alignment) != 1 {
		return fmt.Errorf("is corrupt: alignment %#x is no power of two", k.alignment)
	}
	return nil
}

// has32 and has64 tell which entry points the image has besides the one in
// real mode. Boot programs that only look like a kernel have no code to enter
// in protected mode, and say so by the address of it.
func (k *bzImage) has32() bool { return k.high && k.code32Start != 0 }
func (k *bzImage) has64() bool { return k.high && k.kernel64 && len(k.code) > entry64 }

// place takes memory for the kernel, copies it there, and returns where. A
// relocatable kernel goes to its preferred address, or if that is taken or too
// high for this machine, to the lowest one that it can run at.
func (l *load) place(k *bzImage) (uint64, error) {
	size := uint64(len(k.code))
	at, err := uint64(defaultLoad), error(nil)
	switch {
	case !k.high:
		if size > maxZImage {
			return 0, l.kernelError(fmt.Errorf("is corrupt: a zImage of %s, want at most %s", sizeText(size), sizeText(maxZImage)))
		}
		at = zImageLoad
	case !k.relocatable:
		// It moves itself to where it runs.
		run := at
		if k.preferred != 0 {
			run = k.preferred
		}
		start, end := min(at, run), max(at+size, run+max(size, k.initSize))
		if end < run {
			return 0, l.kernelError(fmt.Errorf("is corrupt: preferred address %#x", run))
		}
		err = l.space.take("kernel", start, end-start)
	default:
		need := max(size, k.initSize)
		if k.preferred != 0 {
			at = k.preferred
		}
		if at&(k.alignment-1) != 0 || l.space.take("kernel", at, need) != nil {
			at, err = l.space.lowest("kernel", need, k.alignment)
		}
		if err == errNoRoom {
			err = fmt.Errorf("needs %s to start, the VM has %s", sizeText(need), sizeText(l.RAM.Size()))
		}
	}
	if err != nil {
		return 0, wrong("memory", "kernel %s %w", l.Kernel.Name, err)
	}
	return at, l.RAM.Write(at, k.code)
}

// placeInitrd puts the modules into memory, as high as the kernel allows, and
// returns where and how long they are; 0 if there are none. Each begins at a
// multiple of 4, as the initramfs format wants it (Documentation/
// driver-api/early-userspace/buffer-format.rst).
func (l *load) placeInitrd(k *bzImage) (at, size uint64, err error) {
	const align = 4
	for _, m := range l.Modules {
		if len(m.Data) == 0 {
			return 0, 0, moduleError(m, "is empty")
		}
		size = alignUp(size, align) + uint64(len(m.Data))
	}
	if size == 0 {
		return 0, 0, nil
	}
	at, err = l.space.highest("initrd", alignUp(size, pageSize), pageSize, k.initrdMax+1)
	if err != nil {
		return 0, 0, moduleError(l.Modules[0], "%s do not fit beside the kernel: the VM has %s, and %s takes an initrd up to %#x",
			sizeText(size), sizeText(l.RAM.Size()), l.Kernel.Name, k.initrdMax)
	}
	next := at
	for _, m := range l.Modules {
		padded := alignUp(uint64(len(m.Data)), align)
		if err := l.write(next, m.Data, min(padded, at+size-next)); err != nil {
			return 0, 0, err
		}
		next += padded
	}
	return at, size, nil
}

// checkLine fails if the command line is longer than the kernel takes.
func (l *load) checkLine(k *bzImage) error {
	if n := uint64(len(l.CommandLine)); n > k.maxLine {
		return wrong("cmdline", "%d bytes, kernel %s takes at most %d", n, l.Kernel.Name, k.maxLine)
	}
	return nil
}
