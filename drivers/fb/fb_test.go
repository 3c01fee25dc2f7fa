package fb

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/drivers/vga"
)

// The modes real machines hand over.
var (
	rgb32 = Mode{Type: RGB, BPP: 32, Red: Field{16, 8}, Green: Field{8, 8}, Blue: Field{0, 8}}
	bgr32 = Mode{Type: RGB, BPP: 32, Red: Field{0, 8}, Green: Field{8, 8}, Blue: Field{16, 8}}
	rgb24 = Mode{Type: RGB, BPP: 24, Red: Field{16, 8}, Green: Field{8, 8}, Blue: Field{0, 8}}
	rgb16 = Mode{Type: RGB, BPP: 16, Red: Field{11, 5}, Green: Field{5, 6}, Blue: Field{0, 5}}
	rgb15 = Mode{Type: RGB, BPP: 15, Red: Field{10, 5}, Green: Field{5, 5}, Blue: Field{0, 5}}
)

// sized is m with a size and some bytes of padding after each row.
func (m Mode) sized(width, height, padding uint32) *Mode {
	m.Width, m.Height = width, height
	m.Pitch = width*uint32(m.pixelBytes()) + padding
	return &m
}

// screen is a console on memory that is full of garbage.
func screen(t *testing.T, m *Mode) (*Console, []byte) {
	t.Helper()
	mem := bytes.Repeat([]byte{0xa5}, int(m.Height*m.Pitch))
	c := new(Console)
	if err := c.Init(m, mem); err != nil {
		t.Fatalf("Init: %v", err)
	}
	return c, mem
}

func write(c *Console, s string) { c.Write(vga.Own, []byte(s)) }

// pixelAt is the raw value of a pixel.
func pixelAt(m *Mode, mem []byte, x, y int) uint32 {
	var v uint32
	for i := m.pixelBytes() - 1; i >= 0; i-- {
		v = v<<8 | uint32(mem[y*int(m.Pitch)+x*m.pixelBytes()+i])
	}
	return v
}

// bracket is the picture of the character [.
var bracket = [glyphHeight]string{
	"        ",
	"        ",
	"  ##### ",
	"  #     ",
	"  #     ",
	"  #     ",
	"  #     ",
	"  #     ",
	"  #     ",
	"  #     ",
	"  #     ",
	"  #     ",
	"  #     ",
	"  ##### ",
	"        ",
	"        ",
}

func TestGlyphIsDrawnInEveryFormat(t *testing.T) {
	for _, c := range []struct {
		name       string
		mode       Mode
		red, black uint32 // light red 0xff5555 in the mode's format
	}{
		{"32 bits", rgb32, 0x00ff5555, 0},
		{"32 bits, blue on top", bgr32, 0x005555ff, 0},
		{"24 bits", rgb24, 0xff5555, 0},
		{"16 bits", rgb16, 31<<11 | 21<<5 | 10, 0},
		{"15 bits", rgb15, 31<<10 | 10<<5 | 10, 0},
	} {
		m := c.mode.sized(40, 50, 12)
		con, mem := screen(t, m)
		con.SetAttr(vga.AttrError)
		write(con, "\n x[")
		for y, row := range bracket {
			for x := range len(row) {
				want := c.black
				if row[x] == '#' {
					want = c.red
				}
				if got := pixelAt(m, mem, 16+x, 16+y); got != want {
					t.Errorf("%s: pixel (%d,%d) of [ is %#x, want %#x", c.name, x, y, got, want)
				}
			}
		}
		for y := range int(m.Height) {
			end := (y + 1) * int(m.Pitch)
			if !bytes.Equal(mem[end-12:end], bytes.Repeat([]byte{0xa5}, 12)) {
				t.Fatalf("%s: wrote into the padding of row %d", c.name, y)
			}
			if y >= 48 && !bytes.Equal(mem[end-int(m.Pitch):end-12], make([]byte, m.Pitch-12)) {
				t.Errorf("%s: row %d below the text is not black", c.name, y)
			}
		}
	}
}

func TestBackgroundColour(t *testing.T) {
	m := rgb32.sized(16, 16, 0)
	c, mem := screen(t, m)
	c.SetAttr(0x1f)
	write(c, "[")
	if paper, ink := pixelAt(m, mem, 0, 0), pixelAt(m, mem, 2, 2); paper != 0x0000aa || ink != 0xffffff {
		t.Errorf("paper %#x, ink %#x", paper, ink)
	}
}

func TestEveryPrintableCharacterHasItsOwnPicture(t *testing.T) {
	var f font
	if err := f.load(); err != nil {
		t.Fatal(err)
	}
	seen := map[[glyphHeight]uint8]byte{}
	for ch := byte(firstGlyph); ch <= lastGlyph; ch++ {
		picture := f[ch]
		if other, ok := seen[picture]; ok {
			t.Errorf("%q and %q look the same", ch, other)
		}
		seen[picture] = ch
	}
}

