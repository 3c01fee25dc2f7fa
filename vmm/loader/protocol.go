package loader

import (
	"fmt"
	"strings"
)

// Protocol is a kernel's format and the way it is entered.
type Protocol uint8

const (
	Auto       Protocol = iota // what the image is
	Linux64                    // bzImage, 64-bit boot protocol
	Linux32                    // bzImage, 32-bit boot protocol
	Linux16                    // bzImage or zImage, entered in real mode
	Multiboot                  // multiboot 1
	Multiboot2                 // multiboot 2
	PVH                        // ELF with a PVH note
	ELF                        // ELF, started at its entry point
	Flat                       // the bytes as they are; never found by Auto
)

var protocolNames = [...]string{"auto", "linux64", "linux32", "linux16", "multiboot", "multiboot2", "pvh", "elf", "flat"}

func (p Protocol) String() string { return protocolNames[p] }

// detect is the protocol that fits an image. An image that offers several is
// entered by the one that comes first here.
func detect(kernel []byte) (Protocol, error) {
	if isBzImage(kernel) {
		k, err := parseBzImage(kernel)
		switch {
		case err != nil:
			return Auto, err
		case k.has64():
			return Linux64, nil
		case k.has32():
			return Linux32, nil
		}
		return Linux16, nil
	}
	if _, err := findMultiboot(kernel); err != errNoMultiboot {
		return Multiboot, err
	}
	if _, err := findMultiboot2(kernel); err != errNoMultiboot2 {
		return Multiboot2, err
	}
	if isELF(kernel) {
		e, err := parseELF(kernel)
		if err != nil {
			return Auto, err
		}
		if _, err := e.pvhEntry(); err != errNoPVH {
			return PVH, err
		}
		return ELF, nil
	}
	if strings.HasPrefix(string(kernel), gzipMagic) {
		return Auto, fmt.Errorf("is compressed: unpack it with gunzip first")
	}
	return Auto, fmt.Errorf("is no bzImage, multiboot or ELF image")
}

const gzipMagic = "\x1f\x8b" // RFC 1952 §2.3.1
