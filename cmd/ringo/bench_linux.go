package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/ringo-vmm/ringo/internal/bench"
	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/vmm/config"
)

// The Linux that is timed, its memory, and how its shell says that it is there.
const (
	linuxKernel = "cloud"
	linuxInitrd = "busybox"
	linuxMiB    = 256
)

var shellPrompt = regexp.MustCompile(`busybox: ready(?s).*# `)

// linux times Linux to its shell, as a guest of Ringo and without it in turn.
// The figures are the medians of the ratios.
func (m *measurement) linux(times int) ([]bench.Figure, error) {
	kernel, err := m.fetch(linuxKernel)
	if err != nil {
		return nil, err
	}
	initrd, err := m.fetch(linuxInitrd)
	if err != nil {
		return nil, err
	}
	var figures []bench.Figure
	for _, verbose := range []bool{false, true} {
		cmdline, how := "console=ttyS0 quiet", "quiet"
		if verbose {
			cmdline, how = "console=ttyS0", "verbose"
		}
		modules, err := m.writeLinux(how, kernel, initrd, cmdline)
		if err != nil {
			return nil, err
		}
		var ratios []float64
		for i := range times {
			alone, err := m.toShell(directly(emu.Options{MemMiB: linuxMiB}, kernel, initrd, cmdline))
			if err != nil {
				return nil, fmt.Errorf("linux without Ringo: %w", err)
			}
			guest, err := m.toShell(emu.Options{MemMiB: linuxMiB + hostMiB, Modules: modules})
			if err != nil {
				return nil, fmt.Errorf("linux as a guest: %w", err)
			}
			fmt.Fprintf(os.Stderr, "ringo bench: Linux %s, run %d: %s, without Ringo %s\n", how, i+1, seconds(guest), seconds(alone))
			ratios = append(ratios, guest.Seconds()/alone.Seconds())
		}
		figures = append(figures, bench.Linux(bench.Median(ratios), verbose))
	}
	return figures, nil
}

// writeLinux writes the configuration of the machine that is Ringo's guest.
func (m *measurement) writeLinux(name, kernel, initrd, cmdline string) ([]media.Module, error) {
	dir := filepath.Join(m.dir, name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	modules := []media.Module{{Path: filepath.Join(dir, config.ModuleName)}, {Path: kernel}, {Path: initrd}}
	text := fmt.Sprintf("[[vm]]\nname    = \"linux\"\nmemory  = \"%dM\"\nkernel  = %q\ninitrd  = %q\ncmdline = %q\n",
		linuxMiB, modules[1].Name(), modules[2].Name(), cmdline)
	return modules, os.WriteFile(modules[0].Path, []byte(text), 0o666)
}

// toShell is the time from the emulator's start to the shell's prompt.
func (m *measurement) toShell(o emu.Options) (time.Duration, error) {
	start := time.Now()
	vm, err := m.boot(o)
	if err != nil {
		return 0, err
	}
	defer vm.Kill()
	ctx, cancel := m.limit()
	defer cancel()
	if _, err := vm.Expect(ctx, 0, shellPrompt); err != nil {
		return 0, fmt.Errorf("waiting for the shell: %w", stuck(vm, err))
	}
	return time.Since(start), nil
}
