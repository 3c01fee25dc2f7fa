package vga

import (
	"image"
	"image/color"
	"testing"
)

// shade is the colour of DAC entry i after rig.use.
func shade(i uint8) color.RGBA {
	return color.RGBA{eight(i&63, false), eight(63-i&63, false), eight(i/4, false), 255}
}

func (r *rig) expect(what string, img image.Image, w, h int, pixels map[image.Point]color.RGBA) {
	r.t.Helper()
	if b := img.Bounds(); b.Dx() != w || b.Dy() != h {
		r.t.Fatalf("%s: %v, want %dx%d", what, b, w, h)
	}
	for p, want := range pixels {
		if got := img.At(p.X, p.Y); got != want {
			r.t.Errorf("%s: pixel %v is %v, want %v", what, p, got, want)
		}
	}
}

type pixels = map[image.Point]color.RGBA

func TestMode13IsAPictureOf256Colors(t *testing.T) {
	r := newRig(t)
	r.use(mode13)
	r.poke(0xa0000+100*320+50, 0xc9)
	r.poke(0xa0000+199*320+319, 0x11)
	r.expect("mode 13h", r.Image(), 320, 200, pixels{{50, 100}: shade(0xc9), {319, 199}: shade(0x11), {51, 100}: shade(0)})
	r.out(portDACMask, 0x0f)
	r.expect("masked", r.Image(), 320, 200, pixels{{50, 100}: shade(0x09)})
}

func TestModeXIsLinearInEachPlane(t *testing.T) {
	r := newRig(t)
	r.use(mode13)
	r.set(portSeq, seqMode, 6)
	r.set(portCRTC, crtcUnderline, 0)
	r.set(portCRTC, crtcMode, 0xe3)
	r.set(portSeq, seqMapMask, 1<<2)
	r.poke(0xa0000+10*80+5, 0x42)
	r.expect("mode X", r.Image(), 320, 200, pixels{{5*4 + 2, 10}: shade(0x42), {5*4 + 1, 10}: shade(0)})
}

func TestPlanarModesGoThroughThePalette(t *testing.T) {
	r := newRig(t)
	r.use(mode12)
	r.fill(479*80+79, [4]uint8{1, 0, 1, 1})
	r.fill(0, [4]uint8{0x80, 0x80, 0, 0})
	r.expect("mode 12h", r.Image(), 640, 480, pixels{{639, 479}: shade(0x3d), {0, 0}: shade(3), {1, 0}: shade(0)})
	r.attribute(attrPlanes, 0x1)
	r.attribute(attrColor, 0x0c)
	r.out(portAttr, attrVideo)
	r.expect("with plane 0", r.Image(), 640, 480, pixels{{639, 479}: shade(0xc1), {0, 0}: shade(0xc1)})
	r.attribute(attrMode, attrColor54|1)
	r.attribute(attrColor, 0x0a)
	r.out(portAttr, attrVideo)
	r.expect("with colour select", r.Image(), 640, 480, pixels{{0, 0}: shade(0xa1)})

	r.use(mode0d)
	r.fill(199*40+1, [4]uint8{0x40, 0, 0, 0})
	r.expect("mode 0Dh", r.Image(), 320, 200, pixels{{9, 199}: shade(1)})
}

func TestASplitScreenInGraphics(t *testing.T) {
	r := newRig(t)
	r.use(mode12)
	r.set(portCRTC, crtcVSyncEnd, 0)
	r.set(portCRTC, crtcStartHigh, 0x80)
	r.set(portCRTC, crtcLineCompare, 100)
	r.set(portCRTC, crtcOverflow, 0x3e&^overflowCompare)
	r.set(portCRTC, crtcMaxScan, 0)
	r.fill(0, [4]uint8{0x80, 0, 0, 0})
	r.fill(0x8000+100*80, [4]uint8{0, 0x80, 0, 0})
	r.fill(0x8000+101*80, [4]uint8{0, 0, 0x80, 0})
	r.expect("split", r.Image(), 640, 480, pixels{{0, 100}: shade(2), {0, 101}: shade(1), {0, 102}: shade(0)})
}

func TestCGAModes(t *testing.T) {
	r := newRig(t)
	r.use(mode04)
	r.poke(0xb8000+2*80+3, 0b00_01_10_11)
	r.poke(0xba000+2*80+3, 0b11_00_00_00)
	r.expect("mode 4", r.Image(), 320, 200, pixels{
		{12, 4}: shade(0), {13, 4}: shade(0x13), {14, 4}: shade(0x15), {15, 4}: shade(0x17), {12, 5}: shade(0x17), {13, 5}: shade(0)})
	r.use(mode06)
	r.poke(0xb8000+80+1, 0x80)
	r.poke(0xba000+80+1, 0x01)
	r.expect("mode 6", r.Image(), 640, 200, pixels{{8, 2}: shade(1), {15, 3}: shade(1), {15, 2}: shade(0)})
}

func TestTextIsDrawnWithTheFont(t *testing.T) {
	r := newRig(t)
	r.TextMode()
	font := func(char, row int, v uint8) { r.mem[(char*32+row)*4+2] = v }
	font('A', 3, 0x81)
	font(0xc4, 3, 0x01)
	r.show(81, "A\xc4A", 0x1e)
	r.cursorAt(80)
	yellow, blue, black, grey := color.RGBA{255, 255, 85, 255}, color.RGBA{0, 0, 170, 255}, color.RGBA{0, 0, 0, 255}, color.RGBA{170, 170, 170, 255}
	r.expect("text", r.Image(), 720, 400, pixels{
		{9, 19}: yellow, {16, 19}: yellow, {17, 19}: blue, {10, 19}: blue, {9, 20}: blue,
		{25, 19}: yellow, {26, 19}: yellow, // the ninth dot of a line character
		{0, 28}: black, {0, 29}: grey, {8, 30}: grey, {0, 31}: black, // the cursor
	})
	r.set(portSeq, seqFont, 0x04) // bright characters have the second font
	r.expect("second font", r.Image(), 720, 400, pixels{{9, 19}: blue})
	r.mem[(0x4000+'A'*32+3)*4+2] = 0x80
	r.expect("second font", r.Image(), 720, 400, pixels{{9, 19}: yellow, {16, 19}: blue})
	r.set(portSeq, seqClocking, 1)
	if b := r.Image().Bounds(); b.Dx() != 640 {
		t.Errorf("with 8 dots it is %d wide", b.Dx())
	}
	r.attribute(attrMode, attrMono)
	r.out(portAttr, attrVideo)
	r.set(portCRTC, crtcUnderline, 5)
	r.show(160, " ", 1)
	r.expect("underline", r.Image(), 640, 400, pixels{{0, 37}: blue, {0, 36}: black})
}

func TestABlankScreenIsTransparent(t *testing.T) {
	r := newRig(t)
	r.use(mode13)
	r.out(portAttr, 0)
	r.in(portStatus1)
	r.out(portAttr, 0)
	r.expect("blank", r.Image(), 320, 200, pixels{{0, 0}: {}})
	if b := newRig(t).Image().Bounds(); b.Empty() {
		t.Error("before a mode is set there is no picture")
	}
}
