package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/ringo-vmm/ringo/internal/bench"
	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/kvmpeer"
)

// kvmHostMiB is the memory of the machine in which QEMU runs beside the guests',
// which holds the initial RAM disk twice while Linux unpacks it.
const kvmHostMiB = 640

// QEMU's translator may deliver an interrupt twice that a hypervisor injects
// (docs/bench.md), and KVM's guests do not survive that always. Those that take
// longer to start, or for a load, are started again, so often.
const (
	kvmStartTime = 2 * time.Minute
	kvmLoadTime  = 40 * time.Second
	kvmTries     = 10
)

// guestPanic is the last that a Linux says.
const guestPanic = "end Kernel panic"

// kvmIO is the ioHost that is Linux with KVM and QEMU.
type kvmIO struct {
	ctx     context.Context
	vm      *emu.VM
	started bool // once
}

// kvmIO boots Linux with what the guests are made of.
func (m *measurement) kvmIO(ctx context.Context, f ioFiles, icount bool) (ioHost, error) {
	kernel, err := m.fetch(kvmpeer.KernelGuest)
	if err != nil {
		return nil, err
	}
	initrd, err := kvmpeer.MakeQEMU(guestStore(m.root), f.kernel, f.initrd)
	if err != nil {
		return nil, err
	}
	vm, err := m.boot(directly(emu.Options{ICount: icount, MemMiB: 2*ioMiB + kvmHostMiB + bench.IODisk>>20}, kernel, initrd, kvmpeer.HostCommandLine))
	if err != nil {
		return nil, err
	}
	h := &kvmIO{ctx: ctx, vm: vm}
	if _, err := vm.Expect(ctx, 0, regexp.MustCompile(kvmpeer.HostReady+`(?s).*# `)); err != nil {
		vm.Kill()
		return nil, stuck(vm, err)
	}
	return h, nil
}

// start starts the guests, and gives up those that there are.
func (h *kvmIO) start() (err error) {
	for range kvmTries {
		if h.started {
			fmt.Fprintln(os.Stderr, "ringo bench: a guest of KVM's is stuck; starting again")
			if err := h.vm.Type(kvmpeer.Stop + "\n"); err != nil {
				return err
			}
		}
		h.started = true
		if err = h.startOnce(); err == nil || h.ctx.Err() != nil {
			break
		}
	}
	return err
}

func (h *kvmIO) startOnce() error {
	for i, name := range []string{bench.IOServer, bench.IOGuest} {
		disk := name == bench.IOGuest
		cmdline := ioCmdline + "0"
		if disk {
			cmdline = ioCmdline + "1"
		}
		command := kvmpeer.Start(name, fmt.Sprintf("52:54:00:00:00:%02x", i+1), cmdline, disk)
		if _, err := h.say(command, shellPrompt, kvmStartTime); err != nil {
			return err
		}
		if _, err := h.say(kvmpeer.Tell(name, bench.IOSetup(name)+"; "+ioReady), ioIsReady, kvmLoadTime); err != nil {
			return err
		}
	}
	return nil
}

// say tells Linux's shell a command and returns what comes until done.
func (h *kvmIO) say(command string, done *regexp.Regexp, limit time.Duration) (string, error) {
	ctx, cancel := context.WithTimeoutCause(h.ctx, limit, errBenchTimeout)
	defer cancel()
	from := len(h.vm.Output())
	if err := h.vm.Type(command + "\n"); err != nil {
		return "", err
	}
	if _, err := h.vm.Expect(ctx, from, regexp.MustCompile("(?:"+done.String()+")|"+guestPanic)); err != nil {
		return "", stuck(h.vm, err)
	}
	output := h.vm.Output()[from:]
	if strings.Contains(output, guestPanic) {
		return "", stuck(h.vm, errors.New("a guest's kernel gave up"))
	}
	return output, nil
}

func (h *kvmIO) do(command string, done *regexp.Regexp) (string, error) {
	return h.say(kvmpeer.Tell(bench.IOGuest, command), done, kvmLoadTime)
}

func (h *kvmIO) exits() (float64, error) {
	output, err := h.say(kvmpeer.Exits, regexp.MustCompile(`exits, all guests`), kvmLoadTime)
	if err != nil {
		return 0, err
	}
	return bench.ParseExitCount(output)
}

func (h *kvmIO) tries() int { return kvmTries }

func (h *kvmIO) kill() { h.vm.Kill() }
