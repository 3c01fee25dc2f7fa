package bench

import (
	"fmt"
	"regexp"
	"strconv"
)

// Units of the figures of disks.
const (
	PerSecond = "1/s"
	Exits     = "exits"
)

// IOLoad is a load on a disk, or on the network between two guests: requests one
// after the other, to the disk around the guest's page cache.
type IOLoad struct {
	Name, About string
	Args        string // of the guest's program iobench, with a verb for the count
	Counted     int    // requests with instructions counted: as many as KVM's guests mostly survive (docs/bench.md)
	Timed       int    // and without
}

// The guests: one does the loads and has the disk, the other serves by TCP. Their
// addresses are of Ringo's own network, but they do not ask for them.
const (
	IOGuest  = "client"
	IOServer = "server"
	ioPort   = "7000"
	ioServer = "10.77.0.3:" + ioPort
)

// ioAddresses are the guests' by their names.
var ioAddresses = map[string]string{IOGuest: "10.77.0.2", IOServer: "10.77.0.3"}

// IOLoads are all of them.
var IOLoads = []IOLoad{
	{"read-4k", "4 KiB random read", "/dev/vda read 4096 %d random", 128, 4096},
	{"write-4k", "4 KiB random write", "/dev/vda write 4096 %d random", 128, 4096},
	{"read-1m", "1 MiB sequential read", "/dev/vda read 1048576 %d sequential", 32, 128},
	{"write-1m", "1 MiB sequential write", "/dev/vda write 1048576 %d sequential", 32, 128},
	{"tcp-1m", "1 MiB by TCP between two VMs", ioServer + " tcp 1048576 %d", 4, 64},
	{"tcp-1", "a byte by TCP to another VM and back", ioServer + " tcp 1 %d", 64, 2048},
}

// FindIOLoad is the load with a name.
func FindIOLoad(name string) (l IOLoad, ok bool) {
	for _, l := range IOLoads {
		if l.Name == name {
			return l, true
		}
	}
	return l, false
}

// IODisk is the size of the disk, in bytes.
const IODisk = 64 << 20

// IOSetup is what a guest's shell is told first.
func IOSetup(guest string) string {
	command := "ip link set lo up; ip addr add " + ioAddresses[guest] + "/24 dev eth0; ip link set eth0 up"
	if guest == IOServer {
		command += "; (iobench serve " + ioPort + " &)"
	}
	return command
}

// Command is what the guest's shell is told, for count requests. The line with the
// result has that label.
func (l IOLoad) Command(label string, count int) string {
	return fmt.Sprintf("iobench %s "+l.Args, label, count)
}

// Requests is how many requests the program makes if it is told to make count:
// some come before those that it measures.
func Requests(count int) int { return count + count/8 }

var ioLine = regexp.MustCompile(`(?m)^iobench: (\S+) (\d+) requests (\d+) ns`)

// ParseIO finds how long a request takes by the line with that label, in ns of the guest's clock:
// instructions, if the emulator counts them.
func ParseIO(output, label string) (ns float64, err error) {
	for _, m := range ioLine.FindAllStringSubmatch(output, -1) {
		if m[1] != label {
			continue
		}
		requests, err := strconv.ParseFloat(m[2], 64)
		if err != nil || requests == 0 {
			return 0, fmt.Errorf("%q: %s requests", label, m[2])
		}
		ns, err := strconv.ParseFloat(m[3], 64)
		return ns / requests, err
	}
	return 0, fmt.Errorf("no line of %q in the output", label)
}

var exitCount = regexp.MustCompile(`(?m)^ +(\d+) exits, `)

// ParseExitCount finds the number of exits in what the monitor's command stats
// says, of all processors.
func ParseExitCount(output string) (n float64, err error) {
	all := exitCount.FindAllStringSubmatch(output, -1)
	if all == nil {
		return 0, fmt.Errorf("no exits in the output")
	}
	for _, m := range all {
		one, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return 0, err
		}
		n += one
	}
	return n, nil
}

// IO is what a request of a load takes. 0 is not measured.
type IO struct{ Instructions, Exits, PerSecond float64 }

// IOFigures are the figures of a load, of Ringo and KVM.
func IOFigures(l IOLoad, ringo, kvm IO) []Figure {
	return []Figure{
		{Name: l.Name, About: l.About, Unit: Instructions, Value: ringo.Instructions, KVM: kvm.Instructions},
		{Name: l.Name + "-exits", About: "", Unit: Exits, Value: ringo.Exits, KVM: kvm.Exits},
		{Name: l.Name + "-rate", About: "", Unit: PerSecond, Value: ringo.PerSecond, KVM: kvm.PerSecond},
	}
}
