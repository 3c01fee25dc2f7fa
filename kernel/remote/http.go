package remote

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Bounds of the HTTP server.
const (
	httpConnections = 16
	httpHeaderBytes = 8 << 10
	httpRead        = 5 * time.Second
	httpWrite       = 10 * time.Second
	httpIdle        = 60 * time.Second
)

// ServeMetrics serves /metrics on a listener until that is closed. figures
// writes the page; one request at a time calls it.
func ServeMetrics(l net.Listener, figures func(m *Metrics)) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metricsHandler(figures))
	server := &http.Server{
		Handler: mux, ReadTimeout: httpRead, ReadHeaderTimeout: httpRead, WriteTimeout: httpWrite, IdleTimeout: httpIdle,
		MaxHeaderBytes: httpHeaderBytes, ErrorLog: log.New(io.Discard, "", 0),
	}
	err := server.Serve(&limitedListener{Listener: l, slots: make(chan struct{}, httpConnections)})
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// metricsHandler makes the page. While it is being made, others are told to
// come back.
func metricsHandler(figures func(m *Metrics)) http.Handler {
	busy := make(chan struct{}, 1)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case busy <- struct{}{}:
		default:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "another request is being answered", http.StatusServiceUnavailable)
			return
		}
		var m Metrics
		func() {
			defer func() { <-busy }()
			figures(&m)
		}()
		w.Header().Set("Content-Type", contentType)
		w.Write(m.text)
	})
}

// limitedListener closes connections beyond its slots.
type limitedListener struct {
	net.Listener
	slots chan struct{}
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.slots <- struct{}{}:
			return &slotConn{Conn: c, slots: l.slots}, nil
		default:
			c.Close()
		}
	}
}

// slotConn gives its slot back when it is closed.
type slotConn struct {
	net.Conn
	slots chan struct{}
	once  sync.Once
}

func (c *slotConn) Close() error {
	c.once.Do(func() { <-c.slots })
	return c.Conn.Close()
}
