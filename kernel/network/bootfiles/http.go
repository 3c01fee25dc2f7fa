// Package bootfiles serves files in memory, the boot modules, by HTTP and by
// TFTP (RFC 1350), so that machines can start from the network. It only reads.
package bootfiles

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Files finds a file by its name. Its bytes do not change.
type Files func(name string) (data []byte, ok bool)

// Bounds of the HTTP server.
const (
	maxConns    = 64
	headerTime  = 10 * time.Second
	requestTime = 10 * time.Minute // for a whole file
	idleTime    = 30 * time.Second
	maxHeader   = 8 << 10 // bytes
	maxName     = 256
)

// Handler serves files.
func (f Files) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		data, ok := f.find(name)
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		case !ok:
			http.Error(w, "no such file", http.StatusNotFound)
		default:
			w.Header().Set("Content-Type", "application/octet-stream")
			http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
		}
	})
}

func (f Files) find(name string) ([]byte, bool) {
	if name == "" || len(name) > maxName {
		return nil, false
	}
	return f(name)
}

// NewHTTP makes an HTTP server that bounds what a client can take of the host.
func NewHTTP(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: headerTime, WriteTimeout: requestTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader, ErrorLog: log.New(io.Discard, "", 0)}
}

// Limit bounds the connections that a listener has at a time: the ones beyond
// are closed at once.
func Limit(l net.Listener, conns int) net.Listener {
	return &limited{Listener: l, slots: make(chan struct{}, conns)}
}

// LimitHTTP is Limit with as many connections as an HTTP server of this package
// takes.
func LimitHTTP(l net.Listener) net.Listener { return Limit(l, maxConns) }

type limited struct {
	net.Listener
	slots chan struct{}
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.slots <- struct{}{}:
			return &slotConn{Conn: c, free: sync.OnceFunc(func() { <-l.slots })}, nil
		default:
			c.Close()
		}
	}
}

type slotConn struct {
	net.Conn
	free func()
}

func (c *slotConn) Close() error {
	c.free()
	return c.Conn.Close()
}
