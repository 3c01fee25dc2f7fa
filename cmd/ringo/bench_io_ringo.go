package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/ringo-vmm/ringo/internal/bench"
	"github.com/ringo-vmm/ringo/internal/bench/ioguest"
	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/internal/microguests"
	"github.com/ringo-vmm/ringo/vmm/config"
)

// The guests' memory, and their kernel's command line but for the number of disks.
const (
	ioMiB     = 128
	ioCmdline = "console=ttyS0 quiet disks="
)

// toMonitor is what leads from the guest's console to the monitor.
const toMonitor = "\x1d"

// What is said before the guest's console is shown, and what the guest's shell
// says to a command of that name, which does not contain it.
var (
	attached  = regexp.MustCompile(`leads to the monitor and back\]`)
	ioReady   = `echo io\-ready`
	ioIsReady = regexp.MustCompile(`io-ready\s(?s).*# `)
)

// ioFiles are what the guests are made of, with Ringo as with QEMU.
type ioFiles struct{ kernel, initrd string }

func (m *measurement) ioFiles() (f ioFiles, err error) {
	if f.kernel, err = m.fetch(ioguest.Generic); err != nil {
		return f, err
	}
	f.initrd, err = ioguest.Make(guestStore(m.root), ioguest.Generic)
	return f, err
}

// ringoIO is the ioHost that is Ringo.
type ringoIO struct {
	ctx     context.Context
	vm      *emu.VM
	monitor *microguests.Monitor
}

// ringoIO boots Ringo with the guests.
func (m *measurement) ringoIO(ctx context.Context, f ioFiles, o emu.Options) (*ringoIO, error) {
	dir := filepath.Join(m.dir, "io")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	disk, conf := filepath.Join(dir, "disk.img"), filepath.Join(dir, config.ModuleName)
	if err := os.WriteFile(disk, make([]byte, bench.IODisk), 0o666); err != nil {
		return nil, err
	}
	text := ""
	for _, name := range []string{bench.IOServer, bench.IOGuest} {
		disks := 0
		if name == bench.IOGuest {
			disks = 1
		}
		text += fmt.Sprintf("[[vm]]\nname = %q\nmemory = \"%dM\"\nkernel = %q\ninitrd = %q\ncmdline = \"%s%d\"\n[[vm.net]]\n",
			name, ioMiB, filepath.Base(f.kernel), filepath.Base(f.initrd), ioCmdline, disks)
	}
	text += fmt.Sprintf("[[vm.disk]]\nfile = %q\nbus = \"virtio\"\nmode = \"write\"\n", filepath.Base(disk))
	if err := os.WriteFile(conf, []byte(text), 0o666); err != nil {
		return nil, err
	}
	o.MemMiB = 2*ioMiB + hostMiB + bench.IODisk>>20
	o.Modules = []media.Module{{Path: conf}, {Path: f.kernel}, {Path: f.initrd}, {Path: disk}}
	vm, err := m.boot(o)
	return &ringoIO{ctx: ctx, vm: vm}, err
}

func (h *ringoIO) start() (err error) {
	if _, err := h.vm.Expect(h.ctx, 0, shellPrompt); err != nil {
		return stuck(h.vm, err)
	}
	if err := h.vm.Type(toMonitor); err != nil {
		return err
	}
	if h.monitor, err = microguests.Attach(h.ctx, h.vm); err != nil {
		return stuck(h.vm, err)
	}
	for _, name := range []string{bench.IOServer, bench.IOGuest} {
		if _, err := h.tell(name, bench.IOSetup(name)+"; "+ioReady, ioIsReady); err != nil {
			return err
		}
	}
	return nil
}

func (h *ringoIO) do(command string, done *regexp.Regexp) (string, error) {
	return h.tell(bench.IOGuest, command, done)
}

// begin has the guest begin a load, whose end nobody waits for.
func (h *ringoIO) begin(command string) error { return h.say(bench.IOGuest, command) }

// say types a command at a guest's console.
func (h *ringoIO) say(name, command string) error {
	from := len(h.vm.Output())
	if err := h.vm.Type("vm attach " + name + "\n"); err != nil {
		return err
	}
	if _, err := h.vm.Expect(h.ctx, from, attached); err != nil {
		return stuck(h.vm, err)
	}
	return h.vm.Type(command + "\n")
}

// tell tells a guest's shell a command.
func (h *ringoIO) tell(name, command string, done *regexp.Regexp) (string, error) {
	from := len(h.vm.Output())
	if err := h.say(name, command); err != nil {
		return "", err
	}
	if _, err := h.vm.Expect(h.ctx, from, done); err != nil {
		return "", stuck(h.vm, err)
	}
	return h.vm.Output()[from:], h.vm.Type(toMonitor)
}

func (h *ringoIO) exits() (n float64, err error) {
	output, err := do(h.ctx, h.monitor, "vm stats "+bench.IOGuest, "vm stats "+bench.IOServer)
	if err != nil {
		return 0, err
	}
	return bench.ParseExitCount(output)
}

func (h *ringoIO) tries() int { return 1 }

func (h *ringoIO) kill() { h.vm.Kill() }
