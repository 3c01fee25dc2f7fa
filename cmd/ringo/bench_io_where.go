package main

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/ringo-vmm/ringo/internal/bench"
	"github.com/ringo-vmm/ringo/internal/emu"
)

const (
	// profiled is how many instructions of a load are looked at.
	profiled = 24 << 20
	// profileRequests are more than there can be in them.
	profileRequests = 1 << 20
)

// ioWhere prints in which functions the instructions of a request are, the
// guests' beside Ringo's.
func (m *measurement) ioWhere(load bench.IOLoad) error {
	symbols, err := bench.ReadSymbols(m.elf)
	if err != nil {
		return err
	}
	guest, err := m.ioFiles()
	if err != nil {
		return err
	}
	log, err := newInstructionLog()
	if err != nil {
		return err
	}
	defer log.close()
	// A pipe, for the log is some gigabytes.
	if err := syscall.Mkfifo(log.path, 0o600); err != nil {
		return err
	}
	ctx, cancel := m.limit()
	defer cancel()
	h, err := m.ringoIO(ctx, guest, emu.Options{ICount: true, Extra: log.flags()})
	if err != nil {
		return err
	}
	defer h.kill()
	if err := h.start(); err != nil {
		return err
	}
	one, err := ioLoad(h, load, load.Counted)
	if err != nil {
		return err
	}
	if err := h.begin(load.Command("profile", profileRequests)); err != nil {
		return err
	}
	time.Sleep(settleTime)
	if err := log.begin(); err != nil {
		return err
	}
	f, err := os.OpenFile(log.path, os.O_RDWR, 0) // for writing too, so as not to wait for QEMU for ever
	if err != nil {
		return err
	}
	defer f.Close()
	stop := context.AfterFunc(ctx, func() { f.Close() })
	defer stop()
	shares, err := bench.Profile(f, symbols, profiled, one.Instructions)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "ringo bench: %s, %.1f exits\n", load.About, one.Exits)
	bench.PrintShares(os.Stdout, shares)
	return nil
}
