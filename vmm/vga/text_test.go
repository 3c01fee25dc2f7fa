package vga

import (
	"bytes"
	"strings"
	"testing"
)

// show writes text to the screen at 0xB8000.
func (r *rig) show(cell int, s string, attr uint8) {
	for i := range len(s) {
		r.Window().Write(0x18000+uint64(cell+i)*2, 2, uint64(attr)<<8|uint64(s[i]))
	}
}

func (r *rig) cursorAt(cell int) {
	r.set(portCRTC, crtcCursorHigh, uint8(cell>>8))
	r.set(portCRTC, crtcCursorLow, uint8(cell))
}

func (r *rig) text() *Text {
	r.t.Helper()
	t := new(Text)
	if !r.Text(t) {
		r.t.Fatal("there is no text screen")
	}
	return t
}

func (t *Text) row(n int) string {
	var b strings.Builder
	for _, c := range t.Cells[n*t.Columns:][:t.Columns] {
		b.WriteRune(cp437[c.Char])
	}
	return strings.TrimRight(b.String(), " ")
}

func TestTheTextScreenIsRead(t *testing.T) {
	r := newRig(t)
	r.TextMode()
	r.show(0, "Hello", 0x1e)
	r.show(24*80+75, "\xdb\x01end", 0x07)
	r.cursorAt(24*80 + 79)
	s := r.text()
	if s.Columns != 80 || s.Rows != 25 || !s.Blink || s.Cursor != 24*80+79 {
		t.Errorf("%dx%d, blink %t, cursor %d", s.Columns, s.Rows, s.Blink, s.Cursor)
	}
	if s.row(0) != "Hello" || strings.TrimLeft(s.row(24), " ") != "█☺end" || s.row(1) != "" {
		t.Errorf("%q, %q", s.row(0), s.row(24))
	}
	if s.Cells[4] != (Cell{'o', 0x1e}) || s.Cells[5] != (Cell{' ', 0x07}) {
		t.Errorf("cells %v", s.Cells[4:6])
	}
}

func TestTheScreenBeginsAtItsStart(t *testing.T) {
	r := newRig(t)
	r.TextMode()
	r.show(160, "scrolled", 7)
	r.set(portCRTC, crtcStartLow, 160)
	r.cursorAt(161)
	s := r.text()
	if s.row(0) != "scrolled" || s.Cursor != 1 {
		t.Errorf("%q, cursor %d", s.row(0), s.Cursor)
	}
	r.cursorAt(1) // before it
	if s := r.text(); s.Cursor != -1 {
		t.Errorf("cursor %d", s.Cursor)
	}
	// The counter goes on beyond the 32 KiB of the window, and wraps at 64 Ki.
	r.set(portCRTC, crtcStartHigh, 0x3f)
	r.set(portCRTC, crtcStartLow, 0xff)
	r.Window().Write(0x18000+0x7ffe, 2, 0x0741)
	r.fill(0x8000, [4]uint8{'B', 7})
	if s := r.text(); s.row(0) != "AB" {
		t.Errorf("%q", s.row(0))
	}
	r.set(portCRTC, crtcStartHigh, 0xff)
	r.fill(0, [4]uint8{'C', 7})
	if s := r.text(); s.Cells[1].Char != 'C' {
		t.Errorf("%q", s.row(0))
	}
}

func TestTheLowerPartOfASplitScreenBeginsAtZero(t *testing.T) {
	r := newRig(t)
	r.TextMode()
	r.show(0, "lower", 7)
	r.show(80, "next", 7)
	r.show(800, "upper", 7)
	r.set(portCRTC, crtcStartHigh, 800>>8)
	r.set(portCRTC, crtcStartLow, 800&0xff)
	const line = 20*16 - 1
	r.set(portCRTC, crtcLineCompare, line&0xff)
	r.set(portCRTC, crtcOverflow, 0x1f) // bit 8 of it is set
	r.set(portCRTC, crtcMaxScan, 0x0f)
	s := r.text()
	if s.row(0) != "upper" || s.row(20) != "lower" || s.row(21) != "next" || s.row(19) != "" {
		t.Errorf("%q, %q, %q, %q", s.row(0), s.row(19), s.row(20), s.row(21))
	}
}

func TestTheCursorCanBeHidden(t *testing.T) {
	for name, tt := range map[string]struct {
		first, last uint8
		shown       bool
	}{"usual": {13, 14, true}, "off": {0x2d, 14, false}, "no lines": {14, 13, false}, "below": {16, 31, false}, "block": {0, 15, true}} {
		r := newRig(t)
		r.TextMode()
		r.set(portCRTC, crtcCursorStart, tt.first)
		r.set(portCRTC, crtcCursorEnd, tt.last)
		if got := r.text().Cursor == 0; got != tt.shown {
			t.Errorf("%s: shown is %t", name, got)
		}
	}
}

func TestOtherTextModes(t *testing.T) {
	r := newRig(t)
	r.use(mode01)
	if s := r.text(); s.Columns != 40 || s.Rows != 25 {
		t.Errorf("mode 1 has %dx%d", s.Columns, s.Rows)
	}
	r.TextMode()
	r.set(portCRTC, crtcMaxScan, 0x47)
	if s := r.text(); s.Columns != 80 || s.Rows != 50 {
		t.Errorf("with 8 lines a row it is %dx%d", s.Columns, s.Rows)
	}
	r.set(portCRTC, crtcMaxScan, 0xc7)
	if s := r.text(); s.Rows != 25 {
		t.Errorf("with doubled lines it has %d rows", s.Rows)
	}
	r.set(portSeq, seqClocking, clockingOff)
	r.show(0, "x", 7)
	if s := r.text(); s.row(0) != "" || s.Cursor != -1 {
		t.Error("a blank screen shows something")
	}
	r.use(mode13)
	if r.Text(new(Text)) {
		t.Error("a graphics mode is a text screen")
	}
}

