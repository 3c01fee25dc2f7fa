package klog

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// readAll gives the texts from c on, and how many records were lost.
func readAll(l *Log, c *Cursor) (texts []string, lost uint64) {
	var buf [MaxText]byte
	for {
		r, n, ok := l.Read(c, buf[:])
		lost += n
		if !ok {
			return texts, lost
		}
		texts = append(texts, string(r.Text))
	}
}

func TestReadGivesRecordsAsAppended(t *testing.T) {
	l := new(Log)
	l.Append(Info, 1000, "first")
	l.AppendBytes(Error, 2000, []byte("second"))
	var c Cursor
	var buf [MaxText]byte
	for i, want := range []string{"{0 1000 info first}", "{1 2000 error second}"} {
		r, lost, ok := l.Read(&c, buf[:])
		if got := fmt.Sprintf("{%d %d %v %s}", r.Seq, r.NS, r.Level, r.Text); !ok || lost != 0 || got != want {
			t.Errorf("record %d: %s, lost %d, ok %v; want %s", i, got, lost, ok, want)
		}
	}
	if _, lost, ok := l.Read(&c, buf[:]); ok || lost != 0 || c != 2 {
		t.Errorf("at the end: ok %v, lost %d, cursor %d", ok, lost, c)
	}
	l.Append(Warn, 3000, "third")
	if texts, _ := readAll(l, &c); len(texts) != 1 || texts[0] != "third" {
		t.Errorf("after the end: %q", texts)
	}
}

func TestAppendMakesARecordALine(t *testing.T) {
	for text, want := range map[string]string{
		"":              `[""]`,
		"\n":            `[""]`,
		"one":           `["one"]`,
		"one\n":         `["one"]`,
		"one\ntwo\n":    `["one" "two"]`,
		"one\n\nthree":  `["one" "" "three"]`,
		"\nafter blank": `["" "after blank"]`,
	} {
		l := new(Log)
		l.Append(Info, 0, text)
		texts, _ := readAll(l, new(Cursor))
		if got := fmt.Sprintf("%q", texts); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestAppendDoesNotKeepTheBuffer(t *testing.T) {
	l := new(Log)
	buf := []byte("before")
	l.AppendBytes(Info, 0, buf)
	copy(buf, "after!")
	if texts, _ := readAll(l, new(Cursor)); texts[0] != "before" {
		t.Errorf("record reads %q", texts[0])
	}
}

func TestLongTextIsCutBetweenCharacters(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"just fits":      {strings.Repeat("x", MaxText), strings.Repeat("x", MaxText)},
		"one too long":   {strings.Repeat("x", MaxText+1), strings.Repeat("x", MaxText-3) + "..."},
		"two bytes each": {strings.Repeat("é", MaxText), strings.Repeat("é", (MaxText-3)/2) + "..."},
		"four bytes":     {"a" + strings.Repeat("🛸", MaxText), "a" + strings.Repeat("🛸", (MaxText-4)/4) + "..."},
	} {
		l := new(Log)
		l.Append(Info, 0, c.text)
		if texts, _ := readAll(l, new(Cursor)); len(texts) != 1 || texts[0] != c.want {
			t.Errorf("%s: %q, want %q", name, texts, c.want)
		}
	}
}

func TestSmallBufferGetsTheBeginning(t *testing.T) {
	l := new(Log)
	l.Append(Info, 0, "a long text")
	for size, want := range map[int]string{0: "", 6: "a long", 11: "a long text", 99: "a long text"} {
		r, _, ok := l.Read(new(Cursor), make([]byte, size))
		if !ok || string(r.Text) != want {
			t.Errorf("buffer of %d: %q %v", size, r.Text, ok)
		}
	}
}

func TestOldRecordsGiveWayAndAreCounted(t *testing.T) {
	for name, text := range map[string]string{
		"many short records": "",
		"large records":      strings.Repeat("0123456789abcdef", MaxText/16-1),
		"odd sizes":          strings.Repeat("x", 313),
	} {
		l := new(Log)
		var c Cursor
		const n = 3 * MaxRecords
		for i := range n {
			l.Append(Info, uint64(i), fmt.Sprintf("%d %s", i, text))
		}
		texts, lost := readAll(l, &c)
		if lost == 0 || lost+uint64(len(texts)) != n {
			t.Fatalf("%s: %d lost and %d kept of %d", name, lost, len(texts), n)
		}
		size := 0
		for i, got := range texts {
			if want := fmt.Sprintf("%d %s", int(lost)+i, text); got != want {
				t.Fatalf("%s: record %d reads %q", name, int(lost)+i, got)
			}
			size += len(got)
		}
		// What is kept is all that fits.
		if next := size + len(fmt.Sprintf("%d %s", lost-1, text)); len(texts) < MaxRecords && next <= TextSize {
			t.Errorf("%s: %d records of %d bytes kept", name, len(texts), size)
		}
	}
}

func TestSlowReaderGoesOnAtTheOldest(t *testing.T) {
	l := new(Log)
	var c Cursor
	var buf [MaxText]byte
	l.Append(Info, 0, "0")
	l.Append(Info, 0, "1")
	l.Read(&c, buf[:])
	for i := 2; i < MaxRecords+10; i++ {
		l.Append(Info, 0, fmt.Sprint(i))
	}
	r, lost, ok := l.Read(&c, buf[:])
	if !ok || lost != 9 || r.Seq != 10 || string(r.Text) != "10" {
		t.Errorf("record %d %q, lost %d, ok %v", r.Seq, r.Text, lost, ok)
	}
	if r, lost, _ := l.Read(&c, buf[:]); lost != 0 || r.Seq != 11 {
		t.Errorf("next: record %d, lost %d", r.Seq, lost)
	}
}

func TestEndSkipsWhatIsThere(t *testing.T) {
	l := new(Log)
	l.Append(Info, 0, "old")
	c := l.End()
	l.Append(Info, 0, "new")
	if texts, lost := readAll(l, &c); len(texts) != 1 || texts[0] != "new" || lost != 0 {
		t.Errorf("%q, lost %d", texts, lost)
	}
}

func TestReadersAndWritersUnderALock(t *testing.T) {
	const writers, each = 4, 2000
	l := new(Log)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				mu.Lock()
				l.Append(Info, uint64(i), fmt.Sprintf("writer %d says %d", w, i))
				mu.Unlock()
			}
		})
	}
	var c Cursor
	var buf [MaxText]byte
	seen, last := uint64(0), [writers]int{-1, -1, -1, -1}
	for seen < writers*each {
		mu.Lock()
		r, lost, ok := l.Read(&c, buf[:])
		mu.Unlock()
		seen += lost
		if !ok {
			continue
		}
		seen++
		var w, i int
		if n, err := fmt.Sscanf(string(r.Text), "writer %d says %d", &w, &i); n != 2 || err != nil {
			t.Fatalf("torn record %q", r.Text)
		}
		if i <= last[w] {
			t.Fatalf("writer %d: %d after %d", w, i, last[w])
		}
		last[w] = i
	}
	wg.Wait()
}

