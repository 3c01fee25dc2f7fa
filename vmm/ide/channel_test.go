package ide

import (
	"encoding/binary"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ide/ata"
)

// signature is what the selected drive shows after a reset.
func (r *rig) signature(dev uint8) (s ata.Signature) {
	r.set(regDevice, dev)
	return ata.Signature{Count: r.reg(regCount), Low: r.reg(regLow), Mid: r.reg(regMid), High: r.reg(regHigh)}
}

// TestLinuxFindsTheDrives does what libata's software reset does.
func TestLinuxFindsTheDrives(t *testing.T) {
	r := newRig(t)
	for ch, want := range [Channels][2]bool{{true, true}, {false, true}} {
		for dev, present := range want {
			p := CommandPort[ch]
			r.out(p+regDevice, 1, 0xa0|uint32(dev)<<4)
			for _, v := range []uint32{0x55aa, 0xaa55, 0x55aa} {
				r.out(p+regCount, 1, v>>8)
				r.out(p+regLow, 1, v&0xff)
			}
			if got := r.in(p+regCount, 1) == 0x55 && r.in(p+regLow, 1) == 0xaa; got != present {
				t.Errorf("channel %d, device %d seems to be there: %v", ch, dev, got)
			}
		}
	}
	r.out(ControlPort[0], 1, 8)
	r.out(ControlPort[0], 1, 8|ata.ControlSRST)
	if got := r.alternate(); got&ata.StatusBSY == 0 {
		t.Errorf("status %#x while reset", got)
	}
	r.set(regDevice, 0xb0)
	r.out(ControlPort[0], 1, 8)
	if got := r.signature(0xa0); got != ata.DiskSignature || r.alternate() != good || r.reg(regError) != 1 {
		t.Errorf("device 0: %+v, status %#x", got, r.alternate())
	}
	if got := r.signature(0xb0); got != ata.PacketSignature || r.alternate() != 0 || r.reg(regError) != 1 {
		t.Errorf("device 1: %+v, status %#x", got, r.alternate())
	}
	if got := r.in(CommandPort[1]+regDevice, 1); got != 0xb0 {
		t.Errorf("the device register reads %#x", got)
	}
	r.out(CommandPort[1]+regDevice, 1, 0)
	if got := r.in(CommandPort[1]+regStatusIn, 1); got != 0 {
		t.Errorf("an absent drive's status is %#x", got)
	}
	r.quiet("reset")
}

// TestSeaBIOSFindsTheDrives does what SeaBIOS does: a packet identification is
// tried on every drive, then a disk's.
func TestSeaBIOSFindsTheDrives(t *testing.T) {
	r := newRig(t)
	for dev, isCD := range []bool{false, true} {
		dh := 0xa0 | uint8(dev)<<4
		r.set(regDevice, dh)
		if got := r.reg(regDevice); got != dh {
			t.Fatalf("the device register is %#x, want %#x", got, dh)
		}
		if dev == 0 {
			r.out(ControlPort[0], 1, 8|ata.ControlNIEN|ata.ControlSRST)
			r.out(ControlPort[0], 1, 8|ata.ControlNIEN)
			r.set(regDevice, dh)
		}
		r.set(regStatusIn, ata.CmdIdentifyPacket)
		if isCD {
			r.want("CD", drq, 0)
		} else {
			r.want("no CD", bad, ata.ErrorABRT)
			r.set(regStatusIn, ata.CmdIdentify)
			r.want("disk", drq, 0)
		}
		p := r.pull(512)
		r.want("identified", good, 0)
		if isCD && p[1]&0x1f != 5 || !isCD && binary.LittleEndian.Uint32(p[120:]) != sectorCount {
			t.Errorf("device %d: %x", dev, p[:128])
		}
		r.quiet("interrupts are off")
	}
	r.set(regStatusIn, ata.CmdIdentify)
	r.want("a CD is no disk", bad, ata.ErrorABRT)
	if r.reg(regMid) != 0x14 || r.reg(regHigh) != 0xeb {
		t.Error("no signature")
	}
}

func TestInterrupts(t *testing.T) {
	r := newRig(t)
	r.set(regStatusIn, ata.CmdIdle)
	r.alternate()
	if !r.lines[0].Level {
		t.Error("the alternate status takes the interrupt away")
	}
	r.set(regDevice, 0xb0)
	r.quiet("the other drive is selected")
	r.set(regDevice, 0xa0)
	r.interrupted("selected again")
	r.out(ControlPort[0], 1, ata.ControlNIEN)
	r.set(regStatusIn, ata.CmdIdle)
	r.quiet("interrupts are off")
	r.out(ControlPort[0], 1, 0)
	r.interrupted("interrupts are on")
	r.set(regStatusIn, ata.CmdIdle)
	r.command(ata.CmdReadSectors, 0, 1, false)
	if r.Drain(); r.lines[0].Edges < 2 {
		t.Error("a command does not take the interrupt of the last one away")
	}
}

