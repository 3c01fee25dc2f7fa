package bench

import (
	"fmt"
	"strings"
	"testing"
)

func TestWhereARequestGoes(t *testing.T) {
	var b strings.Builder
	line := func(pc, flags uint64) {
		fmt.Fprintf(&b, "Trace 0: 0x7f80d091e840 [0000000000000000/%016x/%08x/ff020201] \n", pc, flags)
	}
	b.WriteString("Linking TBs\n")
	line(0x1000, 0x0050c2b0)
	line(0x1100, 0x0050c2b0)
	line(0x1100, 0x0050c2b0) // a string instruction, for the second time
	line(0x1104, 0x0050c2b0)
	line(0x1000, 0x0070c2b0) // the same address in a guest's kernel
	line(0x1000, 0x0070c2b3) // and in its program
	line(0x1000, 0x0070c2b3)
	line(0x1100, 0x0050c2b0)
	line(0x1080, 0x0050c2b0) // one too many
	shares, err := Profile(strings.NewReader(b.String()), testSymbols, 8, 80)
	want := []Share{{"run", 30}, {guestKernel, 10}, {guestProgram, 10}, {guestProgram + repeats, 10}, {"handle", 10}, {"run" + repeats, 10}}
	if err != nil || fmt.Sprint(shares) != fmt.Sprint(want) {
		t.Errorf("%v, %v, want %v", shares, err, want)
	}
	if _, err := Profile(strings.NewReader(""), testSymbols, 8, 1); err == nil {
		t.Error("an empty log is enough")
	}
}
