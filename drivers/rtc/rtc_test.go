package rtc

import (
	"testing"
	"time"
)

// fakeRTC is the registers of a real-time clock behind its two ports. onRead
// is called before register reg is read.
type fakeRTC struct {
	reg    [256]uint8
	index  uint8
	onRead func(reg uint8)
}

func (f *fakeRTC) Out8(port uint16, v uint8) {
	if port == 0x70 {
		f.index = v
	}
}

func (f *fakeRTC) In8(port uint16) uint8 {
	if port != 0x71 {
		return 0xff
	}
	if f.onRead != nil {
		f.onRead(f.index)
	}
	return f.reg[f.index]
}

func (f *fakeRTC) In16(uint16) uint16   { return 0xffff }
func (f *fakeRTC) In32(uint16) uint32   { return 0xffff_ffff }
func (f *fakeRTC) Out16(uint16, uint16) {}
func (f *fakeRTC) Out32(uint16, uint32) {}

const (
	bcd24    = statusB24Hours
	bin24    = statusB24Hours | statusBBinary
	bcd12    = 0
	bin12    = statusBBinary
	century  = 0x32
	anything = 0xa5
)

func clockOf(b, cent, year, month, day, hour, minute, second uint8) *fakeRTC {
	f := &fakeRTC{}
	f.reg[regStatusB], f.reg[regStatusD] = b, statusDValid
	f.reg[century], f.reg[regYear], f.reg[regMonth], f.reg[regDay] = cent, year, month, day
	f.reg[regHour], f.reg[regMinute], f.reg[regSecond] = hour, minute, second
	return f
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name    string
		clock   *fakeRTC
		century uint8
		want    Time
		err     error
	}{
		{"BCD, 24 hours", clockOf(bcd24, 0x20, 0x26, 0x11, 0x21, 0x23, 0x59, 0x58), century, Time{2026, 11, 21, 23, 59, 58}, nil},
		{"binary, 24 hours", clockOf(bin24, 20, 26, 11, 21, 23, 59, 58), century, Time{2026, 11, 21, 23, 59, 58}, nil},
		{"BCD, 12 hours, evening", clockOf(bcd12, 0x20, 0x26, 0x11, 0x21, 0x91, 0x59, 0x58), century, Time{2026, 11, 21, 23, 59, 58}, nil},
		{"BCD, noon", clockOf(bcd12, 0x20, 0x26, 0x11, 0x21, 0x92, 0, 0), century, Time{2026, 11, 21, 12, 0, 0}, nil},
		{"BCD, midnight", clockOf(bcd12, 0x20, 0x26, 0x11, 0x21, 0x12, 0, 0), century, Time{2026, 11, 21, 0, 0, 0}, nil},
		{"binary, 12 hours, evening", clockOf(bin12, 20, 26, 11, 21, 0x80|11, 1, 2), century, Time{2026, 11, 21, 23, 1, 2}, nil},
		{"next century", clockOf(bcd24, 0x21, 0x01, 1, 1, 0, 0, 0), century, Time{2101, 1, 1, 0, 0, 0}, nil},
		{"no century register", clockOf(bcd24, 0x21, 0x99, 0x12, 0x31, 0, 0, 0), 0, Time{2099, 12, 31, 0, 0, 0}, nil},
		{"a century register that holds something else", clockOf(bcd24, anything, 0x26, 1, 1, 0, 0, 0), century, Time{2026, 1, 1, 0, 0, 0}, nil},
		{"a century register that is another", clockOf(bcd24, 0x21, 0x26, 1, 1, 0, 0, 0), regStatusB, Time{2026, 1, 1, 0, 0, 0}, nil},
		{"leap day", clockOf(bcd24, 0x20, 0x28, 2, 0x29, 0, 0, 0), century, Time{2028, 2, 29, 0, 0, 0}, nil},
		{"no leap day", clockOf(bcd24, 0x20, 0x26, 2, 0x29, 0, 0, 0), century, Time{}, ErrValue},
		{"digits that are none", clockOf(bcd24, 0x20, 0x26, 0x0b, 1, 0, 0, 0), century, Time{}, ErrValue},
		{"year of 100", clockOf(bin24, 20, 100, 1, 1, 0, 0, 0), century, Time{}, ErrValue},
		{"month 0", clockOf(bcd24, 0x20, 0x26, 0, 1, 0, 0, 0), century, Time{}, ErrValue},
		{"day 0", clockOf(bcd24, 0x20, 0x26, 1, 0, 0, 0, 0), century, Time{}, ErrValue},
		{"hour 24", clockOf(bcd24, 0x20, 0x26, 1, 1, 0x24, 0, 0), century, Time{}, ErrValue},
		{"hour 0 of 12", clockOf(bcd12, 0x20, 0x26, 1, 1, 0x80, 0, 0), century, Time{}, ErrValue},
		{"minute 60", clockOf(bcd24, 0x20, 0x26, 1, 1, 0, 0x60, 0), century, Time{}, ErrValue},
		{"second 60", clockOf(bcd24, 0x20, 0x26, 1, 1, 0, 0, 0x60), century, Time{}, ErrValue},
	} {
		got, err := Read(c.clock, c.century)
		if got != c.want || err != c.err {
			t.Errorf("%s: %v, %v, want %v, %v", c.name, got, err, c.want, c.err)
		}
	}
}

