package hostgdb

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/hostpkg"
	"github.com/ringo-vmm/ringo/vmm/gdb/packet"
)

// fake is a machine that knows NOP, JMP and INT3, in memory from 0 on.
type fake struct {
	mem     []byte
	cpus    []Registers
	watches [Watches]watch
	in      []byte
	out     bytes.Buffer
	conn    net.Conn // in place of in and out
	over    bool
	reset   bool
	patient bool // nothing to receive is not the end
}

func newFake() *fake {
	f := &fake{mem: make([]byte, 0x3000), cpus: make([]Registers, 2)}
	copy(f.mem[0x1000:], []byte{0x90, 0x90, 0x90, 0xeb, 0xfb})
	for i := range f.cpus {
		f.cpus[i] = Registers{RIP: 0x1000, RFLAGS: 0x202, FSBase: 0x77}
		f.cpus[i].GPR[15] = uint64(i)
	}
	return f
}

// gone ends a talk whose peer has no more to say.
type gone struct{}

func (f *fake) Receive() (byte, bool) {
	if f.conn != nil && len(f.in) == 0 {
		chunk := make([]byte, 4096)
		n, err := f.conn.Read(chunk)
		if err != nil {
			panic(gone{})
		}
		f.in = chunk[:n]
	}
	if len(f.in) == 0 && f.patient {
		return 0, false
	}
	if len(f.in) == 0 {
		panic(gone{})
	}
	b := f.in[0]
	f.in = f.in[1:]
	return b, true
}

func (f *fake) Send(p []byte) {
	if f.conn != nil {
		f.conn.Write(p)
		return
	}
	f.out.Write(p)
}

func (f *fake) Processors() int                    { return len(f.cpus) }
func (f *fake) Registers(cpu int, r *Registers)    { *r = f.cpus[cpu] }
func (f *fake) SetRegisters(cpu int, r *Registers) { f.cpus[cpu] = *r }
func (f *fake) System(s *System)                   { *s = System{0x80000011} }
func (f *fake) About(_ int, text []byte) int       { return copy(text, "thread 5") }
func (f *fake) Reset()                             { f.reset = true }

func (f *fake) Read(va uint64, p []byte) int {
	if va >= uint64(len(f.mem)) {
		return 0
	}
	return copy(p, f.mem[va:])
}

func (f *fake) Write(va uint64, p []byte) int {
	if va >= uint64(len(f.mem)) {
		return 0
	}
	return copy(f.mem[va:], p)
}

func (f *fake) Watch(n int, va, size uint64, reads bool) { f.watches[n] = watch{va, size, reads} }

// run is the machine between two stops.
func (f *fake) run(s *Stub, r Resume) Stop {
	for i := 0; ; i++ {
		cpu := r.Processor
		if !r.Step {
			cpu = i % len(f.cpus)
		}
		regs := &f.cpus[cpu]
		switch f.mem[regs.RIP] {
		case 0x90:
			regs.RIP++
		case 0xeb:
			regs.RIP += 2 + uint64(int8(f.mem[regs.RIP+1]))
		case trap:
			return Stop{Processor: cpu, Why: AtBreakpoint}
		}
		if r.Step {
			return Stop{Processor: cpu, Why: Stepped}
		}
		if f.watches[0].size != 0 {
			return Stop{Processor: cpu, Why: Watched}
		}
	}
}

// serve is the machine's life with gdb.
func serve(s *Stub, f *fake) {
	defer func() {
		if e := recover(); e != nil && e != (gone{}) {
			panic(e)
		}
	}()
	for stop := (Stop{Why: Fault}); ; {
		r := s.Enter(stop)
		if !s.Attached() || f.reset {
			return
		}
		stop = f.run(s, r)
	}
}

func frame(data string) string {
	var w packet.Writer
	w.Init(make([]byte, len(data)+8))
	return string(w.Begin().Str(data).End())
}

func TestReplies(t *testing.T) {
	for _, c := range []struct{ packet, want string }{
		{"?", "T06thread:1;"},
		{"qSupported", "PacketSize=1000" + features},
		{"qfThreadInfo", "m1,2"},
		{"qThreadExtraInfo,2", "7468726561642035"},
		{"Hg2", "OK"}, {"Hg3", "E04"}, {"T2", "OK"}, {"T7", "E04"},
		{"m1000,5", "909090ebfb"}, {"m2fff,10", "00"}, {"m9000,1", "E02"}, {"m", "E01"},
		{"M1000,1:91", "OK"}, {"M9000,1:91", "E02"}, {"M1000,2:91", "E01"}, {"X1000,1:\x01", "OK"},
		{"p10", "0010000000000000"}, {"p28", "7700000000000000"}, {"p29", "1100008000000000"}, {"pff", "E03"}, {"p18", "xxxxxxxxxxxxxxxxxxxx"},
		{"P10=0020000000000000", "OK"}, {"P12=00000000", "E03"}, {"P10=00", "E03"},
		{"Z0,9000,1", "E05"}, {"z0,1000,1", "OK"}, {"Z3,1000,1", ""}, {"Z2,1001,2", "E05"}, {"Z2,1000,8", "OK"}, {"Z0", "E01"},
		{"vCont?", "vCont;c;C;s;S;r"}, {"vCont;r10", "E01"}, {"vCont;q", "E01"}, {"vMustReplyEmpty", ""}, {"qOffsets", ""},
	} {
		f := newFake()
		f.in = []byte(frame(c.packet))
		var s Stub
		s.Init(f)
		serve(&s, f)
		if want := "+" + frame(c.want); f.out.String() != want {
			t.Errorf("%s: %q, want %q", c.packet, f.out.String(), want)
		}
	}
}

