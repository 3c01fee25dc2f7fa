//go:build boot

package test

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/microguests"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

// Any processor takes the serial line's interrupts; what is typed arrives.
func TestInterruptsGoToAnyProcessor(t *testing.T) {
	c := boot(t, emu.Options{CPUs: 4}).Expect(`ringo> `)
	vector := c.Send("irq\n").Match(`(0x[0-9a-f]{2}) +\d+  serial port`)[1]
	for _, processor := range []string{"2", "3", "1", "0"} {
		c.Expect(`ringo> `).Send("irq " + vector + " " + processor + "\n").Expect(`ringo> `)
		c.Send("irq\n").Expect(`vector ` + vector + ` to APIC ` + processor + ` `)
	}
	c.Expect(`ringo> `).Send("irq " + vector + " 4\n").Expect(`PROCESSOR`).Expect(`ringo> `)
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// A guest gets each interrupt once, though the emulator is stopped and goes on
// a few hundred times a second: QEMU's translator would deliver some again.
func TestInterruptsComeOnce(t *testing.T) {
	once, ok := guests.Find("once")
	if !ok {
		t.Fatal("there is no such guest")
	}
	modules, err := microguests.Write(t.TempDir(), []guests.Guest{once})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "monitor")
	c := boot(t, emu.Options{Modules: modules, Extra: []string{"-monitor", "unix:" + path + ",server=on,wait=off"}}).Expect(`ringo> `)
	qemu, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer qemu.Close()
	go io.Copy(io.Discard, qemu)
	over := make(chan struct{})
	defer close(over)
	go func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(3 * time.Millisecond):
				if _, err := io.WriteString(qemu, "stop\ncont\n"); err != nil {
					return
				}
			}
		}
	}()
	for range 10 {
		c.Send("vm run once 60\n").Expect(`once: ended: exited with (\d+)`).Expect(`ringo> `)
	}
	if strings.Contains(c.vm.Output(), "exited with 1") {
		t.Errorf("the guest got an interrupt in the handler of another%s", c.last())
	}
	io.WriteString(qemu, "cont\n")
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}
