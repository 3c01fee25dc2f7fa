package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/microguests"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

func runMicro(c *cli, args []string) error {
	f := c.buildFlags()
	machine := c.flags.String("m", emu.Machines[0].Name, "the `machine`; ringo run -h lists them")
	verbose := c.flags.Bool("v", false, "print what each guest prints, not only that of guests that fail")
	if err := c.parse(args, len(guests.All)); err != nil {
		return err
	}
	list, err := microguests.Lookup(c.flags.Args())
	if err != nil {
		return usageError(err.Error())
	}
	o := emu.Options{Machine: *machine}
	// This program stands in for the image that is not built yet.
	if o.Image, err = os.Executable(); err != nil {
		return err
	}
	packages, err := emu.Needs(o)
	if err != nil {
		return usageError(err.Error())
	}
	if err := f.need(packages); err != nil {
		return err
	}
	if _, o.Image, err = f.build(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ringo-micro-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.Modules, err = microguests.Write(dir, list); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	vm, err := emu.Start(o)
	if err != nil {
		return err
	}
	defer vm.Kill()
	return microOn(ctx, vm, list, *verbose)
}

// microOn runs guests on a machine, one after the other, and prints a line for
// each.
func microOn(ctx context.Context, vm microguests.Machine, list []guests.Guest, verbose bool) error {
	monitor, err := microguests.Attach(ctx, vm)
	if err != nil {
		return err
	}
	failed := 0
	for _, g := range list {
		r := monitor.Run(ctx, g)
		if ctx.Err() != nil {
			return status(statusInterrupted)
		}
		if r.Err != nil {
			failed++
			fmt.Printf("%-18s FAILED %v\n", g.Name, r.Err)
		} else {
			fmt.Printf("%-18s ok     %s\n", g.Name, r.Ended)
		}
		if r.Err != nil || verbose {
			indented(r.Console)
			indented(r.Output)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d guests failed", failed, len(list))
	}
	return nil
}

// indented prints text behind a margin.
func indented(text string) {
	for line := range strings.Lines(controlSequence.ReplaceAllString(text, "")) {
		fmt.Printf("  | %s\n", strings.TrimRight(line, "\r\n"))
	}
}
