package inspect

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

func TestRegistersNameTheBits(t *testing.T) {
	var b strings.Builder
	Registers(&b, &newRig().s)
	want(t, "registers", b.String(), "64-bit mode, CPL 0", "RSP 0000000000009ff0", "CR0 ", "PE WP PG", "EFER", "LME LMA NXE")
}

func TestMemoryShowsWhatIsThereAndWhatIsNot(t *testing.T) {
	r := newRig()
	copy(r.m[missing-4:], "\x01ab\xff")
	copy(r.m[missing+pageSize:], "behind")
	var b strings.Builder
	Memory(&b, Linear(&r.s, r.m), missing-20, 4+16+pageSize+6)
	want(t, "linear", b.String(),
		"00000000000fffec: 00 00 00 00 ", "|....|\n",
		"00000000000ffff0: 00 00 00 00 00 00 00 00  00 00 00 00 01 61 62 ff |.............ab.|\n",
		"0000000000100000: 0x1000 bytes are not there\n",
		"0000000000101000: 62 65 68 69 6e 64 ", "|behind|\n")
	b.Reset()
	Memory(&b, Physical(r.m), memorySize-1, 32)
	want(t, "physical", b.String(), "00000000001fffff: 00 ", "|.|\n", "0000000000200000: 0x1f bytes are not there\n")
	b.Reset()
	Memory(&b, Physical(r.m), 1<<64-16, 1<<63)
	if n := strings.Count(b.String(), "\n"); n > 2*MaxDump/perLine {
		t.Errorf("a dump of all memory has %d lines", n)
	}
	b.Reset()
	Memory(&b, Physical(r.m), 1<<64-16, 32)
	want(t, "around the end", b.String(), "fffffffffffffff0: 0x10 bytes are not there\n", "0000000000000000: 00 ")
}

func TestDisassembleMarksRIPAndStopsWhereMemoryEnds(t *testing.T) {
	r := newRig(0x48, 0x89, 0xd8, 0x90, 0x06, 0xc3)
	r.s.RIP = code + 3
	var b strings.Builder
	Disassemble(&b, &r.s, r.m, code, 4)
	want(t, "64-bit", b.String(), "   0000000000008000: 48 89 d8 ", "mov %rbx,%rax\n", "=> 0000000000008003: 90 ", "nop\n", ".byte 0x06\n", "0000000000008005: c3", "ret")
	b.Reset()
	r.s.RIP = 0
	copy(r.m[missing-1:], "\x90")
	Disassemble(&b, &r.s, r.m, missing-1, 10)
	want(t, "end", b.String(), "nop\n", "0000000000100000: not present\n")
	if strings.Count(b.String(), "\n") != 2 {
		t.Errorf("goes on behind the end: %s", b.String())
	}
	b.Reset()
	r.s.Reset(0)
	r.s.Seg[x86.CS].Base, r.s.RIP = code, 0x10
	copy(r.m[code+0x10:], "\xeb\xfe\xb8\x34\x12")
	Disassemble(&b, &r.s, r.m, code+0x10, 2)
	want(t, "real mode: jumps within the segment", b.String(), "=> 0000000000008010: eb fe", "jmp ", "mov $0x1234,%ax\n")
}

func TestBeforeFindsInstructionsThatLeadToRIP(t *testing.T) {
	r := newRig(0x90, 0x48, 0x89, 0xd8, 0x48, 0x31, 0xc0, 0xf4)
	for i := code - 64; i < code; i++ {
		r.m[i] = 0x06 // no instruction
	}
	if at := before(&r.s, r.m, code+7, 2); at != code+1 {
		t.Errorf("two instructions before begin at %#x", at)
	}
	if at := before(&r.s, r.m, code+7, 9); at != code {
		t.Errorf("all there are begin at %#x", at)
	}
	if at := before(&r.s, r.m, nowhere, 4); at != nowhere {
		t.Errorf("before what is not there: %#x", at)
	}
}

