//go:build boot

package test

import (
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu"
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
