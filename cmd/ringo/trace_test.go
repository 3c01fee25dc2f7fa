package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/perfetto"
	"github.com/ringo-vmm/ringo/internal/perfetto/record"
)

// aTrace is a saved trace with one exit.
func aTrace(t *testing.T) []byte {
	t.Helper()
	trace := &record.Trace{
		Clock: record.Clock{Hz: 1e9, TSC: 5000, NS: 5000}, Reasons: []string{"none", "HLT"},
		Machines: []record.Machine{{Name: "a", CPUs: []record.CPU{{Exits: []record.Exit{{Entered: 1000, Left: 2000, Reason: 1, RIP: 0x1001}}}}}},
	}
	var b bytes.Buffer
	if err := trace.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRunWritesTraces(t *testing.T) {
	dir := t.TempDir()
	text := strings.ReplaceAll(onTheLine("boot.trace", aTrace(t)), " PNG ", " TRACE ")
	wrong := onTheLine("wrong.trace", aTrace(t)) // says it is a PNG
	_, stderr, status := ringo(t, fmt.Sprintf("say %q\nhang", wrong+text+"done\r\n"), "run", "-screenshot", dir, "-expect", "done", kernel(t))
	files, _ := os.ReadDir(dir)
	if b, err := os.ReadFile(filepath.Join(dir, "boot.trace")); err != nil || !bytes.Equal(b, aTrace(t)) || status != statusOK || len(files) != 1 {
		t.Errorf("status %d, %v, %d files: %s", status, err, len(files), stderr)
	}
}

func TestTraceOpenMakesJSON(t *testing.T) {
	dir := t.TempDir()
	in, out, names := filepath.Join(dir, "in.trace"), filepath.Join(dir, "out.json"), filepath.Join(dir, "System.map")
	for path, text := range map[string][]byte{in: aTrace(t), names: []byte("0000000000001000 T halt\n")} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{in, "-o", out, "-symbols", names}, {"-o", out, "-symbols", names, in}} {
		os.Remove(out)
		stdout, stderr, status := ringo(t, "", append([]string{"trace", "open"}, args...)...)
		if status != statusOK || !strings.Contains(stdout, "1 machines, 1 exits") {
			t.Fatalf("status %d: %s%s", status, stdout, stderr)
		}
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		p, err := perfetto.Parse(text)
		if err != nil || len(p.Events) != 1 || p.Events[0].Name != "HLT" || p.Events[0].Args["at"] != "halt+0x1" {
			t.Errorf("%v: %s", err, text)
		}
	}
}

func TestTraceOpenSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in.trace")
	bad := filepath.Join(dir, "bad.trace")
	for path, text := range map[string][]byte{in: aTrace(t), bad: aTrace(t)[:30]} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"", statusUsage, "trace open FILE"},
		{"close x", statusUsage, "trace open FILE"},
		{"open", statusUsage, "give a file"},
		{"open " + in + " " + in, statusUsage, "one file"},
		{"open " + bad, statusFailed, "bad.trace: damaged"},
		{"open " + dir + "/none", statusFailed, "no such file"},
		{"open " + in + " -o " + dir + "/x -symbols " + in, statusFailed, "no names of functions"},
	} {
		_, stderr, status := ringo(t, "", append([]string{"trace"}, strings.Fields(c.args)...)...)
		if status != c.status || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: status %d, %s", c.args, status, stderr)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "x")); err == nil {
		t.Error("there is a file though it failed")
	}
}
