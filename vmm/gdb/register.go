package gdb

import (
	"github.com/ringo-vmm/ringo/vmm/gdb/packet"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// register is one that gdb knows. Its number is its place in a layout.
type register struct {
	name  string
	size  int    // bytes
	kind  string // gdb's type
	value func(s *x86.State) uint64
	set   func(s *x86.State, v uint64) // nil: it cannot be set
	xmm   int                          // number of an SSE register plus 1; it has no value then
}

// put adds the register's value to a packet. One that has none is unknown.
func (r *register) put(w *packet.Writer, s *x86.State, xmm *[16]x86.XMM) {
	switch {
	case r.xmm > 0 && xmm != nil:
		v := &xmm[r.xmm-1]
		w.Little(v[0], 8).Little(v[1], 8)
	case r.value != nil:
		w.Little(r.value(s), r.size)
	default:
		w.Unknown(r.size)
	}
}

// take sets the register to what a packet has for it, size bytes. It tells
// whether the register can be set.
func (r *register) take(p []byte, s *x86.State, xmm *[16]x86.XMM) bool {
	switch {
	case r.xmm > 0:
		xmm[r.xmm-1] = x86.XMM{little(p[:8]), little(p[8:])}
	case r.set != nil:
		r.set(s, little(p))
	default:
		return false
	}
	return true
}

// little is a number in the guest's byte order.
func little(p []byte) (v uint64) {
	for i, b := range p[:min(len(p), 8)] {
		v |= uint64(b) << (8 * i)
	}
	return v
}

// readAll handles g: the registers of the general group. gdb asks for the
// others one by one, as it needs them.
func (s *Server) readAll(w *packet.Writer) {
	s.target.State(s.threads.CPU, &s.state)
	xmm := s.target.XMM(s.threads.CPU)
	for i := range s.layout.general {
		s.layout.registers[i].put(w, &s.state, xmm)
	}
}

// writeAll handles G. What has no value is left out.
func (s *Server) writeAll(w *packet.Writer, p []byte) {
	s.target.State(s.threads.CPU, &s.state)
	xmm := s.target.XMM(s.threads.CPU)
	for i := range s.layout.general {
		r := &s.layout.registers[i]
		if len(p) < 2*r.size {
			break
		}
		var raw [16]byte
		if n, ok := packet.DecodeHex(raw[:r.size], p[:2*r.size]); ok {
			r.take(raw[:n], &s.state, xmm)
		}
		p = p[2*r.size:]
	}
	s.target.SetState(s.threads.CPU, &s.state)
	w.Str("OK")
}

// readOne handles p.
func (s *Server) readOne(w *packet.Writer, p []byte) {
	n, ok := packet.Number(p)
	if !ok || n >= uint64(len(s.layout.registers)) {
		w.Fail(packet.ErrRegister)
		return
	}
	s.target.State(s.threads.CPU, &s.state)
	s.layout.registers[n].put(w, &s.state, s.target.XMM(s.threads.CPU))
}

// writeOne handles P.
func (s *Server) writeOne(w *packet.Writer, p []byte) {
	number, value, _ := packet.Cut(p, '=')
	n, ok := packet.Number(number)
	if !ok || n >= uint64(len(s.layout.registers)) {
		w.Fail(packet.ErrRegister)
		return
	}
	r := &s.layout.registers[n]
	var raw [16]byte
	if size, ok := packet.DecodeHex(raw[:], value); !ok || size != r.size {
		w.Fail(packet.ErrSyntax)
		return
	}
	s.target.State(s.threads.CPU, &s.state)
	if !r.take(raw[:r.size], &s.state, s.target.XMM(s.threads.CPU)) {
		w.Fail(packet.ErrRegister)
		return
	}
	s.target.SetState(s.threads.CPU, &s.state)
	w.Str("OK")
}
