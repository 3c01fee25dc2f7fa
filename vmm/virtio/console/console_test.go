package console

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/virtio"
	"github.com/ringo-vmm/ringo/vmm/virtio/virtiotest"
)

// end is the other end of a port.
type end struct {
	sent  []byte
	ready int
}

func (e *end) Transmit(b byte) { e.sent = append(e.sent, b) }
func (e *end) Ready()          { e.ready++ }

type rig struct {
	*virtiotest.Driver
	dev   *Device
	ports []*Port
	ends  []*end
}

func newRig(t *testing.T, features uint64, packed bool) *rig {
	r := &rig{}
	m := virtiotest.NewMachine(t)
	r.open(m)
	r.Driver = virtiotest.Start(m, virtiotest.Open(m, "modern", r.dev, packed), features)
	return r
}

func (r *rig) open(m *virtiotest.Machine) {
	r.ends = []*end{{}, {}, {}}
	r.ports = []*Port{{Backend: r.ends[0], Console: true}, {Backend: r.ends[1], Name: "agent"}, {Backend: r.ends[2], Console: true}}
	var err error
	if r.dev, err = New(r.ports...); err != nil {
		m.Fatal(err)
	}
}

const single = virtio.FeatureVersion1 | virtiotest.Packed | virtiotest.EventIdx | FeatureSize

// send sends a message on the control queue.
func (r *rig) send(id uint32, event, value uint16) {
	b := binary.LittleEndian.AppendUint32(nil, id)
	b = binary.LittleEndian.AppendUint16(b, event)
	b = binary.LittleEndian.AppendUint16(b, value)
	r.Add(controlOut, []virtiotest.Piece{r.M.Put(b)}, nil)
	r.Kick(controlOut)
	if _, _, ok := r.Get(controlOut); !ok {
		r.M.Error("the message does not come back")
	}
}

// told gives buffers for messages and returns those that come: port, event and
// what is behind.
func (r *rig) told(n int) (list []string) {
	var rooms []virtiotest.Piece
	for range n {
		rooms = append(rooms, r.M.Room(100))
		r.Add(controlIn, nil, rooms[len(rooms)-1:])
	}
	r.Kick(controlIn)
	for _, room := range rooms {
		_, length, ok := r.Get(controlIn)
		if !ok {
			break
		}
		b := r.M.Bytes(room)[:length]
		list = append(list, string('0'+rune(b[0]))+":"+string('0'+rune(b[4]))+string(b[8:]))
	}
	return list
}

func TestWithoutPortsItIsOneLine(t *testing.T) {
	for _, packed := range []bool{false, true} {
		r := newRig(t, single, packed)
		r.Add(1, r.M.Put([]byte("hello")).Cut(2), nil)
		r.Kick(1)
		if _, _, ok := r.Get(1); !ok || string(r.ends[0].sent) != "hello" {
			t.Errorf("sent %q", r.ends[0].sent)
		}
		take := func(s string) (n int) {
			r.M.Do(func() { n = r.ports[0].Receive([]byte(s)) })
			return n
		}
		if n := take("early"); n != 0 {
			t.Errorf("%d bytes without a buffer", n)
		}
		a, b := r.M.Room(3), r.M.Room(8)
		r.Add(0, nil, []virtiotest.Piece{a})
		r.Add(0, nil, []virtiotest.Piece{b})
		if !r.Kick(0) || r.ends[0].ready != 1 {
			t.Errorf("ready %d times, want once", r.ends[0].ready)
		}
		if n := take("abcdefghijklmnop"); n != 11 || string(r.M.Bytes(a)) != "abc" || string(r.M.Bytes(b)) != "defghijk" {
			t.Errorf("%d bytes: %q, %q", n, r.M.Bytes(a), r.M.Bytes(b))
		}
		if _, n, _ := r.Get(0); n != 3 {
			t.Errorf("%d bytes in the first", n)
		}
	}
}

