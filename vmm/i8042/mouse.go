package i8042

// Mouse commands (PS/2 Hardware Interface Technical Reference, Mouse, Commands
// from the System).
const (
	mouseScale1     = 0xe6
	mouseScale2     = 0xe7
	mouseResolution = 0xe8 // a byte follows
	mouseStatus     = 0xe9
	mouseStream     = 0xea
	mouseRead       = 0xeb
	mouseEndWrap    = 0xec
	mouseWrap       = 0xee
	mouseRemote     = 0xf0
	mouseID         = 0xf2
	mouseRate       = 0xf3 // a byte follows
	mouseEnable     = 0xf4
	mouseDisable    = 0xf5
	mouseDefaults   = 0xf6
	mouseReset      = 0xff

	idPlain = 0
	idWheel = 3 // after rates of 200, 100 and 80: IntelliMouse

	// Status, and the first byte of a packet.
	mouseScaled  = 1 << 4
	mouseEnabled = 1 << 5
	mouseRemoted = 1 << 6
	packetAlways = 1 << 3
	packetSignX  = 1 << 4
	packetSignY  = 1 << 5
	mouseButtons = 7 // bit 0 left, 1 right, 2 middle
	mostMoves    = 4096
)

// mouse sends what it moved by in packets of 3 bytes, 4 with a wheel.
type mouse struct {
	queue      queue
	enabled    bool
	remote     bool
	wrap       bool
	scaled     bool
	command    uint8 // waits for its byte; 0 is none
	rate       uint8 // samples a second
	resolution uint8
	id         uint8
	rates      [2]uint8 // the last but one and the last rate: the wheel's key
	buttons    uint8
	x, y, z    int // moved since the last packet; z is the wheel's
	changed    bool
}

func (m *mouse) defaults() {
	m.enabled, m.remote, m.scaled = false, false, false
	m.rate, m.resolution = 100, 2
	m.x, m.y, m.z, m.changed = 0, 0, 0, false
}

func (m *mouse) reset() {
	*m = mouse{buttons: m.buttons}
	m.defaults()
}

func (m *mouse) next() (v uint8, ok bool) {
	if m.queue.n == 0 && m.changed && m.streams() {
		m.packet()
	}
	return m.queue.pop()
}

func (m *mouse) streams() bool { return m.enabled && !m.remote && !m.wrap }

// write takes a byte from the system.
func (m *mouse) write(v uint8) {
	if m.wrap && v != mouseEndWrap && v != mouseReset {
		m.queue.push(v)
		return
	}
	m.queue.clear()
	if command := m.command; command != 0 {
		m.command = 0
		m.argument(command, v)
		m.queue.push(ack)
		return
	}
	m.queue.push(ack)
	switch v {
	case mouseScale1, mouseScale2:
		m.scaled = v == mouseScale2
	case mouseResolution, mouseRate:
		m.command = v
	case mouseStatus:
		m.queue.push(m.status())
		m.queue.push(m.resolution)
		m.queue.push(m.rate)
	case mouseStream, mouseRemote:
		m.remote = v == mouseRemote
	case mouseRead:
		m.packet()
	case mouseWrap, mouseEndWrap:
		m.wrap = v == mouseWrap
	case mouseID:
		m.queue.push(m.id)
	case mouseEnable, mouseDisable:
		m.enabled = v == mouseEnable
	case mouseDefaults:
		m.defaults()
	case mouseReset:
		m.reset()
		m.queue.push(ack)
		m.queue.push(selfTestD)
		m.queue.push(idPlain)
	default:
		m.queue.clear()
		m.queue.push(resend)
	}
}

func (m *mouse) argument(command, v uint8) {
	if command == mouseResolution {
		m.resolution = v & 3
		return
	}
	if m.rates == [2]uint8{200, 100} && v == 80 {
		m.id = idWheel
	}
	m.rates = [2]uint8{m.rates[1], v}
	m.rate = v
}

func (m *mouse) status() uint8 {
	// The left button is bit 2 here, and the right one bit 0.
	v := m.buttons&1<<2 | m.buttons>>1&1 | m.buttons>>2&1<<1
	if m.scaled {
		v |= mouseScaled
	}
	if m.enabled {
		v |= mouseEnabled
	}
	if m.remote {
		v |= mouseRemoted
	}
	return v
}

// packet sends what it moved by, at most what fits; the rest stays.
func (m *mouse) packet() {
	x, y := clamp(m.x, 255), clamp(m.y, 255)
	first := m.buttons | packetAlways
	if x < 0 {
		first |= packetSignX
	}
	if y < 0 {
		first |= packetSignY
	}
	m.queue.push(first)
	m.queue.push(uint8(x))
	m.queue.push(uint8(y))
	m.x, m.y = m.x-x, m.y-y
	z := 0
	if m.id == idWheel {
		z = clamp(m.z, 7)
		m.queue.push(uint8(z))
	} else {
		m.z = 0
	}
	m.z -= z
	m.changed = m.x != 0 || m.y != 0 || m.z != 0
}

func clamp(v, most int) int { return min(max(v, -most), most) }

// Move moves the mouse: x to the right, y up, z the wheel towards the user,
// buttons that are pressed by bits (0 left, 1 right, 2 middle). What the guest
// does not fetch in time adds up.
func (c *Controller) Move(x, y, z int, buttons uint8) {
	m := &c.mouse
	m.buttons = buttons & mouseButtons
	if !m.enabled {
		return
	}
	m.x = clamp(m.x+clamp(x, mostMoves), mostMoves)
	m.y = clamp(m.y+clamp(y, mostMoves), mostMoves)
	m.z = clamp(m.z+clamp(z, mostMoves), mostMoves)
	m.changed = true
	c.refill()
}
