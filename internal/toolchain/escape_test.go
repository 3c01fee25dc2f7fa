package toolchain

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// staticPackages and staticFiles are the code that runs with a g that is not
// one, before the Go runtime or in the thread layer, and must not allocate.
var staticPackages = []string{
	"amd64", "amd64/paging", "apic", "boot", "drivers/debugcon", "drivers/fb", "drivers/pit", "drivers/rtc", "drivers/uart",
	"drivers/vga", "kernel/clock", "kernel/frame", "kernel/klog", "kernel/thread",
}

var staticFiles = []string{
	"kernel/console.go", "kernel/early.go", "kernel/interrupts.go", "kernel/layer.go", "kernel/machine.go", "kernel/memory.go",
	"kernel/physical.go", "kernel/random.go", "kernel/runtime_linux.go", "kernel/space.go", "kernel/stop.go", "kernel/time.go",
}

// mayAllocate are the functions in them that only goroutines call, or that
// append to a buffer with room.
var mayAllocate = []string{
	"apic.lvtText", "apic.writeFlags", "apic.(*IOAPICs).String", "apic.Redirection.String", "apic.(*Vectors).String", "apic.(*Snapshot).String",
	"boot.(*Problem).String", "boot.(*Problem).Append",
	"clock.Name.String", "clock.(*Result).String",
	"thread.NewEvent", "thread.Threads", "thread.Processors",
	"kernel.environment", "kernel.initClock",
}

// needsNoHeap matches what becomes an interface without an allocation: error
// constants and values without size.
var needsNoHeap = regexp.MustCompile(`^((\w+\.)?Error\(".*\)|(amd64\.Ports|amd64\.MSRs|physical|machine)\{\}) escapes to heap$`)

// TestStaticCodeKeepsOffTheHeap reads what the compiler would put on the heap.
// It names lines, which the tests of calls cannot.
func TestStaticCodeKeepsOffTheHeap(t *testing.T) {
	watchSources(t)
	functions := map[string][]function{}
	for _, file := range staticFiles {
		functions[file] = functionsOf(t, file)
	}
	var out strings.Builder
	err := Go(Options{Root: repository, Out: t.TempDir(), Log: &out}, "build", "-o", os.DevNull, "-trimpath",
		"-tags", strings.Join(Tags, ","), "-gcflags=github.com/ringo-vmm/ringo/...=-m", "./kernel")
	if err != nil {
		t.Fatalf("%v\n%s", err, ending(out.String()))
	}
	said := regexp.MustCompile(`(?m)^github\.com/ringo-vmm/ringo/(\S+\.go):(\d+):\d+: (.* escapes to heap|moved to heap: .*)$`)
	lines := said.FindAllStringSubmatch(out.String(), -1)
	if len(lines) < 100 {
		t.Fatalf("the compiler does not tell what escapes, but this:\n%s", ending(out.String()))
	}
	for _, m := range lines {
		file, what := m[1], m[3]
		if !slices.Contains(staticPackages, filepath.Dir(file)) && !slices.Contains(staticFiles, file) || needsNoHeap.MatchString(what) {
			continue
		}
		if functions[file] == nil {
			functions[file] = functionsOf(t, file)
		}
		n, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(filepath.Dir(file)) + "." + functionAt(functions[file], n)
		if !slices.Contains(mayAllocate, name) {
			t.Errorf("%s:%d: in %s: %s", file, n, name, what)
		}
	}
}

// ending is the last lines of a text.
func ending(text string) string { return text[max(0, len(text)-1000):] }

// function is where a function is in its file, in lines.
type function struct {
	name       string
	start, end int
}

func functionsOf(t *testing.T, file string) (list []function) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, filepath.Join(repository, file), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			list = append(list, function{functionName(fn), set.Position(fn.Pos()).Line, set.Position(fn.End()).Line})
		}
	}
	return list
}

func functionAt(list []function, line int) string {
	for _, f := range list {
		if f.start <= line && line <= f.end {
			return f.name
		}
	}
	return "a variable"
}