func TestLogDoesNotAllocate(t *testing.T) {
	l := new(Log)
	text := []byte(strings.Repeat("y", 600))
	var c Cursor
	var buf [MaxText]byte
	var line Line
	n := testing.AllocsPerRun(1000, func() {
		l.Append(Info, 1, "some text\nof two lines")
		l.AppendBytes(Warn, 2, text)
		l.Stage("stage", 3)
		r, _, _ := l.Read(&c, buf[:])
		line.Reset().Record(r)
		s, _ := l.StageAt(0, 4)
		line.Reset().Stage(s).Hex(5, 16).Dec(6).Pad(100)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzLog appends and reads in an order the input gives, beside a model that
// keeps everything.
func FuzzLog(f *testing.F) {
	f.Add([]byte("a short one"), uint16(3000))
	f.Add([]byte{0, 255, 1, 254, '\n', 2, 128, 127, 0}, uint16(900))
	f.Add([]byte("\xff\xfe\n\n\x80"), uint16(60000))
	f.Fuzz(func(t *testing.T, ops []byte, jump uint16) {
		l := new(Log)
		var model []string
		var c Cursor
		buf := make([]byte, MaxText)
		body := strings.Repeat("0123456789", 2*MaxText/10)
		for i, op := range ops {
			for range 1 + int(op)/2*int(op&1)*4 {
				text := body[i%10:][:int(op)*(MaxText+20)/255]
				l.Append(Level(op&3), uint64(i), text)
				if len(text) > MaxText {
					text = text[:MaxText-3] + "..."
				}
				model = append(model, text)
			}
			if op&4 != 0 {
				c = Cursor(jump) // a place that may be anywhere
			}
			before := c
			r, lost, ok := l.Read(&c, buf[:int(op)*2%(MaxText+1)])
			if !ok {
				if lost != 0 || c != before || uint64(c) < uint64(len(model)) {
					t.Fatalf("nothing at %d of %d, lost %d", before, len(model), lost)
				}
				continue
			}
			if r.Seq != uint64(before)+lost || r.Seq+1 != uint64(c) || r.Seq >= uint64(len(model)) {
				t.Fatalf("read %d from %d, lost %d, cursor now %d of %d", r.Seq, before, lost, c, len(model))
			}
			want := model[r.Seq]
			if want = want[:min(len(want), int(op)*2%(MaxText+1))]; string(r.Text) != want {
				t.Fatalf("record %d is %q, want %q", r.Seq, r.Text, want)
			}
		}
	})
}
