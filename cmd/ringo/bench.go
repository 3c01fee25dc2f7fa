package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ringo-vmm/ringo/internal/bench"
	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/guestos"
	"github.com/ringo-vmm/ringo/internal/hostpkg"
	"github.com/ringo-vmm/ringo/internal/kvmpeer"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/internal/microguests"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

// benchTimeout is how long each machine of a measurement may take. The slowest,
// KVM's with instructions counted, takes a tenth of it.
const benchTimeout = 3 * time.Minute

// The guests that are run: one that measures exits, and one that stays.
const (
	benchGuest = "bench"
	spinGuest  = "hostile-spin"
)

// measurement is one ringo bench.
type measurement struct {
	ctx  context.Context
	root string // the repository
	elf  string // the kernel
	on   bench.Machine
	dir  string // build/bench
}

func runBench(c *cli, args []string) error {
	f := c.buildFlags()
	machine := c.flags.String("m", bench.Machines[0].Name, "the `machine` to measure on; instructions are counted on qemu-svm, bochs-vmx and bochs-svm")
	peer := c.flags.String("peer", "", "measure what is `beside` Ringo too: \"kvm\", which is Linux with KVM in the same emulator")
	linux := c.flags.Int("linux", 0, "also time Linux to its shell, this many `times` with Ringo and without")
	smp := c.flags.Bool("smp", false, "also measure several processors, which takes three minutes of a machine that is otherwise idle")
	io := c.flags.Bool("io", false, "also measure requests to a virtio disk, and by TCP between two machines")
	where := c.flags.String("where", "", "rather say where the instructions of one kind of `exit` go, or of a request, by function")
	if err := c.parse(args, 0); err != nil {
		return err
	}
	on, ok := bench.FindMachine(*machine)
	if !ok {
		return usageError(fmt.Sprintf("-m: nothing is measured on %q", *machine))
	}
	if !on.ICount && (*peer != "" || *linux != 0 || *smp || *io || *where != "") {
		return usageError(fmt.Sprintf("-peer, -linux, -smp, -io and -where are for -m %s", bench.Machines[0].Name))
	}
	if *peer != "" && *peer != "kvm" {
		return usageError(fmt.Sprintf("-peer: there is %q, not %q", "kvm", *peer))
	}
	if *linux < 0 {
		return usageError("-linux: want a positive number")
	}
	loop, known := guests.BenchLoop(*where)
	load, knownLoad := bench.FindIOLoad(*where)
	if *where != "" && !known && !knownLoad {
		return usageError(fmt.Sprintf("-where: no exit or request is called %q; build/bench.json and docs/bench.md name them", *where))
	}
	packages := hostpkg.QEMU
	if !on.ICount {
		packages = slices.Concat(hostpkg.Bochs, hostpkg.ISO)
	}
	if err := f.need(packages); err != nil {
		return err
	}
	root, elf, err := f.build()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	m := &measurement{ctx: ctx, root: root, elf: elf, on: on, dir: filepath.Join(root, "build", "bench")}
	switch {
	case knownLoad:
		return m.ioWhere(load)
	case known:
		return m.where(loop)
	}
	figures, err := m.all(*peer == "kvm", *linux, *smp, *io)
	if err != nil {
		return err
	}
	if err := bench.Print(os.Stdout, figures); err != nil {
		return err
	}
	b, err := bench.JSON(figures)
	if err != nil {
		return err
	}
	out := filepath.Join(root, "build", on.File())
	if err := os.WriteFile(out, b, 0o666); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "ringo bench: %s\n", out)
	if over := bench.Over(figures); over != nil {
		return fmt.Errorf("over the limit: %s", strings.Join(over, "; "))
	}
	return nil
}

// all measures what was asked for.
func (m *measurement) all(kvm bool, linux int, smp, io bool) ([]bench.Figure, error) {
	output, err := m.exits()
	if err != nil {
		return nil, err
	}
	ringo, err := bench.ParseExits(output)
	if err != nil {
		return nil, fmt.Errorf("%w; Ringo's log:\n%s", err, output)
	}
	var peer map[string]float64
	if kvm {
		if peer, err = m.kvm(); err != nil {
			return nil, err
		}
	}
	figures := m.on.Exits(ringo, peer)
	// Without an instruction count the kernel's time is that of the emulated clock.
	if n, ok := bench.ParseFirstInstruction(output); ok && m.on.ICount {
		figures = append(figures, bench.FirstInstruction(n))
	}
	memory, err := m.memory()
	if err != nil {
		return nil, err
	}
	figures = append(figures, memory...)
	if linux > 0 {
		times, err := m.linux(linux)
		if err != nil {
			return nil, err
		}
		figures = append(figures, times...)
	}
	if smp {
		several, err := m.smp()
		if err != nil {
			return nil, err
		}
		figures = append(figures, several...)
	}
	if io {
		disk, err := m.io(kvm)
		if err != nil {
			return nil, err
		}
		figures = append(figures, disk...)
	}
	return figures, nil
}

