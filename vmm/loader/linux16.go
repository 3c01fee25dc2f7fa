package loader

// Where the real-mode part of a kernel goes, and its heap and stack behind it.
// boot.rst, "Memory Layout of The Real-Mode Code".
const (
	setupAddress  = 0x10000 // of a bzImage
	setupHeapEnd  = 0xe000  // offset; the command line follows
	setupZAddress = 0x90000 // of a zImage, whose code is where a bzImage's setup is
	setupZHeapEnd = 0x9800
	heapEndBias   = 0x200
	setupEntry    = 0x20   // paragraphs from the setup's start to its entry point
	vidModeAsItIs = 0x0f04 // the screen stays as it is
)

// linux16 loads a bzImage or zImage that is entered in real mode, with the few
// BIOS services that it needs. boot.rst, "Running the Kernel".
func (l *load) linux16() (Entry, error) {
	k, err := parseBzImage(l.Kernel.Data)
	if err != nil {
		return Entry{}, l.kernelError(err)
	}
	if err := l.checkLine(k); err != nil {
		return Entry{}, err
	}
	base, heapEnd := uint64(setupAddress), uint64(setupHeapEnd)
	if !k.high {
		base, heapEnd = setupZAddress, setupZHeapEnd
	}
	line := base + heapEnd
	if err := l.put("the setup code", base, k.setup, heapEnd); err != nil {
		return Entry{}, l.kernelError(err)
	}
	text := append([]byte(l.CommandLine), 0)
	if err := l.put("the command line", line, text, uint64(len(text))); err != nil {
		return Entry{}, wrong("cmdline", "%w", err)
	}
	at, err := l.place(k)
	if err != nil {
		return Entry{}, err
	}
	initrd, initrdSize, err := l.placeInitrd(k)
	if err != nil {
		return Entry{}, err
	}
	h := make([]byte, len(k.setup))
	copy(h, k.setup)
	k.fillHeader(h, at, initrd, initrdSize, line)
	h[hdrLoadFlags] |= canUseHeap
	le.PutUint16(h[hdrHeapEndPtr:], uint16(heapEnd-heapEndBias))
	le.PutUint16(h[hdrVidMode:], vidModeAsItIs)
	if err := l.RAM.Write(base, h); err != nil {
		return Entry{}, err
	}
	if err := l.writeServices(); err != nil {
		return Entry{}, err
	}
	segment := uint16(base >> paragraph)
	return realEntry(segment+setupEntry, 0, segment, uint16(heapEnd)), nil
}
