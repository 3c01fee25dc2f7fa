package monitor

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/amd64/msr"
)

type fakeMSRs map[uint32]uint64

func (m fakeMSRs) Read(num uint32) (uint64, error) {
	if v, ok := m[num]; ok {
		return v, nil
	}
	return 0, fmt.Errorf("RDMSR %#x: general protection", num)
}

func (m fakeMSRs) Write(num uint32, v uint64) error {
	if _, ok := m[num]; !ok {
		return fmt.Errorf("WRMSR %#x: general protection", num)
	}
	m[num] = v
	return nil
}

func TestMSR(t *testing.T) {
	for _, tc := range []struct{ line, want string }{
		{"msr 0xc0000080", "c0000080 IA32_EFER                    0000000000000d01\n"},
		{"msr efer", "c0000080 IA32_EFER                    0000000000000d01\n"},
		{"msr IA32_EFER", "c0000080 IA32_EFER                    0000000000000d01\n"},
		{"msr 0x12345", "00012345                              0000000000000007\n"},
		{"msr efer 0x500; msr efer", "c0000080 IA32_EFER                    0000000000000500\n"},
		{"msr lstar", "msr: RDMSR 0xc0000082: general protection\n"},
		{"msr lstar 1", "msr: WRMSR 0xc0000082: general protection\n"},
		{"msr frob", "msr: there is no register called \"frob\" (usage: msr NUM|NAME [VALUE])\n"},
		{"msr ''", "msr: there is no register called \"\" (usage: msr NUM|NAME [VALUE])\n"},
		{"msr 0xzz", "msr: NUM is \"0xzz\", not a number such as 4096, 0x1000 or 4K (usage: msr NUM|NAME [VALUE])\n"},
		{"msr 0x100000000", "msr: NUM is 0x100000000, more than 0xffffffff (usage: msr NUM|NAME [VALUE])\n"},
		{"msr efer x", "msr: VALUE is \"x\", not a number such as 4096, 0x1000 or 4K (usage: msr NUM|NAME [VALUE])\n"},
		{"msr", "msr: too few arguments (usage: msr NUM|NAME [VALUE])\n"},
	} {
		got, _ := run(t, tc.line, MSR(fakeMSRs{msr.EFER: 0xd01, 0x12345: 7}))
		if got != tc.want {
			t.Errorf("%s printed %q, want %q", tc.line, got, tc.want)
		}
	}
	s := New(newConsole(t), registry(t, MSR(fakeMSRs{})), ticks())
	for before, want := range map[string]string{"msr ia32_lst": "msr ia32_lstar ", "msr kernel": "msr kernel_gs_base ", "msr vm_h": "msr vm_hsave_pa "} {
		if got, _ := s.complete(before, len(before)); got != want {
			t.Errorf("Tab after %q gives %q, want %q", before, got, want)
		}
	}
}

func TestCPUIDLeaf(t *testing.T) {
	for _, tc := range []struct{ line, want string }{
		{"cpuid 0", "00000000.0: eax=0000000d ebx=68747541 ecx=444d4163 edx=69746e65\n"},
		{"cpuid 0x8000000a", "8000000a.0: eax=00000001 ebx=00000010 ecx=00000000 edx=00010001\n  edx       NP VGIF\n"},
		{"cpuid 0xd 1", "0000000d.1: eax=00000005 ebx=00000340 ecx=00000000 edx=00000000\n  eax       XSAVEOPT XGETBV_ECX_1\n"},
		{"cpuid 0xd 2", "0000000d.2: eax=00000100 ebx=00000240 ecx=00000000 edx=00000000\n"},
		{"cpuid 7", "00000007.0: eax=00000000 ebx=009801a9 ecx=00000000 edx=00000000\n  ebx       FSGSBASE BMI1 AVX2 SMEP BMI2 ADX SMAP CLFLUSHOPT\n"},
		{"cpuid x", "cpuid: LEAF is \"x\", not a number such as 4096, 0x1000 or 4K (usage: cpuid [LEAF [SUBLEAF]])\n"},
		{"cpuid 1 8G", "cpuid: SUBLEAF is 8G, more than 0xffffffff (usage: cpuid [LEAF [SUBLEAF]])\n"},
		{"cpuid 1 2 3", "cpuid: too many arguments (usage: cpuid [LEAF [SUBLEAF]])\n"},
	} {
		got, _ := run(t, tc.line, CPUID(cpuidtest.QEMUEPYC.CPUID()))
		if got != tc.want {
			t.Errorf("%s printed %q, want %q", tc.line, got, tc.want)
		}
	}
}

