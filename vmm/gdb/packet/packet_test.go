package packet

import (
	"bytes"
	"testing"
)

// feed is the events that a stream makes, and its packets.
func feed(r *Reader, stream string) (events []Event, packets []string) {
	for i := range len(stream) {
		e := r.Feed(stream[i])
		if e != None {
			events = append(events, e)
		}
		if e == Packet {
			packets = append(packets, string(r.Data()))
		}
	}
	return events, packets
}

func TestReader(t *testing.T) {
	for _, c := range []struct {
		name, stream string
		events       []Event
		packets      []string
	}{
		{"a packet", "$g#67", []Event{Packet}, []string{"g"}},
		{"capital digits", "$O#4F", []Event{Packet}, []string{"O"}},
		{"nothing in it", "$#00", []Event{Packet}, []string{""}},
		{"acknowledged", "+$g#67-", []Event{Acked, Packet, Refused}, []string{"g"}},
		{"wrong checksum", "$g#68$g#67", []Event{Damaged, Packet}, []string{"g"}},
		{"checksum that is none", "$g#zz", []Event{Damaged}, nil},
		{"Ctrl-C between packets", "\x03$g#67\x03", []Event{Break, Packet, Break}, []string{"g"}},
		{"Ctrl-C in data", "$\x03#03", []Event{Packet}, []string{"\x03"}},
		{"begins anew", "$abc$g#67", []Event{Packet}, []string{"g"}},
		{"begins anew in the checksum", "$g#6$g#67", []Event{Packet}, []string{"g"}},
		{"as long as can be", "$12345678#a4", []Event{Packet}, []string{"12345678"}},
		{"too long", "$123456789#dd$g#67", []Event{Damaged, Packet}, []string{"g"}},
		{"noise", "abc\r\n$g#67xyz", []Event{Packet}, []string{"g"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r Reader
			r.Init(make([]byte, 8))
			events, packets := feed(&r, c.stream)
			if !equal(events, c.events) || !equal(packets, c.packets) {
				t.Errorf("%v %q, want %v %q", events, packets, c.events, c.packets)
			}
		})
	}
}

func equal[T comparable](a, b []T) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestWriterMakesWhatReaderTakes(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	var w Writer
	w.Init(make([]byte, 1024))
	w.Begin().Str("b")
	if n := w.Binary(all); n != len(all) {
		t.Fatalf("%d bytes taken", n)
	}
	var r Reader
	r.Init(make([]byte, 1024))
	if events, _ := feed(&r, string(w.End())); !equal(events, []Event{Packet}) {
		t.Fatalf("events %v", events)
	}
	if got, ok := Unescape(r.Data()[1:]); !ok || !bytes.Equal(got, all) {
		t.Errorf("%x", got)
	}
}

func TestWriterForms(t *testing.T) {
	var w Writer
	w.Init(make([]byte, 64))
	w.Begin().Str("T").Byte(5).Little(0x1122334455, 4).Number(0).Str(",").Number(0xfff0).Unknown(1).HexStr("OK").Hex([]byte{0xa5})
	if got := string(w.buffer[1:w.n]); got != "T05554433220,fff0xx4f4ba5" || w.Full() {
		t.Error(got)
	}
}

func TestWriterNeverExceedsItsBuffer(t *testing.T) {
	var w Writer
	w.Init(make([]byte, 16))
	w.Begin()
	if n := w.Binary([]byte("$$$$$$$$")); n != 6 {
		t.Errorf("%d escaped bytes fit", n)
	}
	w.Begin().HexStr("much too long for it")
	if frame := w.End(); len(frame) != 16 || !w.Full() {
		t.Errorf("%q", frame)
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		text string
		v    uint64
		ok   bool
	}{
		{"0", 0, true}, {"fFf", 0xfff, true}, {"ffffffffffffffff", 1<<64 - 1, true},
		{"10000000000000000", 0, false}, {"", 0, false}, {"1g", 0, false}, {"-1", 0, false},
	} {
		if v, ok := Number([]byte(c.text)); v != c.v || ok != c.ok {
			t.Errorf("%q: %#x, %v", c.text, v, ok)
		}
	}
	if a, b, ok := Pair([]byte("1000,20"), ','); a != 0x1000 || b != 0x20 || !ok {
		t.Error(a, b, ok)
	}
	if _, _, ok := Pair([]byte("1000"), ','); ok {
		t.Error("a number alone is a pair")
	}
}

func TestNothingAllocates(t *testing.T) {
	var r Reader
	var w Writer
	r.Init(make([]byte, 64))
	w.Init(make([]byte, 64))
	data := []byte("data$#")
	if n := testing.AllocsPerRun(100, func() {
		w.Begin().Str("m").Number(7).Little(1, 8)
		w.Binary(data)
		for _, b := range w.End() {
			r.Feed(b)
		}
		Unescape(r.Data())
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("$g#67+-\x03$X0,1:}]#aa"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		var r Reader
		r.Init(make([]byte, 32))
		for _, b := range stream {
			if r.Feed(b) == Packet {
				sum := uint8(0)
				for _, b := range r.Data() {
					sum += b
				}
				if sum != r.sum {
					t.Fatalf("%q has another checksum", r.Data())
				}
				Unescape(r.Data())
				Pair(r.Data(), ',')
				DecodeHex(r.Data(), r.Data())
			}
		}
	})
}
