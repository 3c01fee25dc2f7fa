package remote

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Options are what an SSH server needs.
type Options struct {
	Keys Keys // who may log in, under any name
	// Random is where the host's key and all others come from; it must be
	// fit for keys. nil is the runtime's.
	Random io.Reader
	// Monitor serves a session, and returns its exit status. ctx ends when
	// the client is gone.
	Monitor func(ctx context.Context, s *Session) (status uint32)
	// Log takes a line.
	Log    func(format string, args ...any)
	Limits Limits
}

// Server is an SSH server.
type Server struct {
	Options
	config      *ssh.ServerConfig
	fingerprint string
	slots       chan struct{} // as many as there are connections

	mu      sync.Mutex
	refused int       // since the last line in the log about it
	spoke   time.Time // when that was
}

// errNoKeys is that of a server that would let nobody in.
var errNoKeys = errors.New("ssh: no key may log in")

// NewServer makes a server with a new host key. It serves nobody if no key may
// log in.
func NewServer(o Options) (*Server, error) {
	if o.Keys.Len() == 0 {
		return nil, errNoKeys
	}
	o.Limits = o.Limits.withDefaults()
	_, key, err := ed25519.GenerateKey(o.Random)
	if err != nil {
		return nil, fmt.Errorf("ssh: making the host key: %w", err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return nil, fmt.Errorf("ssh: making the host key: %w", err)
	}
	s := &Server{Options: o, fingerprint: ssh.FingerprintSHA256(signer.PublicKey()), slots: make(chan struct{}, o.Limits.Connections)}
	s.config = &ssh.ServerConfig{PublicKeyCallback: o.Keys.authorize, MaxAuthTries: maxTries, ServerVersion: "SSH-2.0-Ringo"}
	s.config.Rand = o.Random
	s.config.AddHostKey(signer)
	return s, nil
}

// maxTries is how many keys a client may try in a connection.
const maxTries = 6

// Fingerprint is that of the host's key, for the user to compare.
func (s *Server) Fingerprint() string { return s.fingerprint }

// A listener that fails is tried again so often, with such a pause.
const (
	acceptTries = 10
	acceptPause = 100 * time.Millisecond
)

// Serve serves connections until the listener is closed.
func (s *Server) Serve(l net.Listener) error {
	for failed := 0; ; {
		c, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			if failed++; failed == acceptTries {
				return fmt.Errorf("ssh: %w", err)
			}
			time.Sleep(acceptPause)
			continue
		}
		failed = 0
		select {
		case s.slots <- struct{}{}:
			go func() {
				defer func() { <-s.slots }()
				s.serve(c)
			}()
		default:
			s.refuse(c)
		}
	}
}

// refuseTime bounds the farewell to a client that is one too many.
const refuseTime = time.Second

// refuse sends a client away. Lines before the server's version are for its
// user (RFC 4253 §4.2).
func (s *Server) refuse(c net.Conn) {
	c.SetDeadline(time.Now().Add(refuseTime))
	io.WriteString(c, "Ringo: too many connections\r\n")
	c.Close()
	s.complain(c, "too many connections")
}

// quiet is the time between two lines in the log about clients that were
// refused: they can come in any number.
const quiet = 10 * time.Second

func (s *Server) complain(c net.Conn, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused++
	if time.Since(s.spoke) < quiet {
		return
	}
	s.Log("ssh: %v: refused: %s (%d refused since the last line)", c.RemoteAddr(), printable(why), s.refused)
	s.spoke, s.refused = time.Now(), 0
}

// serve serves a connection to its end.
func (s *Server) serve(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(s.Limits.Handshake))
	limited := &limitedConn{Conn: c, limits: &s.Limits}
	conn, channels, requests, err := ssh.NewServerConn(limited, s.config)
	if err != nil {
		s.complain(c, err.Error())
		return
	}
	defer conn.Close()
	limited.loggedIn.Store(true)
	c.SetDeadline(time.Now().Add(s.Limits.Silence))
	who := fmt.Sprintf("%v: %s, key %s %s", c.RemoteAddr(), printable(conn.User()),
		conn.Permissions.Extensions[fingerprintKey], conn.Permissions.Extensions[commentKey])
	s.Log("ssh: %s: logged in", who)
	ctx, gone := context.WithCancel(context.Background())
	go s.keepAlive(ctx, conn)
	go ssh.DiscardRequests(requests)
	s.channels(ctx, conn, channels)
	gone()
	s.Log("ssh: %s: gone", who)
}

// keepAlive asks the client for an answer, so that the connection of one that
// is gone ends by Limits.Silence.
func (s *Server) keepAlive(ctx context.Context, conn *ssh.ServerConn) {
	ticker := time.NewTicker(s.Limits.Silence / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if _, _, err := conn.SendRequest("keepalive@openssh.com", true, nil); err != nil {
			return
		}
	}
}

// farewell is how long a client may take to hang up after its session.
const farewell = 2 * time.Second

// channels serves the one session that a connection may have, and refuses all
// else: forwarding, agents, further sessions. It returns when the client is
// gone.
func (s *Server) channels(ctx context.Context, conn *ssh.ServerConn, channels <-chan ssh.NewChannel) {
	ctx, gone := context.WithCancel(ctx)
	var done sync.WaitGroup
	had := false
	// A client that wants no session has no business here.
	idle := time.AfterFunc(s.Limits.Handshake, func() { conn.Close() })
	defer idle.Stop()
	for c := range channels {
		switch {
		case c.ChannelType() != "session":
			c.Reject(ssh.Prohibited, "Ringo has sessions only")
		case had:
			c.Reject(ssh.ResourceShortage, "one session a connection")
		default:
			had = true
			channel, requests, err := c.Accept()
			if err != nil {
				continue
			}
			done.Go(func() {
				s.session(ctx, conn, idle, channel, requests)
				idle.Reset(farewell)
			})
		}
	}
	gone()
	done.Wait()
}
