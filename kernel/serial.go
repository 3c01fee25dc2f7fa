//go:build tamago

package main

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/kernel/klog"
)

// received holds what came in at the serial port until the monitor reads it.
// The interrupt handler, or the poller, is the only writer; the monitor is the
// only reader.
var received struct {
	ring       [4096]byte
	head, tail atomic.Uint32 // bytes written and read so far
	lost       atomic.Uint64
	chunk      [64]byte
	signal     waker
}

// pollSerial takes what the serial port has received. It is also the handler
// of its interrupt.
func pollSerial() bool {
	r := &received
	n := consoles.uart.Interrupt(r.chunk[:])
	for _, b := range r.chunk[:n] {
		if r.head.Load()-r.tail.Load() == uint32(len(r.ring)) {
			r.lost.Add(1)
			continue
		}
		r.ring[r.head.Load()%uint32(len(r.ring))] = b
		r.head.Add(1)
	}
	if n > 0 {
		r.signal.wake()
	}
	return n > 0
}

// pollInterval is how often the serial port is looked at on a machine whose
// interrupts do not work.
const pollInterval = 10 * time.Millisecond

// initSerial makes the serial port a terminal.
func initSerial() error {
	if err := received.signal.init("serial port"); err != nil {
		return err
	}
	if !consoles.hasSerial {
		return errors.New("no serial port")
	}
	logf(klog.Info, "serial: %v at port %#x", consoles.uart.Kind(), consoles.uart.Base)
	err := claimISA(consoles.irq, "serial port", pollSerial)
	if err != nil {
		logf(klog.Warn, "serial: warning: %v: polling", err)
		go func() {
			for range time.Tick(pollInterval) {
				inLayer(func() { pollSerial() })
			}
		}()
		return nil
	}
	inLayer(consoles.uart.EnableReceiveInterrupt)
	return nil
}

// serialTerminal is the serial line as a terminal. Without a terminal of its own,
// the screen shows what goes there too.
type serialTerminal struct{}

// Read waits for input.
func (serialTerminal) Read(p []byte) (int, error) {
	r := &received
	for len(p) > 0 {
		n := 0
		for n < len(p) && r.tail.Load() != r.head.Load() {
			p[n] = r.ring[r.tail.Load()%uint32(len(r.ring))]
			r.tail.Add(1)
			n++
		}
		if n > 0 {
			return n, nil
		}
		if err := r.signal.wait(); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// speaking is held by a goroutine that prints, so that a line of the log does not
// come in the middle of what another one says.
var speaking sync.Mutex

// Write prints in pieces, since interrupts are off while one is under way.
func (serialTerminal) Write(p []byte) (int, error) {
	speaking.Lock()
	defer speaking.Unlock()
	var piece struct {
		text [32]byte
		n    int
	}
	for rest := p; len(rest) > 0; rest = rest[piece.n:] {
		piece.n = copy(piece.text[:], rest)
		inLayer(func() { printSerial(piece.text[:piece.n]) })
	}
	return len(p), nil
}

var _ io.ReadWriter = serialTerminal{}
