package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/hostpkg"
)

// defaultTimeout is how long run waits for expected text. The slowest boot,
// Bochs by way of GRUB, takes a tenth of it on two cores.
const defaultTimeout = 2 * time.Minute

// runFlags are what ringo run is told.
type runFlags struct {
	*imageFlags
	machine, boot  *string
	mem            mebibytes
	cpus           *int
	icount, vga    *bool
	gdb, verbose   *bool
	nic            *string
	forwards       list
	gdbGuests      gdbGuests
	gdbSerial      *string
	expect         *string
	sends          sends
	timeout        *time.Duration
	lastWords      escaped
	log, shots     *string
	keepGoing      *bool
	image          string
	expectRE       *regexp.Regexp
	emulatorExtras []string
}

func (c *cli) runFlags() *runFlags {
	var machines []string
	for _, m := range emu.Machines {
		machines = append(machines, fmt.Sprintf("\n  %-11s %s", m.Name, m.About))
	}
	f := &runFlags{imageFlags: c.imageFlags()}
	f.machine = c.flags.String("m", emu.Machines[0].Name, "the `machine`:"+strings.Join(machines, "")+"\n")
	f.boot = c.flags.String("boot", "", fmt.Sprintf("`how` the machine gets the image: one of %v (Bochs: iso)", emu.Boots))
	c.flags.Var(&f.mem, "mem", fmt.Sprintf("`memory`, such as 512M or 4G (default 1G; with -config what the machines have and %dM)", hostMiB))
	f.cpus = c.flags.Int("cpus", 1, "processors")
	f.icount = c.flags.Bool("icount", false, "QEMU: the clock counts instructions, -icount shift=0,sleep=off")
	f.vga = c.flags.Bool("vga", true, "QEMU: a display adapter")
	f.gdb = c.flags.Bool("gdb", false, "QEMU: wait for gdb before the first instruction")
	c.flags.Var(&f.gdbGuests, "gdb-guest", "`NAME=ADDRESS`: gdb can debug that machine at the TCP address, and it waits for gdb; may be repeated")
	f.gdbSerial = c.flags.String("gdb-serial", "", "gdb can debug Ringo at this TCP `address`, by Ringo's own means")
	f.nic = c.flags.String("nic", "", "QEMU: a network adapter on the emulator's user network: `virtio`, e1000 or e1000e")
	c.flags.Var(&f.forwards, "forward", "QEMU: `HOST:GUEST`, a TCP port of this machine that leads to one of the emulated one; may be repeated")
	f.verbose = c.flags.Bool("v", false, "print the emulator's command line")
	f.expect = c.flags.String("expect", "", "end with status 0 when this `regexp` matches what the serial line has sent")
	c.flags.Var(&f.sends, "send", "type `'TEXT' or 'REGEX=>TEXT'` once the prompt, or a match of REGEX, comes; may be repeated")
	f.timeout = c.flags.Duration("timeout", 0, "end with status 1 after this time (default 2m with -expect, else never)")
	c.flags.Var(&f.lastWords, "on-timeout", "type this `text` when -timeout is over, and show what comes: '\\x1dvm postmortem\\n' says where a guest stands")
	f.log = c.flags.String("log", "", "write what the serial line sends to this `file` too")
	f.shots = c.flags.String("screenshot", defaultShots, "write the monitor's screenshots to this `folder`")
	f.keepGoing = c.flags.Bool("keep-going", false, "when -expect has matched, connect the terminal and go on")
	return f
}

