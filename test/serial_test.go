//go:build boot

package test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

// talkers are boot modules for machines in which the guest talker runs, by name,
// each with what its COM2 is connected to, behind what else the configuration
// says.
func talkers(t *testing.T, more string, peers ...[2]string) []media.Module {
	t.Helper()
	var text strings.Builder
	text.WriteString(more)
	for _, p := range peers {
		fmt.Fprintf(&text, "[[vm]]\nname = %q\nmemory = \"4M\"\nkernel = \"talker.bin\"\nboot = \"flat\"\naddress = %#x\nmode = 64\nautostart = false\nrestart = false\n[[vm.serial]]\nport = 2\nto = %q\n", p[0], guests.LoadAt, p[1])
	}
	dir := t.TempDir()
	modules := []media.Module{{Path: filepath.Join(dir, config.ModuleName)}, {Path: filepath.Join(dir, "talker.bin")}}
	for _, g := range guests.Course {
		if g.Name != "talker" {
			continue
		}
		image, err := g.Build()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(modules[1].Path, image, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(modules[0].Path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return modules
}

// What a guest writes at COM2 is in the log, and two guests hear each other over
// a cable, whichever is started first.
func TestSerialLinesLeadWhereTheConfigurationSays(t *testing.T) {
	c := boot(t, emu.Options{Modules: talkers(t, "", [2]string{"alone", "log"},
		[2]string{"a", "vm:b"}, [2]string{"b", "vm:a"}, [2]string{"c", "vm:d"}, [2]string{"d", "vm:c"})}).Expect(`ringo> `)
	c.Send("vm start alone\n").Expect(`vm alone: COM2: hello`).Expect(`vm alone: COM2: time\?`)
	c.Send("vm destroy alone\n").Expect(`ringo> `)
	for _, order := range [][2]string{{"a", "b"}, {"d", "c"}} {
		c.Send("vm start " + order[0] + "\n").Expect(`ringo> `)
		c.Send("vm run " + order[1] + " 10\n").Expect(`exited with 0`).Expect(`ringo> `)
		for _, name := range order {
			c.Send("vm console " + name + "\n").Expect(`heard hello\s+passed talker`).Expect(`ringo> `)
		}
	}
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// Linux finds the serial ports, and a file goes over the cable between two of it.
func TestTwoLinuxMachinesShareACable(t *testing.T) {
	t.Parallel()
	c := boot(t, emu.Options{MemMiB: 1536, Modules: described(t, "../iso/serial.toml")}).Expect(busybox)
	c.Send("echo to the log >/dev/ttyS2\n").Expect(busybox)
	c.Send("stty -F /dev/ttyS1 raw -echo; (head -c 8000 /dev/ttyS1 | sha256sum >/tmp/sum) &\n").Expect(busybox)
	c.Send(escape).Expect(monitor)
	c.Send("log\n").Expect(`vm left: COM3: to the log`).Expect(`ringo> `)
	c.Send("vm attach right\n").Expect(busybox)
	c.Send("stty -F /dev/ttyS1 raw -echo; head -c 8000 /bin/busybox | tee /dev/ttyS1 | sha256sum\n")
	sum := c.Match(`\s([0-9a-f]{64}) `)[1]
	c.Send(escape).Expect(monitor)
	c.Send("vm attach left\n").Expect(busybox)
	c.Send("wait; cat /tmp/sum\n").Expect(sum)
}

// Who connects to a TCP port of Ringo types at the line, and sees what the guest
// writes from then on, in its next run too.
func TestASerialLineIsATCPPort(t *testing.T) {
	t.Parallel()
	address := freePort(t)
	c := boot(t, emu.Options{NIC: "virtio", Forward: []string{leads(address, 7000)},
		Modules: talkers(t, "[network]\nuplink = \"nat\"\n", [2]string{"talker", "tcp:7000"})}).Expect(`ringo> `)
	c.Send("vm start talker\n").Expect(`ringo> `)
	peer, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	peer.SetDeadline(time.Now().Add(waitTime))
	fmt.Fprintln(peer, "by TCP")
	c.Expect(`vm talker: ended: exited with 0`).Send("vm console talker\n").Expect(`heard by TCP\s+passed talker`).Expect(`ringo> `)
	c.Send("vm start talker\n")
	lines := bufio.NewReader(peer)
	for _, want := range []string{"hello\n", "time?\n"} {
		if got, err := lines.ReadString('\n'); got != want {
			t.Errorf("received %q, want %q; %v", got, want, err)
		}
	}
	fmt.Fprintln(peer, "once more")
	c.Expect(`vm talker: ended: exited with 0`)
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}
