package gdb

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm/gdb/packet"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// peer talks with a Server as gdb would.
type peer struct {
	t    *testing.T
	conn net.Conn
	r    packet.Reader
	rest []byte
	done chan error
}

func connect(t *testing.T, s *Server) *peer {
	t.Helper()
	here, there := net.Pipe()
	p := &peer{t: t, conn: here, done: make(chan error, 1)}
	p.r.Init(make([]byte, 2*maxPacket))
	go func() { p.done <- s.Serve(there); there.Close() }()
	t.Cleanup(func() { here.Close() })
	here.SetDeadline(time.Now().Add(20 * time.Second))
	return p
}

func newPeer(t *testing.T, f *fake) *peer {
	t.Helper()
	return connect(t, New(f, func(line string) string { return "ringo: " + line + "\n" }))
}

func frame(data string) string {
	var w packet.Writer
	w.Init(make([]byte, len(data)+8))
	return string(w.Begin().Str(data).End())
}

func (p *peer) write(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.conn, text); err != nil {
		p.t.Fatal(err)
	}
}

// event is the next that the stub makes.
func (p *peer) event() packet.Event {
	p.t.Helper()
	for {
		for i, b := range p.rest {
			if e := p.r.Feed(b); e != packet.None {
				p.rest = p.rest[i+1:]
				return e
			}
		}
		chunk := make([]byte, 4096)
		n, err := p.conn.Read(chunk)
		if err != nil {
			p.t.Fatal(err)
		}
		p.rest = chunk[:n]
	}
}

// receive is the next packet.
func (p *peer) receive() string {
	p.t.Helper()
	for {
		switch p.event() {
		case packet.Packet:
			return string(p.r.Data())
		case packet.Damaged:
			p.t.Fatal("a damaged packet")
		}
	}
}

// ask sends a packet and is the reply.
func (p *peer) ask(data string) string {
	p.t.Helper()
	p.write(frame(data))
	return p.receive()
}

// want asks and compares.
func (p *peer) want(data, reply string) {
	p.t.Helper()
	if got := p.ask(data); got != reply {
		p.t.Errorf("%s: %q, want %q", data, got, reply)
	}
}

const pending = "T02"

func TestReplies(t *testing.T) {
	for _, c := range []struct{ name, packet, want string }{
		{"unknown", "vFlash", ""},
		{"unknown query", "qNothing", ""},
		{"unknown set", "QNothing", ""},
		{"must be empty", "vMustReplyEmpty", ""},
		{"features", "qSupported:xmlRegisters=i386", "PacketSize=4000" + features},
		{"actions", "vCont?", "vCont;c;C;s;S;r"},
		{"current thread", "qC", "QC1"},
		{"threads", "qfThreadInfo", "m1,2"},
		{"attached", "qAttached", "1"},
		{"alive", "T2", "OK"},
		{"not alive", "T3", "E04"},
		{"thread of registers", "Hg2", "OK"},
		{"thread that is none", "Hg9", "E04"},
		{"bad thread", "Hgx", "E04"},
		{"all threads", "Hc-1", "OK"},
		{"memory", "m1000,8", "9048ffc08807ebf9"},
		{"memory up to its end", "m3ffe,8", "0000"},
		{"no memory", "m9000,4", "E02"},
		{"no address", "mx,4", "E01"},
		{"nothing", "m1000,0", ""},
		{"write", "M2000,2:a55a", "OK"},
		{"write nowhere", "M9000,1:00", "E02"},
		{"write less than said", "M2000,4:a55a", "E01"},
		{"write no hex", "M2000,1:zz", "E01"},
		{"probe", "X0,0:", "OK"},
		{"binary", "X2000,2:a}\x03", "OK"},
		{"binary, cut off", "X2000,2:a}", "E01"},
		{"one register", "p10", "0010000000000000"},
		{"unavailable", "p18", "xxxxxxxxxxxxxxxxxxxx"},
		{"register that is none", "pfff", "E03"},
		{"set one", "P0=8877665544332211", "OK"},
		{"set too short", "P0=88", "E01"},
		{"set what cannot be", "P18=00000000000000000000", "E03"},
		{"breakpoint", "Z1,1000,1", "OK"},
		{"breakpoint that fails", "Z0,ffffffff,1", "E05"},
		{"breakpoint that is none", "z0,1000,1", "OK"},
		{"kind that is none", "Z7,1000,1", ""},
		{"bad breakpoint", "Z1,", "E01"},
		{"bad action", "vCont;x", "E01"},
		{"bad range", "vCont;r1000", "E01"},
		{"no action", "vCont", "T0206:0000000000000000;07:0000000000000000;10:0010000000000000;thread:01;"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPeer(t, newFake(2, x86.EFERLMA))
			want := strings.ReplaceAll(c.want, "thread:01", "thread:1")
			want = strings.ReplaceAll(want, "T0206:", "T026:")
			want = strings.ReplaceAll(want, ";07:", ";7:")
			p.want(c.packet, want)
		})
	}
}

