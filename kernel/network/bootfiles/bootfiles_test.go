package bootfiles

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

var file = bytes.Repeat([]byte("0123456789abcdef"), 200)

func files(name string) ([]byte, bool) { return file, name == "f" }

// end is one of two sockets: what one writes the other reads.
type end struct {
	in, out chan []byte
	lose    func(p []byte) bool // of what is written
	late    <-chan time.Time
}

func pair() (a, b *end) {
	x, y := make(chan []byte, 1000), make(chan []byte, 1000)
	return &end{in: x, out: y}, &end{in: y, out: x}
}

var peer = &net.UDPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 1000}

func (e *end) WriteTo(p []byte, _ net.Addr) (int, error) {
	if e.lose == nil || !e.lose(p) {
		e.out <- bytes.Clone(p)
	}
	return len(p), nil
}

func (e *end) ReadFrom(p []byte) (int, net.Addr, error) {
	select {
	case b, ok := <-e.in:
		if !ok {
			return 0, nil, net.ErrClosed
		}
		return copy(p, b), peer, nil
	case <-e.late:
		return 0, nil, timeout{}
	}
}

type timeout struct{}

func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }
func (timeout) Error() string   { return "late" }

// SetReadDeadline makes deadlines shorter, so that a test need not wait.
func (e *end) SetReadDeadline(time.Time) error {
	e.late = time.After(20 * time.Millisecond)
	return nil
}
func (e *end) Close() error                     { return nil }
func (e *end) LocalAddr() net.Addr              { return peer }
func (e *end) SetDeadline(time.Time) error      { return nil }
func (e *end) SetWriteDeadline(time.Time) error { return nil }

// fetch is a client that acknowledges each window.
func fetch(e *end, block, window int) (all []byte) {
	next, since := uint16(1), 0
	for p := range e.in {
		if p[1] == opOACK {
			e.WriteTo([]byte{0, opAck, 0, 0}, nil)
			continue
		}
		if n := uint16(p[2])<<8 | uint16(p[3]); n != next {
			e.WriteTo([]byte{0, opAck, byte((next - 1) >> 8), byte(next - 1)}, nil)
			since = 0
			continue
		}
		all = append(all, p[4:]...)
		last := len(p) < block+4
		if since++; since == window || last {
			since = 0
			e.WriteTo([]byte{0, opAck, p[2], p[3]}, nil)
		}
		if last {
			return all
		}
		next++
	}
	return all
}

func TestTransfersSurviveLoss(t *testing.T) {
	for _, tt := range []struct {
		options       string
		block, window int
		name          string
	}{
		{"", 512, 1, "plain"}, {"blksize\x001000\x00", 1000, 1, "blocks"}, {"blksize\x00100\x00windowsize\x008\x00tsize\x000\x00", 100, 8, "windows"},
		{"blksize\x0016\x00", 16, 1, "the last block is empty"},
	} {
		server, client := pair()
		n := 0
		server.lose = func([]byte) bool { n++; return n%5 == 2 }
		s := &TFTP{Files: files}
		q, refusal := s.request([]byte("\x00\x01f\x00octet\x00" + tt.options))
		if q == nil {
			t.Fatalf("%s: %q", tt.name, refusal)
		}
		s.Socket = func() (net.PacketConn, error) { return server, nil }
		done := make(chan error, 1)
		go func() { done <- s.transfer(q, peer) }()
		if got := fetch(client, tt.block, tt.window); !bytes.Equal(got, file) {
			t.Errorf("%s: %d bytes, want %d", tt.name, len(got), len(file))
		}
		if err := <-done; err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestASilentClientIsGivenUp(t *testing.T) {
	server, client := pair()
	s := &TFTP{Files: files, Socket: func() (net.PacketConn, error) { return server, nil }}
	q, _ := s.request([]byte("\x00\x01f\x00octet\x00"))
	if err := s.transfer(q, peer); err == nil {
		t.Error("it goes on")
	}
	if len(client.in) != maxResends+1 {
		t.Errorf("%d packets", len(client.in))
	}
	client.WriteTo(tftpError(0, "stop"), nil)
	if err := s.transfer(q, peer); err != errStopped {
		t.Error(err)
	}
}

func TestRequestsThatCannotBeMetAreRefused(t *testing.T) {
	s := &TFTP{Files: files}
	for packet, want := range map[string]string{
		"\x00\x02f\x00octet\x00": "only be read", "\x00\x01g\x00octet\x00": "no such file", "\x00\x01f\x00netascii\x00": "octet",
		"\x00\x01f": "want", "\x00\x01f\x00octet": "want", "\x00\x04\x00\x01": "", "": "", "\x00\x01\x00octet\x00": "no such file",
	} {
		q, refusal := s.request([]byte(packet))
		if q != nil || want == "" != (refusal == nil) || !strings.Contains(string(refusal), want) {
			t.Errorf("%q: %q", packet, refusal)
		}
	}
}

func TestTransfersAreBounded(t *testing.T) {
	s := &TFTP{Files: files}
	other := &net.UDPAddr{IP: net.IPv4(10, 0, 0, 3), Port: 1}
	for i := range maxPerAddress + 1 {
		if s.begin(peer) != (i < maxPerAddress) {
			t.Errorf("transfer %d", i)
		}
	}
	if !s.begin(other) {
		t.Error("another client waits")
	}
	s.end(other)
	for range maxPerAddress {
		s.end(peer)
	}
	if s.count != 0 || len(s.active) != 0 {
		t.Errorf("%d left", s.count)
	}
}

func FuzzTFTP(f *testing.F) {
	f.Add([]byte("\x00\x01f\x00octet\x00blksize\x001000\x00"), []byte("\x00\x04\x00\x00\x00\x04\x00\x01"))
	f.Fuzz(func(t *testing.T, packet, answers []byte) {
		server, client := pair()
		late := make(chan time.Time)
		close(late)
		s := &TFTP{Files: files, Socket: func() (net.PacketConn, error) { return hasty{server, late}, nil }}
		q, _ := s.request(packet)
		if q == nil {
			return
		}
		if q.block < blockMin || q.block > blockMax || q.window < 1 || q.window > windowMax {
			t.Fatalf("%+v", q)
		}
		for len(answers) >= 4 {
			client.WriteTo(answers[:4], nil)
			answers = answers[4:]
		}
		go func() {
			for range client.in {
			}
		}()
		s.transfer(q, peer)
		close(client.in)
	})
}

// hasty is an end whose every deadline has passed.
type hasty struct {
	*end
	late chan time.Time
}

func (h hasty) SetReadDeadline(time.Time) error { h.end.late = h.late; return nil }

func TestConnectionsAreBounded(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := NewHTTP(Files(files).Handler())
	go s.Serve(Limit(l, 1))
	defer s.Close()
	hold, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(hold, "HEAD /f HTTP/1.1\r\nHost: x\r\n\r\n")
	b := make([]byte, 1000)
	if n, err := hold.Read(b); err != nil || !strings.HasPrefix(string(b[:n]), "HTTP/1.1 200") {
		t.Fatalf("%q, %v", b[:n], err)
	}
	second, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	second.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := second.Read(b); err == nil {
		t.Error("a second connection is served")
	}
	hold.Close()
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for end := time.Now().Add(10 * time.Second); ; {
		r, err := client.Get("http://" + l.Addr().String() + "/f")
		if err == nil {
			got, _ := io.ReadAll(r.Body)
			r.Body.Close()
			if !bytes.Equal(got, file) {
				t.Errorf("%d bytes", len(got))
			}
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}