// exits runs the guest that measures exits, in a machine that starts by itself,
// and returns what Ringo and the guest have said.
func (m *measurement) exits() (string, error) {
	guest, _ := guests.Find(benchGuest)
	modules, err := m.write("exits", guest, true)
	if err != nil {
		return "", err
	}
	vm, err := m.boot(emu.Options{ICount: true, Modules: modules})
	if err != nil {
		return "", err
	}
	defer vm.Kill()
	ctx, cancel := m.limit()
	defer cancel()
	// The terminal is the monitor's when the guest has ended.
	monitor, err := microguests.Attach(ctx, vm)
	if err != nil {
		return "", stuck(vm, err)
	}
	return do(ctx, monitor, "log", "vm console "+benchGuest)
}

// memory looks at the memory that Ringo uses, before and while a machine runs.
func (m *measurement) memory() ([]bench.Figure, error) {
	guest, _ := guests.Find(spinGuest)
	modules, err := m.write("memory", guest, false)
	if err != nil {
		return nil, err
	}
	vm, err := m.boot(emu.Options{ICount: true, Modules: modules})
	if err != nil {
		return nil, err
	}
	defer vm.Kill()
	ctx, cancel := m.limit()
	defer cancel()
	monitor, err := microguests.Attach(ctx, vm)
	if err != nil {
		return nil, err
	}
	image, err := bench.ImageSize(m.elf)
	if err != nil {
		return nil, err
	}
	output, err := do(ctx, monitor, "gc", "frames")
	if err != nil {
		return nil, err
	}
	before, _, err := bench.ParseMemory(output)
	if err != nil {
		return nil, err
	}
	if output, err = do(ctx, monitor, "vm start "+spinGuest, "gc", "frames"); err != nil {
		return nil, err
	}
	with, ram, err := bench.ParseMemory(output)
	if err == nil && ram == 0 {
		err = errors.New("the machine did not start")
	}
	if err != nil {
		return nil, stuck(vm, err)
	}
	return []bench.Figure{bench.HostMemory(image + before), bench.VMMemory(with - before)}, nil
}

// do has the monitor run commands, and returns what came on the serial line.
func do(ctx context.Context, monitor *microguests.Monitor, commands ...string) (string, error) {
	all := ""
	for _, c := range commands {
		output, err := monitor.Do(ctx, c)
		if err != nil {
			return "", err
		}
		all += output
	}
	return all, nil
}

// kvm runs the guest that measures exits on KVM, in the machine that Ringo runs
// on.
func (m *measurement) kvm() (map[string]float64, error) {
	kernel, err := m.fetch(kvmpeer.KernelGuest)
	if err != nil {
		return nil, err
	}
	initrd, err := kvmpeer.Make(guestStore(m.root))
	if err != nil {
		return nil, err
	}
	vm, err := m.boot(directly(emu.Options{ICount: true}, kernel, initrd, kvmpeer.CommandLine(benchGuest)))
	if err != nil {
		return nil, err
	}
	defer vm.Kill()
	ctx, cancel := m.limit()
	defer cancel()
	if _, err := vm.Expect(ctx, 0, bench.PeerDone); err != nil {
		return nil, fmt.Errorf("kvm: %w", stuck(vm, err))
	}
	ticks, err := bench.ParseExits(vm.Output())
	if err != nil {
		return nil, fmt.Errorf("kvm: %w", stuck(vm, err))
	}
	return ticks, nil
}

// write writes a micro-guest and the configuration of its machine.
func (m *measurement) write(name string, guest guests.Guest, autostart bool) ([]media.Module, error) {
	dir := filepath.Join(m.dir, name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	modules, err := microguests.Write(dir, []guests.Guest{guest})
	if err != nil || !autostart {
		return modules, err
	}
	config, err := os.ReadFile(modules[0].Path)
	if err != nil {
		return nil, err
	}
	text := strings.ReplaceAll(string(config), "autostart = false", "autostart = true")
	return modules, os.WriteFile(modules[0].Path, []byte(text), 0o666)
}

// boot starts a machine on Ringo's kernel, if possible without a display adapter
// and with a clock that counts instructions.
func (m *measurement) boot(o emu.Options) (*emu.VM, error) {
	o.Machine, o.Image, o.NoVGA, o.ICount = m.on.Name, m.elf, m.on.ICount, o.ICount && m.on.ICount
	return emu.Start(o)
}

// directly makes the machine boot Linux in place of Ringo. Of QEMU's -kernel the
// last one counts.
func directly(o emu.Options, kernel, initrd, cmdline string) emu.Options {
	o.Extra = []string{"-kernel", kernel, "-initrd", initrd, "-append", cmdline}
	return o
}

// fetch gets a guest system, if it is not there, and returns its path.
func (m *measurement) fetch(name string) (string, error) {
	list, err := guestos.Lookup([]string{name})
	if err != nil {
		return "", err
	}
	store := guestStore(m.root)
	if _, ok := store.Have(list[0]); !ok {
		if err := fetchGuests(m.root, list, guestos.Options{}); err != nil {
			return "", err
		}
	}
	return store.Path(list[0]), nil
}

// errBenchTimeout is why a machine is given up.
var errBenchTimeout = errors.New("timeout")

// limit is the time that a machine may take.
func (m *measurement) limit() (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(m.ctx, benchTimeout, errBenchTimeout)
}

// stuck adds the last that a machine has sent to an error.
func stuck(vm *emu.VM, err error) error {
	lines := strings.Split(strings.TrimSpace(vm.Output()), "\n")
	return fmt.Errorf("%w; the last output:\n%s", err, strings.Join(lines[max(0, len(lines)-tailLines):], "\n"))
}
