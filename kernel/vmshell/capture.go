package vmshell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/network"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/ether/capture"
)

// Bounds of a capture.
const (
	captureStandard = 100
	captureFrames   = 100000
	captureBytes    = 4 << 20
	captureEnding   = ".pcap"
)

// capturing is held by the one who captures: a port shows its frames to one.
var capturing sync.Mutex

// capturePort writes frames at a port to the terminal: so many, or those until
// Ctrl-C.
func capturePort(c *monitor.Context, n *network.Network, wall int64, args []string) error {
	port := n.Port(args[0])
	if port == nil {
		return fmt.Errorf("there is no port %q", args[0])
	}
	want, err := optional("FRAMES", args[1:], captureStandard, captureFrames)
	if err != nil {
		return monitor.BadInput("%v", err)
	}
	if !capturing.TryLock() {
		return errors.New("another capture is under way")
	}
	defer capturing.Unlock()
	t := newTap(int(want), wall)
	port.Capture(t)
	select {
	case <-t.full:
	case <-c.Done():
	}
	port.Capture(nil)
	text, frames, err := t.end()
	if err != nil {
		return err
	}
	// What was captured is shown, though Ctrl-C has ended the command.
	rest := *c
	rest.Context = context.WithoutCancel(c.Context)
	name := strings.TrimLeft(args[0], "@") + captureEnding
	if err := sendFile(&rest, name, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	c.Printf("%d frames\n", frames)
	return nil
}

// tap is shown the frames at a port: a vswitch.Tap.
type tap struct {
	*capture.Capture
	text bytes.Buffer // the capture's alone, until that is closed
	full chan struct{}

	mu   sync.Mutex
	left int // frames; 0: it is full
	room int // bytes
}

func newTap(frames int, wall int64) *tap {
	t := &tap{full: make(chan struct{}), left: frames, room: captureBytes}
	t.Capture = capture.New(&t.text, capture.Config{Wall: wall})
	return t
}

// Frame is vswitch.Tap's.
func (t *tap) Frame(f ether.Frame, in bool, now uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left == 0 {
		return
	}
	t.Capture.Frame(f, in, now)
	t.left--
	if t.room -= len(f.Data); t.room <= 0 {
		t.left = 0
	}
	if t.left == 0 {
		close(t.full)
	}
}

// end is the file, and how many frames are in it. Who sends while the capture
// ends may still show a frame.
func (t *tap) end() (text []byte, frames uint64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left = 0
	err = t.Close()
	return t.text.Bytes(), t.Frames(), err
}
