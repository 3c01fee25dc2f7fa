// Package tcpline puts a TCP connection at the other end of a guest's serial
// line, which the guest writes to a console: who connects sees what the guest
// writes, and what they send is typed. Bytes go as they are, as with netcat.
package tcpline

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/vmm/console"
)

const (
	bufferSize = 4 << 10 // bytes
	// writeTime is how long a peer may take no byte, and redial how long it
	// takes until one that is gone is dialled again.
	writeTime = time.Minute
	redial    = 2 * time.Second
)

// Serve lets peers connect, one at a time: while there is one, others are closed
// at once. It returns when the listener does.
func Serve(ctx context.Context, l net.Listener, line *console.Console) error {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	var busy atomic.Bool
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		if !busy.CompareAndSwap(false, true) {
			c.Close()
			continue
		}
		go func() {
			defer busy.Store(false)
			Join(ctx, c, line)
		}()
	}
}

// Keep dials a peer, and again when it has gone, until ctx ends.
func Keep(ctx context.Context, dial func(ctx context.Context) (net.Conn, error), line *console.Console) {
	for ctx.Err() == nil {
		if c, err := dial(ctx); err == nil {
			Join(ctx, c, line)
		}
		select {
		case <-ctx.Done():
		case <-time.After(redial):
		}
	}
}

// Join joins a connection with a line until either ends, and closes the
// connection.
func Join(ctx context.Context, c net.Conn, line *console.Console) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	defer c.Close()
	at := line.End()
	go func() {
		defer cancel()
		buf := make([]byte, bufferSize)
		for {
			n, err := c.Read(buf)
			line.Type(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	buf := make([]byte, bufferSize)
	for line.Wait(ctx, at) == nil {
		var n int
		if n, _, at = line.Read(buf, at); n == 0 {
			continue
		}
		c.SetWriteDeadline(time.Now().Add(writeTime))
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}
