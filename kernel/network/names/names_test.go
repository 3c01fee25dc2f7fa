package names

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"
)

var (
	linux  = netip.MustParseAddr("10.77.0.2")
	closed = netip.MustParseAddr("10.77.0.3")
)

func newServer() *Server {
	return &Server{Domain: "ringo",
		Find:    func(name string) (netip.Addr, bool) { return linux, name == "linux" },
		Name:    func(a netip.Addr) (string, bool) { return "linux", a == linux },
		Forward: func(q []byte, _ time.Duration) ([]byte, error) { return nil, errors.New("nobody there") },
		May:     func(a netip.Addr) bool { return a != closed },
	}
}

func TestQuestionsAreAnswered(t *testing.T) {
	for _, tt := range []struct {
		name    string
		kind    uint16
		from    netip.Addr
		want    string
		code    int
		forward bool
	}{
		{"linux.", dns.TypeA, linux, "10.77.0.2", 0, false},
		{"Linux.RINGO.", dns.TypeA, linux, "10.77.0.2", 0, false},
		{"linux.ringo.", dns.TypeAAAA, linux, "", 0, false},
		{"linux.ringo.", dns.TypeANY, linux, "10.77.0.2", 0, false},
		{"other.ringo.", dns.TypeA, linux, "", dns.RcodeNameError, false},
		{"a.linux.ringo.", dns.TypeA, linux, "", dns.RcodeNameError, false},
		{"example.com.", dns.TypeA, linux, "", 0, true},
		{"example.com.", dns.TypeA, closed, "", dns.RcodeNameError, false},
		{"2.0.77.10.in-addr.arpa.", dns.TypePTR, linux, "linux.ringo.", 0, false},
		{"9.0.77.10.in-addr.arpa.", dns.TypePTR, linux, "", 0, false},
		{"8.8.8.8.in-addr.arpa.", dns.TypePTR, linux, "", 0, true},
		{"8.8.8.8.8.in-addr.arpa.", dns.TypePTR, linux, "", 0, true},
	} {
		var m, r dns.Msg
		m.SetQuestion(tt.name, tt.kind)
		q, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		b, forward := newServer().Answer(q, tt.from)
		if forward != tt.forward || forward == (b != nil) {
			t.Errorf("%s: forwarded %v, answer %x", tt.name, forward, b)
		}
		if b == nil {
			continue
		}
		if err := r.Unpack(b); err != nil || r.Id != m.Id || !r.Response || r.Rcode != tt.code {
			t.Errorf("%s: %v, %v", tt.name, &r, err)
		}
		got := ""
		for _, a := range r.Answer {
			switch a := a.(type) {
			case *dns.A:
				got = a.A.String()
			case *dns.PTR:
				got = a.Ptr
			}
		}
		if got != tt.want {
			t.Errorf("%s is %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestForwardedAnswersArrive(t *testing.T) {
	s := newServer()
	s.Forward = func(q []byte, _ time.Duration) ([]byte, error) { return append([]byte("to "), q[:2]...), nil }
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- s.Serve(server, func(net.Addr) netip.Addr { return linux }) }()
	c, err := net.Dial("udp", server.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var m dns.Msg
	m.SetQuestion("example.com.", dns.TypeA)
	q, _ := m.Pack()
	c.Write([]byte("no question"))
	c.Write(q)
	c.SetDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 100)
	if n, err := c.Read(b); err != nil || string(b[:n]) != "to "+string(q[:2]) {
		t.Errorf("%q, %v", b[:n], err)
	}
	server.Close()
	<-done
}

func FuzzAnswer(f *testing.F) {
	var m dns.Msg
	m.SetQuestion("linux.ringo.", dns.TypeA)
	q, _ := m.Pack()
	f.Add(q)
	f.Fuzz(func(t *testing.T, q []byte) {
		b, forward := newServer().Answer(q, linux)
		if forward && b != nil || len(b) > maxQuestion+512 {
			t.Errorf("%d bytes, forward %v", len(b), forward)
		}
	})
}