func TestBinaryReadsAreEscaped(t *testing.T) {
	f := newFake(1, x86.EFERLMA)
	copy(f.mem[0x100:], "a#}$*b")
	p := newPeer(t, f)
	got := []byte(p.ask("x100,6"))
	data, ok := packet.Unescape(got[1:])
	if got[0] != 'b' || !ok || string(data) != "a#}$*b" {
		t.Errorf("%q", got)
	}
}

func TestRegistersSurviveTheWayBack(t *testing.T) {
	for _, efer := range []uint64{0, x86.EFERLMA} {
		f := newFake(1, efer)
		f.xmm[0][3] = x86.XMM{1, 2}
		p := newPeer(t, f)
		before, xmm := f.cpus[0], f.xmm[0]
		all := p.ask("g")
		p.want("G"+all, "OK")
		if f.cpus[0] != before || f.xmm[0] != xmm {
			t.Errorf("EFER %#x: G of what g gave changes the state", efer)
		}
		changed := strings.Replace(all, all[:8], "78563412", 1)
		p.want("G"+changed, "OK")
		if f.cpus[0].GPR[x86.RAX]&0xffff_ffff != 0x12345678 {
			t.Errorf("RAX %#x", f.cpus[0].GPR[x86.RAX])
		}
	}
}

func TestTheDescriptionIsThatOfTheMode(t *testing.T) {
	for _, c := range []struct {
		efer       uint64
		arch, name string
	}{{0, ">i386<", "eax"}, {x86.EFERLMA, ">i386:x86-64<", "rax"}} {
		p := newPeer(t, newFake(1, c.efer))
		p.ask("qSupported")
		text := ""
		for {
			part := p.ask(fmt.Sprintf("qXfer:features:read:target.xml:%x,400", len(text)))
			data, _ := packet.Unescape([]byte(part[1:]))
			text += string(data)
			if part[0] == 'l' {
				break
			}
		}
		for _, want := range []string{c.arch, `name="` + c.name + `"`, `name="gdtr_base"`, `name="efer"`, `name="tr_limit"`} {
			if !strings.Contains(text, want) {
				t.Errorf("EFER %#x: no %s", c.efer, want)
			}
		}
		p.want("qXfer:features:read:other.xml:0,100", "E00")
		p.want("qXfer:features:read:target.xml:ffffff,100", "E01")
	}
}

func TestStops(t *testing.T) {
	f := newFake(2, x86.EFERLMA)
	p := newPeer(t, f)
	p.want("Z1,1004,1", "OK")
	if got := p.ask("vCont;c:2"); !strings.Contains(got, "thread:2;hwbreak:;") || f.cpus[0].RIP != start {
		t.Errorf("%s, the first processor is at %#x", got, f.cpus[0].RIP)
	}
	p.want("z1,1004,1", "OK")
	p.want("Z2,2000,1", "OK")
	if got := p.ask("vCont;c"); !strings.Contains(got, "watch:2000;") {
		t.Error(got)
	}
	p.want("z2,2000,1", "OK")
	if got := p.ask("vCont;s:1"); !strings.HasPrefix(got, "T05") || !strings.Contains(got, "thread:1;") {
		t.Error(got)
	}
	if got := p.ask("vCont;r1000,1006:1"); !strings.HasPrefix(got, "T05") || f.cpus[0].RIP != store+2 {
		t.Errorf("%s after a range, at %#x", got, f.cpus[0].RIP)
	}
	f.mem[loop] = 0
	if got := p.ask("vCont;c"); got != "O"+fmt.Sprintf("%x", "the guest ran into nowhere\n") {
		t.Error(got)
	}
	if got := p.receive(); got != "W00" {
		t.Error(got)
	}
	if f.attached {
		t.Error("the machine has ended, and the stub has not left it")
	}
}

func TestCtrlCStopsTheMachine(t *testing.T) {
	f := newFake(1, x86.EFERLMA)
	p := newPeer(t, f)
	p.ask("?")
	p.write(frame("vCont;c"))
	if p.event() != packet.Acked {
		t.Fatal("no acknowledgement")
	}
	p.write("\x03")
	if got := p.receive(); !strings.HasPrefix(got, pending) {
		t.Error(got)
	}
}

func TestAPacketThatWasLostIsSentAgain(t *testing.T) {
	p := newPeer(t, newFake(1, x86.EFERLMA))
	p.want("qC", "QC1")
	p.write("-")
	if got := p.receive(); got != "QC1" {
		t.Error(got)
	}
	p.write("$qC#00")
	if p.event() != packet.Refused {
		t.Error("a damaged packet was taken")
	}
}

func TestWithoutAcknowledgements(t *testing.T) {
	p := newPeer(t, newFake(1, x86.EFERLMA))
	p.want("QStartNoAckMode", "OK")
	p.write("+" + frame("qC"))
	if e := p.event(); e != packet.Packet {
		t.Errorf("event %v before the reply", e)
	}
	p.write(frame("qSupported"))
	if e := p.event(); e != packet.Acked {
		t.Errorf("a gdb that begins anew gets %v", e)
	}
}

