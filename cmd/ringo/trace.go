package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/ringo-vmm/ringo/internal/perfetto"
	"github.com/ringo-vmm/ringo/internal/perfetto/record"
)

// runTrace makes of a trace what a viewer opens.
func runTrace(c *cli, args []string) error {
	out := c.flags.String("o", "trace.json", "write the JSON to this `file`")
	names := c.flags.String("symbols", "", "name the guests' functions by this `file`: vmlinux, System.map or /proc/kallsyms")
	if len(args) > 0 && args[0] == "open" {
		args = args[1:]
	} else if len(args) == 0 || args[0] == "" || args[0][0] != '-' {
		return usageError("say ringo trace open FILE")
	}
	file := ""
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		file, args = args[0], args[1:] // flags may stand behind it
	}
	if err := c.parse(args, 1); err != nil {
		return err
	}
	switch {
	case file == "":
		file = c.flags.Arg(0)
	case c.flags.NArg() > 0:
		return usageError("give one file")
	}
	if file == "" {
		return usageError("give a file: the monitor's command trace save makes one")
	}
	return openTrace(file, *names, *out)
}

func openTrace(file, names, out string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	t, err := record.Read(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var symbols *perfetto.Symbols
	if names != "" {
		if text, err = os.ReadFile(names); err != nil {
			return err
		}
		if symbols, err = perfetto.ParseSymbols(text); err != nil {
			return fmt.Errorf("%s: %w", names, err)
		}
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	if err := errors.Join(perfetto.Write(f, t, symbols), f.Close()); err != nil {
		os.Remove(out)
		return fmt.Errorf("%s: %w", file, err)
	}
	exits := 0
	for _, m := range t.Machines {
		for _, cpu := range m.CPUs {
			exits += len(cpu.Exits)
		}
	}
	fmt.Printf("%s: %d machines, %d exits, %d slices of vCPUs, %d switches of threads; ui.perfetto.dev opens it\n", out, len(t.Machines), exits, len(t.Slices), len(t.Switches))
	return nil
}