func TestCPUIDSummary(t *testing.T) {
	got, _ := run(t, "cpuid", CPUID(cpuidtest.QEMUEPYC.CPUID()))
	const want = `vendor      AuthenticAMD
brand       AMD EPYC Processor
signature   00800f12: family 0x17, model 0x1, stepping 2
leaves      to 0000000d, to 40000001, to 8000001e
addresses   40 bits physical, 48 bits linear
APIC id     0 by leaf 0xb, initially 0; 1 logical processors in the package
TSC         not given by CPUID
hypervisor  "TCGTCGTCGTCG", leaves to 40000001
SVM         revision 1, 16 ASIDs
XSAVE       XCR0 0x7, XSS 0x0, area 576 bytes now, 832 at most
features    SSE3 PCLMULQDQ MONITOR SSSE3 FMA CMPXCHG16B SSE4.1 SSE4.2 MOVBE
            POPCNT AES XSAVE AVX F16C RDRAND HYPERVISOR FPU DE PSE TSC MSR PAE
`
	if !strings.HasPrefix(got, want) {
		t.Errorf("cpuid:\n%s\nwant it to begin\n%s", got, want)
	}
	for line := range strings.Lines(got) {
		if len(line) > terminalWidth {
			t.Errorf("wider than the terminal: %q", line)
		}
	}
	got, _ = run(t, "cpuid", CPUID(cpuidtest.BochsSkylake.CPUID()))
	if want := "TSC         3500.000 MHz by CPUID 15h and 16h, invariant\n"; !strings.Contains(got, want) {
		t.Errorf("skylake:\n%s\nwant %q", got, want)
	}
	if got, err := run(t, "cpuid", CPUID(cpuidtest.Model{}.CPUID())); err != nil || !strings.Contains(got, "vendor") {
		t.Errorf("a processor that says nothing: %v\n%s", err, got)
	}
}

func TestLog(t *testing.T) {
	levels := []string{"debug", "info", "warn", "error"}
	records := func() []LogRecord {
		return []LogRecord{
			{1500 * time.Microsecond, 1, "boot\n"},
			{time.Second + 20*time.Millisecond, 0, "detail"},
			{2 * time.Second, 2, "odd"},
			{75 * time.Second, 3, "bad"},
			{76 * time.Second, 9, "strange"},
		}
	}
	const (
		boot    = "[    0.001500] info  boot\n"
		detail  = "[    1.020000] debug detail\n"
		odd     = "[    2.000000] warn  odd\n"
		bad     = "[   75.000000] error bad\n"
		strange = "[   76.000000] ?     strange\n"
		usage   = " (usage: log [-level debug|info|warn|error] [-n N])\n"
	)
	for _, tc := range []struct{ line, want string }{
		{"log", boot + detail + odd + bad + strange},
		{"log -n 2", bad + strange},
		{"log -n 99", boot + detail + odd + bad + strange},
		{"log -level warn", odd + bad + strange},
		{"log -n 2 -level info", bad + strange},
		{"log -level info -n 4", boot + odd + bad + strange},
		{"log -level loud", "log: there is no level \"loud\"" + usage},
		{"log -n", "log: -n needs a value" + usage},
		{"log -n 0", "log: N is 0, less than 1" + usage},
		{"log -n 1 -n 2 3", "log: too many arguments" + usage},
		{"log 5", "log: \"5\" is no option" + usage},
	} {
		got, _ := run(t, tc.line, Log(levels, records))
		if got != tc.want {
			t.Errorf("%s printed\n%s\nwant\n%s", tc.line, got, tc.want)
		}
	}
	s := New(newConsole(t), registry(t, Log(levels, records)), ticks())
	if got, _ := s.complete("log -level w", 12); got != "log -level warn " {
		t.Errorf("Tab after the option: %q", got)
	}
}

