package vga

import (
	"slices"
	"testing"
)

func TestLinesAreWhatIsOnTheScreen(t *testing.T) {
	v, err := New(nil, make([]byte, MinMemory))
	if err != nil {
		t.Fatal(err)
	}
	v.TextMode()
	for i, c := range []byte("GRUB") {
		v.Window().Write(0x18000+160+uint64(2*i), 1, uint64(c))
	}
	if lines, ok := v.Lines(); !ok || !slices.Equal(lines, []string{"", "GRUB"}) {
		t.Errorf("%q, %v", lines, ok)
	}
	v.gc.regs[gcMisc] |= gcGraphics
	if _, ok := v.Lines(); ok {
		t.Error("a graphics mode has lines of text")
	}
}
