// Command iobench measures a disk, in a guest:
//
//	iobench NAME DEVICE read|write SIZE COUNT random|sequential
//
// It does COUNT requests of SIZE bytes one after the other, around the page
// cache, and prints a line for them with the ns that they took by the clock of
// the system. Under an emulator that counts instructions that is how many there
// were, the hypervisor's included.
package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Println("iobench:", err)
		os.Exit(1)
	}
}

// align is what O_DIRECT wants of a buffer, in bytes.
const align = 4096

func run(args []string) error {
	if len(args) != 6 {
		return fmt.Errorf("want NAME DEVICE read|write SIZE COUNT random|sequential")
	}
	name, random := args[0], args[5] == "random"
	size, err := strconv.ParseInt(args[3], 0, 32)
	if err != nil || size <= 0 || size%align != 0 {
		return fmt.Errorf("a size of %s", args[3])
	}
	count, err := strconv.ParseInt(args[4], 0, 32)
	if err != nil || count <= 0 {
		return fmt.Errorf("a count of %s", args[4])
	}
	mode, transfer := os.O_RDONLY, (*os.File).ReadAt
	if args[2] == "write" {
		mode, transfer = os.O_WRONLY, (*os.File).WriteAt
	}
	f, err := os.OpenFile(args[1], mode|syscall.O_DIRECT, 0)
	if err != nil {
		return err
	}
	end, err := f.Seek(0, 2)
	if err != nil {
		return err
	}
	blocks := end / size
	if blocks == 0 {
		return fmt.Errorf("%s has %d bytes", args[1], end)
	}
	buf := aligned(int(size))
	next := uint64(1)
	at := func(i int64) int64 {
		if !random {
			return i % blocks * size
		}
		// A generator with one multiplication: the upper bits are good
		// enough to choose a block.
		next = next*6364136223846793005 + 1442695040888963407
		return int64(next>>33) % blocks * size
	}
	var start time.Time
	for i := int64(-count / 8); i < count; i++ {
		if i == 0 { // what comes before is to have all in place
			start = time.Now()
		}
		if _, err := transfer(f, buf, at(max(i, 0))); err != nil {
			return err
		}
	}
	fmt.Printf("iobench: %s %d requests %d ns\n", name, count, time.Since(start).Nanoseconds())
	return nil
}

// aligned is a buffer of n bytes that begins at a multiple of align.
func aligned(n int) []byte {
	b := make([]byte, n+align)
	skip := -uintptr(unsafe.Pointer(&b[0])) & (align - 1)
	return b[skip:][:n]
}
