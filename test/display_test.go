//go:build boot

package test

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu"
)

// seat is a machine whose own screen and keyboard are in a test's hands, by
// QEMU's monitor.
type seat struct {
	*console
	dir   string
	conn  net.Conn
	reply *bufio.Reader
}

// sit starts a machine and waits until it takes keys.
func sit(t *testing.T, o emu.Options) *seat {
	t.Helper()
	s := &seat{dir: t.TempDir()}
	socket := filepath.Join(s.dir, "monitor")
	o.Extra = []string{"-monitor", "unix:" + socket + ",server=on,wait=off"}
	s.console = boot(t, o).Expect(`keyboard: PS/2`)
	var err error
	if s.conn, err = net.Dial("unix", socket); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close() })
	s.conn.SetDeadline(time.Now().Add(2 * waitTime))
	s.reply = bufio.NewReader(s.conn)
	s.prompt()
	return s
}

// prompt reads up to QEMU's prompt.
func (s *seat) prompt() {
	s.Helper()
	for text := ""; !strings.HasSuffix(text, "(qemu) "); {
		b, err := s.reply.ReadByte()
		if err != nil {
			s.Fatalf("QEMU's monitor: %v after %q", err, text)
		}
		text += string(rune(b))
	}
}

func (s *seat) command(format string, args ...any) {
	s.Helper()
	if _, err := fmt.Fprintf(s.conn, format+"\n", args...); err != nil {
		s.Fatal(err)
	}
	s.prompt()
}

// press presses keys by QEMU's names.
func (s *seat) press(keys ...string) {
	s.Helper()
	for _, k := range keys {
		s.command("sendkey %s 20", k)
	}
}

// text is what the screen shows in text mode.
func (s *seat) text() string {
	s.Helper()
	const columns, rows, address = 80, 25, 0xb8000
	file := filepath.Join(s.dir, "text")
	s.command("pmemsave %#x %d %q", address, columns*rows*2, file)
	b, err := os.ReadFile(file)
	if err != nil || len(b) != columns*rows*2 {
		s.Fatalf("%d bytes of text: %v", len(b), err)
	}
	var text strings.Builder
	for row := range rows {
		var line [columns]byte
		for i := range line {
			line[i] = b[(row*columns+i)*2]
		}
		text.Write(bytes.TrimRight(line[:], " \x00"))
		text.WriteByte('\n')
	}
	return text.String()
}

// sees waits until the screen's text matches.
func (s *seat) sees(expr string) string {
	s.Helper()
	re := regexp.MustCompile(expr)
	for deadline := time.Now().Add(waitTime); ; {
		text := s.text()
		if re.MatchString(text) {
			return text
		}
		if time.Now().After(deadline) {
			s.Fatalf("no %q on the screen:\n%s", expr, text)
		}
	}
}

// picture is what QEMU would show of the screen: P6, a portable pixmap.
func (s *seat) picture() *image.RGBA {
	s.Helper()
	file := filepath.Join(s.dir, "picture")
	s.command("screendump %q", file)
	b, err := os.ReadFile(file)
	if err != nil {
		s.Fatal(err)
	}
	var width, height, depth int
	if n, err := fmt.Sscanf(string(b), "P6\n%d %d\n%d", &width, &height, &depth); n != 3 || depth != 255 || len(b) < width*height*3 {
		s.Fatalf("a picture of %d bytes: %v", len(b), err)
	}
	pixels := b[len(b)-width*height*3:]
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		img.SetRGBA(i%width, i/width, color.RGBA{pixels[3*i], pixels[3*i+1], pixels[3*i+2], 255})
	}
	return img
}

