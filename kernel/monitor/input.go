package monitor

import (
	"bytes"
	"io"
	"sync"
)

// maxTypeAhead is how many bytes may wait while a command runs. Beyond it the
// reader stops reading, so that the console driver's own buffer fills.
const maxTypeAhead = 64 << 10

// maxEmptyReads is how often in a row a console may return nothing and no error.
const maxEmptyReads = 100

// input reads the console in a goroutine of its own, so that Ctrl-C is seen
// while a command runs, and keeps what is typed ahead for the line editor.
type input struct {
	console io.Reader

	mu      sync.Mutex
	changed sync.Cond
	keys    keys
	waiting []byte
	err     error
	stop    func() // cancels the command that runs; nil while a line is edited
}

func newInput(console io.Reader) *input {
	in := &input{console: console}
	in.changed.L = &in.mu
	return in
}

// pump reads until the console returns an error.
func (in *input) pump() {
	buf := make([]byte, 256)
	for empty := 0; ; {
		n, err := in.console.Read(buf)
		if empty++; n > 0 {
			empty = 0
		}
		if err == nil && empty > maxEmptyReads {
			err = io.ErrNoProgress
		}
		if in.arrived(buf[:n], err) {
			return
		}
	}
}

// arrived takes what one read returned and reports whether it was the last.
func (in *input) arrived(b []byte, err error) (last bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	clean := in.keys.filter(nil, b)
	if i := bytes.LastIndexByte(clean, cancel); i >= 0 && in.stop != nil {
		// Ctrl-C while a command runs stops it and drops what was typed ahead. The
		// editor, which is not reading, must not get the cancel nor its enter.
		in.stop()
		in.waiting = nil
		clean = clean[i+2:]
	}
	in.waiting = append(in.waiting, clean...)
	in.err = err
	in.changed.Broadcast()
	for len(in.waiting) > maxTypeAhead && err == nil {
		in.changed.Wait()
	}
	return err != nil
}

// Read gives the line editor the keys that wait, and the console's error after
// the last of them.
func (in *input) Read(p []byte) (int, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.waiting) == 0 && in.err == nil {
		in.changed.Wait()
	}
	if len(in.waiting) == 0 {
		return 0, in.err
	}
	n := copy(p, in.waiting)
	in.waiting = in.waiting[n:]
	in.changed.Broadcast()
	return n, nil
}

// whileRunning sets what Ctrl-C calls, nil for the line editor.
func (in *input) whileRunning(stop func()) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.stop = stop
}
