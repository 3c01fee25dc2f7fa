package uart

import (
	"strings"
	"testing"
)

// open is a probed and initialised port on f.
func open(t *testing.T, f *fakeUART) *Port {
	t.Helper()
	p := &Port{IO: f, Base: fakeBase}
	if err := p.Probe(); err != nil {
		t.Fatalf("Probe: %v", err)
	}
	if err := p.Init(115200); err != nil {
		t.Fatalf("Init: %v", err)
	}
	return p
}

func send(p *Port, s string) error {
	for i := range len(s) {
		if err := p.WriteByte(s[i]); err != nil {
			return err
		}
	}
	return nil
}

func TestProbeTellsTheChipsApart(t *testing.T) {
	for _, kind := range []Kind{I8250, I16450, I16550, I16550A} {
		f := &fakeUART{kind: kind, mcr: mcrDTR | mcrOUT2, ier: ierReceive}
		p := &Port{IO: f, Base: fakeBase}
		if err := p.Probe(); err != nil || p.Kind() != kind {
			t.Errorf("%v: found %v, error %v", kind, p.Kind(), err)
		}
		if f.ier != 0 || f.mcr&mcrLoop != 0 || f.lcr&lcrDLAB != 0 || f.edges > 0 && f.irq {
			t.Errorf("%v: left with IER %#x, MCR %#x, LCR %#x", kind, f.ier, f.mcr, f.lcr)
		}
	}
}

func TestProbeRefusesWhatIsNoUART(t *testing.T) {
	for name, c := range map[string]struct {
		f    *fakeUART
		base uint16
		want Error
	}{
		"floating bus":  {&fakeUART{}, fakeBase, ErrFloating},
		"empty base":    {&fakeUART{kind: I16550A}, 0x2f8, ErrFloating},
		"reads as zero": {&fakeUART{zeroes: true}, fakeBase, ErrRegisters},
		"eight enables": {&fakeUART{kind: I16550A, highIER: true}, fakeBase, ErrRegisters},
		"no loopback":   {&fakeUART{kind: I16550A, noLoop: true}, fakeBase, ErrLoopback},
	} {
		p := &Port{IO: c.f, Base: c.base}
		if err := p.Probe(); err != c.want || p.Kind() != None {
			t.Errorf("%s: error %v, kind %v; want %v", name, err, p.Kind(), c.want)
		}
		if c.want == ErrFloating && c.f.writes > 0 {
			t.Errorf("%s: %d writes to ports that float", name, c.f.writes)
		}
		if err := p.Init(115200); err != ErrNoProbe {
			t.Errorf("%s: Init gives %v", name, err)
		}
		if err := p.WriteByte('x'); err != ErrNoProbe {
			t.Errorf("%s: WriteByte gives %v", name, err)
		}
	}
}

func TestProbePutsBackWhatItChanged(t *testing.T) {
	f := &fakeUART{kind: I16550A, noLoop: true, ier: 0x05, lcr: 0x1b, mcr: 0x09}
	p := &Port{IO: f, Base: fakeBase}
	p.Probe()
	if f.ier != 0x05 || f.lcr != 0x1b || f.mcr != 0x09 {
		t.Errorf("IER %#x, LCR %#x, MCR %#x", f.ier, f.lcr, f.mcr)
	}
}

func TestInitProgramsSpeedFormatAndFIFO(t *testing.T) {
	for baud, divisor := range map[uint32]uint8{115200: 1, 57600: 2, 38400: 3, 19200: 6, 9600: 12} {
		f := &fakeUART{kind: I16550A}
		p := open(t, f)
		if err := p.Init(baud); err != nil {
			t.Fatalf("Init(%d): %v", baud, err)
		}
		if f.dll != divisor || f.dlm != 0 {
			t.Errorf("%d baud: divisor %d:%d, want %d", baud, f.dlm, f.dll, divisor)
		}
		if f.lcr != lcr8N1 || f.fcr != 0x87 || f.mcr != mcrDTR|mcrRTS|mcrOUT2 || f.ier != 0 {
			t.Errorf("LCR %#x, FCR %#x, MCR %#x, IER %#x", f.lcr, f.fcr, f.mcr, f.ier)
		}
	}
}

