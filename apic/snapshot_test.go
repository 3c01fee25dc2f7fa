package apic

import (
	"strings"
	"testing"
)

func TestSnapshotInWords(t *testing.T) {
	both(t, func(t *testing.T, f *fakeLAPIC, l *LAPIC) {
		f.reg[regIRR+2*16] = 1<<0 | 1<<31
		f.reg[regISR+7*16] = 1 << 29
		f.reg[regLVTTimer] = 2<<17 | TimerVector
		f.reg[regTimerInitial], f.reg[regTimerCurrent] = 500, 20
		f.reg[regESR] = 1 << 6
		s := l.Snapshot()
		got := s.String()
		mode := ": xAPIC, "
		if l.X2() {
			mode = " 65541: x2APIC, "
		}
		for _, want := range []string{
			mode, "enabled, spurious vector 0xff",
			"IRR 0x40 0x5f\n", "ISR 0xfd\n", "TMR none\n", "(receive illegal vector)",
			"timer   vector 0xfd fixed, TSC deadline, count 20 of 500\n",
			"LINT0   vector 0xff fixed masked\n", "error   vector 0xfe fixed\n", "CMCI ",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in\n%s", want, got)
			}
		}
	})
}

func TestVectorSet(t *testing.T) {
	var s Vectors
	s[1] = 1
	for v := range 256 {
		if s.Has(uint8(v)) != (v == 32) {
			t.Errorf("vector %d: %v", v, s.Has(uint8(v)))
		}
	}
}