func parked(stop chan struct{}) { <-stop }

func TestGoroutines(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	for range 30 {
		go parked(stop)
	}
	for parkedNow := 0; parkedNow < 30; runtime.Gosched() {
		parkedNow = strings.Count(allStacks(), "[chan receive]:\ngithub.com/ringo-vmm/ringo/kernel/monitor.parked(")
	}
	got, err := run(t, "goroutines", Goroutines())
	if err != nil || !regexp.MustCompile(`(?m)^ +30  chan receive +\S*monitor\.parked$`).MatchString(got) {
		t.Errorf("error %v, goroutines:\n%s", err, got)
	}
	if !regexp.MustCompile(`(?m)^ +\d+  in all\n\z`).MatchString(got) {
		t.Errorf("no total:\n%s", got)
	}
	full, _ := run(t, "goroutines -v", Goroutines())
	if strings.Count(full, "monitor.parked(") < 30 || !strings.Contains(full, "commands_test.go:") {
		t.Errorf("goroutines -v is not full:\n%s", full)
	}
	if got, _ := run(t, "goroutines -x", Goroutines()); got != "goroutines: \"-x\" is no option (usage: goroutines [-v])\n" {
		t.Errorf("goroutines -x: %q", got)
	}
}

func TestPlacesOfADump(t *testing.T) {
	const dump = `goroutine 1 [running]:
main.main()
	/k/main.go:7 +0x1d

goroutine 7 [chan receive, 5 minutes, locked to thread]:
net.(*listener).accept(0xc0000140a0)
	/k/net.go:9 +0x20
created by main.main in goroutine 1
	/k/main.go:5 +0x12

goroutine 8 gp=0xc0001 m=nil [GC worker (idle)]:

garbage
`
	got := slices.Collect(places(dump))
	want := []place{{"running", "main.main"}, {"chan receive", "net.(*listener).accept"}, {"GC worker (idle)", ""}}
	if !slices.Equal(got, want) {
		t.Errorf("places = %q, want %q", got, want)
	}
}

func TestGC(t *testing.T) {
	got, err := run(t, "gc", GC())
	pattern := `^ +before +after
live bytes +\d+ +\d+
live objects +\d+ +\d+
heap bytes +\d+ +\d+
all bytes +\d+ +\d+
collections +(\d+) +(\d+)
stopped the world for \S+s, \S+s since boot
$`
	m := regexp.MustCompile(pattern).FindStringSubmatch(got)
	if err != nil || m == nil {
		t.Fatalf("error %v, gc:\n%s", err, got)
	}
	if m[1] == m[2] {
		t.Errorf("gc did not collect:\n%s", got)
	}
}

func TestUptime(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                           "up 00:00:00.000\n",
		59999999 * time.Microsecond: "up 00:00:59.999\n",
		3*time.Hour + 25*time.Minute + 1500*time.Millisecond: "up 03:25:01.500\n",
		50*time.Hour + time.Second:                           "up 2 days 02:00:01.000\n",
	} {
		if got, _ := run(t, "uptime", Uptime(func() time.Duration { return d })); got != want {
			t.Errorf("uptime after %v: %q, want %q", d, got, want)
		}
	}
}

func TestVersion(t *testing.T) {
	got, err := run(t, "version", Version("v1.2"))
	if want := "Ringo v1.2, " + runtime.Version() + " linux/amd64\n"; err != nil || !strings.HasPrefix(got, want) {
		t.Errorf("version: %v, %q, want %q", err, got, want)
	}
}