func TestBigScreensGetBigCharacters(t *testing.T) {
	for _, c := range []struct {
		width, height uint32
		cols, rows    int
	}{
		{8, 16, 1, 1},
		{640, 480, 80, 30},
		{1024, 768, 128, 48},
		{1920, 1080, 240, 67},
		{2560, 1440, 160, 45},
		{3840, 2160, 240, 67},
		{32768, 16, 240, 1},
	} {
		m := rgb16.sized(c.width, c.height, 0)
		if c.width == 32768 {
			m.Height = 64 // four rows of pixels for one of text
		}
		con, mem := screen(t, m)
		if cols, rows := con.Size(); cols != c.cols || rows != c.rows {
			t.Errorf("%dx%d: %dx%d characters, want %dx%d", c.width, c.height, cols, rows, c.cols, c.rows)
		}
		write(con, "[")
		s := con.scale
		if pixelAt(m, mem, 3*s-1, 3*s-1) == 0 || pixelAt(m, mem, 2*s-1, 3*s-1) != 0 || pixelAt(m, mem, 7*s, 3*s-1) != 0 {
			t.Errorf("%dx%d: the character is not %d times as large", c.width, c.height, s)
		}
		write(con, strings.Repeat("#", c.cols*c.rows)) // the [ scrolls off
	}
}

func TestScreenShowsTheTextWhateverTheMemoryHeld(t *testing.T) {
	m := rgb32.sized(320, 200, 8)
	text := strings.Repeat("a line that wraps around at the right edge\nand\tmore\n", 20)

	drawn, mem := screen(t, m)
	write(drawn, text)

	replayed, again := screen(t, m)
	replayed.Show(vga.Picture)
	write(replayed, text)
	for y := range int(m.Height) {
		row := again[y*int(m.Pitch):][:m.Width*4]
		for i := range row {
			row[i] = 0x5a
		}
	}
	replayed.Show(vga.Own)
	rows := 200 / glyphHeight * glyphHeight
	if !bytes.Equal(mem[:rows*int(m.Pitch)], again[:rows*int(m.Pitch)]) {
		t.Error("replaying shows something else than writing")
	}
}

func TestInitRefusesWhatItCannotDraw(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Mode)
		want   Error
	}{
		"indexed":               {func(m *Mode) { m.Type = Indexed }, ErrIndexed},
		"EGA text":              {func(m *Mode) { m.Type = EGAText }, ErrText},
		"unknown type":          {func(m *Mode) { m.Type = 7 }, ErrType},
		"8 bits":                {func(m *Mode) { m.BPP = 8 }, ErrDepth},
		"0 bits":                {func(m *Mode) { m.BPP = 0 }, ErrDepth},
		"field too wide":        {func(m *Mode) { m.Red = Field{20, 10} }, ErrField},
		"field empty":           {func(m *Mode) { m.Blue = Field{} }, ErrField},
		"field beyond pixel":    {func(m *Mode) { m.Green = Field{25, 8} }, ErrField},
		"field far beyond":      {func(m *Mode) { m.Green = Field{255, 8} }, ErrField},
		"fields overlap":        {func(m *Mode) { m.Green = Field{12, 8} }, ErrField},
		"too narrow":            {func(m *Mode) { m.Width = 7 }, ErrSize},
		"too low":               {func(m *Mode) { m.Height = 15 }, ErrSize},
		"no pixels":             {func(m *Mode) { m.Width, m.Height = 0, 0 }, ErrSize},
		"short rows":            {func(m *Mode) { m.Pitch-- }, ErrPitch},
		"row bytes would wrap":  {func(m *Mode) { m.Width, m.Pitch = 1<<30, 64 }, ErrTooBig},
		"column too long":       {func(m *Mode) { m.Height = 1<<32 - 1 }, ErrTooBig},
		"memory shorter":        {func(m *Mode) { m.Height++ }, ErrMemory},
		"memory far too short ": {func(m *Mode) { m.Pitch = 1<<32 - 1 }, ErrMemory},
	} {
		m := rgb32.sized(64, 64, 0)
		mem := make([]byte, m.Pitch*m.Height)
		c.change(m)
		var con Console
		if err := con.Init(m, mem); err != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		write(&con, "x")
		con.Show(vga.Guest)
		if slices.ContainsFunc(mem, func(b byte) bool { return b != 0 }) {
			t.Errorf("%s: it is drawn on", name)
		}
	}
}

func TestFailedInitLetsGoOfTheScreenBefore(t *testing.T) {
	c, mem := screen(t, rgb32.sized(64, 64, 0))
	if err := c.Init(&Mode{}, nil); err == nil {
		t.Fatal("Init took an empty mode")
	}
	before := slices.Clone(mem)
	write(c, "x")
	c.Show(vga.Guest)
	if !slices.Equal(mem, before) {
		t.Error("it is drawn on")
	}
}

