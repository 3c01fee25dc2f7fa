package atapi

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

const blocks = 1000

func disk(t testing.TB, n uint64) *block.Disk {
	d := block.NewDisk(block.Empty(n*BlockSize+100), func(f func()) { f() })
	t.Cleanup(func() { d.Close() })
	return d
}

// send sends a packet given in hexadecimal and tells what comes back: bytes,
// blocks to read, or the sense data of an error.
func send(t testing.TB, c *CD, packet string) string {
	t.Helper()
	var cdb [PacketSize]byte
	p, err := hex.DecodeString(strings.ReplaceAll(packet, " ", ""))
	if err != nil || len(p) > len(cdb) {
		t.Fatalf("%s: %v", packet, err)
	}
	copy(cdb[:], p)
	buf := bytes.Repeat([]byte{0xee}, MinBuffer)
	switch r := c.Packet(&cdb, buf); r.Kind {
	case Data:
		return hex.EncodeToString(buf[:r.N])
	case Read:
		return "read " + hex.EncodeToString([]byte{byte(r.LBA >> 8), byte(r.LBA), byte(r.Blocks >> 8), byte(r.Blocks)})
	case Failed:
		if c.Error() != c.sense.key<<4 {
			t.Errorf("%s: error register %#x", packet, c.Error())
		}
		return "sense " + hex.EncodeToString([]byte{c.sense.key, c.sense.code, c.sense.qualifier})
	}
	return ""
}

type exchange struct{ name, packet, want string }

func converse(t *testing.T, c *CD, list []exchange) {
	t.Helper()
	for _, x := range list {
		if got := send(t, c, x.packet); got != x.want {
			t.Errorf("%s: %s gives %q, want %q", x.name, x.packet, got, x.want)
		}
	}
}

func TestPackets(t *testing.T) {
	inquiry := "0580002100000000"[:8] + "1f000000" + hex.EncodeToString([]byte("RINGO   RINGO CD-ROM    1.0 "))
	profiles := "0000 03 08 0010 00 00 0008 01 00"
	core := "0001 0b 08 00000002 00000000"
	removable := "0003 03 04 29000000"
	readable := "0010 01 08 00000800 0001 0000"
	pack := func(s ...string) string { return strings.ReplaceAll(strings.Join(s, ""), " ", "") }
	errorsPage := "0106000000000000"
	capabilities := "2a12 0b00 7000 2900 2113 0000 0040 2113 00000000"
	converse(t, New(disk(t, blocks)), []exchange{
		{"test unit ready", "00", ""},
		{"request sense", "03 00 00 00 12", "700000000000000a00000000000000000000"},
		{"inquiry", "12 00 00 00 24", inquiry},
		{"inquiry of 5", "12 00 00 00 05", inquiry[:10]},
		{"inquiry of 0", "12", ""},
		{"vital product data", "12 01 00 00 24", "sense 052400"},
		{"capacity", "25", "000003e700000800"},
		{"read(10)", "28 00 0000 0102 00 0010", "read 01020010"},
		{"read to the end", "28 00 0000 03e7 00 0001", "read 03e70001"},
		{"read over the end", "28 00 0000 03e7 00 0002", "sense 052100"},
		{"why", "03 00 00 00 12", "700005000000000a00000000210000000000"},
		{"why again", "03 00 00 00 12", "700000000000000a00000000000000000000"},
		{"read of nothing", "28 00 0000 03e8", ""},
		{"read(12)", "a8 00 0000 0102 0000 0010", "read 01020010"},
		{"read(12) far outside", "a8 00 ffff fff0 ffff ffff", "sense 052100"},
		{"read CD", "be 00 0000 0102 00 0010 10", "read 01020010"},
		{"read CD of no field", "be 00 0000 0102 00 0010 00", ""},
		{"read CD with headers", "be 00 0000 0102 00 0010 f8", "sense 052400"},
		{"seek", "2b 00 0000 03e7", ""},
		{"seek outside", "2b 00 0000 03e8", "sense 052100"},
		{"TOC", "43 00 00 00 00 00 00 0100", "00120101" + "0014010000000000" + "0014aa00000003e8"},
		{"TOC with times", "43 02 00 00 00 00 01 0100", "00120101" + "0014010000000200" + "0014aa0000000f19"},
		{"lead-out", "43 00 00 00 00 00 aa 0100", "000a0101" + "0014aa00000003e8"},
		{"TOC of 4", "43 00 00 00 00 00 00 0004", "00120101"},
		{"sessions", "43 00 01 00 00 00 00 0100", "000a0101" + "0014010000000000"},
		{"sessions, old", "43 00 00 00 00 00 00 0100 40", "000a0101" + "0014010000000000"},
		{"no such track", "43 00 00 00 00 00 02 0100", "sense 052400"},
		{"no such format", "43 00 04 00 00 00 00 0100", "sense 052400"},
		{"configuration", "46 00 0000 00 00 00 0100", pack("00000030 0000 0008", profiles, core, removable, readable)},
		{"from a feature on", "46 01 0003 00 00 00 0100", pack("00000018 0000 0008", removable, readable)},
		{"one feature", "46 02 0001 00 00 00 0100", pack("00000010 0000 0008", core)},
		{"no such feature", "46 02 0002 00 00 00 0100", pack("00000004 0000 0008")},
		{"no such request", "46 03 0002 00 00 00 0100", "sense 052400"},
		{"all pages", "5a 00 3f 00 00 00 00 0100", pack("0022010000000000", errorsPage, capabilities)},
		{"capabilities", "5a 00 2a 00 00 00 00 0100", pack("001a010000000000", capabilities)},
		{"no such page", "5a 00 05 00 00 00 00 0100", "sense 052400"},
		{"saved", "5a 00 ea 00 00 00 00 0100", "sense 053900"},
		{"mechanism", "bd 00 00 00 00 00 00 00 0100", "0000000000010000"},
		{"speed", "bb", ""},
		{"events", "4a 01 00 00 10 00 00 0008", "0004041000020000"},
		{"other events", "4a 01 00 00 02 00 00 0008", "00008010"},
		{"asynchronous events", "4a 00 00 00 10 00 00 0008", "sense 052400"},
		{"no command", "ff", "sense 052000"},
	})
}

