package terminal

import (
	"context"
	"fmt"
	"image"
	"slices"
	"time"

	"github.com/ringo-vmm/ringo/vmm/vga"
)

// Display is a guest's display.
type Display interface {
	// Text fills t with its text. It tells false if there is none: it shows a
	// picture, or the guest is off.
	Text(t *vga.Text) bool
	// Picture is what it shows.
	Picture() (image.Image, error)
}

// Screen is a screen on which displays are shown.
type Screen interface {
	// Size is its size in characters.
	Size() (cols, rows int)
	// Row shows cells in a row, and blanks behind them.
	Row(row int, cells []vga.Cell)
	// Cursor shows the cursor at a place; outside of the screen there is none.
	Cursor(col, row int)
	// Picture shows a picture. It tells false if the screen has text alone.
	Picture(img *image.RGBA) bool
	// Say shows a line of text, and nothing else.
	Say(text string)
}

const (
	// framePeriod is the least time between two looks at a display.
	framePeriod = 50 * time.Millisecond
	// frameShare is one in how many parts of the time showing may take: a
	// picture of many pixels is looked at less often.
	frameShare = 8
)

// Watch shows the display of the guest of that name on a screen until ctx ends.
func Watch(ctx context.Context, name string, d Display, s Screen) {
	w := watcher{name: name, display: d, screen: s}
	for {
		begin := time.Now()
		w.look()
		pause := time.NewTimer(max(framePeriod, frameShare*time.Since(begin)))
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

// watcher is a display and what the screen shows of it.
type watcher struct {
	name    string
	display Display
	screen  Screen

	text, shown vga.Text
	isText      bool   // the screen shows shown
	said        string // what it shows instead, if that is a line
}

// look shows what the display has now.
func (w *watcher) look() {
	if w.display.Text(&w.text) {
		w.showText()
		return
	}
	img, err := w.display.Picture()
	rgba, ok := img.(*image.RGBA)
	switch {
	case err != nil:
		w.say(err.Error())
	case !ok || !w.screen.Picture(rgba):
		w.say(fmt.Sprintf("%s shows a picture, and this screen can show text alone: the monitor's command \"screenshot %s\" writes it to the log", w.name, w.name))
	default:
		w.isText, w.said = false, ""
	}
}

func (w *watcher) say(text string) {
	if text != w.said {
		w.screen.Say(text)
	}
	w.isText, w.said = false, text
}

// showText shows the text if it has changed: all of it, or the rows down to the
// cursor's.
func (w *watcher) showText() {
	t, old := &w.text, &w.shown
	if w.isText && t.Columns == old.Columns && t.Cursor == old.Cursor && t.Blink == old.Blink && slices.Equal(t.Cells, old.Cells) {
		return
	}
	_, rows := w.screen.Size()
	col, row := -1, -1
	first := 0
	if t.Cursor >= 0 {
		col, row = t.Cursor%t.Columns, t.Cursor/t.Columns
		first = max(row-rows+1, 0)
		row -= first
	}
	for i := range rows {
		from := min((first+i)*t.Columns, len(t.Cells))
		w.screen.Row(i, t.Cells[from:min(from+t.Columns, len(t.Cells))])
	}
	w.screen.Cursor(col, row)
	cells := append(old.Cells[:0], t.Cells...)
	*old = *t
	old.Cells = cells
	w.isText, w.said = true, ""
}
