package remote

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Session is a user at the other end: what is written to it, the user sees.
type Session struct {
	User    string
	Remote  net.Addr
	Command string // what to run, instead of a shell if it is not empty
	// Terminal says that the user has a terminal in raw mode there, not a
	// pipe.
	Terminal bool

	channel ssh.Channel
	limits  *Limits
	idle    *time.Timer
	cut     func() // ends the connection, as idle does

	mu            sync.Mutex
	columns, rows int
	resized       func(columns, rows int)
}

// Read reads what the user types.
func (s *Session) Read(p []byte) (int, error) {
	n, err := s.channel.Read(p)
	s.idle.Reset(s.limits.Idle)
	return n, err
}

// Write writes to the user. A client that does not read for Limits.Unread loses
// its connection; nothing is kept for it but p.
func (s *Session) Write(p []byte) (int, error) {
	late := time.AfterFunc(s.limits.Unread, s.cut)
	defer late.Stop()
	n, err := s.channel.Write(p)
	s.idle.Reset(s.limits.Idle)
	return n, err
}

// OnResize calls f with the size of the user's terminal in characters, now and
// whenever it changes.
func (s *Session) OnResize(f func(columns, rows int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resized = f
	f(s.columns, s.rows)
}

// Sizes of a terminal in characters: what one is taken for that does not say,
// and bounds.
const (
	defaultColumns, defaultRows = 80, 24
	leastColumns, mostColumns   = 20, 500
	leastRows, mostRows         = 2, 500
)

func (s *Session) resize(columns, rows uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.columns, s.rows = defaultColumns, defaultRows
	if columns != 0 && rows != 0 {
		s.columns = int(min(max(columns, leastColumns), mostColumns))
		s.rows = int(min(max(rows, leastRows), mostRows))
	}
	if s.resized != nil {
		s.resized(s.columns, s.rows)
	}
}

// Requests of a session, by RFC 4254.
type (
	ptyRequest struct { // §6.2
		Term          string
		Columns, Rows uint32
		Width, Height uint32
		Modes         string
	}
	windowChange struct{ Columns, Rows, Width, Height uint32 } // §6.7
	execRequest  struct{ Command string }                      // §6.5
	exitStatus   struct{ Status uint32 }                       // §6.10
)

// maxCommand is the longest command, in bytes: as long as a line of the monitor.
const maxCommand = 4096

// session serves a session to its end. idle ends the connection.
func (s *Server) session(ctx context.Context, conn *ssh.ServerConn, idle *time.Timer, channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	ctx, gone := context.WithCancel(ctx)
	defer gone()
	u := &Session{
		User: conn.User(), Remote: conn.RemoteAddr(), channel: channel, limits: &s.Limits,
		idle: idle, cut: func() { conn.Close() }, columns: defaultColumns, rows: defaultRows,
	}
	var ended chan struct{} // of the monitor; nil before it has begun
	for {
		select {
		case <-ended:
			return
		case r, ok := <-requests:
			if !ok {
				gone()
				if ended != nil {
					<-ended
				}
				return
			}
			start, ok := u.request(r, ended != nil)
			if r.WantReply {
				r.Reply(ok, nil)
			}
			if start {
				idle.Reset(s.Limits.Idle)
				ended = make(chan struct{})
				go func() {
					defer close(ended)
					s.monitor(ctx, u)
				}()
			}
		}
	}
}

// request takes in a request. start says that the session begins with it, and
// ok that it was understood.
func (s *Session) request(r *ssh.Request, started bool) (start, ok bool) {
	switch r.Type {
	case "pty-req":
		var p ptyRequest
		if started || ssh.Unmarshal(r.Payload, &p) != nil {
			return false, false
		}
		s.Terminal = true
		s.resize(p.Columns, p.Rows)
		return false, true
	case "window-change":
		var w windowChange
		if ssh.Unmarshal(r.Payload, &w) != nil {
			return false, false
		}
		s.resize(w.Columns, w.Rows)
		return false, true
	case "shell":
		return !started, !started
	case "exec":
		var e execRequest
		if started || ssh.Unmarshal(r.Payload, &e) != nil || e.Command == "" || len(e.Command) > maxCommand {
			return false, false
		}
		s.Command = e.Command
		return true, true
	case "signal":
		return false, true // and ignored: Ctrl-C comes as a key
	}
	return false, false
}

// monitor runs the monitor for a session. A bug there costs the session.
func (s *Server) monitor(ctx context.Context, u *Session) {
	status := uint32(1)
	defer func() {
		if bug := recover(); bug != nil {
			s.Log("ssh: %v: bug in Ringo: %s", u.Remote, printable(fmt.Sprint(bug)))
		}
		u.channel.SendRequest("exit-status", false, ssh.Marshal(exitStatus{status}))
		u.channel.CloseWrite()
	}()
	status = s.Monitor(ctx, u)
}
