package microguests

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/boot"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

func TestLookup(t *testing.T) {
	if list, err := Lookup(nil); err != nil || len(list) != len(guests.All) {
		t.Errorf("no names are %d guests, %v", len(list), err)
	}
	list, err := Lookup([]string{"tsc", "hello"})
	if err != nil || len(list) != 2 || list[0].Name != "tsc" || list[1].Name != "hello" {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := Lookup([]string{"hello", "nobody"}); err == nil || !strings.Contains(err.Error(), `"nobody"`) {
		t.Errorf("nobody: %v", err)
	}
}

func TestRingoReadsWhatIsWritten(t *testing.T) {
	modules, err := Write(t.TempDir(), guests.All)
	if err != nil {
		t.Fatal(err)
	}
	if len(modules) > boot.MaxModules {
		t.Errorf("%d files, a boot loader passes %d", len(modules), boot.MaxModules)
	}
	text, err := os.ReadFile(modules[0].Path)
	if err != nil || modules[0].Name() != config.ModuleName {
		t.Fatalf("%s: %v", modules[0].Name(), err)
	}
	c, errs := config.Parse(text)
	if errs != nil || len(c.VMs) != len(guests.All) {
		t.Fatalf("%d machines, %v", len(c.VMs), errs)
	}
	for i, vm := range c.VMs {
		g := guests.All[i]
		if vm.Name != g.Name || vm.Memory != g.Memory || vm.Boot != config.BootFlat || vm.Address != guests.LoadAt || vm.Mode != g.Mode.Bits() || vm.Autostart || vm.Restart {
			t.Errorf("%s: %+v", g.Name, vm)
		}
		image, _ := g.Build()
		got, err := os.ReadFile(modules[i+1].Path)
		if err != nil || string(got) != string(image) || modules[i+1].Name() != vm.Kernel {
			t.Errorf("%s: %s, %v", g.Name, modules[i+1].Name(), err)
		}
	}
}

func TestHostileGuestsHaveAWitness(t *testing.T) {
	for names, want := range map[string]int{"hello": 2, "hostile-spin": 3, "hostile-spin fpu": 3} {
		list, err := Lookup(strings.Fields(names))
		if err != nil {
			t.Fatal(err)
		}
		if modules, err := Write(t.TempDir(), list); err != nil || len(modules) != want {
			t.Errorf("%s: %d modules, want %d, %v", names, len(modules), want, err)
		}
	}
}

// fake is a machine whose monitor gives the answer of the first prefix that a
// command has, and one without to nobody.
type fake struct {
	answers [][2]string
	output  string
}

func (f *fake) Output() string { return f.output }

func (f *fake) Type(text string) error {
	f.output += strings.ReplaceAll(text, "\n", "\r\n")
	for command := range strings.SplitSeq(strings.TrimSpace(text), "; ") {
		if name, ok := strings.CutPrefix(command, "help "); ok {
			f.output += "help: there is no command \"" + name + "\"\nringo> "
			continue
		}
		known := false
		for _, a := range f.answers {
			if strings.HasPrefix(command, a[0]) {
				f.output += a[1]
				known = true
				break
			}
		}
		if !known {
			return nil
		}
	}
	return nil
}

var errSilent = errors.New("silence")

func (f *fake) Expect(_ context.Context, from int, re *regexp.Regexp) (int, error) {
	if at := re.FindStringIndex(f.output[from:]); at != nil {
		return from + at[1], nil
	}
	return 0, errSilent
}

// attach is a monitor that answers "started" to vm start, and so on.
func attach(t *testing.T, answers ...[2]string) *Monitor {
	t.Helper()
	m, err := Attach(t.Context(), &fake{answers, "booting\nringo> "})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRunJudges(t *testing.T) {
	guest := guests.Guest{Name: "g", Expect: "all is well"}
	halts := guests.Guest{Name: "g", Expect: "all is well", Ends: guests.Halts}
	anyhow := guests.Guest{Name: "g", Expect: "all is well", Ends: guests.Anyhow}
	hostile := guests.Guest{Name: "g", Expect: "all is well", Hostile: true}
	const notice = "ringo> vm g: ended: exited with 0\r\nringo> "
	start := [2]string{"vm start", ""}
	well := [2]string{"vm console", "all is well\r\n"}
	for _, c := range []struct {
		name    string
		g       guests.Guest
		answers [][2]string
		want    string // what the error must contain
	}{
		{"good", guest, [][2]string{start, {"vm wait g", notice}, well}, ""},
		{"silent", guest, [][2]string{start, {"vm wait g", notice}, {"vm console", "hm"}}, `no "all is well"`},
		{"a failed check", guest, [][2]string{start, {"vm wait g", notice}, {"vm console", "FAIL g one got 1\r\nall is well\r\n"}}, "FAIL g one got 1"},
		{"another end", guest, [][2]string{start, {"vm wait g", "vm g: ended: triple fault\r\n"}, well}, "ended: triple fault, want: exited with 0"},
		{"no end", guest, [][2]string{start, {"vm wait g", "timeout"}, well, {"vm destroy g", ""}}, "has not ended"},
		{"halted", halts, [][2]string{start, {"vm wait g", "vm g: ended: halted with interrupts off\r\n"}, well}, ""},
		{"exited rather than halted", halts, [][2]string{start, {"vm wait g", notice}, well}, "exited with 0"},
		{"any end", anyhow, [][2]string{start, {"vm wait g 1", "vm g: ended: triple fault\r\n"}, well}, ""},
		{"any end or none", anyhow, [][2]string{start, {"vm wait g 1", ""}, well, {"vm destroy g", ""}}, ""},
		{"cannot be destroyed", anyhow, [][2]string{start, {"vm wait g", ""}, well}, "vm destroy g"},
		{"the monitor is gone", guest, [][2]string{start}, "has not answered to vm wait g"},
		{"hostile", hostile, [][2]string{start, {"vm wait g", notice}, {"vm wait fpu", "vm fpu: ended: exited with 0\r\n"}, well}, ""},
		{"hostile to the one beside it", hostile, [][2]string{start, {"vm wait g", notice}, {"vm wait fpu", "vm fpu: ended: exited with 1\r\n"}, well}, "fpu beside it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := attach(t, c.answers...).Run(t.Context(), c.g)
			if (r.Err == nil) != (c.want == "") || r.Err != nil && !strings.Contains(r.Err.Error(), c.want) {
				t.Errorf("%v, want %q\n%s", r.Err, c.want, r.Output)
			}
		})
	}
}

func TestAMonitorThatIsGoneIsNotAskedAgain(t *testing.T) {
	m := attach(t)
	_, first := m.Do(t.Context(), "vm start g")
	asked := len(m.machine.Output())
	if _, err := m.Do(t.Context(), "vm list"); !errors.Is(err, errSilent) || err != first || len(m.machine.Output()) != asked {
		t.Errorf("%v, then %v", first, err)
	}
	if _, err := Attach(t.Context(), &fake{}); !errors.Is(err, errSilent) {
		t.Errorf("no monitor at all: %v", err)
	}
}

func TestRecordIsWhatTheGuestDid(t *testing.T) {
	g := guests.Guest{Name: "still-g", Expect: `(?m)^still 0x[0-9a-f]+$`}
	answers := func(console, registers string) [][2]string {
		return [][2]string{
			{"vm start", ""}, {"vm wait", "vm still-g: runs\r\n"}, {"vm console", console}, {"vm regs", registers},
			{"vm trace", "       ticks RIP               exit\r\n" +
				"           - 0000000000008000  port             out 0x80 size 1 value 0x5 (after interrupt 0x40)\r\n" +
				"         +12 0000000000008002  memory           read 0xfee00020\r\n" +
				"         +12 0000000000008004  port             out 0xe9 size 1 value 0x73\r\n"},
			{"vm destroy", ""},
		}
	}
	const registers = "64-bit mode, CPL 0\r\nRIP    0000000000008010  RFLAGS 00000202 IF\r\nring> \r\n"
	r, err := attach(t, answers("hello\r\nstill 0x12\r\n", registers)...).Record(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(r.Console, "|") != "hello|still 0x12" ||
		strings.Join(r.Registers, "|") != "64-bit mode, CPL 0|RIP    0000000000008010  RFLAGS 00000202 IF" ||
		strings.Join(r.Accesses, "|") != "0000000000008000 out 0x80 size 1 value 0x5|0000000000008002 read 0xfee00020" {
		t.Errorf("%+v", r)
	}
	if _, err := attach(t, answers("still 0x12\r\n", "off\r\n")...).Record(t.Context(), g); err == nil {
		t.Error("a record without registers")
	}
	ended := answers("FAIL g\r\n", registers)
	ended[1][1] = "vm still-g: ended: exited with 1\r\n"
	if _, err := attach(t, ended...).Record(t.Context(), g); err == nil || !strings.Contains(err.Error(), "ended: exited with 1") {
		t.Errorf("a guest that ended: %v", err)
	}
}
