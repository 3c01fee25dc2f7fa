//go:build !tamago

package thread

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// stackReader reads the first thread's stack like the runtime's start code.
type stackReader struct{ at uintptr }

func (r *stackReader) word() uint64 {
	v := load[uint64](r.at)
	r.at += 8
	return v
}

func cString(addr uint64) string {
	text, _, _ := strings.Cut(string(bytes(uintptr(addr), argsBytes)), "\x00")
	return text
}

func TestInitialStack(t *testing.T) {
	long := strings.Repeat("x", 3000)
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("V%d=%d", i, i))
	}
	for _, c := range []struct {
		name      string
		env, want []string
	}{
		{"no environment", nil, nil},
		{"two variables", []string{"GODEBUG=x=1", "GOGC=50"}, []string{"GODEBUG=x=1", "GOGC=50"}},
		{"more than the words hold", many, many[:maxWords-16]},
		{"more than the bytes hold", []string{"A=" + long, "B=" + long, "C=" + long, "D=1"}, []string{"A=" + long, "B=" + long, "D=1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			low := w.alloc(mainStack, pageSize)
			top := low + mainStack
			var env [][]byte
			for _, s := range c.env {
				env = append(env, []byte(s))
			}
			w.processors[0].lock() // as if the runtime called
			sp := initialStack(top, env, 0x77000)
			layer.lock.release()
			expectEqual(t, "alignment of the stack pointer", sp%16, 0)
			if sp < uint64(low)+64<<10 || sp >= uint64(top) {
				t.Errorf("stack pointer %#x is not between %#x and %#x", sp, low+64<<10, top)
			}
			r := stackReader{uintptr(sp)}
			expectEqual(t, "argc", r.word(), 1)
			expectEqual(t, "argv[0]", cString(r.word()), "ringo")
			expectEqual(t, "end of argv", r.word(), 0)
			var got []string
			for v := r.word(); v != 0; v = r.word() {
				got = append(got, cString(v))
			}
			expectSlice(t, "environment", got, c.want)
			aux := map[uint64]uint64{}
			for tag := r.word(); tag != 0; tag = r.word() {
				aux[tag] = r.word()
			}
			expectEqual(t, "AT_PAGESZ", aux[6], pageSize)
			expectEqual(t, "AT_SYSINFO_EHDR", aux[33], 0x77000)
			random := make([]byte, 16)
			w.machine.Random(random)
			expectEqual(t, "AT_RANDOM", string(bytes(uintptr(aux[25]), 16)), string(random))
			expectEqual(t, "entries", len(aux), 3)
			if r.at > uintptr(sp)+maxWords*8 {
				t.Errorf("the words end at %#x, in the text", r.at)
			}
			for va := uint64(sp) &^ (pageSize - 1); va < uint64(top); va += pageSize {
				w.expectTouched(va | 1)
			}
			expectEqual(t, "the byte behind the text", *(*byte)(pointer(top - 1)), 0)
		})
	}
}

// expectTouched expects a page to have been touched, with bit 0 for a write.
func (w *world) expectTouched(page uint64) {
	w.Helper()
	if !slices.Contains(w.memory.log, page) {
		w.Errorf("page %#x was not touched", page)
	}
}