func TestWalkShowsEachLevel(t *testing.T) {
	long := newRig()
	long.m.put64(ptes+0x20*8, 0xfee0_0000|p|rw|1<<4|1<<5|1<<63)
	old := newRig()
	old.s.CR4, old.s.EFER = x86.CR4PSE, 0
	old.m.put32(tables+4*3, 0xc0_0000|p|rw|us|1<<7)
	pae := newRig()
	pae.s.EFER = 0
	pae.m.put64(tables, (tables+0x2000)|p)
	off := newRig()
	off.s.CR0 = x86.CR0PE
	five := newRig()
	five.s.CR4 |= x86.CR4LA57
	five.s.CR3 = 0x5000
	five.m.put64(0x5000, tables|p|rw|us)
	for _, tc := range []struct {
		name   string
		r      *rig
		linear uint64
		want   []string
	}{
		{"4 levels", long, code + 5, []string{"linear 0x8005, 4-level paging, CR3 0x1000", "level 4 ", "0x000000001000", "0000000000002007", "P RW US\n",
			"level 3", "level 2", "level 1", "0x000000004040", "guest-physical 0x8005, page of 4 KiB, user read write execute\n"}},
		{"a device, not to be executed", long, 0x20000, []string{"P RW PCD A NX\n", "guest-physical 0xfee00000, page of 4 KiB, supervisor read write, not memory"}},
		{"not present", long, missing, []string{"level 1", "not present\n", "not translated: not present"}},
		{"not canonical", long, 1 << 60, []string{"not translated: not canonical"}},
		{"32-bit", old, 0xc1_2345, []string{"32-bit paging", "level 2", "0000000000c00087", "PS", "guest-physical 0xc12345, page of 4 MiB, user read write execute, not memory"}},
		{"PAE", pae, 0x8000, []string{"PAE paging", "level 3", "level 2", "level 1", "guest-physical 0x8000, page of 4 KiB, user read write execute"}},
		{"5 levels", five, 0x8000, []string{"5-level paging, CR3 0x5000", "level 5", "level 1", "guest-physical 0x8000"}},
		{"no paging", off, 0x8000, []string{"paging is off", "guest-physical 0x8000"}},
	} {
		var b strings.Builder
		Walk(&b, &tc.r.s, tc.r.m, tc.linear)
		want(t, tc.name, b.String(), tc.want...)
	}
	long.s.CR3 = nowhere
	var b strings.Builder
	Walk(&b, &long.s, long.m, code)
	want(t, "no table", b.String(), "level 4  entry at 0x000000400000  no memory there", "not translated: the guest has no memory")
}

// trace is a trace of all sorts of exits.
var trace = []vmm.Trace{
	{TSC: 1000, RIP: 0x10, Reason: vmm.ReasonCPUID, RAX: 0x8000_0001},
	{TSC: 1500, RIP: 0x12, Reason: vmm.ReasonPort, Info: 0x3f8, Write: true, Size: 1, RAX: 0x1241},
	{TSC: 1600, RIP: 0x14, Reason: vmm.ReasonPort, Info: 0x60, Size: 2},
	{TSC: 1800, RIP: 0x16, Reason: vmm.ReasonMemory, Info: 0xfee0_00b0, Write: true, Event: 1<<8 | 0x30},
	{TSC: 2000, RIP: 0x18, Reason: vmm.ReasonMSR, Info: 0x1b, Event: 1<<10 | 14},
	{TSC: 2600, RIP: 0x1a, Reason: vmm.ReasonHLT, Event: 1<<9 | 2},
}

func TestTraceSaysWhatEachExitWas(t *testing.T) {
	var b strings.Builder
	Trace(&b, trace, Filter{}, 100)
	want(t, "all", b.String(), "- 0000000000000010  CPUID", "leaf 0x80000001\n", "+500 ", "out 0x3f8 size 1 value 0x41\n", "+100 ", "in 0x60 size 2\n",
		"memory", "write 0xfee000b0 (after interrupt 0x30)\n", "MSR", "read 0x1b IA32_APIC_BASE (after exception #PF)\n", "+600 ", "HLT", "(after NMI)\n")
	for _, tc := range []struct {
		name string
		f    Filter
		n    int
		want []string // RIPs
	}{
		{"the last two", Filter{}, 2, []string{"18", "1a"}},
		{"a reason", Filter{Reasons: ParseReason("port")}, 9, []string{"12", "14"}},
		{"two reasons", Filter{Reasons: append(ParseReason("hlt"), vmm.ReasonCPUID)}, 9, []string{"10", "1a"}},
		{"a port", Filter{Reasons: ParseReason("Port"), Info: 0x60, HasInfo: true}, 9, []string{"14"}},
		{"a page of addresses", Filter{Reasons: ParseReason("mem"), Info: 0xfee0_0000, HasInfo: true}, 9, []string{"16"}},
		{"a vector", Filter{Vector: 0x30, HasVector: true}, 9, []string{"16"}},
	} {
		b.Reset()
		Trace(&b, trace, tc.f, tc.n)
		if n := strings.Count(b.String(), "\n") - 1; n != len(tc.want) {
			t.Errorf("%s: %d exits of %d:\n%s", tc.name, n, len(tc.want), b.String())
		}
		for _, rip := range tc.want {
			want(t, tc.name, b.String(), "00000000000000"+rip+" ")
		}
	}
	b.Reset()
	Trace(&b, trace, Filter{Vector: 0, HasVector: true}, 9)
	want(t, "none", b.String(), "no such exits")
	if got := ParseReason("h"); len(got) != 3 { // host interrupt, HLT, hypercall
		t.Errorf("%q for h", got)
	}
	if ParseReason("") != nil || ParseReason("nonsense") != nil {
		t.Error("reasons for what is none")
	}
}

type noDevice struct{}

