package char

// chunk is how many bytes a guest is given at a time.
const chunk = 256

// Line is the way from an Input to one machine's port. It has the methods of a
// Backend but for Transmit.
type Line struct {
	Port
	in      *Input
	receive func(p []byte) int
	piece   [chunk]byte // guarded by the device lock
}

// NewLine makes a line to a port, with an input of its own.
func NewLine(p Port) *Line { return new(Input).NewLine(p) }

// NewLine makes a line to a port. The input goes there from Connect on, and no
// longer to the line that had it before.
func (in *Input) NewLine(p Port) *Line { return &Line{Port: p, in: in} }

// Post sends p to the guest, soon: see Input.
func (l *Line) Post(p []byte) (dropped int) { return l.in.Post(p) }

// Connect is Backend's.
func (l *Line) Connect(receive func(p []byte) int) {
	in := l.in
	in.mu.Lock()
	l.receive = receive
	in.line = l
	if in.post == nil {
		in.post = in.deliver
	}
	in.mu.Unlock()
	l.deliver()
}

// Ready is Backend's. What comes meanwhile is its sender's to deliver.
func (l *Line) Ready() {
	for {
		n := l.peek()
		if n == 0 {
			return
		}
		took := l.receive(l.piece[:n])
		l.took(took)
		if took < n {
			return
		}
	}
}

// peek copies the next bytes to the line's piece.
func (l *Line) peek() int {
	in := l.in
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.line != l {
		return 0
	}
	return copy(l.piece[:], in.waiting)
}

// took takes n bytes out of the input, which is not emptied by others.
func (l *Line) took(n int) {
	in := l.in
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.line == l {
		in.waiting = in.waiting[:copy(in.waiting, in.waiting[n:])]
	}
}

// Close is Backend's. What still waits, waits for the next machine.
func (l *Line) Close() {
	in := l.in
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.line == l {
		in.line = nil
	}
}

// deliver is Ready for who does not hold the device lock.
func (l *Line) deliver() {
	l.Lock.Lock()
	defer l.Lock.Unlock()
	if l.Broken != nil {
		defer func() {
			if bug := recover(); bug != nil {
				l.Broken(bug)
			}
		}()
	}
	l.Ready()
}
