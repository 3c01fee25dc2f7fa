package monitor

import (
	"reflect"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, tc := range []struct {
		line string
		want [][]string
	}{
		{"", [][]string{nil}},
		{"  a \t b  ", [][]string{{"a", "b"}}},
		{"a;b c;", [][]string{{"a"}, {"b", "c"}, nil}},
		{`a "b c" 'd "e"' "f'g;h"`, [][]string{{"a", "b c", `d "e"`, "f'g;h"}}},
		{`a"b c"d''e`, [][]string{{"ab cde"}}},
		{`"" ''`, [][]string{{"", ""}}},
		{`a\ b`, [][]string{{`a\`, "b"}}},
		{"é;ü", [][]string{{"é"}, {"ü"}}},
	} {
		if got, err := split(tc.line); err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("split(%q) = %q, %v, want %q", tc.line, got, err, tc.want)
		}
	}
	for _, line := range []string{`"`, `a "b`, `'a"`, `"a" 'b; c`} {
		if got, err := split(line); err == nil {
			t.Errorf("split(%q) = %q, want an error", line, got)
		}
	}
}

func TestNumber(t *testing.T) {
	const all = ^uint64(0)
	for _, tc := range []struct {
		word     string
		min, max uint64
		want     uint64
		err      string // "" for none
	}{
		{"0", 0, all, 0, ""},
		{"010", 0, all, 10, ""},
		{"0x1F", 0, all, 31, ""},
		{"0XfF", 0, all, 255, ""},
		{"4K", 0, all, 4096, ""},
		{"0x10k", 0, all, 16384, ""},
		{"2M", 0, all, 2 << 20, ""},
		{"3g", 0, all, 3 << 30, ""},
		{"0xffffffffffffffff", 0, all, all, ""},
		{"18014398509481983K", 0, all, all &^ 1023, ""},
		{"18014398509481984K", 0, all, 0, `ADDR is "18014398509481984K", more than 64 bits hold`},
		{"18446744073709551616", 0, all, 0, "more than 64 bits hold"},
		{"0x10000000000000000", 0, all, 0, "more than 64 bits hold"},
		{"", 0, all, 0, `ADDR is "", not a number such as 4096, 0x1000 or 4K`},
		{"K", 0, all, 0, "not a number"},
		{"0x", 0, all, 0, "not a number"},
		{"0xK", 0, all, 0, "not a number"},
		{"-1", 0, all, 0, "not a number"},
		{"+1", 0, all, 0, "not a number"},
		{"1_000", 0, all, 0, "not a number"},
		{"1.5", 0, all, 0, "not a number"},
		{"4KK", 0, all, 0, "not a number"},
		{"0x0x1", 0, all, 0, "not a number"},
		{"é", 0, all, 0, `ADDR is "\u00e9", not`},
		{strings.Repeat("z", 1000), 0, all, 0, strings.Repeat("z", 40) + `...", not`},
		{"5", 6, 10, 0, "ADDR is 5, less than 6"},
		{"11", 6, 10, 0, "ADDR is 11, more than 10"},
		{"1G", 0, 0xffff_ffff, 1 << 30, ""},
		{"4G", 0, 0xffff_ffff, 0, "ADDR is 4G, more than 0xffffffff"},
	} {
		got, err := Number("ADDR", tc.word, tc.min, tc.max)
		switch {
		case tc.err == "" && (err != nil || got != tc.want):
			t.Errorf("Number(%q) = %d, %v, want %d", tc.word, got, err, tc.want)
		case tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)):
			t.Errorf("Number(%q): error %v, want %q", tc.word, err, tc.err)
		}
	}
}