func TestPreviousBytesOfRegisters(t *testing.T) {
	r := newRig(t)
	for i := uint16(regCount); i <= regHigh; i++ {
		r.set(i, 0x10+uint8(i))
		r.set(i, 0x20+uint8(i))
	}
	for i := uint16(regCount); i <= regHigh; i++ {
		if got := r.reg(i); got != 0x20+uint8(i) {
			t.Errorf("register %d is %#x", i, got)
		}
	}
	r.out(ControlPort[0], 1, ata.ControlHOB)
	for i := uint16(regCount); i <= regHigh; i++ {
		if got := r.reg(i); got != 0x10+uint8(i) {
			t.Errorf("register %d was %#x", i, got)
		}
	}
	r.set(regError, 0)
	if got := r.reg(regLow); got != 0x23 {
		t.Errorf("a write leaves HOB: %#x", got)
	}
	if got := r.in(CommandPort[0]+regCount, 4); got != 0x25242322 {
		t.Errorf("four registers at once: %#x", got)
	}
}

func TestADriveThatWorksTakesNothing(t *testing.T) {
	r := newRig(t)
	r.store.Gate = make(chan struct{})
	r.command(ata.CmdReadSectors, 1, 1, false)
	r.set(regLow, 99)
	r.set(regDevice, 0xb0)
	r.set(regStatusIn, ata.CmdIdentify)
	if got := r.alternate(); got&ata.StatusBSY == 0 || r.reg(regLow) != 1 || r.reg(regDevice)&ata.DeviceDEV != 0 {
		t.Errorf("status %#x, address %d", got, r.reg(regLow))
	}
	close(r.store.Gate)
	r.want("done", drq, 0)
	r.set(regStatusIn, ata.CmdIdentify)
	r.same("data", r.pull(512), r.store.Data[512:1024])
}

func TestAResetWaitsForTheDisk(t *testing.T) {
	for name, reset := range map[string]func(r *rig){
		"software": func(r *rig) {
			r.out(ControlPort[0], 1, ata.ControlSRST)
			r.out(ControlPort[0], 1, 0)
		},
		"machine": func(r *rig) {
			r.Lock()
			r.ide.Reset()
			r.Unlock()
		},
	} {
		r := newRig(t)
		r.store.Gate = make(chan struct{})
		r.command(ata.CmdReadSectors, 0, 1, false)
		for range 3 {
			reset(r)
		}
		if r.alternate() != ata.StatusBSY {
			t.Errorf("%s: status %#x", name, r.alternate())
		}
		r.set(regStatusIn, ata.CmdReadSectors)
		close(r.store.Gate)
		r.want(name, good, ata.DiagnosticPassed)
		r.quiet(name)
		if got := r.signature(0xa0); got != ata.DiskSignature {
			t.Errorf("%s: %+v", name, got)
		}
		r.command(ata.CmdReadSectors, 9, 1, false)
		r.want(name, drq, 0)
		r.same(name, r.pull(512), r.store.Data[9*512:10*512])
	}
}

func TestDiagnostic(t *testing.T) {
	r := newRig(t)
	r.set(regDevice, 0xb0)
	r.set(regStatusIn, ata.CmdDiagnostic)
	r.want("diagnostic", good, ata.DiagnosticPassed)
	r.interrupted("diagnostic")
	if got := r.reg(regDevice); got != 0xa0 {
		t.Errorf("device %#x", got)
	}
}

func TestAnEmptyChannelReadsZero(t *testing.T) {
	r := newRig(t)
	ide, err := New(Config{Memory: r.ram})
	if err != nil {
		t.Fatal(err)
	}
	c := ide.Command(0)
	for off := range uint16(CommandPorts) {
		c.Out(off, 1, 0x5a)
		if got := c.In(off, 1) & 0xff; off != regData && got != 0 {
			t.Errorf("register %d reads %#x", off, got)
		}
	}
}

func TestConfigurationSpace(t *testing.T) {
	r := newRig(t)
	f := r.ide.Function()
	for off, want := range map[uint8]uint32{0: 0x70108086, 4: 0x02800005, 8: 0x01018000, 0x20: masterPort | 1, 0x3c: 0, 0x40: 0x80008000} {
		if got := f.Read(off, 4); got != want {
			t.Errorf("%#x reads %#x, want %#x", off, got, want)
		}
	}
	r.config(4, 2, 0)
	if got := r.in(masterPort+masterStatus, 1); got != 0xff {
		t.Errorf("the bus master answers %#x with I/O off", got)
	}
}
