package rtc

// decode turns the registers into a date and time and checks every part of it.
// MC146818 data sheet, "Time, Calendar, and Alarm Locations".
func (r registers) decode(hasCentury bool) (Time, error) {
	binary := r.b&statusBBinary != 0
	pm := false
	if r.b&statusB24Hours == 0 {
		pm = r.hour&hourPM != 0
		r.hour &^= hourPM
	}
	t := Time{
		Second: number(r.second, binary), Minute: number(r.minute, binary), Hour: number(r.hour, binary),
		Day: number(r.day, binary), Month: number(r.month, binary), Year: number(r.year, binary),
	}
	if r.b&statusB24Hours == 0 {
		if t.Hour < 1 || t.Hour > 12 {
			return Time{}, ErrValue
		}
		t.Hour %= 12
		if pm {
			t.Hour += 12
		}
	}
	if t.Year < 0 || t.Year > 99 {
		return Time{}, ErrValue
	}
	t.Year += 100 * centuryOf(r, hasCentury, binary)
	if !t.valid() {
		return Time{}, ErrValue
	}
	return t, nil
}

// centuryOf distrusts a century register that says what cannot be: firmware
// tables have named registers that hold something else.
func centuryOf(r registers, hasCentury, binary bool) int {
	const thisCentury = 20
	if hasCentury {
		if c := number(r.century, binary); c == thisCentury || c == thisCentury+1 {
			return c
		}
	}
	return thisCentury
}

// number decodes one register: binary, or two decimal digits. It returns -1
// for a digit that is none.
func number(v uint8, binary bool) int {
	if binary {
		return int(v)
	}
	if v>>4 > 9 || v&0xf > 9 {
		return -1
	}
	return int(v>>4)*10 + int(v&0xf)
}

var monthDays = [12]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func (t Time) valid() bool {
	if t.Month < 1 || t.Month > 12 {
		return false
	}
	days := monthDays[t.Month-1]
	if t.Month == 2 && leap(t.Year) {
		days++
	}
	return t.Day >= 1 && t.Day <= days &&
		t.Hour >= 0 && t.Hour < 24 && t.Minute >= 0 && t.Minute < 60 && t.Second >= 0 && t.Second < 60
}

// Unix returns the seconds from 1970-01-01 00:00:00 to t, and 0 for a t that is
// no date and time.
func (t Time) Unix() int64 {
	if !t.valid() {
		return 0
	}
	before := t.Year - 1
	days := 365*t.Year + before/4 - before/100 + before/400
	const daysTo1970 = 365*1970 + 1969/4 - 1969/100 + 1969/400
	days -= daysTo1970
	for _, n := range monthDays[:t.Month-1] {
		days += n
	}
	if t.Month > 2 && leap(t.Year) {
		days++
	}
	days += t.Day - 1
	return int64(days)*86400 + int64(t.Hour)*3600 + int64(t.Minute)*60 + int64(t.Second)
}
