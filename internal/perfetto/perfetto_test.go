package perfetto

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/perfetto/record"
)

// saved is a trace of a machine with two vCPUs on two processors, by a counter of
// 2 GHz: the clock's ns are half its ticks.
func saved() *record.Trace {
	return &record.Trace{
		Clock:   record.Clock{Hz: 2e9, TSC: 20000, NS: 10000},
		Reasons: []string{"none", "port", "HLT"},
		Machines: []record.Machine{{Name: "linux", CPUs: []record.CPU{
			{Exits: []record.Exit{
				{Entered: 2000, Left: 4000, Reason: 1, RIP: 0x1010, Info: 0x3f8, Write: true, Size: 1},
				{Entered: 4600, Left: 8000, Reason: 2, Injected: record.Interrupt, Vector: 0xec},
				{Entered: 12000, Left: 12002, Reason: 9, Injected: record.Exception, Vector: 14},
			}},
			{},
		}}, {Name: "off"}},
		Slices:   []record.Slice{{Machine: "linux", CPU: 0, Processor: 1, From: 1000, To: 4000}, {Machine: "linux", CPU: 0, Processor: 0, From: 6000, To: 10000}},
		Switches: []record.Switch{{Processor: 0, Thread: 4, At: 3000}, {Processor: 0, Thread: 0, At: 3500}, {Processor: 0, Thread: 5, At: 9000}},
	}
}

// open is a trace as JSON, checked and read again.
func open(t testing.TB, trace *record.Trace, symbols *Symbols) *Parsed {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, trace, symbols); err != nil {
		t.Fatal(err)
	}
	p, err := Parse(b.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, b.Bytes())
	}
	return p
}