func TestBreakpointsAreInCodeWhileItRunsOnly(t *testing.T) {
	f := newFake()
	s := new(Stub)
	s.Init(f)
	step := frame("vCont;s:1")
	f.in = []byte(frame("Z0,1001,1") + step)
	s.Enter(Stop{})
	if f.mem[0x1001] != trap || !s.Breakpoint(0x1001) {
		t.Fatal("no breakpoint in memory")
	}
	f.out.Reset()
	f.in = []byte(frame("m1000,3") + frame("M1001,1:f4") + frame("m1000,3") + step)
	s.waiting = false
	s.Enter(Stop{})
	if want := "+" + frame("909090") + "+" + frame("OK") + "+" + frame("90f490") + "+"; f.out.String() != want {
		t.Errorf("%q, want %q", f.out.String(), want)
	}
	if f.mem[0x1001] != trap {
		t.Error("writing has taken the breakpoint away")
	}
	f.in = []byte(frame("D"))
	s.Enter(Stop{})
	if f.mem[0x1001] != 0xf4 || s.Attached() {
		t.Error("it is there after gdb has left")
	}
}

func TestAProcessorStepsThroughARange(t *testing.T) {
	f := newFake()
	s := new(Stub)
	s.Init(f)
	f.in = []byte(frame("vCont;r1000,1003:1"))
	f.patient = true
	steps := 0
	for stop := (Stop{}); len(f.in) > 0 || f.cpus[0].RIP < 0x1003; steps++ {
		stop = f.run(s, s.Enter(stop))
	}
	if steps != 3 {
		t.Errorf("%d steps", steps)
	}
	f.in = []byte("\x03" + frame("D"))
	s.Enter(Stop{Why: Stepped})
	if got := f.out.String(); !strings.HasPrefix(got, "+"+frame("T05thread:1;")) {
		t.Errorf("%q", got)
	}
}

func TestNothingAllocates(t *testing.T) {
	f := newFake()
	s := new(Stub)
	s.Init(f)
	text := []byte(frame("qSupported") + frame("g") + frame("m1000,100") + frame("x1000,100") + frame("Z0,1000,1") + frame("z0,1000,1") +
		frame("qXfer:features:read:target.xml:0,800") + frame("qfThreadInfo") + frame("qThreadExtraInfo,1") + frame("vCont;s:1"))
	f.out.Grow(1 << 16)
	if n := testing.AllocsPerRun(100, func() {
		f.in = text
		f.out.Reset()
		s.Enter(Stop{})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestGdb(t *testing.T) {
	if err := hostpkg.This(os.Stderr).Ensure([]hostpkg.Package{{Apt: "gdb", Probe: "gdb"}}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, done := newFake(), make(chan error, 1)
	go func() {
		var err error
		if f.conn, err = l.Accept(); err == nil {
			defer f.conn.Close()
			s := new(Stub)
			s.Init(f)
			serve(s, f)
		}
		done <- err
	}()
	file := filepath.Join(t.TempDir(), "commands")
	os.WriteFile(file, []byte("set width 0\nset confirm off\ntarget remote "+l.Addr().String()+`
info threads
info registers rip eflags cr0 fsbase
stepi
break *0x1002
continue
x/3i 0x1000
delete
watch *(long*)0x2000
thread 2
p $r15
set var $rax = 7
p $rax
detach
`), 0o666)
	out, err := exec.Command("gdb", "-nx", "-batch", "-x", file).CombinedOutput()
	if err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, want := range []string{`Thread 2 \(thread 5\)`, `rip +0x1000`, `\[ IF \]`, `cr0 +0x80000011`, `fsbase +0x77`, `hit Breakpoint 1, 0x0*1002`, `=> 0x1002:\s+nop`, `\$1 = 1\n`, `\$2 = 7\n`} {
		if !regexp.MustCompile(want).Match(out) {
			t.Errorf("no %q", want)
		}
	}
	if f.mem[0x1002] != 0x90 {
		t.Error("a breakpoint is left")
	}
	if t.Failed() || strings.Contains(string(out), "warning: A") {
		t.Logf("%s", out)
	}
}

func FuzzStub(fz *testing.F) {
	for _, data := range []string{"qSupported", "g", "G00", "m1000,10", "X1000,4:abcd", "Z0,1000,1", "vCont;s:1;c", "P0=0", "D", "k", "?", "Hc-1", "qThreadExtraInfo,-1"} {
		fz.Add([]byte("+" + frame(data)))
	}
	fz.Fuzz(func(t *testing.T, in []byte) {
		f := newFake()
		f.in = in
		s := new(Stub)
		s.Init(f)
		defer func() {
			if e := recover(); e != nil && e != (gone{}) {
				panic(e)
			}
		}()
		for range 100 {
			s.Enter(Stop{})
		}
	})
}
