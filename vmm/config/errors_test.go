package config

import (
	"fmt"
	"strings"
	"testing"
)

// good is the text of a machine without a mistake, with more lines at its end.
func good(name, more string) string {
	return fmt.Sprintf("[[vm]]\nname = %q\nmemory = \"32M\"\nkernel = \"k\"\n%s\n", name, more)
}

// machines are the names of the machines in c.
func machines(c *Config) string {
	var names []string
	for _, vm := range c.VMs {
		names = append(names, vm.Name)
	}
	return strings.Join(names, " ")
}

func TestAMistakeCostsOneMachineAndIsOneLine(t *testing.T) {
	for _, c := range []struct {
		name string
		text string // lines 7 on; the key is in line 11 where good is used
		errs []string
	}{
		{"unknown key", good("x", "weight = 3"), []string{"line 11: vm x: weight: there is no such key"}},
		{"misspelt key", good("x", "cmdlin = 'a'"), []string{"line 11: vm x: cmdlin: there is no such key; did you mean cmdline?"}},
		{"key with a newline", good("x", `"a\nb" = 3`), []string{"line 11: vm x: a b: there is no such key"}},
		{"key in capitals", good("x", "Cpus = 1"), []string{"line 11: vm x: Cpus: there is no such key; did you mean cpus?"}},
		{"misspelt key that is required", "[[vm]]\nname = 'x'\nmemroy = '32M'\nkernel = 'k'\n", []string{
			"line 7: vm x: memory: every machine needs this key",
			"line 9: vm x: memroy: there is no such key; did you mean memory?"}},
		{"table's key without the table", good("x", "scrollback = '1M'"), []string{"scrollback: there is no such key; did you mean console.scrollback?"}},
		{"misspelt table", good("x", "[vm.consle]\na = 1"), []string{"line 11: vm x: consle: there is no such key; did you mean console?"}},
		{"misspelt key of a table", good("x", "[vm.console]\nscrolback = '1M'"), []string{"line 12: vm x: console.scrolback: there is no such key; did you mean console.scrollback?"}},
		{"table outside the machine", good("x", "[console]\nscrollback = '1M'"), []string{"line 11: vm x: console: a machine's table is written [vm.console]"}},
		{"other table", good("x", "[networks]\na = 1"), []string{"line 11: vm x: networks: there is no such table"}},
		{"nothing but a header", "[[vm]]\n", []string{
			"line 7: vm #2: name: every machine needs this key",
			"line 7: vm #2: memory: every machine needs this key",
			"line 7: vm #2: kernel: every machine needs this key"}},

		{"name as a number", "[[vm]]\nname = 3\nmemory = '32M'\nkernel = 'k'\n", []string{"line 8: vm #2: name: want a string, not an integer"}},
		{"capital letters", good("Linux", ""), []string{`line 8: vm #2: name: "Linux" is no name; one has 1 to 32 of a-z, 0-9 and -`}},
		{"empty name", good("", ""), []string{`line 8: vm #2: name: "" is no name`}},
		{"name like a flag", good("-x", ""), []string{`name: "-x" is no name`}},
		{"name with a newline", good("a\nb", ""), []string{`line 8: vm #2: name: "a\nb" has a control character`}},
		{"long name", good(strings.Repeat("a", MaxName+1), ""), []string{"is no name"}},
		{"name twice", good("first", ""), []string{"line 8: vm first: name: the machine in line 1 has this name"}},

		{"no processor", good("x", "cpus = 0"), []string{"line 11: vm x: cpus: 0 processors; a machine has 1 to 64"}},
		{"too many processors", good("x", "cpus = 65"), []string{"cpus: 65 processors"}},
		{"less than no processor", good("x", "cpus = -1"), []string{"cpus: -1 processors"}},
		{"processors as a string", good("x", "cpus = '2'"), []string{"line 11: vm x: cpus: want an integer, not a string"}},
		{"half a processor", good("x", "cpus = 0.5"), []string{"cpus: want an integer, not a number with a fraction"}},

		{"memory as a number", memory("256"), []string{`line 9: vm x: memory: want a size in quotes, such as "256M", not an integer`}},
		{"no memory", memory("'0M'"), []string{"line 9: vm x: memory: 0 of memory; a machine has 2M to 1024G"}},
		{"too much memory", memory("'1025G'"), []string{"memory: 1025G of memory; a machine has 2M to 1024G"}},
		{"memory beyond counting", memory("'99999999999G'"), []string{"memory: \"99999999999G\" is more than 64 bits can count"}},
		{"odd memory", memory("'33M'"), []string{"line 9: vm x: memory: 33M is not a multiple of 2M; 34M would be"}},
		{"memory in words", memory("'lots'"), []string{`memory: "lots" is no size; one is written "256M"`}},
		{"memory in another unit", memory("'256MB'"), []string{`memory: "256MB" is no size`}},

		{"kernel is a folder", "[[vm]]\nname = 'x'\nmemory = '32M'\nkernel = '..'\n", []string{`line 10: vm x: kernel: ".." names no file`}},
		{"empty initrd", good("x", "initrd = ''"), []string{`line 11: vm x: initrd: "" names no file`}},
		{"command line of two lines", good("x", `cmdline = "a\nb"`), []string{`cmdline: "a\nb" has a control character`}},
		{"two files of one name", good("x", "initrd = 'other/k'"), []string{"line 11: vm x: initrd: other/k is another file than k in line 4, but has the same name as a boot module"}},

		{"no such way to start", good("x", "boot = 'efi'"), []string{`line 11: vm x: boot: no way to start is called "efi"; there are auto, linux64,`}},
		{"initrd for multiboot", good("x", "boot = 'multiboot'\ninitrd = 'i'"), []string{`line 12: vm x: initrd: boot = "multiboot" does not take this key`}},
		{"modules for Linux", good("x", "boot = 'linux64'\nmodules = [{file = 'm'}]"), []string{`line 12: vm x: modules: boot = "linux64" does not take this key`}},
		{"address without flat", good("x", "address = 3"), []string{`address: boot = "auto" does not take this key`}},
		{"flat without its keys", good("x", "boot = 'flat'"), []string{
			`line 7: vm x: address: boot = "flat" needs this key`, `line 7: vm x: mode: boot = "flat" needs this key`}},
		{"flat beyond real mode", good("x", "boot = 'flat'\nmode = 16\naddress = 0x100000"), []string{"line 13: vm x: address: 0x100000 is beyond the reach of real mode"}},
		{"odd mode", good("x", "boot = 'flat'\nmode = 8\naddress = 0"), []string{"line 12: vm x: mode: 8; want 16"}},
		{"address below 0", good("x", "boot = 'flat'\nmode = 64\naddress = -1"), []string{"address: -0x1 is no address"}},
		{"address as a string", good("x", "boot = 'flat'\nmode = 64\naddress = '0x10'"), []string{"address: want an integer, not a string"}},

		{"modules as a string", good("x", "modules = 'm'"), []string{"line 11: vm x: modules: want an array of tables, not a string"}},
		{"module as a string", good("x", "modules = ['m']"), []string{"modules: number 1: want a table such as {file = ..., args = ...}, not a string"}},
		{"module without a file", good("x", "modules = [{file = 'm'}, {args = 'm'}]"), []string{"modules: number 2: file: every module needs this key"}},
		{"module with another key", good("x", "modules = [{file = 'm', arg = 'm'}]"), []string{"modules: number 1: arg: there is no such key; a module has file and args"}},
		{"module in tables", good("x", "[[vm.modules]]\nfile = 3"), []string{"modules: number 1: file: want a string, not an integer"}},

		{"no such board", good("x", "machine = 'q34'"), []string{`line 11: vm x: machine: "q34"; want "pc" or "q35"`}},
		{"board as a number", good("x", "machine = 35"), []string{"machine: want a string, not an integer"}},
		{"no such place for virtio", good("x", "virtio = 'ccw'"), []string{`virtio: "ccw"; want "pci" or "mmio"`}},
		{"random numbers by number", good("x", "rng = 1"), []string{"line 11: vm x: rng: want true or false, not an integer"}},

		{"disk without a file", good("x", "disk = [{cd = true}]"), []string{"line 11: vm x: disk: number 1: file: every disk needs this key"}},
		{"disk's misspelt key", good("x", "[[vm.disk]]\nfile = 'd'\nread_only = true"), []string{"disk: number 1: read_only: there is no such key; did you mean readonly?"}},
		{"no such bus", good("x", "disk = [{file = 'd', bus = 'scsi'}]"), []string{`disk: number 1: bus: "scsi"; want "ide", "ahci", "floppy" or "virtio"`}},
		{"two ways to write", good("x", "disk = [{file = 'd', readonly = true, mode = 'write'}]"), []string{`disk: number 1: mode: "write", and readonly = true`}},
		{"no such mode", good("x", "disk = [{file = 'd', mode = 'cow'}]"), []string{`disk: number 1: mode: "cow"; want "overlay", "readonly" or "write"`}},
		{"CD in a floppy drive", good("x", "disk = [{file = 'd', cd = true, bus = 'floppy'}]"), []string{"disk: number 1: cd: there are no CDs at floppy"}},
		{"CD to write", good("x", "disk = [{file = 'd', cd = true, mode = 'write'}]"), []string{"disk: number 1: mode: a CD cannot be written"}},
		{"too many disks", good("x", "disk = [{file='a'},{file='b'},{file='c'},{file='d'},{file='e'}]"), []string{"disk: number 5: there is room for 4 at ide"}},
		{"IDE on a q35", good("x", "machine = 'q35'\ndisk = [{file='a', bus='ide'}]"), []string{`line 12: vm x: disk: number 1: bus: a machine "q35" has no ide`}},

		{"adapters as a string", good("x", "net = 'e1000'"), []string{"line 11: vm x: net: want an array of tables, not a string"}},
		{"no such adapter", good("x", "[[vm.net]]\nbus = 'ne2000'"), []string{`net: number 1: bus: "ne2000"; want "virtio" or "e1000"`}},
		{"address of a group", good("x", "net = [{mac = '01:00:00:00:00:01'}]"), []string{`net: number 1: mac: "01:00:00:00:00:01" is no adapter's address`}},
		{"address of 8 bytes", good("x", "net = [{mac = '02:00:00:00:00:00:00:01'}]"), []string{"is no adapter's address"}},
		{"no address", good("x", "net = [{mac = '00:00:00:00:00:00'}]"), []string{"is no adapter's address"}},
		{"one address for two", good("x", "net = [{mac = '02:00:00:00:00:01'}, {mac = '02:00:00:00:00:01'}]"), []string{"line 11: vm x: net: address 02:00:00:00:00:01 is there twice"}},
		{"no such policy", good("x", "net = [{policy = 'closed'}]"), []string{`net: number 1: policy: "closed"; want "isolated", "inbound" or "open"`}},
		{"no such VLAN", good("x", "net = [{vlan = 4095}]"), []string{"net: number 1: vlan: 4095; want 1 to 4094"}},
		{"little rate", good("x", "net = [{rate = '10'}]"), []string{"net: number 1: rate: 10 a second; want 1K to 1024G"}},
		{"port as a number", good("x", "net = [{forward = [22]}]"), []string{"net: number 1: forward: want a string, not an integer"}},
		{"forward without a protocol", good("x", "net = [{forward = ['2222:22']}]"), []string{`forward: "2222:22": want protocol`}},
		{"forward to port 0", good("x", "net = [{forward = ['tcp:2222:0']}]"), []string{`forward: "tcp:2222:0": "0" is no port; there are 1 to 65535`}},
		{"port twice", good("x", "net = [{forward = ['tcp:2222:22', 'tcp:2222:23']}]"), []string{"line 11: vm x: net: tcp port 2222 of the uplink is there twice"}},
		{"forward to nowhere", good("x", "net = [{policy = 'isolated', forward = ['udp:53:53']}]"), []string{`net: number 1: forward: policy = "isolated" lets nothing in`}},
		{"many adapters", good("x", "net = [{},{},{},{},{},{},{},{},{}]"), []string{"net: number 9: a machine has up to 8"}},

		{"line without a place", good("x", "[[vm.serial]]\nto = 'log'"), []string{`line 11: vm x: serial: number 1: port: every serial line needs this key, or bus = "virtio"`}},
		{"fifth line", good("x", "serial = [{port = 5}]"), []string{"serial: number 1: port: 5; want 1 to 4"}},
		{"line twice", good("x", "serial = [{port = 2, to = 'log'}, {port = 2, to = 'log'}]"), []string{"serial: number 2: port: 2 is there twice"}},
		{"two consoles", good("x", "serial = [{port = 1}, {bus = 'virtio'}]"), []string{"serial: number 2: to: one line of a machine is its console"}},
		{"line to nowhere", good("x", "serial = [{port = 1, to = 'pty'}]"), []string{`serial: number 1: to: "pty"; want "console", "log", "vm:NAME" or "tcp:PORT"`}},
		{"line to no machine", good("x", "serial = [{port = 1, to = 'vm:A B'}]"), []string{`to: "vm:A B"; want`}},
		{"line to no port", good("x", "serial = [{port = 1, to = 'tcp:70000'}]"), []string{`to: "70000" is no port`}},
		{"virtio line with a place", good("x", "serial = [{port = 1, bus = 'virtio'}]"), []string{"serial: number 1: port: a line at virtio takes none"}},
		{"lines at one port", good("x", "serial = [{port = 2, to = 'tcp:7000'}, {port = 3, to = 'tcp:7000'}]"), []string{"line 11: vm x: serial: tcp port 7000 of the uplink is there twice"}},

		{"features as a string", good("x", "cpuid = '+avx'"), []string{"line 11: vm x: cpuid: want an array"}},
		{"feature without a sign", good("x", "cpuid = ['avx']"), []string{`cpuid: "avx": want + or -`}},
		{"feature without a name", good("x", "cpuid = ['-']"), []string{`cpuid: "-": want + or -`}},
		{"empty feature", good("x", "cpuid = ['']"), []string{`cpuid: "": want + or -`}},
		{"feature on and off", good("x", "cpuid = ['+avx', '-AVX']"), []string{`cpuid: "-AVX": this feature is there twice`}},

		{"register without a number", good("x", "[vm.msr]\nEFER = 3"), []string{"line 12: vm x: msr.EFER: want the number of a register as the key"}},
		{"register beyond 32 bits", good("x", "[vm.msr]\n0x100000000 = 3"), []string{"msr.0x100000000: want the number"}},
		{"register twice", good("x", "[vm.msr]\n0x10 = 3\n16 = 3"), []string{"line 13: vm x: msr.16: register 0x10 is there twice"}},
		{"register's value below 0", good("x", "[vm.msr]\n16 = -3"), []string{"msr.16: -3: want a number from 0 up"}},
		{"register's value in words", good("x", "[vm.msr]\n16 = 'all'"), []string{`msr.16: "all": want "ignore", "fault"`}},
		{"register's value is a list", good("x", "[vm.msr]\n16 = []"), []string{`msr.16: want "ignore", "fault" or a number, not an array`}},
		{"registers not in a table", good("x", "msr = 3"), []string{"line 11: vm x: msr: want a table, not an integer"}},
		{"little scrollback", good("x", "console.scrollback = '1K'"), []string{"line 11: vm x: console.scrollback: 1K; want 4K to 16M"}},
		{"a date", good("x", "initrd = 2026-01-01"), []string{"initrd: want a string, not a date or time"}},

		{"string without an end", good("x", `cmdline = "a`), []string{"line 11: vm x: cmdline: strings cannot contain newlines"}},
		{"key twice", good("x", "cpus = 1\ncpus = 1"), []string{"line 12: vm x: cpus: Key 'vm.cpus' has already been defined."}},
		{"no value", good("x", "cpus ="), []string{"line 11: vm x: cpus: "}},
		{"array without an end", good("x", "cpuid = ["), []string{"vm x: cpuid: "}},
		{"syntax in a machine of no good name", "[[vm]]\nname = 'X'\ncpus = [\n", []string{"vm #2: cpus: "}},
		{"several at once, in order", good("x", "cpus = 0\nboot = 1\nnic = 2"), []string{"line 11: vm x: cpus: ", "line 12: vm x: boot: ", "line 13: vm x: nic: "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, errs := Parse([]byte(good("first", "\n") + c.text + good("last", "")))
			if machines(got) != "first last" {
				t.Errorf("machines %s, want first and last", machines(got))
			}
			checkErrors(t, errs, c.errs)
		})
	}
}

