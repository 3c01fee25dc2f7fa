package loader

import "fmt"

// Fields of the zero page, struct boot_params, besides the setup header. What
// is not named is 0: among it the screen, which says that there is none, and
// the sentinel at 0x1ef, which says that the page was cleared. zero-page.rst.
const (
	zeroPageRSDP    = 0x070
	zeroPageEntries = 0x1e8 // of the address map
	zeroPageMap     = 0x2d0
	zeroPageSize    = pageSize
	e820Size        = 20
)

// linux loads a bzImage that is entered in protected or long mode. boot.rst,
// "32-bit Boot Protocol", "64-bit Boot Protocol".
func (l *load) linux() (Entry, error) {
	k, err := parseBzImage(l.Kernel.Data)
	if err != nil {
		return Entry{}, l.kernelError(err)
	}
	mode := Protected
	if l.Protocol == Linux64 {
		mode = Long
	}
	switch {
	case mode == Long && !k.has64():
		return Entry{}, l.kernelError(fmt.Errorf("has no 64-bit entry point"))
	case mode == Protected && !k.has32():
		return Entry{}, l.kernelError(fmt.Errorf("has no 32-bit entry point"))
	}
	if err := l.checkLine(k); err != nil {
		return Entry{}, err
	}
	d, err := l.bootData()
	if err != nil {
		return Entry{}, err
	}
	gdt, pageTables, err := d.machine(mode)
	if err != nil {
		return Entry{}, err
	}
	at, err := l.place(k)
	if err != nil {
		return Entry{}, err
	}
	zeroPage, err := l.zeroPage(d, k, at)
	if err != nil {
		return Entry{}, err
	}
	if mode == Long {
		at += entry64
	}
	e, err := l.enter(mode, at, gdt, pageTables)
	e.RSI = zeroPage
	return e, err
}

// zeroPage adds the zero page for a kernel at guest-physical address at, and
// what it points to.
func (l *load) zeroPage(d *bootData, k *bzImage, at uint64) (uint64, error) {
	line, err := d.text("cmdline", l.CommandLine)
	if err != nil {
		return 0, err
	}
	initrd, initrdSize, err := l.placeInitrd(k)
	if err != nil {
		return 0, err
	}
	b := make([]byte, zeroPageSize)
	copy(b[hdrSetupSects:k.headerEnd], k.setup[hdrSetupSects:])
	k.fillHeader(b, at, initrd, initrdSize, line)
	le.PutUint64(b[zeroPageRSDP:], l.RSDP)
	b[zeroPageEntries] = uint8(len(l.space.e820))
	for i, r := range l.space.e820 {
		e := b[zeroPageMap+i*e820Size:]
		le.PutUint64(e, r.Start)
		le.PutUint64(e[8:], r.Size)
		le.PutUint32(e[16:], uint32(r.Type))
	}
	d.next = alignUp(d.next, pageSize)
	return d.add("memory", b)
}

// fillHeader sets what every boot loader sets in a setup header: by whom and
// where the kernel was loaded, its initrd and its command line. Only one that
// can be loaded anywhere is told where it is.
func (k *bzImage) fillHeader(h []byte, at, initrd, initrdSize, line uint64) {
	h[hdrTypeOfLoader] = loaderTypeNone
	if k.relocatable {
		le.PutUint32(h[hdrCode32Start:], uint32(at))
	}
	le.PutUint32(h[hdrRamdiskImage:], uint32(initrd))
	le.PutUint32(h[hdrRamdiskSize:], uint32(initrdSize))
	le.PutUint32(h[hdrCmdLinePtr:], uint32(line))
}
