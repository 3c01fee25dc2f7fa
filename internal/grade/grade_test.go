package grade

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// module writes a repository with one lab.
func module(t *testing.T, code, tests, lab string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module x\n\ngo 1.26.0\n", "labs/x/x.go": "package x\n" + code, "labs/x/x_test.go": "package x\n" + tests, "labs/x/lab.toml": lab,
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const oneTest = "number = 1\ntitle = \"X\"\n[[test]]\nname = \"TestX\"\nwhat = \"x\"\npoints = 3\n"

func TestSubmissions(t *testing.T) {
	const test = "import \"testing\"\nfunc TestX(t *testing.T) { if x() != 1 { t.Error(\"x is not 1\") } }"
	for _, tc := range []struct {
		name, code, test string
		points           int
		why              string
	}{
		{"right", "func x() int { return 1 }", test, 3, ""},
		{"wrong", "func x() int { return 2 }", test, 0, "x is not 1"},
		{"no compile", "func x() int { return }", test, 0, "it does not compile"},
		{"panic", "func x() int { panic(\"oh\") }", test, 0, "oh"},
		{"loops", "func x() int { for {} }", test, 0, "still running after 1s"},
		{"eats memory", "var all [][]byte\nfunc x() int { for { b := make([]byte, 1<<20); for i := range b { b[i] = 1 }; all = append(all, b) } }", test, 0, "more than 512 MiB"},
		{"no such test", "func x() int { return 1 }", strings.ReplaceAll(test, "TestX", "TestY"), 0, "no such test"},
		{"ends with success", "import \"os\"\nfunc x() int { os.Exit(0); return 0 }", test, 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := Grader{Root: module(t, tc.code, tc.test, oneTest), Limits: Limits{Test: time.Minute, Memory: 512 << 20, Compile: time.Minute, CompileMemory: 4 << 30}, Tests: true}
			if tc.name == "loops" {
				g.Limits.Test = time.Second
			}
			l, err := Load(g.Root, "1")
			if err != nil {
				t.Fatal(err)
			}
			r, err := g.Grade(t.Context(), l)
			if err != nil {
				t.Fatal(err)
			}
			if r.Points != tc.points || r.Of != 3 || !strings.Contains(r.Criteria[0].Why, tc.why) || (r.Criteria[0].Why == "") != (tc.points == 3) {
				t.Errorf("%+v", r)
			}
			var text, data bytes.Buffer
			r.Print(&text)
			if err := r.JSON(&data); err != nil || !strings.Contains(text.String(), tc.why) {
				t.Errorf("%v: %s", err, text.String())
			}
			var back Report
			if err := json.Unmarshal(data.Bytes(), &back); err != nil || back.Points != tc.points {
				t.Errorf("%+v, %v", back, err)
			}
		})
	}
}

// The compiler in this test is a program that does not end.
func TestACompilationIsBounded(t *testing.T) {
	g := Grader{Root: module(t, "func x() int { return 1 }", "import \"testing\"\nfunc TestX(t *testing.T) {}", oneTest), Limits: DefaultLimits, Tests: true}
	g.Limits.Compile = time.Second
	l, err := Load(g.Root, "x")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\nsleep 1000\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	r, err := g.Grade(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	if why := r.Criteria[0].Why; r.Points != 0 || why != "it was still compiling after 1s" {
		t.Errorf("%d points: %s", r.Points, why)
	}
}

func TestGradeEndsWithItsContext(t *testing.T) {
	g := Grader{Root: module(t, "func x() int { for {} }", "import \"testing\"\nfunc TestX(t *testing.T) { x() }", oneTest), Limits: DefaultLimits, Tests: true}
	l, err := Load(g.Root, "x")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Grade(ctx, l); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestMistakesInALab(t *testing.T) {
	for _, tc := range []struct{ lab, want string }{
		{"number = 1\nnumbre = 2\n", "no key numbre"},
		{"number = 1\n[run]\n[[run.step]]\nexpect = \"(\"\n", "step 1"},
		{"number = \n", "lab.toml"},
	} {
		if _, err := All(module(t, "", "", tc.lab)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: %v", tc.lab, err)
		}
	}
	if _, err := Load(module(t, "", "", oneTest), "nobody"); err == nil || !strings.Contains(err.Error(), "1 x") {
		t.Errorf("a lab that is not there: %v", err)
	}
}
