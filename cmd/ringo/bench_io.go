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

// The guest that uses a disk, and how its shell says that it is there.
const (
	ioGuest  = "io"
	ioMiB    = 128
	ioDevice = "/dev/vda"
	ioFew    = 8 // requests of the run that is taken off
)

// toMonitor is what leads from the guest's console to the monitor.
const toMonitor = "\x1d"

// attached is said before the guest's console is shown.
var attached = regexp.MustCompile(`leads to the monitor and back\]`)

// io measures what a request to a virtio disk takes: instructions with a clock
// that counts them, and then requests a second.
func (m *measurement) io() (figures []bench.Figure, err error) {
	modules, err := m.writeIO()
	if err != nil {
		return nil, err
	}
	counted, err := m.ioLoads(modules, true)
	if err != nil {
		return nil, err
	}
	timed, err := m.ioLoads(modules, false)
	if err != nil {
		return nil, err
	}
	for i, l := range bench.IOLoads {
		counted[i].PerSecond = timed[i].PerSecond
		figures = append(figures, bench.IOFigures(l, counted[i], bench.IO{})...)
	}
	return figures, nil
}

// writeIO writes the guest's configuration and its disk.
func (m *measurement) writeIO() ([]media.Module, error) {
	kernel, err := m.fetch(ioguest.Generic)
	if err != nil {
		return nil, err
	}
	initrd, err := ioguest.Make(guestStore(m.root), ioguest.Generic)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(m.dir, ioGuest)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	disk, conf := filepath.Join(dir, "disk.img"), filepath.Join(dir, config.ModuleName)
	if err := os.WriteFile(disk, make([]byte, bench.IODisk), 0o666); err != nil {
		return nil, err
	}
	text := fmt.Sprintf("[[vm]]\nname = %q\nmemory = \"%dM\"\nkernel = %q\ninitrd = %q\ncmdline = \"console=ttyS0 quiet disks=1\"\n[[vm.disk]]\nfile = \"disk.img\"\nbus = \"virtio\"\nmode = \"write\"\n",
		ioGuest, ioMiB, filepath.Base(kernel), filepath.Base(initrd))
	if err := os.WriteFile(conf, []byte(text), 0o666); err != nil {
		return nil, err
	}
	return []media.Module{{Path: conf}, {Path: kernel}, {Path: initrd}, {Path: disk}}, nil
}

// ioLoads has the guest do the loads.
func (m *measurement) ioLoads(modules []media.Module, icount bool) ([]bench.IO, error) {
	vm, err := m.boot(emu.Options{ICount: icount, MemMiB: ioMiB + hostMiB + bench.IODisk>>20, Modules: modules})
	if err != nil {
		return nil, err
	}
	defer vm.Kill()
	ctx, cancel := m.limit()
	defer cancel()
	if _, err := vm.Expect(ctx, 0, shellPrompt); err != nil {
		return nil, stuck(vm, err)
	}
	if err := vm.Type(toMonitor); err != nil {
		return nil, err
	}
	monitor, err := microguests.Attach(ctx, vm)
	if err != nil {
		return nil, stuck(vm, err)
	}
	var all []bench.IO
	for _, l := range bench.IOLoads {
		one, err := ioLoad(ctx, vm, monitor, l, icount)
		if err != nil {
			return nil, stuck(vm, fmt.Errorf("%s: %w", l.Name, err))
		}
		all = append(all, one)
	}
	return all, nil
}

// ioLoad has the guest do one load: all of it, and a little of it, whose exits
// are those of typing the command and of the program's start.
func ioLoad(ctx context.Context, vm *emu.VM, monitor *microguests.Monitor, l bench.IOLoad, icount bool) (bench.IO, error) {
	few, _, err := ioRun(ctx, vm, monitor, l, ioFew)
	if err != nil {
		return bench.IO{}, err
	}
	exits, ns, err := ioRun(ctx, vm, monitor, l, l.Count)
	if err != nil {
		return bench.IO{}, err
	}
	one := bench.IO{Exits: (exits - few) / float64(bench.Requests(l.Count)-bench.Requests(ioFew)), PerSecond: 1e9 / ns}
	if icount {
		one.Instructions = ns
	}
	return one, nil
}

// ioRun has the guest make count requests of a load, and returns the exits
// meanwhile and the ns of a request.
func ioRun(ctx context.Context, vm *emu.VM, monitor *microguests.Monitor, l bench.IOLoad, count int) (exits, ns float64, err error) {
	before, err := ioExits(ctx, monitor)
	if err != nil {
		return 0, 0, err
	}
	label := fmt.Sprintf("%s-%d", l.Name, count)
	from := len(vm.Output())
	if err := vm.Type("vm attach " + ioGuest + "\n"); err != nil {
		return 0, 0, err
	}
	if _, err := vm.Expect(ctx, from, attached); err != nil {
		return 0, 0, err
	}
	if err := vm.Type(l.Command(label, ioDevice, count) + "\n"); err != nil {
		return 0, 0, err
	}
	if _, err := vm.Expect(ctx, from, regexp.MustCompile(`iobench: `+label+` .* ns\s(?s).*# `)); err != nil {
		return 0, 0, err
	}
	if ns, err = bench.ParseIO(vm.Output()[from:], label); err != nil {
		return 0, 0, err
	}
	if err := vm.Type(toMonitor); err != nil {
		return 0, 0, err
	}
	after, err := ioExits(ctx, monitor)
	return after - before, ns, err
}

// ioExits is how many exits the guest has had.
func ioExits(ctx context.Context, monitor *microguests.Monitor) (float64, error) {
	output, err := monitor.Do(ctx, "vm stats "+ioGuest)
	if err != nil {
		return 0, err
	}
	return bench.ParseExitCount(output)
}