func TestBytesIsExactlyWhatIsWritten(t *testing.T) {
	for _, mode := range []Mode{rgb32, rgb24, rgb16, rgb15} {
		m := mode.sized(131, 77, 6)
		n, err := m.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if want := uint64(m.Pitch)*77 - 6; n != want {
			t.Errorf("%d bits: %d bytes, want %d", m.BPP, n, want)
		}
		var c Console
		if err := c.Init(m, make([]byte, n)); err != nil {
			t.Fatal(err)
		}
		write(&c, strings.Repeat("to the last pixel ", 200))
		if err := c.Init(m, make([]byte, n-1)); err != ErrMemory {
			t.Errorf("%d bits, one byte short: %v", m.BPP, err)
		}
	}
}

func TestConsoleDoesNotAllocate(t *testing.T) {
	m := rgb32.sized(320, 200, 0)
	mem := make([]byte, m.Pitch*m.Height)
	c := new(Console)
	text := []byte(strings.Repeat("text\x1b[1mµ\n", 100))
	n := testing.AllocsPerRun(10, func() {
		if err := c.Init(m, mem); err != nil {
			t.Fatal(err)
		}
		c.Write(vga.Own, text)
		c.Show(vga.Own)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestPicture leaves a screen as an image for the eye (go test -artifacts), and
// checks that nothing but the log's colours is on it.
func TestPicture(t *testing.T) {
	m := rgb32.sized(640, 400, 0)
	c, mem := screen(t, m)
	write(c, "[    0.000000] Ringo 0.1, booted by GRUB 2.06 through multiboot 2\n")
	for _, l := range []struct {
		attr vga.Attr
		text string
	}{
		{vga.AttrDebug, "[    0.001021] acpi: RSDP at 0x7fb7e014, revision 2\n"},
		{vga.AttrWarn, "[    0.012345] uart: no device: the ports read all ones\n"},
		{vga.AttrError, "[    0.020000] clock: no second source to check the TSC against\n"},
		{vga.AttrInfo, "\n !\"#$%&'()*+,-./0123456789:;<=>?@\nABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`\nabcdefghijklmnopqrstuvwxyz{|}~\n\nringo>"},
	} {
		c.SetAttr(l.attr)
		write(c, l.text)
	}

	allowed := map[uint32]bool{0: true, 0xaaaaaa: true, 0x00aaaa: true, 0xffff55: true, 0xff5555: true}
	seen := map[uint32]bool{}
	img := image.NewRGBA(image.Rect(0, 0, 640, 400))
	for y := range 400 {
		for x := range 640 {
			v := pixelAt(m, mem, x, y)
			seen[v] = true
			img.Set(x, y, color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xff})
		}
	}
	if len(seen) != len(allowed) {
		t.Errorf("%d colours on the screen, want %d", len(seen), len(allowed))
	}
	for v := range seen {
		if !allowed[v] {
			t.Errorf("colour %#x on the screen", v)
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), "console.png"), out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func FuzzMode(f *testing.F) {
	f.Add(uint8(1), uint32(64), uint32(64), uint32(256), uint8(32), uint32(0x10080800), uint32(0x08000008), "text\n")
	f.Add(uint8(1), uint32(64), uint32(17), uint32(128), uint8(16), uint32(0x0b050506), uint32(0x05000005), "\x1b[K\tx")
	f.Fuzz(func(t *testing.T, kind uint8, width, height, pitch uint32, bpp uint8, a, b uint32, text string) {
		m := Mode{Type: Type(kind), Width: width, Height: height, Pitch: pitch, BPP: bpp,
			Red:   Field{uint8(a >> 24), uint8(a >> 16)},
			Green: Field{uint8(a >> 8), uint8(a)},
			Blue:  Field{uint8(b >> 24), uint8(b)},
		}
		n, err := m.Bytes()
		if err != nil || n > 1<<20 {
			return
		}
		var c Console
		if err := c.Init(&m, make([]byte, n)); err != nil {
			t.Fatalf("%+v passes Bytes, but Init gives %v", m, err)
		}
		write(&c, text)
		c.Show(vga.Guest)
	})
}

// BenchmarkScroll is the worst case: every cell of a 1024x768 screen changes.
func BenchmarkScroll(b *testing.B) {
	m := rgb32.sized(1024, 768, 0)
	c := new(Console)
	if err := c.Init(m, make([]byte, m.Pitch*m.Height)); err != nil {
		b.Fatal(err)
	}
	var line [128]byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for col := range 128 {
			line[col] = byte('!' + (i+col)%90)
		}
		c.Write(vga.Own, line[:])
	}
}
