package rtc

import "time"

// now is the time in seconds since 1970 and the ns since the second began. It
// runs on, unseen, while the time is held.
func (r *RTC) now() (sec, frac int64) {
	t := r.wall() + r.phase
	sec, frac = t/second, t%second
	if frac < 0 {
		sec, frac = sec-1, frac+second
	}
	return sec + r.shift, frac
}

// held tells whether the time stands still, because the guest sets it or holds
// the divider chain.
func (r *RTC) held() bool { return r.b&bSET != 0 || r.dividerHeld() }

func (r *RTC) dividerHeld() bool { return r.a&aDividerReset == aDividerReset }

// encode is a number up to 99 as the time registers have it.
func (r *RTC) encode(v int) uint8 {
	if r.b&bBinary != 0 {
		return uint8(v)
	}
	return uint8(v/10<<4 | v%10)
}

func (r *RTC) decode(b uint8) int {
	if r.b&bBinary != 0 {
		return int(b)
	}
	return int(b>>4*10 + b&15)
}

const pm = 0x80 // in the hours of a 12-hour clock

func (r *RTC) encodeHour(h int) uint8 {
	if r.b&b24 != 0 {
		return r.encode(h)
	}
	b := r.encode((h+11)%12 + 1)
	if h >= 12 {
		b |= pm
	}
	return b
}

func (r *RTC) decodeHour(b uint8) int {
	if r.b&b24 != 0 {
		return r.decode(b)
	}
	h := r.decode(b&^pm) % 12
	if b&pm != 0 {
		h += 12
	}
	return h
}

// timeByte is a register of the time.
func (r *RTC) timeByte(i uint8) uint8 {
	if r.held() {
		return r.cmos[i]
	}
	sec, _ := r.now()
	return r.encodeTime(i, time.Unix(sec, 0).UTC())
}

func (r *RTC) encodeTime(i uint8, t time.Time) uint8 {
	switch i {
	case regSeconds:
		return r.encode(t.Second())
	case regMinutes:
		return r.encode(t.Minute())
	case regHours:
		return r.encodeHour(t.Hour())
	case regWeekday:
		return r.encode(int(t.Weekday()) + 1)
	case regDay:
		return r.encode(t.Day())
	case regMonth:
		return r.encode(int(t.Month()))
	case regYear:
		return r.encode((t.Year()%100 + 100) % 100)
	default:
		return r.encode((t.Year()/100%100 + 100) % 100)
	}
}

// hold puts the time into the registers, for the guest to change.
func (r *RTC) hold() {
	sec, _ := r.now()
	t := time.Unix(sec, 0).UTC()
	for i := range uint8(CenturyRegister + 1) {
		if isTime(i) {
			r.cmos[i] = r.encodeTime(i, t)
		}
	}
}

// release lets the time go on from what the registers say. What no calendar
// has, 31 February say, is the day that many days on.
func (r *RTC) release() {
	year := r.decode(r.cmos[CenturyRegister])*100 + r.decode(r.cmos[regYear])
	t := time.Date(year, time.Month(r.decode(r.cmos[regMonth])), r.decode(r.cmos[regDay]),
		r.decodeHour(r.cmos[regHours]), r.decode(r.cmos[regMinutes]), r.decode(r.cmos[regSeconds]), 0, time.UTC)
	sec, _ := r.now()
	r.shift += t.Unix() - sec
	r.seen = t.Unix()
}

func (r *RTC) setTimeByte(i, v uint8) {
	if r.held() {
		r.cmos[i] = v
		return
	}
	r.sync()
	r.hold()
	r.cmos[i] = v
	r.release()
	r.step()
}

// control sets registers A and B.
func (r *RTC) control(a, b uint8) {
	r.sync()
	held, dividerHeld := r.held(), r.dividerHeld()
	if hold := b&bSET != 0 || a&aDividerReset == aDividerReset; hold && !held {
		r.hold()
	}
	if b&bSET != 0 && r.b&bSET == 0 {
		b &^= bUIE // as SET going high does
	}
	r.a, r.b = a, b
	if dividerHeld && !r.dividerHeld() {
		r.restartChain()
	}
	if held && !r.held() {
		r.release()
	}
	r.pulse = r.pulses()
	r.step()
}

// restartChain lets the divider chain go. The first update comes half a second
// later (MC146818A, DV0-DV2).
func (r *RTC) restartChain() {
	r.chain = r.clock.Now()
	_, frac := r.now()
	r.phase += second/2 - frac
	if r.phase < 0 {
		r.phase += second
	} else if r.phase >= second {
		r.phase -= second
	}
}
