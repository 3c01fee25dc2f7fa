package gdb

import (
	"io"
	"strings"

	"github.com/ringo-vmm/ringo/vmm/gdb/packet"
)

// features is what the stub can do beside the old packets, after the size of
// the largest one.
const features = ";QStartNoAckMode+;qXfer:features:read+;swbreak+;hwbreak+;vContSupported+;binary-upload+"

// query handles the packets that begin with q.
func (s *Server) query(conn io.Writer, w *packet.Writer, p []byte) bool {
	name, args, _ := packet.Cut(p, ':')
	switch string(name) {
	case "Supported":
		s.choose()
		w.Str("PacketSize=").Number(maxPacket).Str(features)
	case "Attached":
		w.Str("1") // so gdb detaches when it ends
	case "C":
		w.Str("QC").Number(uint64(s.threads.CPU + 1))
	case "Symbol":
		w.Str("OK") // we need none
	case "fThreadInfo":
		s.threads.List(w, true)
	case "sThreadInfo":
		s.threads.List(w, false)
	case "Xfer":
		s.transfer(w, args)
	default:
		if thread, ok := strings.CutPrefix(string(p), "ThreadExtraInfo,"); ok {
			s.threadAbout(w, []byte(thread))
		} else if line, ok := strings.CutPrefix(string(p), "Rcmd,"); ok {
			return s.remote(conn, w, line)
		}
	}
	return true
}

// threadAbout handles qThreadExtraInfo.
func (s *Server) threadAbout(w *packet.Writer, p []byte) {
	cpu, ok := s.threads.Parse(p)
	if !ok || cpu < 0 {
		w.Fail(packet.ErrThread)
		return
	}
	w.HexStr(s.target.About(cpu))
}

// transfer handles qXfer:features:read:target.xml:OFFSET,LENGTH.
func (s *Server) transfer(w *packet.Writer, p []byte) {
	window, ok := strings.CutPrefix(string(p), "features:read:target.xml:")
	if !ok {
		if strings.HasPrefix(string(p), "features:read:") {
			w.Str("E00") // no such annex
		}
		return
	}
	offset, n, ok := packet.Pair([]byte(window), ',')
	text := s.layout.xml
	if !ok || offset > uint64(len(text)) {
		w.Fail(packet.ErrSyntax)
		return
	}
	text = text[offset:]
	// What comes is mostly text, of which few bytes need an escape.
	part := []byte(text[:min(n, uint64(len(text)), maxPacket/2-1)])
	if len(part) == len(text) {
		w.Str("l")
	} else {
		w.Str("m")
	}
	w.Binary(part)
}