// memory is the text of a machine with that memory, in its third line.
func memory(value string) string {
	return "[[vm]]\nname = 'x'\nmemory = " + value + "\nkernel = 'k'\n"
}

// checkErrors compares errors with what they must have at the beginning, if
// that begins with a line's number, or else anywhere.
func checkErrors(t *testing.T, errs []error, want []string) {
	t.Helper()
	if len(errs) != len(want) {
		t.Errorf("%d errors, want %d: %v", len(errs), len(want), errs)
		return
	}
	for i, err := range errs {
		s := err.Error()
		if !strings.Contains(s, want[i]) || strings.HasPrefix(want[i], "line") && !strings.HasPrefix(s, want[i]) || strings.Contains(s, "\n") {
			t.Errorf("error %q, want one line with %q", s, want[i])
		}
	}
}

func TestMistakesOutsideOfMachines(t *testing.T) {
	for _, c := range []struct {
		name, text string
		errs       []string
	}{
		{"a machine's key", "# VMs\nmemory = '32M'\n" + good("a", ""), []string{"line 2: memory: this belongs into a machine, below a line [[vm]]"}},
		{"no such key", "\nversion = 1\n" + good("a", ""), []string{"line 2: version: there is no such key"}},
		{"two keys, in order", "z = 1\na = 2\n" + good("a", ""), []string{"line 1: z: ", "line 2: a: "}},
		{"one table", "[vm]\nname = 'x'\n" + good("a", ""), []string{"line 1: vm: each machine begins with a line [[vm]]"}},
		{"a list", "vm = [{name = 'x'}]\n" + good("a", ""), []string{"line 1: vm: each machine begins with a line [[vm]]"}},
		{"syntax", "hello\n" + good("a", ""), []string{"line 1: "}},
		{"not text", "\x00\x01\n" + good("a", ""), []string{"line 1: "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, errs := Parse([]byte(c.text))
			if machines(got) != "a" {
				t.Errorf("machines %q, want a", machines(got))
			}
			checkErrors(t, errs, c.errs)
		})
	}
}

