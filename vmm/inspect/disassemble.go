package inspect

import (
	"fmt"
	"io"

	"github.com/ringo-vmm/ringo/vmm/emulate"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// maxInstruction is the longest an instruction can be, in bytes. APM vol. 3
// §1.1.
const maxInstruction = 15

// MaxInstructions is the most that Disassemble shows.
const MaxInstructions = 4096

// Disassemble shows count instructions from a linear address on, as the
// processor's mode reads them, and marks the one it is at. It ends where there
// is no memory.
func Disassemble(w io.Writer, s *x86.State, mem x86.Memory, linear uint64, count int) {
	r, bits, rip := Linear(s, mem), s.CodeBits(), s.LinearRIP()
	for range min(count, MaxInstructions) {
		var code [maxInstruction]byte
		n := r.read(linear, code[:])
		if n == 0 {
			fmt.Fprintf(w, "   %016x: %s\n", linear, absent(s, mem, linear))
			return
		}
		// The text shows offsets in the code segment, as jumps have them.
		text, length := emulate.Disassemble(code[:n], bits, linear-rip+s.RIP)
		mark := "  "
		if linear == rip {
			mark = "=>"
		}
		fmt.Fprintf(w, "%s %016x: %-30s %s\n", mark, linear, fmt.Sprintf("% x", code[:length]), text)
		linear += uint64(length)
		if bits != 64 {
			linear = uint64(uint32(linear))
		}
	}
}

// absent says why there is nothing at a linear address.
func absent(s *x86.State, mem x86.Memory, linear uint64) string {
	walk := s.Walk(mem, linear, 0)
	if walk.Outcome == x86.Mapped || walk.Outcome == x86.Protection {
		return fmt.Sprintf("no memory at guest-physical %#x", walk.GPA)
	}
	return walk.Outcome.String()
}

// before is a linear address at which instructions begin that lead to the one
// at linear, up to count of them: the start that most of the ways to read the
// bytes in between agree on. It is linear itself if there is none.
func before(s *x86.State, mem x86.Memory, linear uint64, count int) uint64 {
	r, bits := Linear(s, mem), s.CodeBits()
	var starts []uint64 // of the instructions on the way, for the earliest start that works
	for back := uint64(count * maxInstruction / 2); back > 0; back-- {
		starts = starts[:0]
		at := linear - back
		for at-linear > 1<<63 {
			var code [maxInstruction]byte
			n := r.read(at, code[:])
			length, err := emulate.Length(code[:n], bits)
			if err != nil {
				break
			}
			starts = append(starts, at)
			at += uint64(length)
		}
		if at == linear {
			return starts[max(0, len(starts)-count)]
		}
	}
	return linear
}
