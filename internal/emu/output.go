package emu

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"sync"
	"time"
)

// output is all that a machine has sent, for any number of readers.
type output struct {
	live io.Writer // gets every byte as it comes; may be nil

	mu      sync.Mutex
	text    []byte // with each CR LF as LF
	cr      bool   // the last byte was a CR, held back until the next one
	first   time.Time
	ended   bool
	changed chan struct{} // closed when text or ended changes, and replaced
}

func newOutput(live io.Writer) *output {
	return &output{live: live, changed: make(chan struct{})}
}

// Write takes bytes from the machine.
func (o *output) Write(p []byte) (int, error) {
	if o.live != nil {
		if _, err := o.live.Write(p); err != nil {
			return 0, err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.first.IsZero() {
		o.first = time.Now()
	}
	for _, b := range p {
		if o.cr && b != '\n' {
			o.text = append(o.text, '\r')
		}
		if o.cr = b == '\r'; !o.cr {
			o.text = append(o.text, b)
		}
	}
	o.announce()
	return len(p), nil
}

// end says that no more will come.
func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	o.announce()
}

// announce wakes all readers. The caller holds mu.
func (o *output) announce() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// now returns all the text so far, which the caller must not change, whether
// that is all there will be, and a channel that is closed when there is more.
func (o *output) now() (text []byte, ended bool, changed <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text, o.ended, o.changed
}

// expect waits until re matches the text after its first from bytes, and
// returns where the match ends. It returns ErrEnded when the output ended
// without a match, and ctx's cause when that is done first.
func (o *output) expect(ctx context.Context, from int, re *regexp.Regexp) (end int, err error) {
	for {
		text, ended, changed := o.now()
		if at := re.FindIndex(text[min(from, len(text)):]); at != nil {
			return from + at[1], nil
		}
		if ended {
			return 0, ErrEnded
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// tail keeps the last bytes written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

// tailSize is how much a tail keeps: some screens of an emulator's messages.
const tailSize = 16 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - tailSize; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.b))
}
