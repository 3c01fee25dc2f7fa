//go:build boot

package test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/ringo-vmm/ringo/internal/bench"
	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/microguests"
)

// counting boots machines that count, one for each text of keys.
func counting(t *testing.T, o emu.Options, keys ...string) *console {
	t.Helper()
	var err error
	if o.Modules, err = microguests.Counters(t.TempDir(), keys); err != nil {
		t.Fatal(err)
	}
	c := boot(t, o).Expect(`ringo> `)
	for i := range keys {
		c.Send(fmt.Sprintf("vm start counter-%d\n", i)).Expect(`ringo> `)
	}
	return c
}

// counts are how far they are.
func counts(c *console, n int) (list []float64) {
	c.Helper()
	for i := range n {
		text := c.Send(fmt.Sprintf("regs counter-%d\n", i)).Match(`(?i)R15 +([0-9a-f]{16})`)[1]
		v, err := strconv.ParseUint(text, 16, 64)
		if err != nil {
			c.Fatal(err)
		}
		c.Expect(`ringo> `)
		list = append(list, float64(v))
	}
	return list
}

// during is what they do while the monitor shows top for so many seconds.
func during(c *console, n, seconds int) []float64 {
	c.Helper()
	before := counts(c, n)
	c.Send(fmt.Sprintf("vm top 1 %d\n", seconds))
	for range seconds {
		c.Expect(`vcpu +weight`)
	}
	c.Expect(`ringo> `)
	after := counts(c, n)
	for i := range after {
		after[i] -= before[i]
	}
	return after
}

// Machines get what their weights say, by each policy that looks at weights, and
// no more than their caps. Instructions are counted, so that time is exact.
func TestMachinesGetTheirShares(t *testing.T) {
	for _, p := range []struct {
		policy string
		within float64 // percent of what is due
	}{{"stride", 5}, {"lottery", 50}} {
		t.Run(p.policy, func(t *testing.T) {
			c := counting(t, emu.Options{ICount: true, Append: "scheduler=" + p.policy},
				"schedule.weight = 100", "schedule.weight = 200", "schedule.weight = 500")
			work := during(c, 3, 4)
			off := bench.ShareError(work, []float64{1, 2, 5})
			t.Logf("%s: %.0f, off by %.2f %%", p.policy, work, off)
			if off > p.within {
				t.Errorf("off by %.2f %%", off)
			}
			c.Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
	t.Run("cap", func(t *testing.T) {
		c := counting(t, emu.Options{ICount: true}, "schedule.cap = 20", "")
		work := during(c, 2, 4)
		if off := bench.ShareError(work, []float64{20, 80}); off > 10 {
			t.Errorf("with a cap of 20 %%: %.0f, off by %.2f %%", work, off)
		}
		c.Send("vm share counter-0 cap=0 weight=300\n").Expect(`weight 300, cap none`).Expect(`ringo> `)
		work = during(c, 2, 4)
		if off := bench.ShareError(work, []float64{3, 1}); off > 5 {
			t.Errorf("with weights 3:1: %.0f, off by %.2f %%", work, off)
		}
		c.Send("poweroff\n").Exit(emu.Stopped, 0)
	})
}

// A machine stays where it is put, and moves when it is put elsewhere.
func TestMachinesStayOnTheirProcessors(t *testing.T) {
	c := counting(t, emu.Options{CPUs: 4}, `schedule.cpus = "2"`, `schedule.cpus = "2"`, "")
	c.Send("vm top 1 1\n").Expect(`counter-0\.0 +100 +- +2 \w+ `).Expect(`counter-1\.0 +100 +- +2 \w+ `).Expect(`counter-2\.0 +100 +- +[013] running`).Expect(`ringo> `)
	before := counts(c, 3)
	c.Send("vm share counter-1 cpus=0-1\n").Expect(`processors 0-1`).Expect(`ringo> `)
	c.Send("vm top 1 2\n").Expect(`vcpu`).Expect(`counter-1\.0 +100 +- +[01] running`).Expect(`ringo> `)
	for i, n := range counts(c, 3) {
		if n <= before[i] {
			t.Errorf("counter-%d stands still", i)
		}
	}
	c.Send("vm share counter-1 cpus=7\n").Expect(`processors 7: there are only 0-3`).Expect(`ringo> `)
	c.Send("vm destroy counter-0; vm destroy counter-1; vm destroy counter-2\n").Expect(`ringo> `)
	if m := guestMemory.FindStringSubmatch(used(c)); m != nil {
		t.Errorf("the guests still have %s", m[1])
	}
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// Linux with four processors finishes parallel work on 1, 2 and 4 processors of
// the host.
func TestLinuxSharesProcessors(t *testing.T) {
	for _, processors := range []int{1, 2, 4} {
		t.Run(strconv.Itoa(processors), func(t *testing.T) {
			c := boot(t, emu.Options{CPUs: processors, Modules: described(t, "../iso/smp.toml")}).Expect(`Brought up 1 node, 4 CPUs`).Expect(busybox)
			c.Send("nproc; for i in 0 1 2 3; do (dd if=/dev/zero bs=64k count=200 2>/dev/null | sha256sum | cut -c1-16 >/tmp/$i) & done; wait; cat /tmp/[0-3] | sort | uniq -c; echo done\n")
			c.Expect(`(?m)^4\s`).Expect(`4 [0-9a-f]{16}\s`).Expect(`done\s`).Expect(busybox)
			c.Send("poweroff -f\n").Expect(`vm smp: ended: powered off`).Expect(`ringo> `)
			c.Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}
