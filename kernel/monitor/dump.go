package monitor

import (
	"math"
	"strings"
)

const (
	bytesPerLine = 16
	maxDump      = 1 << 20 // bytes; Ctrl-C stops a long one
)

// Dump is the command dump, which shows memory in hexadecimal and ASCII.
func Dump(m Memory) Command {
	return Command{
		Name:  "dump",
		Usage: "ADDR [LEN]",
		Group: "memory",
		Help:  "show LEN bytes in hexadecimal and ASCII; default 128",
		Run:   func(c *Context, args []string) error { return dump(c, m, args) },
	}
}

func dump(c *Context, m Memory, args []string) error {
	addr, err := Number("ADDR", args[0], 0, math.MaxUint64)
	if err != nil {
		return err
	}
	n := uint64(128)
	if len(args) > 1 {
		if n, err = Number("LEN", args[1], 1, maxDump); err != nil {
			return err
		}
	}
	if err := span(addr, n); err != nil {
		return err
	}
	for n > 0 && c.Err() == nil {
		var p [bytesPerLine]byte
		line := p[:min(n, bytesPerLine)]
		if err := m.Read(addr, line); err != nil {
			return err
		}
		c.Printf("%016x: %-48s |%s|\n", addr, hex(line), ascii(line))
		addr += uint64(len(line))
		n -= uint64(len(line))
	}
	return c.Err()
}

// hex is p in hexadecimal, with a wider gap in the middle.
func hex(p []byte) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i, v := range p {
		switch {
		case i == bytesPerLine/2:
			b.WriteString("  ")
		case i > 0:
			b.WriteByte(' ')
		}
		b.WriteByte(digits[v>>4])
		b.WriteByte(digits[v&0xf])
	}
	return b.String()
}

// ascii is p as text, with dots for what does not print.
func ascii(p []byte) string {
	text := make([]byte, len(p))
	for i, v := range p {
		if v < ' ' || v > '~' {
			v = '.'
		}
		text[i] = v
	}
	return string(text)
}
