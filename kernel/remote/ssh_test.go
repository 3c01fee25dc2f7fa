package remote

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

func TestCommandsAndShellsByGoClient(t *testing.T) {
	r := newRig(t, Limits{})
	r.works()
	c := r.mustDial()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	in, _ := s.StdinPipe()
	out, _ := s.StdoutPipe()
	if err := s.RequestPty("xterm", 30, 100, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(in, "one\n")
	readUntil(t, out, "100x30 terminal true: one\n")
	for _, c := range []struct {
		columns, rows int
		want          string
	}{{132, 43, "132x43"}, {1, 1, "20x2"}, {100000, 100000, "500x500"}, {0, 0, "80x24"}} {
		if err := s.WindowChange(c.rows, c.columns); err != nil {
			t.Fatal(err)
		}
		if err := s.Signal(ssh.SIGINT); err != nil {
			t.Fatal(err)
		}
		// Requests and bytes are taken in by different goroutines.
		for got := ""; !strings.HasPrefix(got, c.want); {
			io.WriteString(in, "x\n")
			got = readUntil(t, out, "terminal true: x\n")
		}
	}
	in.Close()
	if err := s.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
	c.Wait()
	r.until("the log says so", func() bool { return strings.Count(r.logged(), ": gone") == 2 })
	if log := r.logged(); !strings.Contains(log, "root, key "+ssh.FingerprintSHA256(r.signer.PublicKey())) {
		t.Errorf("log %s", log)
	}
}

// openSSH runs OpenSSH's client.
func (r *rig) openSSH(stdin, identity string, args ...string) (string, error) {
	host, port, _ := net.SplitHostPort(r.address)
	args = append([]string{"-F", "none", "-p", port, "-i", identity, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
		"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-l", "student"}, args...)
	cmd := exec.Command("ssh", append(args[:len(args):len(args)], host)...)
	if stdin == "" && len(args) > 0 {
		cmd = exec.Command("ssh", append(args, host, "hello", "world")...)
	}
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestOpenSSHsClient(t *testing.T) {
	r := newRig(t, Limits{})
	good := identity(t, r.private)
	out, err := r.openSSH("", good)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 || out != "student says hello world\n" {
		t.Errorf("command: %q, %v", out, err)
	}
	out, err = r.openSSH("a\nb\n", good)
	if err != nil || out != "80x24 terminal false: a\n80x24 terminal false: b\n" {
		t.Errorf("shell without a terminal: %q, %v", out, err)
	}
	out, err = r.openSSH("a\n", good, "-tt")
	if err != nil || !strings.Contains(out, "terminal true: a\n") {
		t.Errorf("shell with a terminal: %q, %v", out, err)
	}
	_, private := newKey(t)
	out, err = r.openSSH("", identity(t, private))
	if !errors.As(err, &exit) || exit.ExitCode() != 255 || !strings.Contains(out, "Permission denied (publickey)") {
		t.Errorf("wrong key: %q, %v", out, err)
	}
}

func TestWhoHasNoRightKeyIsRefused(t *testing.T) {
	r := newRig(t, Limits{})
	wrong, _ := newKey(t)
	if _, err := r.dial(); err == nil {
		t.Error("let in without a key")
	}
	if _, err := r.dial(wrong); err == nil {
		t.Error("let in with another key")
	}
	if c, err := ssh.Dial("tcp", r.address, &ssh.ClientConfig{User: "root", Auth: []ssh.AuthMethod{ssh.Password("")}, HostKeyCallback: ssh.InsecureIgnoreHostKey()}); err == nil {
		c.Close()
		t.Error("let in with a password")
	}
	var many []ssh.Signer
	for range maxTries + 1 {
		k, _ := newKey(t)
		many = append(many, k)
	}
	if _, err := r.dial(append(many, r.signer)...); err == nil {
		t.Error("let in after too many keys")
	}
	r.works()
	if _, err := NewServer(Options{}); err != errNoKeys {
		t.Errorf("a server without keys: %v", err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	r := newRig(t, Limits{Connections: 8})
	var in []*ssh.Client
	for range 7 {
		in = append(in, r.mustDial())
	}
	// A hundred at once, of which none says anything: one finds the last
	// slot, the others are told and closed.
	var wg sync.WaitGroup
	var mu sync.Mutex
	told := 0
	conns := make(chan net.Conn, 100)
	for range 100 {
		wg.Go(func() {
			c, err := net.Dial("tcp", r.address)
			if err != nil {
				t.Error(err)
				return
			}
			conns <- c
			c.SetReadDeadline(time.Now().Add(20 * time.Second))
			line := make([]byte, 64)
			n, _ := io.ReadAtLeast(c, line, 13)
			mu.Lock()
			defer mu.Unlock()
			if strings.HasPrefix(string(line[:n]), "Ringo: too many connections\r\n"[:13]) {
				told++
			}
		})
	}
	wg.Wait()
	if told != 99 {
		t.Errorf("%d of 100 were refused, want 99", told)
	}
	// Those who are in notice nothing.
	for _, c := range in {
		s, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if out, _ := s.Output("still here"); string(out) != "root says still here\n" {
			t.Errorf("output %q", out)
		}
	}
	close(conns)
	for c := range conns {
		c.Close()
	}
	r.until("there is room again", func() bool { return len(r.server.slots) < 8 })
	r.works()
	if n := strings.Count(r.logged(), "refused"); n > 4 {
		t.Errorf("%d lines in the log about refused clients", n)
	}
}

func TestLoginEndsInTime(t *testing.T) {
	r := newRig(t, Limits{Connections: 1, Handshake: 50 * time.Millisecond})
	for _, says := range []string{"", "SSH-2.0-slow\r\n", "GET / HTTP/1.0\r\n\r\n", strings.Repeat("x", 100)} {
		c, err := net.Dial("tcp", r.address)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, says)
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.Copy(io.Discard, c); errors.Is(err, net.ErrClosed) {
			t.Errorf("%q: %v", says, err)
		} else if e, ok := err.(net.Error); ok && e.Timeout() {
			t.Errorf("%q: it is not cut off", says)
		}
		c.Close()
		r.until("the slot is free", func() bool { return len(r.server.slots) == 0 })
	}
}

func TestLoginWithoutASessionEnds(t *testing.T) {
	r := newRig(t, Limits{Handshake: 300 * time.Millisecond})
	c := r.mustDial()
	if err := c.Wait(); err == nil {
		t.Error("no error")
	}
	c = r.mustDial()
	if _, _, err := c.OpenChannel("session", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		t.Error("no error")
	}
}

func TestSlowClientLosesItsConnectionOnly(t *testing.T) {
	r := newRig(t, Limits{Unread: 200 * time.Millisecond})
	c := r.mustDial()
	ch, requests, err := c.OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	go ssh.DiscardRequests(requests)
	if ok, err := ch.SendRequest("exec", true, ssh.Marshal(execRequest{"flood"})); !ok || err != nil {
		t.Fatal(ok, err)
	}
	// Nothing is read; meanwhile others work.
	r.works()
	if err := c.Wait(); err == nil {
		t.Error("no error")
	}
	r.until("the session has ended", func() bool { return r.stopped() == 2 })
	r.works()
}

func TestIdleSessionEnds(t *testing.T) {
	r := newRig(t, Limits{Idle: 100 * time.Millisecond})
	c := r.mustDial()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	s.StdinPipe() // else there is an end of file
	if err := s.Run("wait"); err == nil {
		t.Error("no error")
	}
	c.Wait()
	r.until("the session has ended", func() bool { return r.stopped() == 1 })
}

func TestClientThatIsGoneIsNoticed(t *testing.T) {
	r := newRig(t, Limits{Silence: 300 * time.Millisecond})
	// A relay that stops passing anything on: the cable is out.
	relay, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	var out sync.Mutex // held when the cable is out
	server := r.address
	go func() {
		a, err := relay.Accept()
		if err != nil {
			return
		}
		b, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		pass := func(to, from net.Conn) {
			buf := make([]byte, 4096)
			for {
				n, err := from.Read(buf)
				out.Lock()
				out.Unlock()
				if err != nil {
					to.Close()
					return
				}
				to.Write(buf[:n])
			}
		}
		go pass(a, b)
		pass(b, a)
	}()
	r.address = relay.Addr().String()
	c := r.mustDial()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	s.StdinPipe()
	if err := s.Start("wait"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // while it answers, it stays
	if r.stopped() != 0 {
		t.Error("a quiet client is cut off")
	}
	out.Lock()
	r.until("the session has ended", func() bool { return r.stopped() == 1 })
	out.Unlock()
	r.address = server
	r.works()
}

func TestOneSessionAndNothingElse(t *testing.T) {
	r := newRig(t, Limits{})
	c := r.mustDial()
	if _, err := c.Dial("tcp", "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "sessions only") {
		t.Errorf("forwarding: %v", err)
	}
	if _, err := c.Listen("tcp", "127.0.0.1:0"); err == nil {
		t.Error("forwarding back")
	}
	ch, requests, err := c.OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	go ssh.DiscardRequests(requests)
	if _, _, err := c.OpenChannel("session", nil); err == nil || !strings.Contains(err.Error(), "one session") {
		t.Errorf("second session: %v", err)
	}
	for _, q := range []struct {
		kind    string
		payload []byte
		ok      bool
	}{
		{"subsystem", ssh.Marshal(struct{ Name string }{"sftp"}), false},
		{"env", ssh.Marshal(struct{ Name, Value string }{"A", "B"}), false},
		{"auth-agent-req@openssh.com", nil, false},
		{"x11-req", nil, false},
		{"pty-req", []byte{0, 0, 0, 99}, false},
		{"window-change", []byte{1}, false},
		{"exec", nil, false},
		{"exec", ssh.Marshal(execRequest{""}), false},
		{"exec", ssh.Marshal(execRequest{strings.Repeat("x", maxCommand+1)}), false},
		{"shell", nil, true},
		{"shell", nil, false},
		{"exec", ssh.Marshal(execRequest{"hello"}), false},
		{"pty-req", ssh.Marshal(ptyRequest{}), false},
	} {
		if ok, err := ch.SendRequest(q.kind, true, q.payload); ok != q.ok || err != nil {
			t.Errorf("%s %q: %v, %v", q.kind, q.payload, ok, err)
		}
	}
	ch.Close()
	c.Wait()
}

func TestBugInASessionCostsTheSession(t *testing.T) {
	r := newRig(t, Limits{})
	c := r.mustDial()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if exit, ok := s.Run("bug").(*ssh.ExitError); !ok || exit.ExitStatus() != 1 {
		t.Errorf("exit %v", exit)
	}
	r.works()
	if log := r.logged(); !strings.Contains(log, "bug in Ringo: a bug[2J") {
		t.Errorf("log %q", log)
	}
}

func TestKeysAreRead(t *testing.T) {
	a, _ := newKey(t)
	b, _ := newKey(t)
	line := func(k ssh.Signer) string { return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k.PublicKey()))) }
	text := "# who may\n\n" + line(a) + " student@lab\r\nnonsense\ncommand=\"x\" " + line(b) + "\n" + line(b)
	keys, errs := ParseKeys([]byte(text))
	if keys.Len() != 2 || len(errs) != 2 || errs[0].Error() != "line 4: not a public key" || !strings.HasPrefix(errs[1].Error(), "line 5: a key with options") {
		t.Errorf("%d keys, %v", keys.Len(), errs)
	}
	if got := keys.comments[string(a.PublicKey().Marshal())]; got != "student@lab" {
		t.Errorf("comment %q", got)
	}
	var many bytes.Buffer
	for range maxKeys + 1 {
		k, _ := newKey(t)
		many.WriteString(line(k) + "\n")
	}
	if keys, errs := ParseKeys(many.Bytes()); keys.Len() != maxKeys || len(errs) != 1 {
		t.Errorf("%d keys, %v", keys.Len(), errs)
	}
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if keys, _ := ParseKeys(text); keys.Len() > maxKeys {
			t.Errorf("%d keys", keys.Len())
		}
	})
}