func TestTheTrayOpensAndCloses(t *testing.T) {
	converse(t, New(disk(t, blocks)), []exchange{
		{"lock", "1e 00 00 00 01", ""},
		{"eject", "1b 00 00 00 02", "sense 055302"},
		{"locked", "5a 00 2a 00 00 00 00 0010", "001a010000000000" + "2a120b0070002b00"},
		{"unlock", "1e", ""},
		{"eject", "1b 00 00 00 02", ""},
		{"ready", "00", "sense 023a02"},
		{"events", "4a 01 00 00 10 00 00 0008", "0004041003010000"},
		{"event once", "4a 01 00 00 10 00 00 0008", "0004041000010000"},
		{"profile", "46 00 0000 00 00 00 0008", "0000003000000000"},
		{"medium type", "5a 00 2a 00 00 00 00 0003", "001a71"},
		{"close", "1b 00 00 00 03", ""},
		{"inquiry first", "12 00 00 00 01", "05"},
		{"ready", "00", "sense 062800"},
		{"ready again", "00", ""},
		{"event", "4a 01 00 00 10 00 00 0008", "0004041002020000"},
		{"eject", "1b 00 00 00 02", ""},
		{"close", "1b 00 00 00 03", ""},
		{"sense", "03 00 00 00 12", "700006000000000a00000000280000000000"},
		{"ready", "00", ""},
		{"stop", "1b", ""},
	})
}

func TestAnEmptyDrive(t *testing.T) {
	for _, c := range []*CD{New(nil), New(disk(t, 0))} {
		converse(t, c, []exchange{
			{"ready", "00", "sense 023a01"},
			{"read", "28 00 00000000 00 0001", "sense 023a01"},
			{"capacity", "25", "sense 023a01"},
			{"inquiry", "12 00 00 00 01", "05"},
			{"medium type", "5a 00 2a 00 00 00 00 0003", "001a70"},
		})
	}
	c := New(nil)
	converse(t, c, []exchange{{"eject", "1b 00 00 00 02", ""}, {"close", "1b 00 00 00 03", ""}, {"ready", "00", "sense 023a01"}})
}

func TestALargeDiskIsADVD(t *testing.T) {
	c := New(disk(t, maxCD+1))
	if got := send(t, c, "46 00 0000 00 00 00 0014"); got != "0000003000000010"+"00000308"+"0010010000080000" {
		t.Errorf("configuration %s", got)
	}
	c = New(disk(t, 1<<40))
	if got := send(t, c, "25"); got != "fffffffe00000800" {
		t.Errorf("capacity %s", got)
	}
	send(t, c, "43 02 00 00 00 00 01 0100")
}

func TestReadErrorsHaveSenseData(t *testing.T) {
	c := New(disk(t, blocks))
	c.ReadFailed()
	if got := send(t, c, "03 00 00 00 12"); got != "700003000000000a00000000110000000000" {
		t.Errorf("sense %s", got)
	}
	c.TransferFailed()
	if c.Error() != 0x40 {
		t.Errorf("error register %#x", c.Error())
	}
	c.Reset()
	if c.Error() != 0 {
		t.Error("sense data survive a reset")
	}
}

func TestStateSurvives(t *testing.T) {
	d := disk(t, blocks)
	c := New(d)
	send(t, c, "1b 00 00 00 02")
	send(t, c, "1e 00 00 00 01")
	send(t, c, "00")
	fresh := New(d)
	devicetest.Survives(t, c, fresh)
	if got := send(t, fresh, "03 00 00 00 12"); got != "700002000000000a000000003a0200000000" {
		t.Errorf("sense %s", got)
	}
	c.sense.key = 0x10
	l := state.Loader(devicetest.Save(c))
	if New(d).State(l); l.Close() == nil {
		t.Error("an impossible sense key is loaded")
	}
}

func FuzzPacket(f *testing.F) {
	f.Add([]byte("\x46\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x00"))
	f.Add([]byte("\x5a\x00\x3f\x00\x00\x00\x00\xff\xff\x00\x00\x00"))
	d := disk(f, blocks)
	f.Fuzz(func(t *testing.T, b []byte) {
		c, buf := New(d), make([]byte, MinBuffer)
		for ; len(b) >= PacketSize; b = b[PacketSize:] {
			r := c.Packet((*[PacketSize]byte)(b), buf)
			if r.Kind == Data && (r.N <= 0 || r.N > MinBuffer) || r.Kind == Failed && c.Error() == 0 ||
				r.Kind == Read && (r.Blocks == 0 || r.LBA >= blocks || r.Blocks > blocks-r.LBA) {
				t.Fatalf("%x: %+v, error %#x", b[:PacketSize], r, c.Error())
			}
			devicetest.Survives(t, c, New(d))
		}
	})
}

func TestPacketsDoNotAllocate(t *testing.T) {
	c, buf := New(disk(t, blocks)), make([]byte, MinBuffer)
	if n := testing.AllocsPerRun(10, func() {
		for op := range 256 {
			c.Packet(&[PacketSize]byte{byte(op), 0, 0, 0, 0, 0, 0, 1}, buf)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
