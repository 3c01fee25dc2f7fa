package record

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// example is a trace with something of everything.
func example() *Trace {
	return &Trace{
		Clock:   Clock{Hz: 2_500_000_000, TSC: 1 << 40, NS: 5_000_000_000},
		Reasons: []string{"none", "HLT"},
		Machines: []Machine{{Name: "linux", CPUs: []CPU{
			{Exits: []Exit{
				{Entered: 1000, Left: 2000, RIP: 0xffffffff81000000, Info: 0x3f8, RAX: 'x', Reason: 1, Write: true, Size: 1},
				{Entered: 2500, Left: 2600, RIP: 0xffffffff81000010, Info: math.MaxUint64, Injected: Interrupt, Vector: 0xec},
			}},
			{},
		}}, {Name: "off"}},
		Slices:   []Slice{{"linux", 1, 3, 10, 20}, {"linux", 0, 0, 5, 30}},
		Switches: []Switch{{0, 7, 100}, {0, 0, 200}, {1, 8, 50}},
		Go:       []byte("go 1.26 trace"),
	}
}

func written(t testing.TB, trace *Trace) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := trace.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestATraceComesBack(t *testing.T) {
	for _, want := range []*Trace{example(), {}} {
		got, err := Read(bytes.NewReader(written(t, want)))
		if err != nil {
			t.Fatal(err)
		}
		// Empty lists come back as none.
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

func TestExitsAreSmall(t *testing.T) {
	trace := &Trace{Machines: []Machine{{Name: "a", CPUs: make([]CPU, 1)}}}
	tsc, random := uint64(1<<50), rand.New(rand.NewPCG(1, 2))
	for range 4096 {
		tsc += 3000 + random.Uint64N(1000)
		trace.Machines[0].CPUs[0].Exits = append(trace.Machines[0].CPUs[0].Exits, Exit{Entered: tsc - 2000, Left: tsc, RIP: 0xffffffff81000000 + random.Uint64N(1<<20)})
	}
	if n := len(written(t, trace)); n > 4096*12 {
		t.Errorf("%d bytes", n)
	}
}

// packed is a file with numbers of one's own.
func packed(numbers ...uint64) []byte {
	var b bytes.Buffer
	b.WriteString(mark)
	b.Write([]byte{version, 0})
	z := zlib.NewWriter(&b)
	for _, n := range numbers {
		z.Write(binary.AppendUvarint(nil, n))
	}
	z.Close()
	return b.Bytes()
}

func TestBadFilesAreRefused(t *testing.T) {
	good := written(t, example())
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 4
	other := bytes.Clone(good)
	other[len(mark)] = 9
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":                {nil, "no trace"},
		"another kind of file": {[]byte("\x7fELF and more than ten bytes"), "no trace"},
		"another version":      {other, "version 9"},
		"cut off":              {good[:len(good)-20], "damaged"},
		"cut off checksum":     {good[:len(good)-2], "damaged"},
		"a bit":                {flipped, "damaged"},
		"no end of numbers":    {packed(1, 2), "damaged: unexpected EOF"},
		"too many reasons":     {packed(1, 2, 3, 257), "257 where 256 is the most"},
		"a name too long":      {packed(1, 2, 3, 1, 257), "257 where 256"},
		"a name without end":   {packed(1, 2, 3, 1, 200), "damaged"},
		"many machines":        {packed(1, 2, 3, 0, 1<<20+1), "is the most"},
		"a list without end":   {packed(1, 2, 3, 0, 1<<20), "damaged"},
		"a bad injection":      {packed(1, 2, 3, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0), "4 where 3"},
		"a bad bool":           {packed(1, 2, 3, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 2), "2 where 1"},
		"more behind it":       {packed(1, 2, 3, 0, 0, 0, 0, 0, 7), "behind its end"},
		"too much of Go's":     {packed(1, 2, 3, 0, 0, 0, 0, MaxGo+1), "is the most"},
		"a number too long":    {append(packed()[:0:0], packed(1<<63+1)...), "is the most"},
	} {
		if _, err := Read(bytes.NewReader(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A file that unpacks to more than there can be ends somewhere.
func TestAFileThatUnpacksToTooMuchIsRefused(t *testing.T) {
	var b bytes.Buffer
	b.Write(packed()[:len(mark)+2])
	z := zlib.NewWriter(&b)
	z.Write([]byte{1, 2, 3, 0, 0x80, 0x80, 0x40}) // a million machines, whose names
	zeros := make([]byte, 1<<20)
	for range 17 {
		z.Write(zeros) // and processors are none
	}
	z.Close()
	if _, err := Read(&b); err == nil {
		t.Error("it is taken")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(written(f, example())[len(mark)+2:], false)
	f.Add([]byte{1, 2, 3, 1, 1, 'x', 1, 1, 'm', 1, 1, 2, 2, 2, 2, 2, 0, 1, 1, 3, 14, 0, 0}, true)
	f.Fuzz(func(t *testing.T, body []byte, pack bool) {
		var b bytes.Buffer
		b.WriteString(mark)
		b.Write([]byte{version, 0})
		if pack {
			z := zlib.NewWriter(&b)
			z.Write(body)
			z.Close()
		} else {
			b.Write(body)
		}
		trace, err := Read(io.LimitReader(&b, 1<<20))
		if err != nil {
			return
		}
		again, err := Read(bytes.NewReader(written(t, trace)))
		if err != nil || !reflect.DeepEqual(again, trace) {
			t.Errorf("%v: %+v, want %+v", err, again, trace)
		}
	})
}
