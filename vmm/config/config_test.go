package config

import (
	"reflect"
	"strings"
	"testing"
)

// full has every key once.
const full = `# two machines
[[vm]]
name    = "linux-1"
cpus    = 2
memory  = "256M"
boot    = "linux64"
kernel  = "guests/vmlinuz"   # a comment
initrd  = "guests/initrd.cpio.gz"
cmdline = 'console=ttyS0 root="a b"'
cpuid   = ["+x2APIC", "-AVX", "-sse4.1"]
console.scrollback = "1M"
autostart = false
restart   = false

[vm.msr]
0xc0010015 = 0x10
0x1a0      = "ignore"
0x8b       = "fault"
0x10       = "0xffffffffffffffff"

 [[ "vm" ]] # the second
name    = "mach"
memory  = "2G"
kernel  = "gnumach"
boot    = "multiboot"
modules = [
	{ file = "ext2fs.static", args = "--readonly $(task-create)" },
	{ file = "exec.static" },
]

[[vm]]
name = "flat"
memory = "2M"
kernel = "/abs/boot.bin"
boot = "flat"
address = 0x7c00
mode = 16
`

func TestParseReadsEveryKey(t *testing.T) {
	c, errs := Parse([]byte(full))
	for _, err := range errs {
		t.Error(err)
	}
	for _, vm := range c.VMs {
		vm.lines = nil
	}
	one := []Serial{{BusSerial, 1, Peer{Kind: ToConsole}}}
	want := []*VM{
		{
			Name: "linux-1", Machine: MachinePC, Virtio: VirtioPCI, Serials: one, CPUs: 2, Memory: 256 << 20, Boot: BootLinux64,
			Kernel: "guests/vmlinuz", Initrd: "guests/initrd.cpio.gz", CommandLine: `console=ttyS0 root="a b"`,
			CPUID: []Feature{{"x2APIC", true}, {"AVX", false}, {"sse4.1", false}},
			MSRs: []MSR{
				{Index: 0x10, Value: 1<<64 - 1},
				{Index: 0x8b, Fault: true},
				{Index: 0x1a0},
				{Index: 0xc0010015, Value: 0x10},
			},
			Scrollback: 1 << 20,
		},
		{
			Name: "mach", Machine: MachinePC, Virtio: VirtioPCI, Serials: one, CPUs: 1, Memory: 2 << 30, Boot: BootMultiboot, Kernel: "gnumach",
			Modules:    []Module{{"ext2fs.static", "--readonly $(task-create)"}, {"exec.static", ""}},
			Scrollback: DefaultScrollback, Autostart: true, Restart: true,
		},
		{
			Name: "flat", Machine: MachinePC, Virtio: VirtioPCI, Serials: one, CPUs: 1, Memory: 2 << 20, Boot: BootFlat, Kernel: "/abs/boot.bin",
			Address: 0x7c00, Mode: 16, Scrollback: DefaultScrollback, Autostart: true, Restart: true,
		},
	}
	if len(c.VMs) != len(want) {
		t.Fatalf("%d machines, want %d", len(c.VMs), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(c.VMs[i], want[i]) {
			t.Errorf("machine %d is\n%+v\nwant\n%+v", i+1, *c.VMs[i], *want[i])
		}
	}
}

func TestImagesAreKnownByTheLastElementOfTheirPath(t *testing.T) {
	c, _ := Parse([]byte(full))
	var got []string
	for _, vm := range c.VMs {
		for _, i := range vm.Images() {
			got = append(got, vm.Name+" "+i.Key+" "+i.Path+" "+i.Name())
		}
	}
	want := []string{
		"linux-1 kernel guests/vmlinuz vmlinuz",
		"linux-1 initrd guests/initrd.cpio.gz initrd.cpio.gz",
		"mach kernel gnumach gnumach",
		"mach modules[0] ext2fs.static ext2fs.static",
		"mach modules[1] exec.static exec.static",
		"flat kernel /abs/boot.bin boot.bin",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("images\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestMachinesMayShareFiles(t *testing.T) {
	c, errs := Parse([]byte(good("a", "") + good("b", "") + `
[[vm]]
name = "c"
memory = "32M"
kernel = "./x/../k"
`))
	if len(c.VMs) != 3 || errs != nil {
		t.Errorf("%d machines, errors %q", len(c.VMs), errs)
	}
}

func TestTheFilesOfAMachineWithAMistakeAreNotTaken(t *testing.T) {
	c, errs := Parse([]byte(good("a", "initrd = 'x/i'\ncpus = 0") + good("b", "initrd = 'y/i'")))
	if len(c.VMs) != 1 || c.VMs[0].Initrd != "y/i" || len(errs) != 1 {
		t.Errorf("machines %s, errors %q", machines(c), errs)
	}
}

func TestErrorfNamesMachineKeyAndLine(t *testing.T) {
	c, _ := Parse([]byte(full))
	for key, want := range map[string]string{
		"kernel":    "line 7: vm linux-1: kernel: no boot module is called vmlinuz",
		"initrd[3]": "line 8: vm linux-1: initrd[3]: no boot module is called vmlinuz",
		"modules":   "line 2: vm linux-1: modules: no boot module is called vmlinuz",
		"":          "line 2: vm linux-1: no boot module is called vmlinuz",
	} {
		if got := c.VMs[0].Errorf(key, "no boot module is called %s", "vmlinuz").Error(); got != want {
			t.Errorf("key %q: %q, want %q", key, got, want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for _, c := range []struct {
		text string
		size uint64
		err  string
	}{
		{"0", 0, ""}, {"1", 1, ""}, {"4096", 4096, ""},
		{"64K", 64 << 10, ""}, {"256M", 256 << 20, ""}, {"3G", 3 << 30, ""},
		{"18446744073709551615", 1<<64 - 1, ""}, {"17179869183G", 17179869183 << 30, ""},
		{"18446744073709551616", 0, "more than 64 bits"}, {"17179869184G", 0, "more than 64 bits"},
		{"99999999999999999999999K", 0, "more than 64 bits"},
		{"", 0, "no size"}, {"M", 0, "no size"}, {"-1M", 0, "no size"}, {"+1M", 0, "no size"}, {"1.5G", 0, "no size"},
		{"256MB", 0, "no size"}, {"256m", 0, "no size"}, {"256 M", 0, "no size"}, {"0x10", 0, "no size"}, {"1KM", 0, "no size"},
	} {
		size, err := ParseSize(c.text)
		if size != c.size || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("ParseSize(%q) = %d, %v; want %d and error %q", c.text, size, err, c.size, c.err)
		}
	}
}

func TestFormatSizeIsReadBackByParseSize(t *testing.T) {
	for _, n := range []uint64{0, 1, 1023, 1 << 10, 1<<10 + 1, 3 << 19, 1 << 20, 1 << 30, 5 << 40, 1<<64 - 1} {
		if got, err := ParseSize(FormatSize(n)); got != n || err != nil {
			t.Errorf("%d is written %s and read %d, %v", n, FormatSize(n), got, err)
		}
	}
}