func (noDevice) In(uint16, int) uint32     { return 0 }
func (noDevice) Out(uint16, int, uint32)   {}
func (noDevice) Read(uint64, int) uint64   { return 0 }
func (noDevice) Write(uint64, int, uint64) {}

// run runs a machine that makes these exits until it ends.
func run(t *testing.T, r *rig, exits ...vmmtest.Exit) *vmm.VM {
	t.Helper()
	vm, err := vmmtest.VM("guest", &vmmtest.Host{}, &vmmtest.Engine{Exits: exits}, memorySize)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(vm.Close)
	if err := vm.RAM.Write(0, r.m); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(vm.Ports.Register("COM1", 0x3f8, 8, noDevice{}), vm.Memory.Register("APIC", 0xfee0_0000, 0x1000, noDevice{})); err != nil {
		t.Fatal(err)
	}
	c, err := vm.NewVCPU(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.CPU().SetState(&r.s)
	vm.Start()
	select {
	case <-vm.Done():
	case <-time.After(30 * time.Second):
		t.Fatal("the machine does not end")
	}
	return vm
}

func TestExitsCountByReasonAndPlace(t *testing.T) {
	vm := run(t, newRig(), vmmtest.Out(0x3f8, 1, 'a'), vmmtest.Out(0x3f8, 1, 'b'), vmmtest.In(0x99, 1), vmmtest.Stop(vmm.ReasonHost), vmmtest.Stop(vmm.ReasonShutdown))
	var b strings.Builder
	Exits(&b, vm, vmmtest.TSCHz)
	if text := b.String(); strings.Contains(text, "CPUID") {
		t.Errorf("reasons that did not occur:\n%s", text)
	}
	want(t, "exits", b.String(), "reason", "all  ", "    5 ", "of the last 5 exits", "port          2  0x3f8 COM1\n", "port          1  0x99 (no device)\n", "RIP ")
	for _, line := range strings.Split(b.String(), "\n") {
		if f := strings.Fields(line); len(f) > 2 && f[0] == "port" && f[1] == "3" && len(f) == 5 {
			return
		}
	}
	t.Errorf("no row of 3 port accesses:\n%s", b.String())
}

func TestStats(t *testing.T) {
	vm := run(t, newRig(), vmmtest.Stop(vmm.ReasonHost), vmmtest.Stop(vmm.ReasonShutdown))
	var b strings.Builder
	s := &vm.CPUs()[0].Stats
	s.Idle = 5e8
	Stats(&b, vm, 2*time.Second, vmmtest.TSCHz)
	want(t, "stats", b.String(), "run time  2.000 s", "memory    2 MiB", "guest 0.000 s", "halted 0.500 s (25.0%)", "2 exits, 1/s")
	b.Reset()
	Stats(&b, vm, 0, 0)
	want(t, "before it has run", b.String(), "-/s")
}

func TestDevices(t *testing.T) {
	vm := run(t, newRig(), vmmtest.Stop(vmm.ReasonShutdown))
	var b strings.Builder
	Devices(&b, vm)
	want(t, "devices", b.String(), "COM1", "ports   03f8-03ff", "APIC", "address fee00000-fee00fff")
}

func TestPostMortemOfATripleFault(t *testing.T) {
	r := newRig(0x90, 0x48, 0x8b, 0x18) // nop; mov (%rax),%rbx
	r.s.RIP = code + 1
	r.s.GPR[x86.RAX], r.s.CR2 = missing, missing
	r.s.IDTR.Limit = 0
	r.m.put64(stack0, 0x1234_5678_9abc_def0)
	text := PostMortem(run(t, r, vmmtest.Stop(vmm.ReasonHost), vmmtest.Stop(vmm.ReasonShutdown)))
	want(t, "post-mortem", text, "vm guest, CPU 0: triple fault, at RIP 0x8001", "last exit: triple fault",
		"read of 8 bytes at linear 0x100000, not present", "#PF(0x0)", "triple fault",
		"64-bit mode, CPL 0", "\ncode\n", "nop\n", "=> 0000000000008001: 48 8b 18", "\nstack\n", "0000000000009ff0: 123456789abcdef0",
		"page tables of RIP\n", "guest-physical 0x8001", "page tables of CR2", "linear 0x100000", "not translated: not present",
		"last exits\n", "host interrupt", "triple fault\n")
}

func TestPostMortemOfAStateThatCannotBeEntered(t *testing.T) {
	text := PostMortem(run(t, newRig(), func(c *vmmtest.CPU, e *vmm.Exit) {
		c.Err = errors.New("CR0: PG without PE")
		e.Reason = vmm.ReasonInvalid
	}))
	want(t, "post-mortem", text, "failed: the guest's state cannot be entered: CR0: PG without PE", "invalid state")
}

func TestPostMortemAfterClose(t *testing.T) {
	vm := run(t, newRig(), vmmtest.Stop(vmm.ReasonShutdown))
	vm.Close()
	want(t, "post-mortem", PostMortem(vm), "vm guest: triple fault")
}
