//go:build tamago

package main

import (
	"context"
	pictures "image"

	hostvga "github.com/ringo-vmm/ringo/drivers/vga"
	"github.com/ringo-vmm/ringo/kernel/terminal"
	"github.com/ringo-vmm/ringo/kernel/vmshell"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/vga"
)

// localTerminal is the machine's screen and keyboard as a terminal for guests;
// the monitor there has a view of its own, ownView.
type localTerminal struct{}

// ownView is what the screen shows of the kernel's: a monitor writes to it.
type ownView struct{}

// useLocal makes the screen and the keyboard a terminal.
func useLocal() {
	local.Own = ownView{}
	local.Shows = func(guest bool) {
		view := hostvga.Own
		if guest {
			view = hostvga.Guest
		}
		onScreen(func(s *hostvga.Screen) {
			s.Clear()
			s.Show(view)
		})
	}
	localUsed = true
}

// Read waits for keys. Alt with a function key changes what the screen shows.
func (localTerminal) Read(p []byte) (int, error) {
	return keyboard.read(p, showsDisplay, chooseConsole)
}

// showsDisplay tells whether the screen shows a guest's display.
func showsDisplay() bool {
	g, ok := local.Attached()
	return ok && g.Keys
}

// chooseConsole shows a console by its number: 1 is the monitor.
func chooseConsole(n int) {
	if n == 1 {
		local.Detach("")
		return
	}
	c, ok := vmshell.NumberedConsole(machines, n)
	switch {
	case !ok:
	case c.Display:
		local.attachDisplay(c.Machine)
	default:
		local.attach(c.Machine)
	}
}

// Write writes a guest's text.
func (localTerminal) Write(p []byte) (int, error) { return writeScreen(hostvga.Guest, p) }

// Write writes the monitor's text.
func (ownView) Write(p []byte) (int, error) { return writeScreen(hostvga.Own, p) }

// writeScreen writes in pieces, since interrupts are off while one is under way.
func writeScreen(v hostvga.View, p []byte) (int, error) {
	speaking.Lock()
	defer speaking.Unlock()
	var piece struct {
		text [32]byte
		n    int
	}
	for rest := p; len(rest) > 0; rest = rest[piece.n:] {
		piece.n = copy(piece.text[:], rest)
		onScreen(func(s *hostvga.Screen) { s.Write(v, piece.text[:piece.n]) })
	}
	return len(p), nil
}

// drawnDisplay is a display as the machine's own screen shows it.
func drawnDisplay(v *manager.Machine) terminal.Guest {
	return terminal.Guest{Name: v.Config.Name, Console: v.Screen, Keys: true, Draw: func(ctx context.Context) {
		terminal.Watch(ctx, v.Config.Name, v, new(glass))
	}}
}

// glass is the screen for displays of guests, a terminal.Screen.
type glass struct {
	cells [hostvga.MaxCols]hostvga.Cell
	drawn *pictures.RGBA // what the screen shows, if that is a picture
}

// Size is the screen's in characters.
func (*glass) Size() (cols, rows int) { return frontScreen().Size() }

// Row shows cells in a row.
func (g *glass) Row(row int, cells []vga.Cell) {
	g.text()
	n := min(len(cells), len(g.cells))
	for i, c := range cells[:n] {
		g.cells[i] = hostvga.Cell(c.Attr)<<8 | hostvga.Cell(c.Char)
	}
	onScreen(func(s *hostvga.Screen) { s.SetRow(row, g.cells[:n]) })
}

// text leaves a picture for text.
func (g *glass) text() {
	if g.drawn == nil {
		return
	}
	g.drawn = nil
	onScreen(func(s *hostvga.Screen) {
		if s.View() == hostvga.Picture {
			s.Show(hostvga.Guest)
		}
	})
}

// Cursor shows the cursor at a place.
func (*glass) Cursor(col, row int) { onScreen(func(s *hostvga.Screen) { s.SetCursor(col, row) }) }

// Picture shows a picture on a framebuffer.
func (g *glass) Picture(img *pictures.RGBA) bool {
	if !screen.ready {
		return false
	}
	if g.drawn == nil {
		onScreen(func(s *hostvga.Screen) {
			if s.View() == hostvga.Guest {
				s.Show(hostvga.Picture)
			}
		})
	}
	screen.console.Draw(img, g.drawn)
	g.drawn = img
	return true
}

// Say shows a line of text.
func (g *glass) Say(text string) {
	g.text()
	onScreen(func(s *hostvga.Screen) { s.Clear() })
	localTerminal{}.Write([]byte("[" + text + "]\r\n"))
}
