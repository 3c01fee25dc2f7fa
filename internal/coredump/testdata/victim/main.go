// Victim dumps its own memory, as the kernel does when it dies.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"github.com/ringo-vmm/ringo/internal/coredump/wire"
)

var secret = 12345

func main() { middle(make(chan int)) }

//go:noinline
func middle(c chan int) { wait(c) }

// wait waits while another goroutine dumps.
//
//go:noinline
func wait(c chan int) {
	go dump(c)
	<-c
}

func dump(c chan int) {
	if secret == 0 {
		panic("the secret is gone")
	}
	runtime.LockOSThread()
	time.Sleep(50 * time.Millisecond) // until the other one waits: it is only looked at
	const getFS = 0x1003              // arch_prctl(2)
	var r wire.Registers
	syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, getFS, uintptr(unsafe.Pointer(&r.FSBase)), 0)
	out := bufio.NewWriter(os.Stdout)
	w := &wire.Writer{Print: func(p []byte) { out.Write(p) }}
	w.Begin(0)
	w.Processor(0, &r)
	maps, _ := os.ReadFile("/proc/self/maps")
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		panic(err)
	}
	page := make([]byte, 4096)
	for line := range strings.Lines(string(maps)) {
		var start, end uint64
		var rights string
		if fmt.Sscanf(line, "%x-%x %s", &start, &end, &rights); !strings.HasPrefix(rights, "rw") || end-start > 128<<20 {
			continue
		}
		for ; start < end; start += 4096 {
			if _, err := mem.ReadAt(page, int64(start)); err == nil {
				w.Memory(start, page)
			}
		}
	}
	w.End()
	out.Flush()
	c <- 0
}