func TestClockThatTicksWhileItIsRead(t *testing.T) {
	f := clockOf(bcd24, 0x20, 0x26, 0x11, 0x21, 0x23, 0x59, 0x59)
	once := true
	f.onRead = func(reg uint8) {
		if reg == regHour && once { // seconds and minutes are read, the rest is not
			once = false
			f.reg[regDay], f.reg[regHour], f.reg[regMinute], f.reg[regSecond] = 0x22, 0, 0, 0
		}
	}
	got, err := Read(f, century)
	if want := (Time{2026, 11, 22, 0, 0, 0}); got != want || err != nil {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}

func TestUpdateIsWaitedFor(t *testing.T) {
	f := clockOf(bcd24, 0x20, 0x26, 0x11, 0x21, 0x66, 0x66, 0x66)
	f.reg[regStatusA] = statusAUpdating
	polls := 0
	f.onRead = func(reg uint8) {
		if reg == regStatusA {
			polls++
		}
		if polls == 1000 {
			f.reg[regStatusA] = 0
			f.reg[regHour], f.reg[regMinute], f.reg[regSecond] = 1, 2, 3
		}
	}
	got, err := Read(f, century)
	if want := (Time{2026, 11, 21, 1, 2, 3}); got != want || err != nil {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}

func TestBrokenClocks(t *testing.T) {
	absent := &fakeRTC{}
	for i := range absent.reg {
		absent.reg[i] = 0xff
	}
	battery := clockOf(bcd24, 0x20, 0x26, 1, 1, 0, 0, 0)
	battery.reg[regStatusD] = 0
	busy := clockOf(bcd24, 0x20, 0x26, 1, 1, 0, 0, 0)
	busy.reg[regStatusA] = statusAUpdating
	wild := clockOf(bcd24, 0x20, 0x26, 1, 1, 0, 0, 0)
	wild.onRead = func(uint8) { wild.reg[regSecond] = (wild.reg[regSecond] + 1) & 7 }
	for _, c := range []struct {
		name string
		f    *fakeRTC
		want error
	}{{"absent", absent, ErrAbsent}, {"no battery", battery, ErrBattery}, {"always busy", busy, ErrUpdating}, {"never the same", wild, ErrUnstable}} {
		if _, err := Read(c.f, century); err != c.want {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
	}
}

func TestUnix(t *testing.T) {
	for day := time.Date(1970, 1, 1, 13, 14, 15, 0, time.UTC); day.Year() < 2200; day = day.AddDate(0, 0, 1) {
		got := Time{day.Year(), int(day.Month()), day.Day(), 13, 14, 15}.Unix()
		if got != day.Unix() {
			t.Fatalf("%v is %d, want %d", day, got, day.Unix())
		}
	}
	if got := (Time{}).Unix(); got != 0 {
		t.Errorf("no date is %d, want 0", got)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	f := clockOf(bcd24, 0x20, 0x26, 0x11, 0x21, 0x23, 0x59, 0x58)
	n := testing.AllocsPerRun(10, func() {
		now, err := Read(f, century)
		if err != nil {
			t.Error(err)
		}
		now.Unix()
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzRead: whatever the registers hold, the answer is an error or a date
// that package time knows as well.
func FuzzRead(f *testing.F) {
	f.Add(uint8(bcd24), []byte{0x58, 0x59, 0x23, 0x21, 0x11, 0x26, 0x20})
	f.Add(uint8(bin12), []byte{1, 2, 0x80 | 11, 29, 2, 28, 20})
	f.Fuzz(func(t *testing.T, b uint8, v []byte) {
		var r [7]byte
		copy(r[:], v)
		got, err := Read(clockOf(b, r[6], r[5], r[4], r[3], r[2], r[1], r[0]), century)
		if err != nil {
			return
		}
		want := time.Date(got.Year, time.Month(got.Month), got.Day, got.Hour, got.Minute, got.Second, 0, time.UTC)
		if want.Day() != got.Day || want.Hour() != got.Hour || want.Second() != got.Second || got.Unix() != want.Unix() {
			t.Errorf("%+v is no date, or not %d", got, got.Unix())
		}
	})
}