func TestEverythingIsOnOneTimeLine(t *testing.T) {
	p := open(t, saved(), nil)
	// In µs, since the first slice began.
	for _, want := range []struct {
		process, track, phase, name string
		at, dur                     float64
	}{
		{"vm linux", "vCPU 0", "X", "port", 1, 0.3},
		{"vm linux", "vCPU 0", "i", "interrupt 0xec", 1.3, 0},
		{"vm linux", "vCPU 0", "X", "HLT", 3, 2},
		{"vm linux", "vCPU 0", "i", "exception #PF", 5, 0},
		{"vm linux", "vCPU 0", "X", "reason 9", 5.001, 3.999},
		{"vm linux", "vCPU 0 runs on", "X", "processor 1", 0, 3},
		{"vm linux", "vCPU 0 runs on", "X", "processor 0", 5, 4},
		{"host: who runs where", "processor 1", "X", "linux.0", 0, 3},
		{"host: who runs where", "processor 0", "X", "linux.0", 5, 4},
		{"host: threads", "processor 0's threads", "X", "thread 4", 2, 0.5},
		{"host: threads", "processor 0's threads", "X", "thread 5", 8, 1},
	} {
		found := false
		for _, e := range p.Events {
			found = found || e.Process == want.process && e.Track == want.track && e.Phase == want.phase && e.Name == want.name && near(e.At, want.at) && near(e.Dur, want.dur)
		}
		if !found {
			t.Errorf("there is no %+v", want)
		}
	}
	if len(p.Events) != 11 {
		t.Errorf("%d events: %+v", len(p.Events), p.Events)
	}
	if e := p.Events[2]; e.Name != "port" || e.Args["cycles"] != 600.0 || e.Args["info"] != "0x3f8" || e.Args["write"] != true {
		t.Errorf("%+v", e)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

// The counters of two processors may differ a little: what is on a track still
// does not overlap.
func TestEventsOfATrackDoNotOverlap(t *testing.T) {
	trace := saved()
	trace.Machines[0].CPUs[0].Exits[1].Entered = 3000
	trace.Machines[0].CPUs[0].Exits[2].Entered = 14000
	trace.Slices = append(trace.Slices, record.Slice{Machine: "linux", CPU: 1, Processor: 0, From: 5000, To: 7000})
	open(t, trace, nil)
}

func TestTimesThatCannotBeAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*record.Trace){
		"no rate":  func(t *record.Trace) { t.Clock.Hz = 0 },
		"exit":     func(t *record.Trace) { t.Clock.Hz = 1; t.Machines[0].CPUs[0].Exits[0].Left = 1 << 62 },
		"slice":    func(t *record.Trace) { t.Slices[0].To = math.MaxUint64 },
		"switch":   func(t *record.Trace) { t.Switches[0].At = math.MaxUint64 },
		"the time": func(t *record.Trace) { t.Clock.NS = math.MaxUint64 },
	} {
		trace := saved()
		spoil(trace)
		if err := Write(&bytes.Buffer{}, trace, nil); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}

func TestExitsAreNamedBySymbols(t *testing.T) {
	s, err := ParseSymbols([]byte("0000000000001000 T native_write\n0000000000001008 d data\n0000000000002000 t hlt\t[module]\n0000000000000000 T hidden\nnonsense\n"))
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[uint64]string{0xfff: "", 0x1000: "native_write", 0x1010: "native_write+0x10", 0x2001: "hlt+0x1", 0x2000 + maxFunction: "", math.MaxUint64: ""} {
		if got := s.Name(addr); got != want {
			t.Errorf("%#x is %q, want %q", addr, got, want)
		}
	}
	if e := open(t, saved(), s).Events[2]; e.Args["at"] != "native_write+0x10" {
		t.Errorf("%+v", e)
	}
}

// anELF is an ELF file with symbols in a section of code and one of data.
func anELF(t testing.TB, code, data []elf.Sym64, names string) []byte {
	t.Helper()
	const head, section = 64, 64 // bytes
	var symbols, b bytes.Buffer
	for _, s := range append(append([]elf.Sym64{{}}, code...), data...) {
		if err := binary.Write(&symbols, binary.LittleEndian, s); err != nil {
			t.Fatal(err)
		}
	}
	at := uint64(head)
	sections := []elf.Section64{
		{}, {Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC | elf.SHF_EXECINSTR)}, {Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC)},
		{Type: uint32(elf.SHT_SYMTAB), Off: at, Size: uint64(symbols.Len()), Link: 4, Entsize: elf.Sym64Size},
		{Type: uint32(elf.SHT_STRTAB), Off: at + uint64(symbols.Len()), Size: uint64(len(names))},
	}
	h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1, Shoff: at + uint64(symbols.Len()+len(names)), Ehsize: head, Shentsize: section, Shnum: uint16(len(sections)), Shstrndx: 4}
	copy(h.Ident[:], elf.ELFMAG+"\x02\x01\x01") // 64 bits, little-endian
	for _, part := range []any{h, symbols.Bytes(), []byte(names), sections} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestSymbolsOfAnELFFile(t *testing.T) {
	function := func(name uint32, addr uint64) elf.Sym64 {
		return elf.Sym64{Name: name, Info: byte(elf.STT_FUNC), Shndx: 1, Value: addr}
	}
	variable := elf.Sym64{Name: 1, Info: byte(elf.STT_OBJECT), Shndx: 2, Value: 0x3000}
	file := anELF(t, []elf.Sym64{function(3, 0x2000), function(1, 0x1000)}, []elf.Sym64{variable}, "\x00a\x00bc\x00")
	s, err := ParseSymbols(file)
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[uint64]string{0x1004: "a+0x4", 0x2000: "bc", 0x3001: "bc+0x1001"} {
		if got := s.Name(addr); got != want {
			t.Errorf("%#x is %q, want %q", addr, got, want)
		}
	}
	if _, err := ParseSymbols(anELF(t, nil, []elf.Sym64{variable}, "\x00a\x00")); err == nil {
		t.Error("a file without functions is taken")
	}
}

