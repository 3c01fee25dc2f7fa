package fwcfg

import (
	"fmt"
	"strings"

	"github.com/ringo-vmm/ringo/vmm/ram"
)

// Kernel is a Linux kernel that firmware is to start by itself, as qboot and
// the option ROM linuxboot do.
type Kernel struct {
	Image       []byte // bzImage of boot protocol 2.03 or later
	Initrd      []byte // nil if there is none
	CommandLine string
}

// Fields of the setup header, by offset in the image. Linux,
// Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header".
const (
	setupSectors    = 0x1f1
	setupMagic      = 0x202
	setupVersion    = 0x206
	setupLoaderType = 0x210
	setupLoadFlags  = 0x211
	setupInitrdAddr = 0x218
	setupInitrdSize = 0x21c
	setupHeapEnd    = 0x224
	setupLine       = 0x228
	setupInitrdMax  = 0x22c
	setupEnd        = 0x230 // of what is used here

	leastVersion   = 0x203
	defaultSectors = 4
	mostSectors    = 64
	sector         = 512
	loadedHigh     = 1 << 0
	canUseHeap     = 1 << 7
	unknownLoader  = 0xff
)

// Guest-physical addresses that firmware is told to put the parts at. boot.rst,
// "Memory Layout".
const (
	setupAddr  = 0x10000
	lineAddr   = 0x20000
	kernelAddr = 0x100000
	maxLine    = 0x8000
	// firmwareTop is what the firmware keeps of the end of the memory below
	// 4 GiB, for its tables.
	firmwareTop = 1 << 20
	pageSize    = 4096
)

// AddKernel adds the items of a kernel.
func (d *Device) AddKernel(k Kernel, m *ram.RAM) error {
	setup, code, err := k.split()
	if err != nil {
		return fmt.Errorf("fwcfg: kernel: %w", err)
	}
	if n := strings.IndexByte(k.CommandLine, 0); n >= 0 || len(k.CommandLine) >= maxLine {
		return fmt.Errorf("fwcfg: kernel: a command line of %d bytes, want less than %d and no NUL", len(k.CommandLine), maxLine)
	}
	line := append([]byte(k.CommandLine), 0)
	initrd, err := k.initrdAddr(setup, uint64(len(code)), m.Low())
	if err != nil {
		return fmt.Errorf("fwcfg: kernel: %w", err)
	}
	setup[setupLoaderType] = unknownLoader
	setup[setupLoadFlags] |= canUseHeap
	le.PutUint16(setup[setupHeapEnd:], lineAddr-setupAddr-sector)
	le.PutUint32(setup[setupLine:], lineAddr)
	le.PutUint32(setup[setupInitrdAddr:], initrd)
	le.PutUint32(setup[setupInitrdSize:], uint32(len(k.Initrd)))
	number := func(v int) []byte { return le.AppendUint32(nil, uint32(v)) }
	return d.addAll(
		item{keyKernelAddr, number(kernelAddr)},
		item{keyKernelSize, number(len(code))},
		item{keyKernelData, code},
		item{keySetupAddr, number(setupAddr)},
		item{keySetupSize, number(len(setup))},
		item{keySetupData, setup},
		item{keyCmdlineAddr, number(lineAddr)},
		item{keyCmdlineSize, number(len(line))},
		item{keyCmdlineData, line},
		item{keyInitrdAddr, number(int(initrd))},
		item{keyInitrdSize, number(len(k.Initrd))},
		item{keyInitrdData, k.Initrd},
	)
}

// split is the two parts of the image, the first a copy.
func (k *Kernel) split() (setup, code []byte, err error) {
	b := k.Image
	if len(b) < setupEnd || string(b[setupMagic:][:4]) != "HdrS" {
		return nil, nil, fmt.Errorf("%d bytes are no bzImage", len(b))
	}
	if v := le.Uint16(b[setupVersion:]); v < leastVersion || b[setupLoadFlags]&loadedHigh == 0 {
		return nil, nil, fmt.Errorf("boot protocol %d.%02d, load flags %#x: want a bzImage of 2.03 or later", v>>8, v&0xff, b[setupLoadFlags])
	}
	sectors := int(b[setupSectors])
	if sectors == 0 {
		sectors = defaultSectors
	}
	n := (1 + sectors) * sector
	if sectors > mostSectors || n >= len(b) {
		return nil, nil, fmt.Errorf("%d bytes with %d sectors of setup code", len(b), sectors)
	}
	return append([]byte(nil), b[:n]...), b[n:], nil
}

// initrdAddr is where the initrd goes, as high as kernel and memory allow.
func (k *Kernel) initrdAddr(setup []byte, code, low uint64) (uint32, error) {
	if len(k.Initrd) == 0 {
		return 0, nil
	}
	top := min(low-firmwareTop, uint64(le.Uint32(setup[setupInitrdMax:]))+1)
	size := uint64(len(k.Initrd))
	if size > top || (top-size)&^(pageSize-1) < kernelAddr+code {
		return 0, fmt.Errorf("an initrd of %d bytes does not fit behind the kernel and below %#x", size, top)
	}
	return uint32((top - size) &^ (pageSize - 1)), nil
}
