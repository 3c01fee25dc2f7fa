package monitor

import (
	"encoding/binary"
	"math"
)

// Memory is the memory peek, poke and dump reach, by whatever address the kernel
// decides on. Read and Write move len(p) bytes at addr, or return an error that
// says why that address cannot be reached; they must not fault. When len(p) is 1,
// 2, 4 or 8 and addr a multiple of it, they make one access of that width, so that
// the commands work on device registers.
type Memory interface {
	Read(addr uint64, p []byte) error
	Write(addr uint64, p []byte) error
}

// maxPeek is the most values peek shows.
const maxPeek = 4096

// size is the width of a memory access in bytes, named by the letters that the
// AT&T assembler syntax puts behind an instruction.
func size(name, word string) (int, error) {
	switch word {
	case "b":
		return 1, nil
	case "w":
		return 2, nil
	case "l":
		return 4, nil
	case "q":
		return 8, nil
	}
	return 0, BadInput("%s is %s, not b, w, l or q (8, 16, 32 or 64 bits)", name, quote(word))
}

// span checks that n bytes at addr do not run over the end of the address space.
func span(addr, n uint64) error {
	if n > 0 && addr > math.MaxUint64-(n-1) {
		return BadInput("%#x bytes at %#x run over the end of the address space", n, addr)
	}
	return nil
}

// Peek is the command peek, which reads memory.
func Peek(m Memory) Command {
	return Command{
		Name:  "peek",
		Usage: "ADDR [N] [b|w|l|q]",
		Group: "memory",
		Help:  "read N values of 8, 16, 32 or 64 bits; default one of 32",
		Run:   func(c *Context, args []string) error { return peek(c, m, args) },
	}
}

func peek(c *Context, m Memory, args []string) error {
	addr, err := Number("ADDR", args[0], 0, math.MaxUint64)
	if err != nil {
		return err
	}
	n, width := uint64(1), 4
	rest := args[1:]
	if len(rest) > 0 && !isSize(rest[0]) {
		if n, err = Number("N", rest[0], 1, maxPeek); err != nil {
			return err
		}
		rest = rest[1:]
	}
	if len(rest) > 0 {
		if width, err = size("the width", rest[0]); err != nil {
			return err
		}
	}
	if len(rest) > 1 {
		return BadInput("too many arguments")
	}
	if err := span(addr, n*uint64(width)); err != nil {
		return err
	}
	perLine := uint64(bytesPerLine / width)
	var p [8]byte
	for i := range n {
		if c.Err() != nil {
			return c.Err()
		}
		at := addr + i*uint64(width)
		if err := m.Read(at, p[:width]); err != nil {
			return err
		}
		if i%perLine == 0 {
			c.out.endLine()
			c.Printf("%016x:", at)
		}
		c.Printf(" %0*x", 2*width, value(p[:width]))
	}
	return nil
}

func isSize(word string) bool {
	_, err := size("", word)
	return err == nil
}

// value is the little-endian number in p.
func value(p []byte) uint64 {
	var whole [8]byte
	copy(whole[:], p)
	return binary.LittleEndian.Uint64(whole[:])
}

// Poke is the command poke, which writes memory.
func Poke(m Memory) Command {
	return Command{
		Name:  "poke",
		Usage: "ADDR VALUE [b|w|l|q]",
		Group: "memory",
		Help:  "write one value of 8, 16, 32 or 64 bits; default 32",
		Run:   func(c *Context, args []string) error { return poke(c, m, args) },
	}
}

func poke(c *Context, m Memory, args []string) error {
	addr, err := Number("ADDR", args[0], 0, math.MaxUint64)
	if err != nil {
		return err
	}
	width := 4
	if len(args) > 2 {
		if width, err = size("the width", args[2]); err != nil {
			return err
		}
	}
	v, err := Number("VALUE", args[1], 0, math.MaxUint64>>(64-8*width))
	if err != nil {
		return err
	}
	if err := span(addr, uint64(width)); err != nil {
		return err
	}
	var p [8]byte
	binary.LittleEndian.PutUint64(p[:], v)
	return m.Write(addr, p[:width])
}
