package selftest

import (
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

//go:noinline
func load(p *int) int { return *p }

//go:noinline
func divide(a, b int) int { return a / b }

// at is an address as a pointer, however wild.
func at(addr uintptr) *int { return *(**int)(unsafe.Pointer(&addr)) }

// caught runs f and returns the panic it ends in.
func caught(f func()) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprint(r)
		}
	}()
	f()
	return "no panic"
}

func faults(time.Duration) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for _, c := range []struct {
		name string
		run  func()
		want string
	}{
		{"nil dereference", func() { load(nil) }, "nil pointer"},
		{"field of nil", func() { load(at(0xff8)) }, "nil pointer"},
		{"divide by zero", func() { divide(1, 0) }, "divide by zero"},
		{"wild pointer", func() { load(at(0x1234_5678_9000)) }, "invalid memory address"},
		{"pointer that is not canonical", func() { load(at(0x1234_5678_9abc_def0)) }, "invalid memory address"},
		{"write to code", func() { *(*byte)(codePointer()) = 0 }, "invalid memory address"},
		{"execution of data", func() { dataFunction()() }, "invalid memory address"},
		{"index", func() { _ = make([]int, 1)[divide(7, 1)] }, "out of range"},
	} {
		if got := caught(c.run); !strings.Contains(got, c.want) {
			return fmt.Errorf("%s: got %q, want a panic with %q", c.name, got, c.want)
		}
	}
	return nil
}

// codePointer is the address of an instruction.
func codePointer() unsafe.Pointer {
	f := load
	return **(**unsafe.Pointer)(unsafe.Pointer(&f))
}

// data is memory that is no code, though it begins with a RET.
var data = [16]byte{0xc3}

// dataFunction is a function whose code is data.
func dataFunction() func() {
	code := unsafe.Pointer(&data)
	return *(*func())(unsafe.Pointer(&[]*unsafe.Pointer{&code}[0]))
}

func faultStorm(time.Duration) error {
	const goroutines, each = 100, 200
	var good atomic.Int64
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range each {
				if strings.Contains(caught(func() { load(nil) }), "nil pointer") {
					good.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := good.Load(); n != goroutines*each {
		return fmt.Errorf("%d of %d faults were caught", n, goroutines*each)
	}
	return nil
}
