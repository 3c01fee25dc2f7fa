package hostgdb

import "github.com/ringo-vmm/ringo/vmm/gdb/packet"

// features is what the stub can do beside the old packets.
const features = ";QStartNoAckMode+;qXfer:features:read+;swbreak+;vContSupported+;binary-upload+"

// query handles the packets that begin with q.
func (s *Stub) query(w *packet.Writer, p []byte) {
	name, args, _ := packet.Cut(p, ':')
	switch string(name) {
	case "Supported":
		w.Str("PacketSize=").Number(maxPacket).Str(features)
	case "Attached":
		w.Str("1")
	case "C":
		w.Str("QC").Number(uint64(s.threads.CPU + 1))
	case "Symbol":
		w.Str("OK")
	case "fThreadInfo":
		s.threads.List(w, true)
	case "sThreadInfo":
		s.threads.List(w, false)
	case "Xfer":
		transfer(w, args)
	default:
		const about = "ThreadExtraInfo,"
		if hasPrefix(p, about) {
			if cpu, ok := s.threads.Parse(p[len(about):]); ok && cpu >= 0 {
				w.Hex(s.text[:s.machine.About(cpu, s.text[:])])
			}
		}
	}
}

// transfer handles qXfer:features:read:target.xml:OFFSET,LENGTH.
func transfer(w *packet.Writer, p []byte) {
	const annex = "features:read:target.xml:"
	if !hasPrefix(p, annex) {
		if hasPrefix(p, "features:read:") {
			w.Str("E00")
		}
		return
	}
	offset, n, ok := packet.Pair(p[len(annex):], ',')
	if !ok || offset > uint64(len(description)) {
		w.Fail(packet.ErrSyntax)
		return
	}
	rest := uint64(len(description)) - offset
	part := min(n, rest, maxPacket/2-1)
	if part == rest {
		w.Str("l")
	} else {
		w.Str("m")
	}
	for i := offset; i < offset+part; i++ { // none of its bytes needs an escape
		w.Str(description[i : i+1])
	}
}

// description is the target description: GDB manual, appendix G.
const description = `<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target version="1.0">` +
	`<architecture>i386:x86-64</architecture><feature name="org.gnu.gdb.i386.core"><flags id="i386_eflags" size="4">` +
	flag + `CF" start="0" end="0"/>` + flag + `PF" start="2" end="2"/>` + flag + `AF" start="4" end="4"/>` + flag + `ZF" start="6" end="6"/>` +
	flag + `SF" start="7" end="7"/>` + flag + `TF" start="8" end="8"/>` + flag + `IF" start="9" end="9"/>` + flag + `DF" start="10" end="10"/>` +
	flag + `OF" start="11" end="11"/>` + flag + `AC" start="18" end="18"/></flags>` +
	long + `rax"` + word + long + `rbx"` + word + long + `rcx"` + word + long + `rdx"` + word +
	long + `rsi"` + word + long + `rdi"` + word + long + `rbp" type="data_ptr"/>` + long + `rsp" type="data_ptr"/>` +
	long + `r8"` + word + long + `r9"` + word + long + `r10"` + word + long + `r11"` + word +
	long + `r12"` + word + long + `r13"` + word + long + `r14"` + word + long + `r15"` + word +
	long + `rip" type="code_ptr"/>` + short + `eflags" type="i386_eflags"/>` +
	short + `cs"/>` + short + `ss"/>` + short + `ds"/>` + short + `es"/>` + short + `fs"/>` + short + `gs"/>` +
	float + `st0"/>` + float + `st1"/>` + float + `st2"/>` + float + `st3"/>` + float + `st4"/>` + float + `st5"/>` + float + `st6"/>` + float + `st7"/>` +
	short + `fctrl"/>` + short + `fstat"/>` + short + `ftag"/>` + short + `fiseg"/>` + short + `fioff"/>` + short + `foseg"/>` + short + `fooff"/>` + short + `fop"/>` +
	`</feature><feature name="org.ringo-vmm.system">` +
	long + `fsbase"` + system + long + `cr0"` + system + long + `cr2"` + system + long + `cr3"` + system + long + `cr4"` + system + long + `efer"` + system +
	`</feature></target>`

const (
	flag   = `<field name="`
	long   = `<reg bitsize="64" name="`
	short  = `<reg bitsize="32" name="`
	float  = `<reg bitsize="80" type="i387_ext" name="`
	word   = ` type="int64"/>`
	system = ` type="int64" group="system"/>`
)
