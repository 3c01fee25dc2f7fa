package klog

import "unsafe"

// Level says how much a record matters.
type Level uint8

// The levels, from least to most.
const (
	Debug Level = iota
	Info
	Warn
	Error
)

var levelNames = [...]string{"debug", "info", "warn", "error"}

func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return "unknown"
}

// The ring holds as many of the last records as there is room for in both: a
// boot is a few hundred records of about 60 bytes.
const (
	MaxRecords = 1024
	TextSize   = 64 << 10 // bytes
)

// MaxText is the longest text of a record in bytes; longer text is cut there
// and ends in "...".
const MaxText = 480

const ellipsis = "..."

// entry is a record in the ring. Its text is at pos%TextSize, wrapping around.
type entry struct {
	ns    uint64
	pos   uint64 // bytes of text appended before
	size  uint16
	level Level
}

// Log is the kernel log. The zero value is empty and ready. It is large: keep
// it in a variable of a package.
type Log struct {
	entries [MaxRecords]entry
	text    [TextSize]byte
	oldest  uint64 // sequence number of the oldest record kept
	next    uint64 // sequence number of the next record
	pos     uint64 // bytes of text appended so far

	stages     [MaxStages]stage
	stageCount int
}

// Append adds a record at a time in nanoseconds since entry. Text of several
// lines becomes a record a line; a line feed at its end is dropped.
func (l *Log) Append(level Level, ns uint64, text string) {
	start := 0
	for i := range len(text) {
		if text[i] == '\n' {
			l.add(level, ns, text[start:i])
			start = i + 1
		}
	}
	if start < len(text) || len(text) == 0 {
		l.add(level, ns, text[start:])
	}
}

// AppendBytes is Append for text in a buffer, which it does not keep.
func (l *Log) AppendBytes(level Level, ns uint64, text []byte) {
	l.Append(level, ns, unsafe.String(unsafe.SliceData(text), len(text)))
}

func (l *Log) add(level Level, ns uint64, text string) {
	e := entry{ns: ns, pos: l.pos, level: level}
	if len(text) > MaxText {
		cut := MaxText - len(ellipsis)
		for range utf8Max {
			if text[cut]&0xc0 != 0x80 { // the first byte of a character
				break
			}
			cut--
		}
		l.store(text[:cut])
		l.store(ellipsis)
	} else {
		l.store(text)
	}
	e.size = uint16(l.pos - e.pos)
	l.entries[l.next%MaxRecords] = e
	l.next++
	for l.next-l.oldest > MaxRecords || l.pos-l.entries[l.oldest%MaxRecords].pos > TextSize {
		l.oldest++
	}
}

// utf8Max is how many continuation bytes a character has at most.
const utf8Max = 3

func (l *Log) store(s string) {
	at := l.pos % TextSize
	n := copy(l.text[at:], s)
	copy(l.text[:], s[n:])
	l.pos += uint64(len(s))
}

// Record is a record that was read.
type Record struct {
	Seq   uint64 // 0 for the first of this boot, and on by one
	NS    uint64 // nanoseconds since entry
	Level Level
	Text  []byte // part of the caller's buffer
}

// Cursor is a reader's place in a Log: the sequence number of the record it
// reads next. The zero value is the beginning; Log.End is the end.
type Cursor uint64

// End is the place after the last record.
func (l *Log) End() Cursor { return Cursor(l.next) }

// Read gives the record at c and moves c past it. Its text is copied into buf,
// which should hold MaxText bytes; what does not fit is left out. Where records
// from c on have been overwritten, Read goes to the oldest that is left and
// says how many were lost. At the end ok is false and c stays.
func (l *Log) Read(c *Cursor, buf []byte) (r Record, lost uint64, ok bool) {
	seq := uint64(*c)
	if seq >= l.next {
		return Record{}, 0, false
	}
	if seq < l.oldest {
		lost = l.oldest - seq
		seq = l.oldest
	}
	e := &l.entries[seq%MaxRecords]
	buf = buf[:min(len(buf), int(e.size), MaxText)]
	n := copy(buf, l.text[e.pos%TextSize:])
	copy(buf[n:], l.text[:])
	*c = Cursor(seq + 1)
	return Record{Seq: seq, NS: e.ns, Level: e.level, Text: buf}, lost, true
}
