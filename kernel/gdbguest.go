//go:build tamago

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/drivers/uart"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/gdb"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// Debuggers of guests: package vmm/gdb on serial lines. The command line names
// them, gdb-guest=com2:linux,com3:other, and each of these machines waits for
// gdb before its first instruction.

// guestLines are the lines of machines, by their names.
var guestLines = make(map[string]*guestLine)

// commands are the monitor's, for gdb's command monitor.
var commands *monitor.Registry

// guestLine is a serial line with gdb at the other end, an io.ReadWriter. The
// interrupt handler, or the poller, is the only writer of ring.
type guestLine struct {
	name    string
	machine gdb.Machine
	port    uart.Port
	irq     uint8
	ring    [32 << 10]byte // more than gdb sends without an answer
	head    atomic.Uint32  // bytes written and read so far
	tail    atomic.Uint32
	chunk   [64]byte
	signal  waker
}

// linePoll is how often a line is looked at whose interrupt is the console's.
const linePoll = 2 * time.Millisecond

// initGuestLines reads the command line.
func initGuestLines() error {
	words, ok := handover.Lookup("gdb-guest")
	if !ok {
		return nil
	}
	var errs []error
	claimed := make(map[uint8]bool)
	for _, word := range strings.Split(words, ",") {
		port, name, ok := strings.Cut(word, ":")
		if !ok {
			errs = append(errs, fmt.Errorf("gdb-guest: %s is not LINE:NAME", word))
			continue
		}
		g := &guestLine{name: name}
		if err := g.open(port, claimed); err != nil {
			errs = append(errs, fmt.Errorf("gdb-guest: %w", err))
			continue
		}
		guestLines[name] = g
		logf(klog.Info, "gdb: vm %s on %s", name, port)
	}
	return errors.Join(errs...)
}

// open makes the line ready. Lines that share an interrupt share its handler.
func (g *guestLine) open(port string, claimed map[uint8]bool) (err error) {
	if err = g.signal.init("gdb " + g.name); err != nil {
		return err
	}
	if g.irq, err = openLine(&g.port, port); err != nil {
		return err
	}
	if g.irq == consoles.irq && consoles.hasSerial {
		go func() {
			for range time.Tick(linePoll) {
				inLayer(func() { g.poll() })
			}
		}()
		return nil
	}
	if irq := g.irq; !claimed[irq] {
		claimed[irq] = true
		if err := claimISA(irq, "gdb", func() bool { return pollGuestLines(irq) }); err != nil {
			return err
		}
	}
	addLine(g)
	inLayer(g.port.EnableReceiveInterrupt)
	return nil
}

// interruptLines are those that an interrupt handler looks at, in a fixed array
// because it must not use a map.
var (
	interruptLines [4]*guestLine
	interruptCount atomic.Uint32
)

func addLine(g *guestLine) {
	interruptLines[interruptCount.Load()] = g
	interruptCount.Add(1)
}

// pollGuestLines is the handler of an interrupt.
func pollGuestLines(irq uint8) (mine bool) {
	for i := range interruptCount.Load() {
		if g := interruptLines[i]; g.irq == irq && g.poll() {
			mine = true
		}
	}
	return mine
}

// poll takes what has come. It runs with interrupts off.
func (g *guestLine) poll() bool {
	n := g.port.Interrupt(g.chunk[:])
	for _, b := range g.chunk[:n] {
		if g.head.Load()-g.tail.Load() == uint32(len(g.ring)) {
			break // gdb sends it again
		}
		g.ring[g.head.Load()%uint32(len(g.ring))] = b
		g.head.Add(1)
	}
	if n > 0 {
		g.signal.wake()
	}
	return n > 0
}

// Read waits for input.
func (g *guestLine) Read(p []byte) (n int, err error) {
	for {
		for n < len(p) && g.tail.Load() != g.head.Load() {
			p[n] = g.ring[g.tail.Load()%uint32(len(g.ring))]
			g.tail.Add(1)
			n++
		}
		if n > 0 || len(p) == 0 {
			return n, nil
		}
		if err := g.signal.wait(); err != nil {
			return 0, err
		}
	}
}

// Write sends in pieces, since interrupts are off while one is under way.
func (g *guestLine) Write(p []byte) (int, error) {
	var piece struct {
		text [32]byte
		n    int
	}
	for rest := p; len(rest) > 0; rest = rest[piece.n:] {
		piece.n = copy(piece.text[:], rest)
		inLayer(func() {
			for _, b := range piece.text[:piece.n] {
				g.port.WriteByte(b)
			}
		})
	}
	return len(p), nil
}

// machineStarting has a machine that gdb wants wait for it.
func machineStarting(v *manager.Machine, vm *vmm.VM) {
	g := guestLines[v.Config.Name]
	if g == nil {
		return
	}
	if g.machine.With == nil {
		g.machine.With = func(f func(*vmm.VM)) error {
			return v.Still(func(p *pc.PC) error { f(p.VM); return nil })
		}
		g.machine.End = func() { v.Destroy() }
		go g.serve()
	}
	if err := g.machine.Wait(vm); err != nil {
		logf(klog.Warn, "gdb: vm %s: warning: %v", g.name, err)
		return
	}
	logf(klog.Info, "gdb: vm %s waits for gdb", g.name)
}

// serve talks with one gdb after the other.
func (g *guestLine) serve() {
	s := gdb.New(&g.machine, runForGDB)
	logf(klog.Error, "gdb: vm %s: %v", g.name, s.Serve(g))
}

// transcript is a console that keeps what is said to it.
type transcript struct{ strings.Builder }

// Read finds nothing: nobody types.
func (*transcript) Read([]byte) (int, error) { return 0, io.EOF }

// runForGDB runs a command of the monitor and is what it prints.
func runForGDB(line string) string {
	if commands == nil {
		return "the monitor is not there yet\n"
	}
	var t transcript
	monitor.New(&t, commands, sinceEntry).RunLine(line)
	return strings.ReplaceAll(t.String(), "\r\n", "\n")
}
