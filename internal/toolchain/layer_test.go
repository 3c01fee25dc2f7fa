package toolchain

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Code that runs with a g that is not one, before the Go runtime or in the
// thread layer, may call next to nothing of package runtime: whatever
// allocates, switches stacks or tells the collector of a pointer would use
// that g. These tests follow the calls in the machine code, except those
// through interfaces and func values, whose targets they begin with.

const layerPackage = "github.com/ringo-vmm/ringo/kernel/thread"

// harmless is what any code may call of the runtime, by prefix.
var harmless = []string{
	"runtime.memmove", "runtime.memclrNoHeapPointers", "runtime.memequal", "internal/bytealg.",
	"runtime.duffcopy", "runtime.duffzero",
	"runtime.ifaceeq", // of error types, which all compare
	// The bounds of the layer's stacks are 0, so there are no more.
	"runtime.morestack",
	// A panic ends in a report like any other fault.
	"runtime.panic", "runtime.gopanic",
	// What reports look up.
	"runtime.findfunc", "runtime.(*Func).Entry", "runtime.(*Func).FileLine",
}

// harmlessEarly is what code may call before the runtime starts, too: the
// collector is not at work yet.
var harmlessEarly = append([]string{"runtime.gcWriteBarrier", "runtime.wbZero", "runtime.wbMove"}, harmless...)

// exceptions are calls that do no harm where they are.
var exceptions = []struct{ caller, callee string }{
	// These append to a buffer that has room, which the compiler cannot know.
	{"main.environment", "runtime.growslice"},
	{"github.com/ringo-vmm/ringo/boot.(*Problem).Append", "runtime.growslice"},
	{"internal/strconv.AppendUint", "runtime.growslice"},
	{"internal/strconv.formatBits", "runtime.growslice"},
	{"internal/strconv.formatBits", "runtime.slicebytetostring"}, // not for AppendUint
	// calibrate starts the clock before the runtime, and adjusts it later.
	{"github.com/ringo-vmm/ringo/kernel/clock.(*Clock).Start", "runtime.gcWriteBarrier"},
}

func TestLayerCallsNothingThatAllocates(t *testing.T) {
	c := buildKernel(t)
	roots := layerClosures(t, c)
	if len(roots) < 10 {
		t.Errorf("only %d functions are given to the layer: %v", len(roots), roots)
	}
	for _, name := range []string{"systemCall", "interruptFrom", "exceptionFrom", "abortFrom"} {
		roots = append(roots, layerPackage+"."+name)
	}
	for name := range c.symbols {
		// The layer's Machine and Memory, and the memory of the packages that
		// these use.
		for _, receiver := range []string{"main.machine.", "main.(*heap).", "main.physical.", "main.glob..func"} {
			if strings.HasPrefix(name, receiver) {
				roots = append(roots, name)
			}
		}
	}
	expectHarmless(t, c, roots, harmless)
}

func TestEarlyCodeCallsNothingThatAllocates(t *testing.T) {
	expectHarmless(t, buildKernel(t), []string{"main.early"}, harmlessEarly)
}

// expectHarmless fails for every function of the runtime that the given ones
// call, directly or through others, and that is not in the list.
func expectHarmless(t *testing.T, c *code, roots, list []string) {
	t.Helper()
	caller := map[string]string{}
	for _, r := range roots {
		caller[r] = ""
	}
	for todo := roots; len(todo) > 0; todo = todo[1:] {
		for _, callee := range c.calls(t, todo[0]) {
			if strings.HasPrefix(callee, "runtime.") || strings.HasPrefix(callee, "internal/bytealg.") {
				if !isHarmless(todo[0], callee, list) {
					t.Error(way(caller, todo[0], callee))
				}
			} else if _, known := caller[callee]; !known {
				caller[callee] = todo[0]
				todo = append(todo, callee)
			}
		}
	}
}

func isHarmless(caller, callee string, list []string) bool {
	for _, prefix := range list {
		if strings.HasPrefix(callee, prefix) {
			return true
		}
	}
	for _, e := range exceptions {
		if e.caller == caller && strings.HasPrefix(callee, e.callee) {
			return true
		}
	}
	return false
}

// way tells how a function is reached.
func way(caller map[string]string, name, callee string) string {
	text := callee + " is called"
	for ; name != ""; name = caller[name] {
		text += "\n\tby " + name
	}
	return text
}

// givers are the functions that have their arguments run in the layer: by it,
// or as interrupt handlers.
var givers = []string{"Call", "CallUnlocked", "inLayer", "Exclusive", "claimVector", "claimISA"}

// layerClosures lists the functions in the kernel that are given to the layer
// to run.
func layerClosures(t *testing.T, c *code) (list []string) {
	t.Helper()
	given := map[string]bool{}
	for _, dir := range []string{"kernel", "kernel/thread", "svm", "vmx"} {
		pkg := "github.com/ringo-vmm/ringo/" + dir
		if dir == "kernel" {
			pkg = "main"
		}
		files, err := filepath.Glob(filepath.Join(repository, dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
					findGiven(fn.Body, functionName(fn), "func", given)
				}
			}
		}
		for name := range given {
			for symbol := range c.symbols {
				// A closure that was inlined with its function is named after
				// the function that it is in now.
				if strings.HasPrefix(symbol, pkg+".") && strings.HasSuffix(symbol, "."+name) {
					list = append(list, symbol)
				}
			}
		}
		clear(given)
	}
	return list
}

// functionName is the name that the linker knows a function by, without its
// package.
func functionName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	switch r := f.Recv.List[0].Type.(type) {
	case *ast.StarExpr:
		return fmt.Sprintf("(*%s).%s", r.X, f.Name.Name)
	default:
		return fmt.Sprintf("%s.%s", r, f.Name.Name)
	}
}

// findGiven notes the functions that body, which is the function name, gives
// to the layer. The closures in a function are called name.func1, name.func2
// and so on, those in them name.func1.1.
func findGiven(body ast.Node, name, kind string, given map[string]bool) {
	literals := 0
	arguments := map[ast.Node]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if slices.Contains(givers, calledName(n)) {
				for _, a := range n.Args {
					arguments[a] = true
					if id, ok := a.(*ast.Ident); ok {
						given[id.Name] = true
					}
				}
			}
		case *ast.FuncLit:
			literals++
			literal := fmt.Sprintf("%s.%s%d", name, kind, literals)
			if arguments[n] {
				given[literal] = true
			}
			findGiven(n.Body, literal, "", given)
			return false
		}
		return true
	})
}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}