func TestTheMachineGoesOnWithoutGdb(t *testing.T) {
	for _, how := range []string{"detached", "gone while it stands", "gone while it runs"} {
		f := newFake(1, x86.EFERLMA)
		p := newPeer(t, f)
		p.want("Z1,3000,1", "OK")
		switch how {
		case "detached":
			p.want("D", "OK")
			if f.attached || len(f.places) != 0 {
				t.Errorf("%s: attached %v, %v", how, f.attached, f.places)
			}
			p.ask("?")
			if !f.attached {
				t.Errorf("%s: it cannot come again", how)
			}
		case "gone while it runs":
			f.endless = true
			p.write(frame("vCont;c"))
			p.event()
		}
		p.conn.Close()
		<-p.done
		if f.attached || len(f.places) != 0 {
			t.Errorf("%s: attached %v, %v", how, f.attached, f.places)
		}
	}
}

func TestAGdbThatBeginsAnewFindsAMachineThatStands(t *testing.T) {
	f := newFake(1, x86.EFERLMA)
	f.endless = true
	p := newPeer(t, f)
	p.ask("?")
	p.write(frame("vCont;c"))
	p.event()
	p.ask("qSupported")
	if got := p.ask("?"); !strings.HasPrefix(got, pending) {
		t.Error(got)
	}
}

func TestAMachineThatIsOff(t *testing.T) {
	f := newFake(1, 0)
	f.off = true
	newPeer(t, f).want("qSupported", "E.the machine is off")
}

func TestKill(t *testing.T) {
	f := newFake(1, 0)
	newPeer(t, f).want("vKill;1", "OK")
	if !f.killed || f.attached {
		t.Error("the machine lives")
	}
}

func TestMonitor(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"vm list", "ringo: vm list\n"},
		{"phys 0x1000 8", "0000000000001000: 90 48 ff c0 88 07 eb f9 "},
		{"phys 0x1000", "break exit"},
		{"phys 0 0x7fffffff", "LEN: give up to"},
		{"break exit none", ""},
		{"break exit NMI-window", ""},
		{"break exit lunch", "the reasons are: none, host interrupt"},
		{"break exception 6", ""},
		{"break exception 99", "value out of range"},
		{"break triple", ""},
		{"arch", "it is i386:x86-64"},
		{"arch 32", "from the next connection on"},
		{"arch 12", "give auto, 32 or 64"},
		{"help", "ringo: help"},
		{"", ""},
	} {
		p := newPeer(t, newFake(1, x86.EFERLMA))
		p.write(frame(fmt.Sprintf("qRcmd,%x", c.line)))
		text := ""
		reply := p.receive()
		for ; reply != "OK" && reply[0] == 'O'; reply = p.receive() {
			raw := make([]byte, len(reply))
			n, _ := packet.DecodeHex(raw, []byte(reply[1:]))
			text += string(raw[:n])
		}
		if reply != "OK" || !strings.Contains(text, c.want) || c.want == "" && text != "" {
			t.Errorf("%s: %q, %s", c.line, text, reply)
		}
	}
}

func TestCaught(t *testing.T) {
	f := newFake(1, x86.EFERLMA)
	p := newPeer(t, f)
	p.ask(fmt.Sprintf("qRcmd,%x", "break exit CPUID"))
	if got := p.ask("vCont;c"); got != "O"+fmt.Sprintf("%x", "caught exit by CPUID\n") {
		t.Error(got)
	}
	if got := p.receive(); !strings.HasPrefix(got, "T05") {
		t.Error(got)
	}
	p.ask(fmt.Sprintf("qRcmd,%x", "delete"))
	if len(f.catches) != 0 {
		t.Error(f.catches)
	}
}

// stream is a connection that says what it says and takes everything.
type stream struct {
	in      io.Reader
	written int
}

func (s *stream) Read(p []byte) (int, error) { return s.in.Read(p) }
func (s *stream) Write(p []byte) (int, error) {
	s.written += len(p)
	return len(p), nil
}

func FuzzServe(f *testing.F) {
	for _, data := range []string{"qSupported", "g", "G00", "m1000,10", "X1000,4:abcd", "Z0,1000,1", "vCont;s:1;c", "qRcmd,62", "P0=0", "D", "k", "?"} {
		f.Add([]byte("+" + frame(data)))
	}
	f.Add([]byte("\x03" + frame("c") + "\x03"))
	f.Fuzz(func(t *testing.T, in []byte) {
		target := newFake(2, x86.EFERLMA)
		s := New(target, func(string) string { return "" })
		conn := &stream{in: bytes.NewReader(in)}
		if err := s.Serve(conn); err != nil {
			t.Fatal(err)
		}
		if target.attached {
			t.Fatal("it is still attached")
		}
		if conn.written > (len(in)+1)*2*maxPacket {
			t.Fatalf("%d bytes for %d", conn.written, len(in))
		}
	})
}
