//go:build tamago

package main

import (
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/drivers/ps2"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/terminal"
)

// keyboard is the machine's own. The interrupt handler, or the poller, puts scan
// codes into the ring; the local terminal takes them out.
var keyboard localKeyboard

type localKeyboard struct {
	controller ps2.Controller
	lock       atomic.Bool // held while the controller is read, with interrupts off
	chunk      [16]byte
	ring       [256]byte
	head, tail atomic.Uint32 // codes written and read so far
	signal     waker

	keys   terminal.Keyboard // of the reader
	chosen int               // a console that was chosen behind what was read last; 0 is none
}

// initKeyboard makes the keyboard and the screen a terminal, if there are both.
func initKeyboard() error {
	k := &keyboard
	if cols, _ := frontScreen().Size(); cols == 0 {
		return nil
	}
	if tables != nil && tables.FADT != nil && !tables.FADT.Has8042 {
		logf(klog.Info, "keyboard: the firmware says that there is no keyboard controller")
		return nil
	}
	k.controller.IO = amd64.Ports{}
	if err := k.controller.Init(); err != nil {
		// A machine without is no broken one.
		logf(klog.Info, "keyboard: %v", err)
		return nil
	}
	if err := k.signal.init("keyboard"); err != nil {
		return err
	}
	useLocal()
	logf(klog.Info, "keyboard: PS/2; Alt-F1 is the monitor, Alt-F2 and on are the machines")
	err := claimISA(ps2.IRQ, "keyboard", pollKeyboard)
	if err != nil {
		logf(klog.Warn, "keyboard: warning: %v: polling", err)
		go func() {
			for range time.Tick(pollInterval) {
				inLayer(func() { pollKeyboard() })
			}
		}()
		return nil
	}
	// A key that was pressed before then has no edge left to give.
	inLayer(func() { pollKeyboard() })
	return nil
}

// pollKeyboard takes in scan codes. It is also the handler of the interrupt.
func pollKeyboard() bool {
	k := &keyboard
	for i := 0; i < 1_000_000 && !k.lock.CompareAndSwap(false, true); i++ {
		amd64.Pause()
	}
	n := k.controller.Interrupt(k.chunk[:])
	for _, code := range k.chunk[:n] {
		if k.head.Load()-k.tail.Load() < uint32(len(k.ring)) { // else it is lost
			k.ring[k.head.Load()%uint32(len(k.ring))] = code
			k.head.Add(1)
		}
	}
	k.lock.Store(false)
	if n > 0 {
		k.signal.wake()
	}
	return n > 0
}

// read waits for keys and puts what they send into p, which has room for
// terminal.MaxKeys bytes at least. It calls choose for a console that a key
// chooses, once what was typed before has been taken. display tells whether the
// terminal shows a guest's display; a key after which that may be otherwise is the
// last.
func (k *localKeyboard) read(p []byte, display func() bool, choose func(console int)) (n int, err error) {
	for {
		if k.chosen != 0 {
			choose(k.chosen)
			k.chosen = 0
		}
		keys := display()
		for k.chosen == 0 && n+terminal.MaxKeys <= len(p) && (n == 0 || p[n-1] != terminal.Escape) && k.tail.Load() != k.head.Load() {
			code := k.ring[k.tail.Load()%uint32(len(k.ring))]
			k.tail.Add(1)
			var text []byte
			text, k.chosen = k.keys.Code(p[:n], code, keys)
			n = len(text)
		}
		switch {
		case n > 0:
			return n, nil
		case k.chosen == 0:
			if err := k.signal.wait(); err != nil {
				return 0, err
			}
		}
	}
}