// One can use the monitor at the machine's own screen and keyboard, and go from
// there to a guest's display and type at it, while somebody else does something
// else on the serial line.
func TestScreenAndKeyboard(t *testing.T) {
	modules := firmware(t, "boot = \"cd\"\n"+`disk = [{ file = "ringo.iso", cd = true }]`, hybridISO)
	s := sit(t, emu.Options{MemMiB: 512, Modules: modules})
	s.Expect(`SeaBIOS`).Send(escape).Expect(monitor)

	s.press("ret", "v", "e", "r", "s", "i", "x", "left", "o", "right", "backspace", "n", "ret")
	s.sees(`ringo> version\n.*go1\.(?s:.*)ringo>`)
	s.press("c", "o", "n", "s", "o", "l", "e", "s", "ret")
	s.sees(`(?m)^ *1  monitor\n *2  pc, serial line\n *3  pc, display$`)

	s.press("alt-f3")
	if text := s.sees(`executed automatically`); strings.Contains(text, "ringo>") {
		t.Errorf("the monitor shows behind the display:\n%s", text)
	}
	s.press("c")
	s.sees(`grub>`)
	s.press("e", "c", "h", "o", "spc", "shift-h", "i", "shift-1", "ret")
	s.sees(`(?m)^grub> echo Hi!\s+^Hi!$`)
	s.Send("uptime\n").Expect(`ringo> `)

	s.press("alt-f1")
	s.sees(`3  pc, display(?s:.*)ringo>`)
	s.press("ctrl-bracket_right") // to the display, and back
	s.sees(`grub>`)
	s.press("ctrl-bracket_right")
	s.sees(`\[monitor; pc goes on\]`)
	// The serial line says how a machine ends, and so does the screen that
	// shows it.
	s.press("alt-f3")
	s.sees(`grub>`)
	s.Send("vm destroy pc\n").Expect(`ringo> `)
	s.sees(`\[vm pc: ended: stopped\]`)
	s.press("p", "o", "w", "e", "r", "o", "f", "f", "ret")
	s.Exit(emu.Stopped, 0)
}

// redScreen is a boot sector that sets mode 13h and fills the screen with colour
// 12, light red.
var redScreen = []byte{
	0xb8, 0x13, 0x00, // mov ax, 13h
	0xcd, 0x10, // int 10h
	0xb8, 0x00, 0xa0, // mov ax, a000h
	0x8e, 0xc0, // mov es, ax
	0x31, 0xff, // xor di, di
	0xb0, 0x0c, // mov al, 12
	0xb9, 0x00, 0xfa, // mov cx, 64000
	0xfc,       // cld
	0xf3, 0xaa, // rep stosb
	0xf4,       // stop: hlt
	0xeb, 0xfd, // jmp stop
}

// lightRed is the VGA's colour 12.
var lightRed = color.RGBA{0xff, 0x55, 0x55, 0xff}

// showKeys is a boot sector that prints what it reads at the keyboard controller's
// data port.
var showKeys = []byte{
	0xfa,       // cli
	0xe4, 0x64, // next: in al, 64h
	0xa8, 0x01, // test al, 1
	0x74, 0xfa, // jz next
	0xe4, 0x60, // in al, 60h
	0x50,             // push ax
	0xc0, 0xe8, 0x04, // shr al, 4
	0xe8, 0x08, 0x00, // call digit
	0x58,       // pop ax
	0x24, 0x0f, // and al, 0fh
	0xe8, 0x02, 0x00, // call digit
	0xeb, 0xe9, // jmp next
	0x3c, 0x0a, // digit: cmp al, 10
	0x72, 0x02, // jb decimal
	0x04, 0x07, // add al, 7
	0x04, 0x30, // decimal: add al, '0'
	0xb4, 0x0e, // mov ah, 0eh
	0xbb, 0x07, 0x00, // mov bx, 7
	0xcd, 0x10, // int 10h
	0xc3, // ret
}

