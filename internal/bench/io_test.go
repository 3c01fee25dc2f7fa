package bench

import (
	"strings"
	"testing"
)

func TestParseIO(t *testing.T) {
	const output = "/ # iobench read-4k /dev/vda\r\niobench: read-4k 4 requests 800 ns\r\niobench: read-1m 2 requests 10 ns\n"
	for name, want := range map[string]float64{"read-4k": 200, "read-1m": 5} {
		if got, err := ParseIO(output, name); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", name, got, err, want)
		}
	}
	for _, bad := range []string{"", "iobench: write-4k 0 requests 5 ns\n", "x iobench: write-4k 1 requests 5 ns\n"} {
		if n, err := ParseIO(bad, "write-4k"); err == nil {
			t.Errorf("%q has %v", bad, n)
		}
	}
}

func TestParseExitCountAddsProcessors(t *testing.T) {
	const output = "CPU 0     guest 1 s\n          120 exits, 3/s\nCPU 1     guest 1 s\n          7 exits, 3/s\n"
	if n, err := ParseExitCount(output); err != nil || n != 127 {
		t.Errorf("%v, %v", n, err)
	}
	if n, err := ParseExitCount("pc is off\n"); err == nil {
		t.Errorf("a machine that is off has %v", n)
	}
}

func TestALoadIsACommandOfTheGuest(t *testing.T) {
	if got, want := IOLoads[0].Command("few", 8), "iobench few /dev/vda read 4096 8 random"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTheServerServesWhereTheOtherGuestAsks(t *testing.T) {
	setup := IOSetup(IOServer)
	if !strings.Contains(setup, "ip addr add 10.77.0.3/24 dev eth0") || !strings.Contains(setup, "(iobench serve 7000 &)") {
		t.Error(setup)
	}
	if client := IOSetup(IOGuest); strings.Contains(client, "serve") {
		t.Error(client)
	}
	for _, l := range IOLoads {
		if command := l.Command("a", 8); strings.Contains(command, "tcp") && !strings.Contains(command, " "+ioAddresses[IOServer]+":7000 tcp ") {
			t.Error(command)
		}
	}
}
