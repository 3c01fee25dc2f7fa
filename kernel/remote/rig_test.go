package remote

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// rig is a server on a TCP port of the loopback.
type rig struct {
	t       *testing.T
	server  *Server
	address string
	signer  ssh.Signer // its key may log in
	private ed25519.PrivateKey

	mu    sync.Mutex
	log   []string
	stops int // sessions that have ended
}

// monitor is a session that shows what a real one would get: it answers a
// command with it, and each line with the terminal's size and the line.
func (r *rig) monitor(ctx context.Context, s *Session) uint32 {
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.stops++
	}()
	switch s.Command {
	case "":
	case "flood":
		for ctx.Err() == nil {
			if _, err := s.Write(make([]byte, 32<<10)); err != nil {
				return 2
			}
		}
		return 3
	case "bug":
		panic("a bug\x1b[2J")
	case "wait":
		<-ctx.Done()
		return 4
	default:
		fmt.Fprintf(s, "%s says %s\n", s.User, s.Command)
		return 7
	}
	var mu sync.Mutex
	size := ""
	s.OnResize(func(columns, rows int) {
		mu.Lock()
		defer mu.Unlock()
		size = fmt.Sprintf("%dx%d", columns, rows)
	})
	in := bufio.NewScanner(s)
	for in.Scan() {
		mu.Lock()
		fmt.Fprintf(s, "%s terminal %v: %s\n", size, s.Terminal, in.Text())
		mu.Unlock()
	}
	return 0
}

func newKey(t *testing.T) (ssh.Signer, ed25519.PrivateKey) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, private
}

func newRig(t *testing.T, limits Limits) *rig {
	t.Helper()
	r := &rig{t: t}
	r.signer, r.private = newKey(t)
	keys, errs := ParseKeys(ssh.MarshalAuthorizedKey(r.signer.PublicKey()))
	if errs != nil {
		t.Fatal(errs)
	}
	var err error
	r.server, err = NewServer(Options{Keys: keys, Monitor: r.monitor, Limits: limits, Log: func(format string, args ...any) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.log = append(r.log, fmt.Sprintf(format, args...))
	}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.address = l.Addr().String()
	served := make(chan error)
	go func() { served <- r.server.Serve(l) }()
	t.Cleanup(func() {
		l.Close()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		r.until("all connections have ended", func() bool { return len(r.server.slots) == 0 })
	})
	return r
}

// until waits until something is so.
func (r *rig) until(what string, so func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("not so after 20 s: %s", what)
		}
	}
}

func (r *rig) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.log, "\n")
}

func (r *rig) stopped() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stops
}

// dial logs in with a key.
func (r *rig) dial(signers ...ssh.Signer) (*ssh.Client, error) {
	config := &ssh.ClientConfig{User: "root", Timeout: 20 * time.Second,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if got := ssh.FingerprintSHA256(key); got != r.server.Fingerprint() {
				return fmt.Errorf("host key %s, want %s", got, r.server.Fingerprint())
			}
			return nil
		}}
	if signers != nil {
		config.Auth = []ssh.AuthMethod{ssh.PublicKeys(signers...)}
	}
	return ssh.Dial("tcp", r.address, config)
}

func (r *rig) mustDial() *ssh.Client {
	r.t.Helper()
	c, err := r.dial(r.signer)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return c
}

// works runs a command in a connection of its own.
func (r *rig) works() {
	r.t.Helper()
	c := r.mustDial()
	defer c.Close()
	s, err := c.NewSession()
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := s.Output("hello")
	exit, ok := err.(*ssh.ExitError)
	if string(out) != "root says hello\n" || !ok || exit.ExitStatus() != 7 {
		r.t.Fatalf("output %q, %v", out, err)
	}
}

// identity writes a private key where OpenSSH's client takes it.
func identity(t *testing.T, key ed25519.PrivateKey) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "test")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// readUntil reads until the text has come.
func readUntil(t *testing.T, r io.Reader, want string) string {
	t.Helper()
	var all strings.Builder
	buf := make([]byte, 1024)
	for !strings.Contains(all.String(), want) {
		n, err := r.Read(buf)
		all.Write(buf[:n])
		if err != nil {
			t.Fatalf("%v after %q, want %q", err, all.String(), want)
		}
	}
	return all.String()
}
