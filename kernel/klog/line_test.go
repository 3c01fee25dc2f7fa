package klog

import (
	"math"
	"strings"
	"testing"
)

func TestLineBuildsText(t *testing.T) {
	for _, c := range []struct {
		want  string
		build func(*Line)
	}{
		{"cr2 00000000deadbeef", func(l *Line) { l.Str("cr2 ").Hex(0xdeadbeef, 16) }},
		{"f", func(l *Line) { l.Hex(15, 0) }},
		{"0", func(l *Line) { l.Hex(0, 1) }},
		{"ffffffffffffffff", func(l *Line) { l.Hex(math.MaxUint64, 4) }},
		{"0 18446744073709551615", func(l *Line) { l.Dec(0).Byte(' ').Dec(math.MaxUint64) }},
		{"   42|1234567", func(l *Line) { l.Right(42, 5).Byte('|').Right(1234567, 5) }},
		{"rip   rax", func(l *Line) { l.Str("rip").Pad(6).Str("rax").Pad(2) }},
		{"raw \x1b bytes", func(l *Line) { l.Raw([]byte("raw \x1b bytes")) }},
		{"safe ?[2J\ttext é?", func(l *Line) { l.Text([]byte("safe \x1b[2J\ttext é\x7f")) }},
		{"    0.000000", func(l *Line) { l.Seconds(999) }},
		{"    1.999999", func(l *Line) { l.Seconds(1999999999) }},
		{"18446744073.709551", func(l *Line) { l.Seconds(math.MaxUint64) }},
		{"", func(l *Line) { l.Str("gone").Reset() }},
		{"", func(l *Line) { l.Pad(-1).Str("") }},
	} {
		var l Line
		c.build(&l)
		if got := string(l.Bytes()); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestLineDropsWhatDoesNotFit(t *testing.T) {
	long := strings.Repeat("x", maxLine-1)
	for name, build := range map[string]func(*Line){
		"string": func(l *Line) { l.Str("yz") },
		"bytes":  func(l *Line) { l.Raw([]byte("yz")) },
		"text":   func(l *Line) { l.Text([]byte("yz")) },
		"number": func(l *Line) { l.Byte('y').Hex(math.MaxUint64, 99) },
		"blanks": func(l *Line) { l.Byte('y').Pad(math.MaxInt) },
	} {
		var l Line
		l.Str(long)
		build(&l)
		if got := string(l.Bytes()); got != long+"y" {
			t.Errorf("%s: %d bytes ending in %q", name, len(got), got[len(got)-3:])
		}
	}
	var l Line
	if n := len(l.Hex(1, math.MaxInt).Bytes()); n != maxLine {
		t.Errorf("wide number: %d bytes", n)
	}
}

func TestRecordLine(t *testing.T) {
	var l Line
	l.Record(Record{NS: 12_345_678, Text: []byte("pci: 00:02.0 \x1b[31mvga")})
	if got, want := string(l.Bytes()), "[    0.012345] pci: 00:02.0 ?[31mvga"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	longest := strings.Repeat("m", MaxText)
	l.Reset().Record(Record{NS: math.MaxUint64, Text: []byte(longest)})
	if got := string(l.Bytes()); !strings.HasSuffix(got, "] "+longest) {
		t.Errorf("a full record is cut to %d bytes", len(got))
	}
}

func TestStagesHaveDurations(t *testing.T) {
	log := new(Log)
	log.Stage("entry", 0)
	log.Stage("page tables", 1_500_000)
	log.Stage("a name of more than twenty-four bytes", 4_000_000)
	var got []string
	var line Line
	for i := 0; ; i++ {
		s, ok := log.StageAt(i, 10_000_000)
		if !ok {
			break
		}
		got = append(got, string(line.Reset().Stage(s).Bytes()))
	}
	want := []string{
		"[    0.000000]     0.001500 entry",
		"[    0.001500]     0.002500 page tables",
		"[    0.004000]     0.006000 a name of more than twen",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestStageTableIsBounded(t *testing.T) {
	log := new(Log)
	for i := range 2 * MaxStages {
		log.Stage("s", uint64(1000-i)) // a clock that runs backwards
	}
	for _, i := range []int{-1, MaxStages, math.MaxInt} {
		if _, ok := log.StageAt(i, 0); ok {
			t.Errorf("there is a stage %d", i)
		}
	}
	for i := range MaxStages {
		if s, ok := log.StageAt(i, 0); !ok || s.Took != 0 || s.Start != uint64(1000-i) {
			t.Errorf("stage %d: %+v %v", i, s, ok)
		}
	}
}