// parse reads the command line and checks what can be checked before a build.
func (f *runFlags) parse(c *cli, args []string) error {
	// What stands behind -- is the emulator's, whatever it looks like.
	for i, a := range args {
		if a == "--" {
			args, f.emulatorExtras = args[:i], args[i+1:]
			break
		}
	}
	if err := c.parse(args, 1); err != nil {
		return err
	}
	f.image = c.flags.Arg(0)
	var err error
	if *f.expect != "" {
		if f.expectRE, err = regexp.Compile(*f.expect); err != nil {
			return usageError("-expect: " + err.Error())
		}
	} else if *f.keepGoing {
		return usageError("-keep-going says what to do after -expect, which is not given")
	}
	switch {
	case *f.timeout < 0:
		return usageError("-timeout: want a positive time")
	case *f.timeout == 0 && f.expectRE != nil:
		*f.timeout = defaultTimeout
	}
	// Mistakes first: the configuration may have much to fetch.
	if _, err := f.packages(); err != nil {
		return err
	}
	if err := f.addConfig(f.fallbackConfig()); errors.As(err, new(usageError)) {
		return err
	} else if err != nil {
		return noStart(err)
	}
	if f.vms != nil && f.mem == 0 {
		f.mem = mebibytes(f.vms.memMiB)
	}
	packages, err := f.packages()
	if err != nil {
		return err
	}
	if err := f.need(packages); err != nil {
		return noStart(err)
	}
	return nil
}

// packages are what the run needs of this machine.
func (f *runFlags) packages() ([]hostpkg.Package, error) {
	o := f.options(f.image)
	if f.image == "" {
		// This program stands in for an image that is not built yet.
		var err error
		if o.Image, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	packages, err := emu.Needs(o)
	if err != nil {
		return nil, usageError(err.Error())
	}
	return packages, nil
}

// fallbackConfig is the configuration if -config does not say which. An image
// may have one inside, and PVH has no room for one.
func (f *runFlags) fallbackConfig() string {
	if f.image != "" || emu.Boot(*f.boot) == emu.BootPVH {
		return ""
	}
	return defaultConfig
}

func (f *runFlags) options(image string) emu.Options {
	line, addresses := f.gdbLines()
	return emu.Options{
		Machine: *f.machine, Boot: emu.Boot(*f.boot), Image: image,
		Append: line, Lines: addresses, Modules: f.modules,
		MemMiB: int(f.mem), CPUs: *f.cpus, NoVGA: !*f.vga, ICount: *f.icount, GDB: *f.gdb,
		NIC: *f.nic, Forward: f.forwards, Extra: f.emulatorExtras,
	}
}

// noStart reports why there is no machine.
func noStart(err error) error {
	fmt.Fprintf(os.Stderr, "ringo run: %v\n", err)
	return status(statusNoStart)
}

func runRun(c *cli, args []string) error {
	f := c.runFlags()
	// parse reads the configuration.
	defer func() { f.vms.remove() }()
	if err := f.parse(c, args); err != nil {
		return err
	}
	if f.image == "" {
		var err error
		if _, f.image, err = f.build(); err != nil {
			return noStart(err)
		}
	}
	s := &session{flags: f, out: &liveOutput{to: []io.Writer{os.Stdout}}}
	if *f.log != "" {
		l, err := os.Create(*f.log)
		if err != nil {
			return usageError("-log: " + err.Error())
		}
		defer l.Close()
		s.out.to = append(s.out.to, l)
	}
	s.out.to = append(s.out.to, newScreenshots(*f.shots, "ringo run"))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// A second Ctrl-C, while the machine is being ended, ends this program.
	context.AfterFunc(ctx, stop)
	if st := s.run(ctx); st != statusOK {
		return status(st)
	}
	return nil
}

// liveOutput passes the machine's output on.
type liveOutput struct {
	to []io.Writer

	mu  sync.Mutex
	mid bool  // the output so far ends inside a line
	err error // of the first write that failed
}

func (l *liveOutput) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.to {
		if _, err := w.Write(p); err != nil {
			l.err = err
			return 0, err
		}
	}
	if len(p) > 0 {
		l.mid = p[len(p)-1] != '\n'
	}
	return len(p), nil
}

// newLine reports whether a line of other text needs a newline first, and
// takes it as printed.
func (l *liveOutput) newLine() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	mid := l.mid
	l.mid = false
	return mid
}

func (l *liveOutput) failed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}