func draw(t *testing.T, a *ANSI, out *bytes.Buffer, s *Text) string {
	t.Helper()
	out.Reset()
	if err := a.Draw(s); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestOnlyDifferencesAreDrawn(t *testing.T) {
	r := newRig(t)
	r.TextMode()
	var out bytes.Buffer
	a := NewANSI(&out, 25)
	r.show(0, "Hi\x03", 0x07)
	want := "\x1b[?7l\x1b[?25l\x1b[0m\x1b[2J\x1b[?25l\x1b[1;1H\x1b[0;37;40mHi♥\x1b[1;1H\x1b[?25h"
	if got := draw(t, a, &out, r.text()); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := draw(t, a, &out, r.text()); got != "" {
		t.Errorf("%q without a change", got)
	}
	r.show(82, "x", 0x9c)
	r.show(84, "yz", 0x1c)
	r.cursorAt(86)
	want = "\x1b[?25l\x1b[2;3H\x1b[0;5;91;44mx\x1b[2;5H\x1b[0;91;44myz\x1b[2;7H\x1b[?25h"
	if got := draw(t, a, &out, r.text()); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r.cursorAt(87)
	if got := draw(t, a, &out, r.text()); got != "\x1b[2;8H\x1b[?25h" {
		t.Errorf("the cursor alone is %q", got)
	}
	r.set(portCRTC, crtcCursorStart, cursorOff)
	if got := draw(t, a, &out, r.text()); got != "\x1b[?25l" {
		t.Errorf("no cursor is %q", got)
	}
	a.Invalidate()
	if got := draw(t, a, &out, r.text()); !strings.Contains(got, "\x1b[2J") || !strings.Contains(got, "Hi♥") {
		t.Errorf("everything is %q", got)
	}
	r.attribute(attrMode, 0)
	r.out(portAttr, attrVideo)
	if got := draw(t, a, &out, r.text()); !strings.Contains(got, "\x1b[0;91;104mx") {
		t.Errorf("without blinking it is %q", got)
	}
	if end := Leave(25); end != "\x1b[0m\x1b[?7h\x1b[25H\x1b[?25h\r\n" {
		t.Errorf("at the end %q", end)
	}
}

func TestWordsAreWrittenInOnePiece(t *testing.T) {
	r := newRig(t)
	r.TextMode()
	var out bytes.Buffer
	a := NewANSI(&out, 25)
	r.show(78, "No bootable device", 7)
	r.show(160, "far          away", 7)
	r.show(240, "a", 7)
	r.show(241, " ", 0x17)
	r.show(242, "b", 7)
	want := "\x1b[1;79H\x1b[0;37;40mNo\x1b[2;2Hbootable device\x1b[3;1Hfar\x1b[3;14Haway\x1b[4;1Ha\x1b[0;37;44m \x1b[0;37;40mb\x1b[1;1H\x1b[?25h"
	if got := draw(t, a, &out, r.text()); !strings.HasSuffix(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	// An unchanged cell of another colour is not written again.
	r.show(240, "x", 7)
	r.show(242, "y", 7)
	want = "\x1b[?25l\x1b[4;1Hx\x1b[4;3Hy\x1b[1;1H\x1b[?25h"
	if got := draw(t, a, &out, r.text()); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestASmallTerminalShowsTheCursor(t *testing.T) {
	r := newRig(t)
	r.TextMode()
	r.show(0, "first", 7)
	r.show(24*80, "last", 7)
	var out bytes.Buffer
	a := NewANSI(&out, 24)
	if got := draw(t, a, &out, r.text()); !strings.Contains(got, "first") || strings.Contains(got, "last") {
		t.Errorf("%q", got)
	}
	r.cursorAt(24 * 80)
	if got := draw(t, a, &out, r.text()); strings.Contains(got, "first") || !strings.Contains(got, "\x1b[24;1H\x1b[0;37;40mlast") {
		t.Errorf("%q", got)
	}
	r.cursorAt(5 * 80)
	if got := draw(t, a, &out, r.text()); got != "\x1b[5;1H\x1b[?25h" {
		t.Errorf("the cursor moves by %q", got)
	}
	r.cursorAt(0)
	if got := draw(t, a, &out, r.text()); !strings.Contains(got, "first") {
		t.Errorf("%q", got)
	}
}

type broken struct{ error }

func (b broken) Write([]byte) (int, error) { return 0, b.error }

func TestABrokenTerminalIsDrawnAgain(t *testing.T) {
	r := newRig(t)
	r.TextMode()
	a := NewANSI(broken{bytes.ErrTooLarge}, 25)
	for range 2 {
		if err := a.Draw(r.text()); err != bytes.ErrTooLarge {
			t.Errorf("error %v", err)
		}
	}
	if err := NewANSI(new(bytes.Buffer), 0).Draw(new(Text)); err != nil {
		t.Error(err)
	}
}