// sector is a machine in which a boot sector runs.
func sector(t *testing.T, code []byte, o emu.Options) *seat {
	t.Helper()
	const size, sectorSize = 1474560, 512
	disk := make([]byte, size)
	copy(disk, code)
	copy(disk[sectorSize-2:], []byte{0x55, 0xaa})
	path := filepath.Join(t.TempDir(), "floppy.img")
	if err := os.WriteFile(path, disk, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Modules = firmware(t, `boot = "floppy"`+"\n"+`disk = [{ file = "floppy.img", bus = "floppy" }]`, path)
	s := sit(t, o)
	s.Expect(`Booting from Floppy`).Send(escape).Expect(monitor)
	return s
}

// A guest's keyboard controller has the keys that somebody presses and releases at
// the machine's own keyboard, and those for which a terminal on the serial line
// sends control sequences.
func TestKeysReachAGuestsKeyboard(t *testing.T) {
	s := sector(t, showKeys, emu.Options{})
	s.press("alt-f3")
	s.sees(`Booting from Floppy`)
	s.press("ctrl-alt-delete")
	s.sees(`1D38E053(E0D3|B8|9D){3}`)
	s.press("shift-f1", "caps_lock", "left")
	s.sees(`2A3B(BB|AA){2}3ABAE04BE0CB`)
	s.Send("vm display pc\n").Expect(`leads to the monitor and back`).Send("\x1b[D\x1b[15~\x1b[3~\x1b[1;5H" + escape)
	s.sees(`E04BE0CB3FBFE053E0D31DE047E0C79D`)
	// The keys that lead to the monitor are let go before.
	s.press("ctrl-bracket_right")
	s.sees(`\[monitor; pc goes on\]`)
	s.press("x", "alt-f3")
	if text := s.sees(`9D1D9D`); regexp.MustCompile(`9D1D9D(1B|2D)`).MatchString(text) {
		t.Errorf("the guest gets the monitor's keys:\n%s", text)
	}
	s.press("alt-f1")
	s.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// A picture cannot be shown on a screen in text mode, which says so.
func TestAPictureOnATextScreen(t *testing.T) {
	s := sector(t, redScreen, emu.Options{})
	s.press("alt-f3")
	s.sees(`pc shows a picture, and this screen can show text alone`)
	s.press("alt-f1")
	s.sees(`ringo>`)
	s.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// A picture is drawn on a framebuffer, in the middle and as large as fits, and
// text comes back behind it.
func TestAPictureOnAFramebuffer(t *testing.T) {
	s := sector(t, redScreen, emu.Options{Boot: emu.BootUEFI})
	before := s.picture()
	s.press("alt-f3")
	for deadline := time.Now().Add(waitTime); ; {
		img := s.picture()
		size := img.Rect.Size()
		n := min(size.X/320, size.Y/200)
		left, top := (size.X-n*320)/2, (size.Y-n*200)/2
		inside, outside := img.RGBAAt(left, top), color.RGBA{A: 255}
		if top > 0 {
			outside = img.RGBAAt(left, top-1)
		}
		if inside == lightRed && img.RGBAAt(left+n*320-1, top+n*200-1) == lightRed && outside == (color.RGBA{A: 255}) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("on a screen of %v, the picture's corner is %v", size, inside)
		}
	}
	s.press("alt-f1")
	for deadline := time.Now().Add(waitTime); ; {
		if img := s.picture(); img.Rect == before.Rect && bytes.Equal(img.Pix[:len(img.Pix)/4], before.Pix[:len(img.Pix)/4]) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the text does not come back")
		}
	}
	s.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// A screenshot of a guest's display becomes a file.
func TestScreenshot(t *testing.T) {
	dir := t.TempDir()
	out, err := exec.Command(ringoTool, "run", "-tamago", *tamago, "-config", "../iso/bios.toml", "-screenshot", dir,
		"-send", `No bootable device=>\x1d`, "-send", `goes on\](?s:.*)ringo> =>screenshot pc\n`,
		"-expect", `END PNG pc\.png-----\n`, "-timeout", waitTime.String()).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := os.Open(filepath.Join(dir, "pc.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	size := img.Bounds().Size()
	if size != image.Pt(720, 400) && size != image.Pt(640, 400) {
		t.Errorf("the picture is %v", size)
	}
	colours := map[color.Color]int{}
	for y := range size.Y {
		for x := range size.X {
			colours[img.At(x, y)]++
		}
	}
	// Grey on black, of which there is more.
	grey, black := colours[color.RGBA{0xaa, 0xaa, 0xaa, 0xff}], colours[color.RGBA{A: 0xff}]
	if len(colours) < 2 || grey < 1000 || black < 10*grey {
		t.Errorf("%d colours, %d pixels grey, %d black", len(colours), grey, black)
	}
}
