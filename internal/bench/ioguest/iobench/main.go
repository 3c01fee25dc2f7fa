// Command iobench measures a disk, or the network, in a guest:
//
//	iobench NAME DEVICE read|write SIZE COUNT random|sequential
//	iobench serve PORT
//	iobench NAME ADDRESS:PORT tcp SIZE COUNT
//
// It does COUNT requests of SIZE bytes one after the other, and prints a line for
// them with the ns that they took by the clock of the system. Under an emulator
// that counts instructions that is how many there were, the hypervisor's included.
// Requests to a disk go around the page cache. Those by TCP go to one that serves,
// and are answered with one byte each.
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
	if len(args) == 2 && args[0] == "serve" {
		return serve(args[1])
	}
	if len(args) < 5 {
		return fmt.Errorf("want NAME DEVICE read|write SIZE COUNT random|sequential, NAME ADDRESS tcp SIZE COUNT, or serve PORT")
	}
	name, target, what := args[0], args[1], args[2]
	size, err := strconv.ParseInt(args[3], 0, 32)
	if err != nil || size <= 0 {
		return fmt.Errorf("a size of %s", args[3])
	}
	count, err := strconv.ParseInt(args[4], 0, 32)
	if err != nil || count <= 0 {
		return fmt.Errorf("a count of %s", args[4])
	}
	var request func() error
	if what == "tcp" {
		request, err = connect(target, size)
	} else {
		request, err = open(target, what == "write", size, len(args) > 5 && args[5] == "random")
	}
	if err != nil {
		return err
	}
	var start time.Time
	for i := -count / 8; i < count; i++ {
		if i == 0 { // what comes before is to have all in place
			start = time.Now()
		}
		if err := request(); err != nil {
			return err
		}
	}
	fmt.Printf("iobench: %s %d requests %d ns\n", name, count, time.Since(start).Nanoseconds())
	return nil
}

// open opens a disk and returns what does one request to it.
func open(device string, write bool, size int64, random bool) (request func() error, err error) {
	if size%align != 0 {
		return nil, fmt.Errorf("a size of %d for a disk", size)
	}
	mode, transfer := os.O_RDONLY, (*os.File).ReadAt
	if write {
		mode, transfer = os.O_WRONLY, (*os.File).WriteAt
	}
	f, err := os.OpenFile(device, mode|syscall.O_DIRECT, 0)
	if err != nil {
		return nil, err
	}
	end, err := f.Seek(0, 2)
	if err != nil {
		return nil, err
	}
	blocks := end / size
	if blocks == 0 {
		return nil, fmt.Errorf("%s has %d bytes", device, end)
	}
	buf := aligned(int(size))
	n, next := int64(-1), uint64(1)
	return func() error {
		n++
		at := n
		if random {
			// A generator with one multiplication: the upper bits are
			// good enough to choose a block.
			next = next*6364136223846793005 + 1442695040888963407
			at = int64(next >> 33)
		}
		_, err := transfer(f, buf, at%blocks*size)
		return err
	}, nil
}

// aligned is a buffer of n bytes that begins at a multiple of align.
func aligned(n int) []byte {
	b := make([]byte, n+align)
	skip := -uintptr(unsafe.Pointer(&b[0])) & (align - 1)
	return b[skip:][:n]
}