func TestLimitsOfAText(t *testing.T) {
	var many strings.Builder
	for i := range MaxVMs + 2 {
		many.WriteString(good(fmt.Sprintf("vm%d", i), ""))
	}
	c, errs := Parse([]byte(many.String()))
	if len(c.VMs) != MaxVMs {
		t.Errorf("%d machines, want %d", len(c.VMs), MaxVMs)
	}
	checkErrors(t, errs, []string{"line 321: more than 64 machines"})

	c, errs = Parse([]byte(good("a", "") + good("b", "#"+strings.Repeat(" ", MaxPart)) + good("c", "")))
	if machines(c) != "a c" {
		t.Errorf("machines %s, want a and c", machines(c))
	}
	checkErrors(t, errs, []string{"line 6: vm b: 4144 bytes of text; the limit is 4096"})

	long := good("a", strings.Repeat("#", MaxText))
	c, errs = Parse([]byte(long))
	if len(c.VMs) != 0 {
		t.Errorf("machines %s in a text that is too long", machines(c))
	}
	checkErrors(t, errs, []string{"bytes of configuration; the limit is 65536"})
}

func TestAByteOrderMarkAndCRLFDoNoHarm(t *testing.T) {
	c, errs := Parse([]byte("\ufeff" + strings.ReplaceAll(good("a", ""), "\n", "\r\n")))
	if machines(c) != "a" || errs != nil {
		t.Errorf("machines %q, errors %q", machines(c), errs)
	}
}

func TestAnEmptyTextHasNoMachines(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "\n\n"} {
		if c, errs := Parse([]byte(text)); len(c.VMs) != 0 || errs != nil {
			t.Errorf("%q: machines %s, errors %q", text, machines(c), errs)
		}
	}
}
