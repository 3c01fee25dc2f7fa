package remote

import (
	"net"
	"sync/atomic"
	"time"
)

// Limits bound what clients of the SSH server can take up. A zero is the
// default.
type Limits struct {
	Connections int           // at a time, those that log in included; 8
	Handshake   time.Duration // from the connection to the login; 30 s
	Idle        time.Duration // without a byte to or from the user; 1 h
	Unread      time.Duration // that output may wait for the client; 10 s
	Silence     time.Duration // until a client that answers nothing is gone; 90 s
}

func (l Limits) withDefaults() Limits {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	if l.Connections == 0 {
		l.Connections = 8
	}
	set(&l.Handshake, 30*time.Second)
	set(&l.Idle, time.Hour)
	set(&l.Unread, 10*time.Second)
	set(&l.Silence, 90*time.Second)
	return l
}

// limitedConn is a connection whose reads and writes end in time: by one
// deadline until the login, and each in its own time after it.
type limitedConn struct {
	net.Conn
	limits   *Limits
	loggedIn atomic.Bool
}

func (c *limitedConn) Read(p []byte) (int, error) {
	if c.loggedIn.Load() {
		c.SetReadDeadline(time.Now().Add(c.limits.Silence))
	}
	return c.Conn.Read(p)
}

func (c *limitedConn) Write(p []byte) (int, error) {
	if c.loggedIn.Load() {
		c.SetWriteDeadline(time.Now().Add(c.limits.Unread))
	}
	return c.Conn.Write(p)
}
