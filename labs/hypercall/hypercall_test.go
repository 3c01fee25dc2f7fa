package hypercall

import (
	"errors"
	"strings"
	"testing"
)

// ram is guest memory from address 0 on. It remembers how much was asked for.
type ram struct {
	bytes []byte
	asked int
}

func (r *ram) Read(gpa uint64, p []byte) error {
	r.asked = max(r.asked, len(p))
	if gpa > uint64(len(r.bytes)) || uint64(len(p)) > uint64(len(r.bytes))-gpa {
		return errors.New("no memory there")
	}
	copy(p, r.bytes[gpa:])
	return nil
}

// try makes a call, and returns what was printed and how often.
func try(gpa, length uint64) (result uint64, printed string, calls int, r *ram) {
	r = &ram{bytes: []byte(strings.Repeat("0123456789abcdef", 1<<12))}
	result = call(r, gpa, length, func(text []byte) { printed += string(text); calls++ })
	return result, printed, calls, r
}

func TestPrints(t *testing.T) {
	for _, tc := range []struct{ gpa, length uint64 }{{0, 1}, {10, 20}, {1<<16 - 5, 5}, {3, most}, {7, 0}} {
		got, printed, calls, r := try(tc.gpa, tc.length)
		if want := string(r.bytes[tc.gpa : tc.gpa+tc.length]); got != tc.length || printed != want {
			t.Errorf("%d bytes at %#x: the result is %d, printed is %q", tc.length, tc.gpa, int64(got), printed)
		}
		if calls > 1 {
			t.Errorf("%d bytes were printed in %d pieces; one is cheaper", tc.length, calls)
		}
	}
}

func TestRefusesWhatIsNotMemory(t *testing.T) {
	if got, _, _, _ := try(0, 1); got != 1 {
		t.Fatalf("one byte at 0: the result is %d", int64(got))
	}
	for _, tc := range []struct{ gpa, length uint64 }{{1 << 16, 1}, {1<<16 - 5, 6}, {1 << 40, 10}, {^uint64(0) - 5, 10}, {^uint64(0), 1}} {
		if got, printed, _, _ := try(tc.gpa, tc.length); got != Failed || printed != "" {
			t.Errorf("%d bytes at %#x, of which not all are memory: the result is %d, printed is %q", tc.length, tc.gpa, int64(got), printed)
		}
	}
}

func TestBoundsTheLength(t *testing.T) {
	if got, _, _, _ := try(0, most); got != most {
		t.Fatalf("%d bytes, the most: the result is %d", most, int64(got))
	}
	for _, length := range []uint64{most + 1, 1 << 20, 1 << 40, ^uint64(0)} {
		got, printed, _, r := try(0, length)
		if got != Failed || printed != "" {
			t.Errorf("%d bytes: the result is %d", length, int64(got))
		}
		if r.asked > most {
			t.Errorf("%d bytes: memory for %d was taken before the length was looked at", length, r.asked)
		}
	}
}
