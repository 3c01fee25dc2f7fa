package main

import (
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/ringo-vmm/ringo/internal/bench"
	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

const (
	// traceSize is how much of a log is enough, in bytes: thousands of rounds.
	traceSize = 64 << 20
	// traceTime is how long QEMU may take to write it.
	traceTime = time.Minute
	// settleTime is how long the guest runs before it is looked at.
	settleTime = time.Second
)

// guestBegins is what the kernel says when a guest begins.
var guestBegins = regexp.MustCompile(`: first instruction after`)

// where prints which functions the instructions of a guest's exits are in that
// does the same over and over.
func (m *measurement) where(guest guests.Guest) error {
	symbols, err := bench.ReadSymbols(m.elf)
	if err != nil {
		return err
	}
	modules, err := m.write("where", guest, true)
	if err != nil {
		return err
	}
	log, err := newInstructionLog()
	if err != nil {
		return err
	}
	defer log.close()
	vm, err := m.boot(emu.Options{ICount: true, Modules: modules, Extra: log.flags()})
	if err != nil {
		return err
	}
	defer vm.Kill()
	if err := m.trace(vm, log); err != nil {
		return err
	}
	f, err := os.Open(log.path)
	if err != nil {
		return err
	}
	defer f.Close()
	rounds, shares, err := bench.Where(f, symbols)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "ringo bench: %d rounds of %s\n", rounds, guest.Name)
	bench.PrintShares(os.Stdout, shares)
	return nil
}

// trace makes QEMU log the instructions that it executes, one by one, until
// there are enough.
func (m *measurement) trace(vm *emu.VM, log *instructionLog) error {
	ctx, cancel := m.limit()
	defer cancel()
	if _, err := vm.Expect(ctx, 0, guestBegins); err != nil {
		return fmt.Errorf("waiting for the guest: %w", stuck(vm, err))
	}
	time.Sleep(settleTime)
	if err := log.begin(); err != nil {
		return err
	}
	for start := time.Now(); time.Since(start) < traceTime && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if fi, err := os.Stat(log.path); err == nil && fi.Size() > traceSize {
			vm.Kill()
			return nil
		}
	}
	return fmt.Errorf("QEMU did not write %d bytes to %s", traceSize, log.path)
}
