//go:build boot

package test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/vmm/config"
)

// soaks are the ways in which TestSoak tries to hang the runtime on four
// processors. They share the time that the flag -soak gives.
var soaks = []struct {
	name   string
	append string
	guests bool
}{
	{"storms", "shuffle=%d", false},
	{"storms with late kicks", "shuffle=%d kick-delay=200", false},
	{"storms with checked marks", "shuffle=%d kick-delay=200 GODEBUG=gccheckmark=1 GOGC=20", false},
	{"guests", "shuffle=%d", true},
	{"guests with late kicks", "shuffle=%d kick-delay=200", true},
}

// Allocation, goroutines and locked threads at once, beside a collector that
// never rests and guests that boot, end and are destroyed: nothing hangs,
// nothing is lost, nothing is damaged, and the watchdog has nothing to say.
func TestSoak(t *testing.T) {
	for i, s := range soaks {
		t.Run(s.name, func(t *testing.T) {
			each := *soak / time.Duration(len(soaks))
			o := emu.Options{CPUs: 4, MemMiB: 1536, Append: fmt.Sprintf(s.append, i+1)}
			if s.guests {
				o.Modules = shortLived(t)
			}
			c := boot(t, o).Expect(`processors: 4 of 4 run`).Expect(`ringo> `)
			if s.guests {
				c.Send(fmt.Sprintf("selftest storm %v &\n", each)).Expect(`ringo> `)
				bootGuests(c, time.Now().Add(each))
			} else {
				c.Send(fmt.Sprintf("selftest storm %v\n", each))
			}
			c.at = 0 // it may have ended long ago
			c.ExpectWithin(each+waitTime, `ok   storm|FAIL|watchdog`)
			if out := c.vm.Output(); strings.Contains(out, "FAIL") || strings.Contains(out, "watchdog") {
				t.Fatalf("it failed:%s", c.last())
			}
			c.Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}

// brief are the machines of shortLived.
var brief = []string{"a", "b", "c", "d"}

// shortLived are the modules of four Linux machines that switch themselves off
// as soon as their first program runs. One has two processors.
func shortLived(t *testing.T) []media.Module {
	t.Helper()
	var text strings.Builder
	for i, name := range brief {
		fmt.Fprintf(&text, "[[vm]]\nname = %q\nmemory = \"128M\"\ncpus = %d\nautostart = false\n", name, 1+i/3)
		text.WriteString("kernel = \"vmlinuz-cloud\"\ninitrd = \"busybox.cpio\"\n")
		text.WriteString("cmdline = \"console=ttyS0 quiet rdinit=/bin/busybox -- poweroff -f\"\n")
	}
	path := filepath.Join(t.TempDir(), config.ModuleName)
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return []media.Module{{Path: path}, {Path: "../build/guests/vmlinuz-cloud"}, {Path: "../build/guests/busybox.cpio"}}
}

// bootGuests starts the four machines over and over, at least once, and has one
// of them destroyed at some moment of its boot.
func bootGuests(c *console, end time.Time) {
	c.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	for round := 0; round == 0 || time.Now().Before(end); round++ {
		for _, name := range brief {
			c.Send("vm start " + name + "\n").Expect(`ringo> `)
		}
		victim := brief[round%len(brief)]
		time.Sleep(time.Duration(rng.Int64N(int64(2 * time.Second))))
		c.Send("vm destroy " + victim + "\n").Expect(`ringo> `)
		for _, name := range brief {
			if name != victim {
				c.Send("vm wait " + name + " 170\n").Expect(`vm ` + name + `: ended: powered off`).Expect(`ringo> `)
			}
		}
	}
}
