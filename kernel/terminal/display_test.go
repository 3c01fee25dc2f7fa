package terminal

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/vga"
)

// display is a display that shows text, a picture, or nothing.
type display struct {
	text    vga.Text
	picture *image.RGBA
	err     error
}

func (d *display) Text(t *vga.Text) bool {
	if d.text.Columns == 0 {
		return false
	}
	cells := append(t.Cells[:0], d.text.Cells...)
	*t = d.text
	t.Cells = cells
	return true
}

func (d *display) Picture() (image.Image, error) { return d.picture, d.err }

// show makes the display show rows of text.
func (d *display) show(cursor int, rows ...string) {
	d.text = vga.Text{Columns: len(rows[0]), Rows: len(rows), Cursor: cursor}
	for _, b := range []byte(strings.Join(rows, "")) {
		d.text.Cells = append(d.text.Cells, vga.Cell{Char: b, Attr: 0x1e})
	}
}

// glass is a screen of 4 by 3 characters that keeps what it is told.
type glass struct {
	rows     [3]string
	log      string
	pictures bool
}

func (g *glass) Size() (cols, rows int) { return 4, 3 }

func (g *glass) Row(row int, cells []vga.Cell) {
	text := ""
	for _, c := range cells {
		text += string(rune(c.Char))
	}
	g.rows[row] = text
}

func (g *glass) Cursor(col, row int) {
	g.log += fmt.Sprintf("%s cursor %d,%d;", strings.Join(g.rows[:], "|"), col, row)
}

func (g *glass) Picture(img *image.RGBA) bool {
	if g.pictures {
		g.log += fmt.Sprintf("picture %d;", img.Rect.Dx())
	}
	return g.pictures
}

func (g *glass) Say(text string) { g.log += text + ";" }

func TestAScreenShowsWhatTheDisplayDoes(t *testing.T) {
	d, g := &display{}, &glass{}
	w := watcher{name: "pc", display: d, screen: g}
	step := func(what, want string) {
		t.Helper()
		g.log = ""
		w.look()
		if g.log != want {
			t.Errorf("%s: %q, want %q", what, g.log, want)
		}
	}
	d.show(4, "ab", "cd", "ef")
	step("text", "ab|cd|ef cursor 0,2;")
	step("the same text", "")
	d.show(1, "ab", "cd", "ef")
	step("the cursor has moved", "ab|cd|ef cursor 1,0;")
	d.show(-1, "xy")
	step("a smaller screen without cursor", "xy|| cursor -1,-1;")
	d.show(9, "ab", "cd", "ef", "gh", "ij", "kl")
	step("a larger screen, around the cursor", "ef|gh|ij cursor 1,2;")
	d.show(-1, "ab", "cd", "ef", "gh")
	step("a larger screen without cursor", "ab|cd|ef cursor -1,-1;")

	d.text, d.picture = vga.Text{}, image.NewRGBA(image.Rect(0, 0, 64, 48))
	step("a picture that cannot be shown", `pc shows a picture, and this screen can show text alone: the monitor's command "screenshot pc" writes it to the log;`)
	step("still", "")
	g.pictures = true
	step("a picture", "picture 64;")
	d.picture, d.err = nil, errors.New("pc is off")
	step("off", "pc is off;")
	step("still off", "")
	d.show(-1, "ab", "cd", "ef", "gh")
	step("the same text as before", "ab|cd|ef cursor -1,-1;")
}

func TestWatchEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d, g := &display{}, &glass{}
	d.show(0, "ab")
	Watch(ctx, "pc", d, g)
	if g.log != "ab|| cursor 0,0;" {
		t.Errorf("%q", g.log)
	}
}
