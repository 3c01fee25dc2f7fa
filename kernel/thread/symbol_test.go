//go:build !tamago

package thread

import (
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/kernel/klog"
)

// genericCode and inlinedCode return an address in themselves.
//
//go:noinline
func genericCode[T any](v T) (pc uintptr) {
	pc, _, _, _ = runtime.Caller(0)
	return pc
}

func inlinedCode() (pc uintptr) {
	pc, _, _, _ = runtime.Caller(0)
	return pc
}

// TestSymbolDoesNotAllocate: reports are made in the layer, where nothing can
// be allocated.
func TestSymbolDoesNotAllocate(t *testing.T) {
	var l klog.Line
	for _, c := range []struct {
		name string
		pc   uintptr
		want string
	}{
		{"a function", reflect.ValueOf(countLines).Pointer(), "kernel/thread.countLines+0x0 thread/fault_test.go:"},
		{"inlined code", inlinedCode(), "kernel/thread.TestSymbolDoesNotAllocate+0x"},
		{"a generic function", genericCode(7), "kernel/thread.genericCode[go.shape.int]+0x"},
		{"nothing", 0x10, "0000000000000010"},
	} {
		if n := testing.AllocsPerRun(100, func() { symbol(l.Reset(), uint64(c.pc)) }); n != 0 {
			t.Errorf("%s: %g allocations", c.name, n)
		}
		if !strings.Contains(string(l.Bytes()), c.want) {
			t.Errorf("%s: %q", c.name, l.Bytes())
		}
	}
}
