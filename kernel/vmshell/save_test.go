package vmshell

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/perfetto/record"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

// aTrace is a trace on a terminal.
var aTrace = regexp.MustCompile(`(?s)^-----BEGIN TRACE ([^ ]+)-----\n((?:[A-Za-z0-9+/=]{1,64}\n)+)-----END TRACE ([^ ]+)-----\n$`)

func savedTrace(t *testing.T, text string) (name string, trace *record.Trace) {
	t.Helper()
	m := aTrace.FindStringSubmatch(text)
	if m == nil || m[1] != m[3] {
		t.Fatalf("no trace: %.300q", text)
	}
	b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(m[2], "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	if trace, err = record.Read(bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	return m[1], trace
}

func TestTraceSaveIsAboutAllMachines(t *testing.T) {
	ready := make(chan struct{}, 2)
	exits := append(vmmtest.Print("x"), func(c *vmmtest.CPU, e *vmm.Exit) { ready <- struct{}{}; vmmtest.Stop(vmm.ReasonHost)(c, e) })
	r := newRig(t, machine("a")+machine("b")+machine("off"), exits...)
	r.run("vm start a; vm start b", `^$`)
	<-ready
	<-ready
	name, trace := savedTrace(t, r.try("trace save"))
	if name != "ringo.trace" || trace.Clock.Hz != vmmtest.TSCHz || trace.Clock.NS == 0 || len(trace.Machines) != 3 {
		t.Fatalf("%s: %+v", name, trace)
	}
	for i, want := range []string{"a", "b", "off"} {
		m := trace.Machines[i]
		if m.Name != want {
			t.Fatalf("machine %d is %s", i, m.Name)
		}
		if want == "off" {
			if len(m.CPUs) != 0 {
				t.Error("a machine that is off has exits")
			}
			continue
		}
		found := false
		for _, e := range m.CPUs[0].Exits {
			found = found || trace.Reasons[e.Reason] == "port" && e.Info == 0x3f8 && e.Write && e.Size == 1 && uint8(e.RAX) == 'x'
		}
		ran := false
		for _, s := range trace.Slices {
			ran = ran || s.Machine == want && s.To > s.From
		}
		if !found || !ran {
			t.Errorf("%s: exit %v, slice %v", want, found, ran)
		}
	}
	for line, want := range map[string]string{"vm trace save boot": "boot.trace", "trace save boot.2.trace": "boot.2.trace"} {
		if name, _ := savedTrace(t, r.try(line)); name != want {
			t.Errorf("%s gives %s, want %s", line, name, want)
		}
	}
	if _, timed := savedTrace(t, r.try("trace save boot 1")); trace.Go != nil || !bytes.HasPrefix(timed.Go, []byte("go 1.")) {
		t.Errorf("of goroutines: %q by itself, and of a second %.20q", trace.Go, timed.Go)
	}
	r.run("trace save ../x", `no file name`)
	r.run("trace save x y", `want 1 to 60 seconds.*usage: trace`)
	r.run("trace save x 1 y", `too many arguments.*usage: trace`)
	r.run("trace a 3", `RIP`)
}

func TestGoroutinesAreBounded(t *testing.T) {
	var b bounded
	for _, c := range []struct {
		n    int
		lost bool
	}{{record.MaxGo - 1, false}, {1, false}, {1, true}, {0, true}} {
		if n, err := b.Write(make([]byte, c.n)); n != c.n || err != nil || b.lost != c.lost || b.Len() > record.MaxGo {
			t.Errorf("%d more: %d, %v, %d in all, lost %v", c.n, n, err, b.Len(), b.lost)
		}
	}
}

func TestInjectionsAreRecorded(t *testing.T) {
	for _, c := range []struct {
		event  uint16
		kind   record.Injection
		vector uint8
	}{{0, record.None, 0}, {1<<8 | 0xec, record.Interrupt, 0xec}, {1<<9 | 2, record.NMI, 2}, {1<<10 | 14, record.Exception, 14}, {1<<10 | 2, record.Exception, 2}} {
		list := recordExits([]vmm.Trace{{Entered: 5, TSC: 7, Event: c.event}})
		if e := list[0]; e.Injected != c.kind || e.Vector != c.vector || e.Entered != 5 || e.Left != 7 {
			t.Errorf("%#x is %+v", c.event, e)
		}
	}
}
