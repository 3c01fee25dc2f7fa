package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
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
	// The path of a socket has to be short: unix(7).
	dir, err := os.MkdirTemp("", "ringo-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	socket, log := filepath.Join(dir, "qmp"), filepath.Join(dir, "log")
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	defer l.Close()
	vm, err := m.boot(emu.Options{ICount: true, Modules: modules, Extra: []string{"-qmp", "unix:" + socket}})
	if err != nil {
		return err
	}
	defer vm.Kill()
	if err := m.trace(vm, l, log); err != nil {
		return err
	}
	f, err := os.Open(log)
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
func (m *measurement) trace(vm *emu.VM, l net.Listener, log string) error {
	ctx, cancel := m.limit()
	defer cancel()
	if _, err := vm.Expect(ctx, 0, guestBegins); err != nil {
		return fmt.Errorf("waiting for the guest: %w", stuck(vm, err))
	}
	time.Sleep(settleTime)
	qmp, err := logInstructions(l, log)
	if err != nil {
		return err
	}
	defer qmp.Close()
	for start := time.Now(); time.Since(start) < traceTime && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if fi, err := os.Stat(log); err == nil && fi.Size() > traceSize {
			vm.Kill()
			return nil
		}
	}
	return fmt.Errorf("QEMU did not write %d bytes to %s", traceSize, log)
}

// logInstructions makes QEMU, which connects to l for its monitor, log the
// instructions that it executes, one by one, as long as it runs.
func logInstructions(l net.Listener, log string) (qmp net.Conn, err error) {
	if qmp, err = l.Accept(); err != nil {
		return nil, err
	}
	to := json.NewEncoder(qmp)
	err = to.Encode(map[string]string{"execute": "qmp_capabilities"})
	// QEMU 8.1 has another name for what was singlestep; the wrong one is
	// answered and ignored.
	for _, line := range []string{"stop", "logfile " + log, "singlestep on", "one-insn-per-tb on", "log exec,nochain", "cont"} {
		err = errors.Join(err, to.Encode(map[string]any{"execute": "human-monitor-command", "arguments": map[string]string{"command-line": line}}))
	}
	if err != nil {
		qmp.Close()
		return nil, fmt.Errorf("QEMU's monitor: %w", err)
	}
	return qmp, nil
}
