package vga

// View is what a screen shows.
type View uint8

// The views. Each of the first two is a Grid.
const (
	Own     View = iota // the kernel's log, and the monitor
	Guest               // a guest's console or text screen
	Picture             // a guest's display in a graphics mode, which no Grid draws
)

// Painter is what a Screen is shown on.
type Painter interface {
	// Paint shows a cell.
	Paint(col, row int, c Cell)
	// Point shows the cursor at a cell, and no longer where it was.
	Point(col, row int, shown bool)
	// Blank makes all of it black, for a picture, and after one.
	Blank()
}

// Screen is the text of a screen: two grids, of which the one in front shows.
// The other takes in text as well, and is there when it comes to the front. The
// zero value is no screen: its methods do nothing.
type Screen struct {
	painter Painter
	grids   [2]Grid
	front   View
	row     [MaxCols]Cell // that Line keeps
}

// Reset makes both grids blank, with Own in front, and nothing painted so far.
func (s *Screen) Reset(cols, rows int, p Painter) {
	s.painter, s.front = p, Own
	for i := range s.grids {
		s.grids[i].Reset(cols, rows)
	}
	s.grids[Guest].Raw = true
}

// Size is the size in characters; it is zero before Reset.
func (s *Screen) Size() (cols, rows int) { return s.grids[Own].Size() }

// Cell is what is at a place of the view in front, unless that is a picture.
func (s *Screen) Cell(col, row int) Cell {
	if s.front == Picture {
		return blank
	}
	return s.grids[s.front].Cell(col, row)
}

// View is what is in front.
func (s *Screen) View() View { return s.front }

// Show puts a view in front and paints it.
func (s *Screen) Show(v View) {
	from := s.front
	s.front = v
	if s.painter == nil {
		return
	}
	if from == Picture || v == Picture {
		s.painter.Blank()
	}
	if v != Picture {
		s.grids[v].Paint(s.painter)
		s.point()
	}
}

// SetAttr sets the attribute of the kernel's characters to come.
func (s *Screen) SetAttr(a Attr) { s.grids[Own].SetAttr(a) }

// Write takes text for Own or Guest, as Grid.Put describes.
func (s *Screen) Write(v View, p []byte) {
	painter := s.of(v)
	for _, b := range p {
		s.grids[v].Put(b, painter)
	}
	s.point()
}

// Line takes a line of text, which ends in a line feed, for Own, and puts it
// above the line that the cursor is in, if something is there already: a prompt,
// and what is typed behind it.
func (s *Screen) Line(p []byte) {
	g, painter := &s.grids[Own], s.of(Own)
	col, from := g.col, g.row*g.cols
	if col > 0 {
		copy(s.row[:], g.cells[from:from+g.cols])
		g.erase(from, from+g.cols, painter)
		g.col = 0
	}
	for _, b := range p {
		g.Put(b, painter)
	}
	if col > 0 {
		g.SetRow(g.row, s.row[:g.cols], painter)
		g.col = col
	}
	s.point()
}

// Clear makes the guest's view blank.
func (s *Screen) Clear() {
	s.grids[Guest].Clear(s.of(Guest))
	s.point()
}

// SetRow fills a row of the guest's view with cells.
func (s *Screen) SetRow(row int, cells []Cell) { s.grids[Guest].SetRow(row, cells, s.of(Guest)) }

// SetCursor moves the cursor of the guest's view. Outside of the screen there is
// none.
func (s *Screen) SetCursor(col, row int) {
	s.grids[Guest].SetCursor(col, row)
	s.point()
}

// of is the painter of a view: nil unless that is in front.
func (s *Screen) of(v View) Painter {
	if v != s.front {
		return nil
	}
	return s.painter
}

// point shows the cursor of the view in front.
func (s *Screen) point() {
	if s.painter != nil && s.front != Picture {
		s.painter.Point(s.grids[s.front].Cursor())
	}
}