func TestFilesWithoutSymbolsAreRefused(t *testing.T) {
	for _, file := range []string{"", "text\n", "\x7fELF", "0000000000000000 T all_hidden\n"} {
		if _, err := ParseSymbols([]byte(file)); err == nil {
			t.Errorf("%q is taken", file)
		}
	}
}

func TestBadEventsAreFound(t *testing.T) {
	names := `{"name":"process_name","ph":"M","ts":0,"pid":1,"tid":0,"args":{"name":"p"}},{"name":"thread_name","ph":"M","ts":0,"pid":1,"tid":1,"args":{"name":"t"}}`
	for _, c := range []struct{ events, want string }{
		{names, ""},
		{names + `,{"name":"a","ph":"X","ts":1,"dur":2,"pid":1,"tid":1},{"name":"b","ph":"X","ts":1,"dur":1,"pid":1,"tid":1}`, ""},
		{names + `,{"name":"a","ph":"X","ts":1,"dur":2,"pid":1}`, "no tid"},
		{names + `,{"name":"a","ph":"X","dur":2,"pid":1,"tid":1}`, "no ts"},
		{names + `,{"name":"a","ts":2,"pid":1,"tid":1}`, "no ph"},
		{names + `,{"name":"a","ph":"X","ts":2,"pid":1,"tid":1}`, "no dur"},
		{names + `,{"name":"a","ph":"Q","ts":2,"pid":1,"tid":1}`, "phase"},
		{names + `,{"name":"a","ph":"i","ts":2,"pid":1,"tid":1},{"name":"a","ph":"i","ts":1,"pid":1,"tid":1}`, "before"},
		{names + `,{"name":"a","ph":"X","ts":1,"dur":2,"pid":1,"tid":1},{"name":"b","ph":"X","ts":2,"dur":2,"pid":1,"tid":1}`, "overlaps"},
		{names + `,{"name":"a","ph":"i","ts":2,"pid":2,"tid":1}`, "no name"},
		{names + `,{"name":"a","ph":"i","ts":2,"pid":1,"tid":3}`, "no name"},
	} {
		_, err := Parse([]byte(`{"traceEvents":[` + c.events + `]}`))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.events, err, c.want)
		}
	}
}

func FuzzParseSymbols(f *testing.F) {
	f.Add([]byte("0000000000001000 T native_write\n"), uint64(0x1001))
	f.Add([]byte("\x7fELF\x02\x01\x01"), uint64(0))
	f.Fuzz(func(t *testing.T, file []byte, addr uint64) {
		if s, err := ParseSymbols(file); err == nil {
			s.Name(addr)
		}
	})
}

// Whatever a file says, what comes of it is in good form, or an error.
func FuzzWrite(f *testing.F) {
	f.Add(uint64(2e9), uint64(20000), uint64(10000), uint64(1), uint64(4), uint64(9), uint8(1))
	f.Fuzz(func(t *testing.T, hz, tsc, ns, a, b, c uint64, kind uint8) {
		const most = 1 << 49 // so that a float64 of µs has the ns
		trace := saved()
		trace.Clock = record.Clock{Hz: hz, TSC: tsc % most, NS: ns % most}
		a, b, c = a%most, b%most, c%most
		if hz < 1e9 {
			return
		}
		e := trace.Machines[0].CPUs[0].Exits
		e[0].Left, e[1].Entered, e[1].Left, e[2].Entered, e[1].Injected = a, b, c, a+b, record.Injection(kind)
		trace.Slices[0].From, trace.Slices[0].To = b, a
		trace.Switches[1].At = c
		var out bytes.Buffer
		if Write(&out, trace, nil) != nil {
			return
		}
		if _, err := Parse(out.Bytes()); err != nil {
			t.Errorf("%v\n%s", err, out.Bytes())
		}
		if !json.Valid(out.Bytes()) {
			t.Error("no JSON")
		}
	})
}