func TestInitRefusesSpeedsItCannotMakeOrBound(t *testing.T) {
	p := open(t, &fakeUART{kind: I16550A})
	for _, baud := range []uint32{0, 1, 50, 1200, 8000, 100000, 115201, 230400, 1<<32 - 1} {
		if err := p.Init(baud); err != ErrBaud {
			t.Errorf("Init(%d) gives %v", baud, err)
		}
	}
}

func TestWriteByteLosesNothingOnASlowTransmitter(t *testing.T) {
	text := strings.Repeat("the quick brown fox ", 20)
	for _, kind := range []Kind{I8250, I16450, I16550, I16550A} {
		f := &fakeUART{kind: kind, slow: 50}
		p := open(t, f)
		if err := send(p, text); err != nil {
			t.Fatalf("%v: %v", kind, err)
		}
		if string(f.tx) != text {
			t.Errorf("%v: sent %q", kind, f.tx)
		}
	}
}

func TestFIFOIsFilledWithOneStatusRead(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	f.reads = 0
	if err := send(p, strings.Repeat("x", 4*fifoDepth)); err != nil {
		t.Fatal(err)
	}
	if f.reads != 4 {
		t.Errorf("%d port reads for four FIFOs", f.reads)
	}
}

func TestStuckTransmitterDiesThenCostsOneReadAByte(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	f.stuck = true
	f.reads = 0
	for i := range deadAfter {
		if err := p.WriteByte('x'); err != ErrTimeout {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	if f.reads != deadAfter*maxPolls {
		t.Errorf("%d polls until dead, want %d", f.reads, deadAfter*maxPolls)
	}
	f.reads = 0
	for range 1000 {
		if err := p.WriteByte('x'); err != ErrDead {
			t.Fatalf("dead port: %v", err)
		}
	}
	if s := p.Stats(); f.reads != 1000 || !s.Dead || s.Dropped != 1000+deadAfter {
		t.Errorf("%d reads for 1000 bytes, stats %+v", f.reads, s)
	}

	f.stuck = false
	if err := send(p, "back"); err != nil || string(f.tx) != "back" || p.Stats().Dead {
		t.Errorf("after recovery: sent %q, error %v, stats %+v", f.tx, err, p.Stats())
	}
}

func TestVanishedPortDies(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	f.kind = None
	for range deadAfter {
		if err := p.WriteByte('x'); err != ErrTimeout {
			t.Fatal(err)
		}
	}
	if _, ok := p.Receive(); ok || p.Stats().Overruns > 0 {
		t.Errorf("vanished port receives; stats %+v", p.Stats())
	}
	if n := p.Interrupt(make([]byte, 8)); n != 0 {
		t.Errorf("vanished port gives %d bytes", n)
	}
}

func TestInitWaitsABoundedTimeForAStuckTransmitter(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	f.stuck = true
	f.reads = 0
	if err := p.Init(115200); err != nil {
		t.Fatal(err)
	}
	if f.reads > maxPolls+10 {
		t.Errorf("%d reads", f.reads)
	}
}

func TestTextSendsCRLFOnce(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb\n":     "a\r\nb\r\n",
		"a\r\nb\r\n": "a\r\nb\r\n",
		"\n\n":       "\r\n\r\n",
		"50%\rdone":  "50%\rdone",
	} {
		f := &fakeUART{kind: I16550A}
		out := Text{Port: open(t, f)}
		for i := range len(text) {
			if err := out.WriteByte(text[i]); err != nil {
				t.Fatal(err)
			}
		}
		if string(f.tx) != want {
			t.Errorf("%q sent as %q, want %q", text, f.tx, want)
		}
	}
}

func TestWritePathDoesNotAllocate(t *testing.T) {
	f := &fakeUART{kind: I16550A, tx: make([]byte, 0, 1<<20)}
	out := Text{Port: open(t, f)}
	n := testing.AllocsPerRun(100, func() {
		out.WriteByte('x')
		out.WriteByte('\n')
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
