// Package names answers for the names of machines (DNS, RFC 1035), and asks the
// uplink's servers for those who may know other names. Messages are read and
// written by github.com/miekg/dns.
package names

import (
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// Port is where questions arrive.
const Port = 53

const (
	maxQuestion = 1232 // bytes; RFC 9715 §3.1
	ttl         = 5    // seconds that an answer holds
	// maxForwarded bounds the questions that wait for another server, and
	// forwardTime how long one waits.
	maxForwarded = 32
	forwardTime  = 3 * time.Second
)

// Server answers questions.
type Server struct {
	// Domain is that of the machines: "linux" is also called "linux.DOMAIN".
	Domain string
	// Find is the address of a machine, Name the machine with an address.
	Find func(name string) (netip.Addr, bool)
	Name func(a netip.Addr) (string, bool)
	// Forward asks another server and returns its answer, within a time; nil
	// is none. May tells who may make it do that.
	Forward func(question []byte, patience time.Duration) ([]byte, error)
	May     func(client netip.Addr) bool
}

// Serve answers what arrives at a socket, until that is closed.
func (s *Server) Serve(c net.PacketConn, client func(net.Addr) netip.Addr) error {
	slots := make(chan struct{}, maxForwarded)
	buf := make([]byte, maxQuestion)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return err
		}
		answer, forward := s.Answer(buf[:n], client(from))
		if answer != nil {
			c.WriteTo(answer, from)
		}
		if !forward {
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			continue // it will ask again
		}
		question := append([]byte(nil), buf[:n]...)
		go func() {
			defer func() { <-slots }()
			if answer, err := s.Forward(question, forwardTime); err == nil && len(answer) <= ether.MTU-28 {
				c.WriteTo(answer, from)
			}
		}()
	}
}

// Answer is the answer to a question, nil if there is none, or, with forward, if
// another server is to be asked.
func (s *Server) Answer(question []byte, client netip.Addr) (answer []byte, forward bool) {
	var m dns.Msg
	if len(question) > maxQuestion || m.Unpack(question) != nil || m.Response {
		return nil, false
	}
	var r dns.Msg
	r.SetReply(&m)
	r.RecursionAvailable = s.Forward != nil
	if m.Opcode != dns.OpcodeQuery || len(m.Question) != 1 || m.Question[0].Qclass != dns.ClassINET {
		r.Rcode = dns.RcodeNotImplemented
	} else if !s.local(&r, m.Question[0]) {
		if s.Forward != nil && s.May(client) {
			return nil, true
		}
		r.Rcode = dns.RcodeNameError
	}
	b, err := r.Pack()
	if err != nil {
		return nil, false
	}
	return b, false
}

// local fills in the answer to a question that is the server's own to answer.
func (s *Server) local(r *dns.Msg, q dns.Question) bool {
	name := strings.ToLower(strings.TrimSuffix(q.Name, "."))
	if a, ok := reverse(name); ok {
		machine, ok := s.Name(a)
		if ok && q.Qtype == dns.TypePTR {
			r.Answer = append(r.Answer, &dns.PTR{Hdr: header(q), Ptr: dns.Fqdn(machine + "." + s.Domain)})
		}
		return ok || a.IsPrivate()
	}
	short, own := strings.CutSuffix(name, "."+s.Domain)
	if !own && strings.Contains(name, ".") {
		return false
	}
	a, ok := s.Find(short)
	if !ok {
		if own {
			r.Rcode = dns.RcodeNameError
		}
		return own
	}
	r.Authoritative = true
	if q.Qtype == dns.TypeA || q.Qtype == dns.TypeANY {
		r.Answer = append(r.Answer, &dns.A{Hdr: header(q), A: a.AsSlice()})
	}
	return true
}

func header(q dns.Question) dns.RR_Header {
	kind := q.Qtype
	if kind == dns.TypeANY {
		kind = dns.TypeA
	}
	return dns.RR_Header{Name: q.Name, Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
}

// reverse is the address in a name such as 1.0.77.10.in-addr.arpa. RFC 1035
// §3.5.
func reverse(name string) (netip.Addr, bool) {
	digits, ok := strings.CutSuffix(name, ".in-addr.arpa")
	part := strings.Split(digits, ".")
	if !ok || len(part) != 4 {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(part[3] + "." + part[2] + "." + part[1] + "." + part[0])
	return a, err == nil && a.Is4()
}
