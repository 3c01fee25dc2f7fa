// Package wire is how a crash dump goes over a serial line: lines of text
// between those of the log, each a record with a checksum, its content
// compressed.
//
// The kernel writes (Writer) when it has just died, so nothing here allocates,
// locks or keeps a pointer that the collector would have to know. Package
// coredump reads.
package wire

import "hash/adler32"

// Mark begins each line of a dump. The rest of the line is a record in base64
// (RFC 4648 §4): a Header and then the content.
const Mark = "~core "

// Kind is what a record holds.
type Kind uint8

// The kinds.
const (
	Begin     Kind = 'b' // Address: how many bytes of memory will come, about
	Processor Kind = 'p' // Address: its index; Registers. The first is the one that died
	Thread    Kind = 't' // Address: its number; Registers when it last left its code
	Memory    Kind = 'm' // Address: host-virtual
	End       Kind = 'e' // Address: how many records came before
)

// HeaderSize is the size of a record's header in bytes: kind, a byte that is 1
// for content in compressed form, two reserved, the content's length (32 bits),
// the Checksum (32 bits), both before compression, and the address (64 bits),
// little-endian.
const HeaderSize = 20

// Checksum is that of a record: the Adler-32 (RFC 1950 §8.2) of the content, and
// those of the parts of the header, so that they cannot stand in for each other.
func Checksum(header, content []byte) uint32 {
	return adler32.Checksum(content) + 31*adler32.Checksum(header[:8]) + 127*adler32.Checksum(header[12:HeaderSize])
}

// MaxContent is the most that a record holds before compression, in bytes.
const MaxContent = 32 << 10

// Registers are a processor's, or a thread's, in the order of their numbers in
// instructions: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15.
type Registers struct {
	GPR                 [16]uint64
	RIP, RFLAGS, FSBase uint64
}

// RegistersSize is the size of Registers in a record, in bytes: 64 bits each, in
// the order above.
const RegistersSize = 19 * 8
