package inspect

import (
	"fmt"
	"io"
	"time"

	"github.com/ringo-vmm/ringo/vmm"
)

// Stats shows what a machine has done since it was started, age ago: time in
// the guest, halted, and the rest, which is exits and other machines' turns.
// tscHz is the host's time-stamp counter's rate. The machine must stand still.
func Stats(w io.Writer, vm *vmm.VM, age time.Duration, tscHz uint64) {
	fmt.Fprintf(w, "run time  %s\n", seconds(age))
	fmt.Fprintf(w, "memory    %s\n", size(vm.RAM.Size()))
	for _, c := range vm.CPUs() {
		s := &c.Stats
		guest, idle := ticks(s.Guest(), tscHz), time.Duration(s.Idle)
		handling := ticks(total(s).cycles, tscHz)
		fmt.Fprintf(w, "CPU %d     guest %s (%s), halted %s (%s), exits %s (%s)\n", c.ID,
			seconds(guest), share(uint64(guest), uint64(age)), seconds(idle), share(uint64(idle), uint64(age)),
			seconds(handling), share(uint64(handling), uint64(age)))
		fmt.Fprintf(w, "          %d exits, %s\n", s.Exits(), PerSecond(s.Exits(), age))
		if text := spin(vm, c); text != "" {
			fmt.Fprintf(w, "          it %s\n", text)
		}
	}
}

// PerSecond is a count in a time as a rate.
func PerSecond(count uint64, d time.Duration) string {
	if d <= 0 {
		return "-/s"
	}
	return fmt.Sprintf("%.0f/s", float64(count)/d.Seconds())
}

// ticks is TSC ticks as time.
func ticks(n, hz uint64) time.Duration {
	if hz == 0 {
		return 0
	}
	return time.Duration(float64(n) / float64(hz) * float64(time.Second))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()) }

// share is a part in percent.
func share(part, whole uint64) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(part)/float64(whole))
}
