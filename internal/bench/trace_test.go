package bench

import (
	"fmt"
	"strings"
	"testing"
)

var testSymbols = &Symbols{start: []uint64{0x1000, 0x1100}, end: []uint64{0x1080, 0x1200}, name: []string{"handle", "run"}}

// log is what QEMU logs of the instructions at addresses.
func log(at ...uint64) string {
	var b strings.Builder
	for _, pc := range at {
		fmt.Fprintf(&b, "Trace 0: 0x7f80d091e840 [0000000000000000/%016x/0050c2b0/ff020201] \n", pc)
	}
	return b.String()
}

func TestWhereInstructionsGo(t *testing.T) {
	round := log(0x8000, 0x8002, 0x1100, 0x1104, 0x11ff, 0x1000)
	text := "Linking TBs\n" + round + round + round + log(0x8000, 0x1040)
	rounds, shares, err := Where(strings.NewReader(text), testSymbols)
	if err != nil || rounds != 4 {
		t.Fatalf("%d rounds, %v", rounds, err)
	}
	want := []Share{{"run", 9.0 / 4}, {inGuest, 7.0 / 4}, {"handle", 1}}
	if fmt.Sprint(shares) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", shares, want)
	}
	var b strings.Builder
	PrintShares(&b, append(shares, Share{"rare", 0.1}))
	if got := b.String(); got != "     5.1  instructions a round\n     2.2  run\n     1.8  (the guest)\n     1.0  handle\n" {
		t.Errorf("%q", got)
	}
}

func TestALogWithoutTheGuestIsAnError(t *testing.T) {
	for _, text := range []string{"", log(0x1000)} {
		if _, _, err := Where(strings.NewReader(text), testSymbols); err == nil {
			t.Errorf("%q is enough", text)
		}
	}
}

func TestFunctionAtAnAddress(t *testing.T) {
	for pc, want := range map[uint64]string{
		0: inGuest, 0xfff: inGuest, 0x1000: "handle", 0x107f: "handle", 0x1080: inGuest, 0x1100: "run", 0x11ff: "run", 0x1200: inGuest,
	} {
		if got := testSymbols.function(pc); got != want {
			t.Errorf("%#x is in %s, want %s", pc, got, want)
		}
	}
}
