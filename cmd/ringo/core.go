package main

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ringo-vmm/ringo/internal/coredump"
)

// runCore makes an ELF core file of the crash dump in a log of the serial line.
func runCore(c *cli, args []string) error {
	out := c.flags.String("o", "", "write the core to this `file` (default build/core)")
	kernel := c.flags.String("elf", "", "the kernel that died, an ELF `file` (default build/ringo.elf)")
	log := ""
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		log, args = args[0], args[1:] // flags may stand behind it
	}
	if err := c.parse(args, 1); err != nil {
		return err
	}
	if log == "" {
		log = c.flags.Arg(0)
	} else if c.flags.NArg() > 0 {
		return usageError("give one log")
	}
	if log == "" {
		return usageError("give the log of a serial line: ringo run -log FILE writes one")
	}
	root, err := findRoot()
	if err != nil && (*out == "" || *kernel == "") {
		return err
	}
	if *out == "" {
		*out = filepath.Join(root, "build", "core")
	}
	if *kernel == "" {
		*kernel = filepath.Join(root, "build", "ringo.elf")
	}
	return makeCore(log, *kernel, *out)
}

func makeCore(log, kernel, out string) error {
	in, err := os.Open(log)
	if err != nil {
		return err
	}
	defer in.Close()
	d, err := coredump.Read(in)
	if err != nil {
		return fmt.Errorf("%s: %w", log, err)
	}
	image, err := elf.Open(kernel)
	if err != nil {
		return fmt.Errorf("%s: %w", kernel, err)
	}
	defer image.Close()
	threads, err := d.Tasks(image)
	if err != nil {
		fmt.Fprintf(os.Stderr, "ringo core: warning: no goroutines, only processors: %v\n", err)
	}
	if !d.Complete {
		fmt.Fprintf(os.Stderr, "ringo core: warning: the dump is not complete: %d records came, %d are damaged\n", d.Records, d.Damaged)
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	if err := errors.Join(coredump.Write(f, d, threads), f.Close()); err != nil {
		return err
	}
	fmt.Printf("%s: %d processors, %d goroutines; now: gdb %s %s\n", out, len(d.Order), len(threads)-len(d.Order), kernel, out)
	return nil
}
