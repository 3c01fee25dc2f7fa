package virtiotest

// Play has the driver do what a script says, for fuzzing: buffers with any
// contents in any queue, and what is used taken back. It writes no rings that
// lie.
func (d *Driver) Play(script []byte) {
	const places, step, step2 = 16, 0x4000, 0x2000
	base := d.M.Alloc(places * step)
	for n := 0; len(script) > 3; n++ {
		i, size, room := int(script[0])%len(d.Rings), int(script[1]), uint32(script[2])*17
		script = script[3:]
		content := script[:min(size, len(script))]
		script = script[len(content):]
		at := base + uint64(n%places)*step
		var out, in []Piece
		if len(content) > 0 {
			d.M.Do(func() { d.M.Write(at, content) })
			out = Piece{at, uint32(len(content))}.Cut(uint32(size%7*10 + 9))
		}
		if room > 0 {
			in = Piece{at + step2, room}.Cut(1000)
		}
		if len(out)+len(in) == 0 || len(out)+len(in) > d.Rings[i].Free() {
			continue
		}
		d.Add(i, out, in)
		d.Kick(i)
		for ok := true; ok; {
			_, _, ok = d.Get(i)
		}
	}
	d.M.Do(func() { d.M.Clock.Advance(1) })
}
