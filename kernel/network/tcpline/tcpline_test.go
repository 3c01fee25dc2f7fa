package tcpline

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm/console"
)

// guest echoes what is typed, in brackets.
func guest() *console.Console {
	c := console.New(1000)
	var lock sync.Mutex
	line := c.NewLine(&lock)
	lock.Lock()
	defer lock.Unlock()
	go func() {
		line.Connect(func(p []byte) int {
			for _, b := range p {
				for _, b := range []byte{'[', b, ']'} {
					line.Transmit(b)
				}
			}
			return len(p)
		})
	}()
	return c
}

func listen(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// chat types and wants an echo.
func chat(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, "hi")
	b := make([]byte, 6)
	if _, err := io.ReadFull(c, b); err != nil || string(b) != "[h][i]" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestWhoConnectsTalksToTheGuest(t *testing.T) {
	line, l := guest(), listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- Serve(ctx, l, line) }()
	first, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	chat(t, first)
	second, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	second.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := second.Read(make([]byte, 1)); err == nil {
		t.Error("two talk at once")
	}
	cancel()
	if <-done == nil {
		t.Error("it listens on")
	}
	if _, err := first.Read(make([]byte, 1)); err == nil {
		t.Error("the connection stays")
	}
}

func TestAPeerIsDialled(t *testing.T) {
	line, l := guest(), listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		Keep(ctx, func(ctx context.Context) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", l.Addr().String())
		}, line)
	}()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	chat(t, c)
	cancel()
	<-done
}
