package char

import "github.com/ringo-vmm/ringo/vmm/debugport"

// Log is an Open: each line that the guest writes is a line of Ringo's log, as
// far as the machine may write there. The guest receives nothing.
func Log(p Port) (Backend, error) {
	lines := debugport.NewConsole(func(line []byte) { p.Log("%s: %s", p.Name, printable(line)) })
	return &toLog{Line: NewLine(p), lines: lines}, nil
}

type toLog struct {
	*Line
	lines *debugport.Console
}

// Transmit is Backend's.
func (l *toLog) Transmit(b byte) { l.lines.Out(0, 1, uint32(b)) }

// Close logs what the guest has not ended.
func (l *toLog) Close() {
	l.lines.Flush()
	l.Line.Close()
}

// printable has a dot for each control character in a line, in place: a guest
// does nothing to the terminal that shows the log.
func printable(line []byte) []byte {
	for i, b := range line {
		if b < ' ' || b == 0x7f {
			line[i] = '.'
		}
	}
	return line
}
