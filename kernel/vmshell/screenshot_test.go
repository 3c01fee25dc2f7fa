package vmshell

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

// shot is a screenshot on a terminal: name, lines of base64, and nothing else.
var shot = regexp.MustCompile(`(?s)^-----BEGIN PNG ([^ ]+)-----\n((?:[A-Za-z0-9+/=]{1,64}\n)+)-----END PNG ([^ ]+)-----\n$`)

func decode(t *testing.T, text string) (name string, img image.Image) {
	t.Helper()
	m := shot.FindStringSubmatch(text)
	if m == nil || m[1] != m[3] {
		t.Fatalf("no screenshot: %.300q", text)
	}
	b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(m[2], "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	if img, err = png.Decode(bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	return m[1], img
}

// withDisplay is a machine that has firmware and sets a mode of 64 by 32 pixels
// of 32 bits each.
func withDisplay(t *testing.T) *rig {
	var exits []vmmtest.Exit
	for i, v := range []uint32{1: 64, 2: 32, 3: 32, 4: 1} {
		if v != 0 {
			exits = append(exits, vmmtest.Out(0x1ce, 2, uint32(i)), vmmtest.Out(0x1cf, 2, v))
		}
	}
	ready := make(chan struct{})
	exits = append(exits, func(c *vmmtest.CPU, e *vmm.Exit) { close(ready); vmmtest.Stop(vmm.ReasonHost)(c, e) })
	r := newRig(t, "[[vm]]\nname = \"pc\"\nmemory = \"4M\"\nfirmware = \"bios\"\n", exits...)
	r.run("vm start pc", `^$`)
	<-ready
	return r
}

func TestScreenshotIsAPNGOfTheDisplay(t *testing.T) {
	r := withDisplay(t)
	name, img := decode(t, r.try("screenshot pc"))
	if b := img.Bounds(); name != "pc.png" || b.Dx() != 64 || b.Dy() != 32 {
		t.Errorf("%s is %v", name, b)
	}
	for line, want := range map[string]string{"vm screenshot pc first": "first.png", "screenshot boot.2.png": "boot.2.png"} {
		if name, _ := decode(t, r.try(line)); name != want {
			t.Errorf("%s gives %s, want %s", line, name, want)
		}
	}
	for _, name := range []string{"../x", "a/b", ".hidden", "-x", `"a b"`, ".png", strings.Repeat("x", 61)} {
		r.run("screenshot pc "+name, `no file name.*usage: screenshot`)
	}
	r.run("vm destroy pc; screenshot pc", `^screenshot: pc is off\n$`)
	none := newRig(t, machine("a"))
	none.run("vm start a; screenshot a", `a has no display`)
}

// On the terminal a picture is the same as in a file.
func TestAPictureOfManyLines(t *testing.T) {
	for _, n := range []int{2, 200, 4096} {
		r := monitor.NewRegistry()
		err := r.Add(monitor.Command{Name: "shot", Run: func(c *monitor.Context, _ []string) error { return sendPicture(c, "x.png", pattern(n)) }})
		if err != nil {
			t.Fatal(err)
		}
		c := &terminal{}
		if err := monitor.New(c, r, clockOf).RunLine("shot"); err != nil {
			t.Fatal(err)
		}
		_, img := decode(t, c.text())
		want := pattern(n)
		for i := range 64 * 64 {
			r, g, b, a := img.At(i%64, i/64).RGBA()
			if r2, g2, b2, a2 := want.At(i%64, i/64).RGBA(); r != r2 || g != g2 || b != b2 || a != a2 {
				t.Fatalf("%d colours: pixel %d differs", n, i)
			}
		}
	}
}

// pattern is a picture with that many colours.
func pattern(colours int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		c := i % colours
		img.SetRGBA(i%64, i/64, color.RGBA{uint8(c), uint8(c >> 8), uint8(c * 7), 255})
	}
	return img
}

func TestAPictureComesBackPixelByPixel(t *testing.T) {
	for _, n := range []int{1, 2, 16, 256, 257, 4096} {
		want := pattern(n)
		var out bytes.Buffer
		if err := png.Encode(&out, paletted(want)); err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(&out)
		if err != nil {
			t.Fatal(err)
		}
		if _, few := got.(*image.Paletted); few != (n <= 256) {
			t.Errorf("%d colours: it is a %T", n, got)
		}
		for i := range 64 * 64 {
			if r, g, b, a := got.At(i%64, i/64).RGBA(); want.At(i%64, i/64) != (color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), uint8(a >> 8)}) {
				t.Fatalf("%d colours: pixel %d differs", n, i)
			}
		}
	}
}

// A large picture takes minutes on a slow line: Ctrl-C ends it.
func TestControlCEndsAScreenshot(t *testing.T) {
	noise := image.NewRGBA(image.Rect(0, 0, 1024, 768))
	random := rand.NewChaCha8([32]byte{})
	random.Read(noise.Pix)
	r := monitor.NewRegistry()
	err := r.Add(monitor.Command{Name: "shot", Run: func(c *monitor.Context, _ []string) error { return sendPicture(c, "x.png", noise) }})
	if err != nil {
		t.Fatal(err)
	}
	in, keys := io.Pipe()
	c := &stopper{terminal: terminal{Reader: in}, keys: keys}
	monitor.New(c, r, func() time.Duration { return 0 }).Run()
	if text := c.text(); !strings.Contains(text, "shot: stopped") || len(text) > 1<<20 {
		t.Errorf("%d bytes came, the last %q", len(text), text[max(0, len(text)-100):])
	}
}

// stopper is a terminal at which somebody types a command, and Ctrl-C once
// there is some output.
type stopper struct {
	terminal
	keys  *io.PipeWriter
	typed int
}

func (s *stopper) Write(p []byte) (int, error) {
	n, err := s.terminal.Write(p)
	switch s.typed++; s.typed {
	case 1:
		go io.WriteString(s.keys, "shot\r")
	case 100:
		io.WriteString(s.keys, "\x03")
		s.keys.Close()
	}
	return n, err
}
