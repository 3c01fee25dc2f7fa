package pc

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

func TestFunctionsGetTheNextDeviceNumber(t *testing.T) {
	p := build(t, machine(&host{now: 1}))
	for want := firstSlot; want <= lastSlot+1; want++ {
		f, err := pcihost.NewFunction(pcihost.Header{Vendor: 1, Device: uint16(want)})
		if err != nil {
			t.Fatal(err)
		}
		dev, err := p.AddFunction(f)
		if want > lastSlot {
			if err == nil {
				t.Error("there is no end")
			}
		} else if err != nil || dev != want {
			t.Errorf("device %d, %v, want %d", dev, err, want)
		}
	}
	if got, want := DiskPaths(config.MachineQ35, []Disk{{Bus: config.BusVirtio}, {Bus: config.BusVirtio}})[1], "/pci@i0cf8/scsi@5/disk@0,0"; got != want {
		t.Errorf("the second virtio disk is %s, want %s", got, want)
	}
}

// silent is registers of a device with an interrupt.
type silent struct {
	vacantMemory
	irq device.IRQ
}

// window adds a silent device.
func window(t *testing.T, p *PC) *silent {
	t.Helper()
	d := &silent{}
	if err := p.AddWindow("silent", func(irq device.IRQ) (device.MMIO, error) { d.irq = irq; return d, nil }); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDevicesInMemoryShareTheirLines(t *testing.T) {
	p := build(t, machine(&host{now: 1}))
	var devices []*silent
	for range sharedInputs + 1 {
		devices = append(devices, window(t, p))
	}
	var line devicetest.Line
	p.inputs[0].irq = &line
	first, last := devices[0].irq, devices[sharedInputs].irq
	want := func(when string, n int) {
		t.Helper()
		if got := p.inputs[0].users; got != n || p.inputs[1].users != 0 || line.Level != (n > 0) {
			t.Errorf("%s: %d users of the first line, want %d; it is up: %v", when, got, n, line.Level)
		}
	}
	first.Set(true)
	last.Set(true)
	first.Set(true)
	want("both", 2)
	first.Set(false)
	want("one", 1)
	last.Set(false)
	want("none", 0)
}

func TestTheTablesNameTheDevicesInMemory(t *testing.T) {
	c := machine(&host{now: 1})
	p := build(t, c)
	for range maxWindows {
		window(t, p)
	}
	if err := p.AddWindow("silent", nil); err == nil || !strings.Contains(err.Error(), "more than 32 virtio devices") {
		t.Error(err)
	}
	last := p.windows[maxWindows-1]
	if name := p.VM.Memory.Name(last.Address); name != "silent" || last.Interrupt != firstInput+sharedInputs-1 {
		t.Errorf("%q is at %#x, with interrupt %d", name, last.Address, last.Interrupt)
	}
	if err := p.tables(c); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(guestMemory{p}.Bytes(tableArea, mpArea-tableArea), []byte("V01F")) {
		t.Error("the tables do not name the last")
	}
}