func TestPorts(t *testing.T) {
	for _, packed := range []bool{false, true} {
		r := newRig(t, ^uint64(0), packed)
		if len(r.Rings) != 8 {
			t.Fatalf("%d queues", len(r.Rings))
		}
		r.send(0, eventDeviceReady, 1)
		if got := strings.Join(r.told(8), " "); got != "0:1 1:1 2:1" {
			t.Errorf("ports are added by %s", got)
		}
		for i := range uint32(3) {
			r.send(i, eventPortReady, 1)
		}
		if got := strings.Join(r.told(0), " "); got != "" {
			t.Errorf("told %s", got)
		}
		r = newRig(t, ^uint64(0), packed)
		for i := range uint32(3) {
			r.send(i, eventPortReady, 1)
		}
		if got := strings.Join(r.told(8), " "); got != "0:4 0:6 1:7agent 1:6 2:4 2:6" {
			t.Errorf("ports are described by %s", got)
		}

		var n int
		receive := func() { n = r.ports[1].Receive([]byte("to the agent")) }
		in := r.M.Room(32)
		r.Add(4, nil, []virtiotest.Piece{in})
		if r.M.Do(receive); n != 0 {
			t.Error("a port that nobody has opened takes bytes")
		}
		r.send(1, eventOpen, 1)
		if r.ends[1].ready != 1 {
			t.Error("the other end is not told that it is open")
		}
		if r.M.Do(receive); n != 12 || string(r.M.Bytes(in)[:12]) != "to the agent" {
			t.Errorf("%d bytes: %q", n, r.M.Bytes(in))
		}
		r.Add(7, []virtiotest.Piece{r.M.Put([]byte("third"))}, nil)
		r.Kick(7)
		if string(r.ends[2].sent) != "third" || len(r.ends[1].sent) != 0 {
			t.Errorf("sent %q, %q", r.ends[1].sent, r.ends[2].sent)
		}
	}
}

func TestMessagesThatMakeNoSense(t *testing.T) {
	r := newRig(t, ^uint64(0), false)
	r.send(3, eventPortReady, 1)
	r.send(1<<31, eventOpen, 1)
	r.send(0, 99, 1)
	r.Add(controlOut, []virtiotest.Piece{r.M.Room(3)}, nil)
	r.Kick(controlOut)
	if got := r.told(4); len(got) != 0 {
		t.Errorf("told %q", got)
	}
	if _, broken := r.Broken(); broken {
		t.Error("the device broke")
	}
}

func TestTheSizeOfATerminal(t *testing.T) {
	r := newRig(t, single, false)
	r.M.Do(func() {
		r.dev.SetSize(132, 50)
		if r.Interrupts() != 1 || r.Config(configColumns, 2) != 132 || r.Config(configRows, 2) != 50 {
			t.Error("no interrupt, or not that size")
		}
	})
	r = newRig(t, ^uint64(0), false)
	r.send(0, eventPortReady, 1)
	r.send(0, eventOpen, 1)
	r.told(2)
	r.M.Do(func() { r.dev.SetSize(132, 50) })
	if got := r.told(1); len(got) != 1 || got[0] != "0:5\x84\x00\x32\x00" {
		t.Errorf("told %q", got)
	}
}

func TestTheEmergencyWrite(t *testing.T) {
	r := newRig(t, single, false)
	r.M.Do(func() { r.SetConfig(configEmergency, 4, '!') })
	if string(r.ends[0].sent) != "!" {
		t.Errorf("sent %q", r.ends[0].sent)
	}
}

func TestAGuestThatSendsMuchHasItSentInParts(t *testing.T) {
	r := newRig(t, single, false)
	big := r.M.Room(40 << 10)
	for range 4 {
		r.Add(1, []virtiotest.Piece{big}, nil)
	}
	r.Kick(1)
	if n := len(r.ends[0].sent); n != 80<<10 {
		t.Errorf("%d bytes at once", n)
	}
	r.M.Do(func() { r.M.Clock.Advance(1) })
	if n := len(r.ends[0].sent); n != 160<<10 {
		t.Errorf("%d bytes in all", n)
	}
	r.Add(1, []virtiotest.Piece{{GPA: 0, Len: maxBuffer}, {GPA: 0, Len: 1}}, nil)
	r.Kick(1)
	if line, broken := r.Broken(); !broken || !strings.Contains(line, "a buffer of 1048577 bytes") {
		t.Errorf("%v, %s", broken, line)
	}
}

func TestStateSurvives(t *testing.T) {
	r := newRig(t, ^uint64(0), true)
	r.send(1, eventOpen, 1)
	r.send(2, eventPortReady, 1)
	r.M.Do(func() { r.ports[1].Receive([]byte("x")) })
	r.dev.SetSize(80, 25)
	f := &rig{}
	f.open(r.M)
	devicetest.Survives(t, r.Core(), virtiotest.Open(r.M, "modern", f.dev, true).Core())
	if !f.ports[1].guestOpen || !f.ports[1].short || f.ports[2].news == 0 {
		t.Error("the ports forgot")
	}
}
