package grade

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/ringo-vmm/ringo/internal/limited"
)

// maxOutput is how much of a test's output is kept.
const maxOutput = 64 << 10

// tests runs the lab's tests, each in a process of its own: one that loops or
// eats all memory costs its own points.
func (g *Grader) tests(ctx context.Context, l *Lab, r *Report) error {
	dir, err := os.MkdirTemp("", "ringo-grade-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "test")
	compiling, cancel := context.WithTimeout(ctx, g.Limits.Compile)
	defer cancel()
	build := exec.CommandContext(compiling, "go", "test", "-c", "-tags="+strings.Join(g.Tags, ","), "-o", binary, "./labs/"+l.Name)
	out := &head{}
	build.Dir, build.Stdout, build.Stderr = g.Root, out, out
	if err := limited.Run(build, g.Limits.CompileMemory); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		why := g.doesNotCompile(compiling, "it", out.String())
		for _, t := range l.Tests {
			r.add(t.What, t.Name, t.Points, why)
			why = "it does not compile"
		}
		return nil
	}
	for _, t := range l.Tests {
		r.add(t.What, t.Name, t.Points, g.test(ctx, l, binary, t.Name))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// doesNotCompile says why something does not, by what the compiler has said until
// the end of its time.
func (g *Grader) doesNotCompile(ctx context.Context, what, messages string) string {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Sprintf("%s was still compiling after %v", what, g.Limits.Compile)
	}
	return what + " does not compile:\n" + excerpt(messages, 10)
}

// test runs one test and says why it has failed; empty is passed.
func (g *Grader) test(ctx context.Context, l *Lab, binary, name string) string {
	ctx, cancel := context.WithTimeout(ctx, g.Limits.Test)
	defer cancel()
	c := exec.CommandContext(ctx, binary, "-test.v", "-test.run=^"+regexp.QuoteMeta(name)+"$")
	c.Dir = l.Dir
	out := &head{}
	c.Stdout, c.Stderr = out, out
	err := limited.Run(c, g.Limits.Memory)
	text := out.String()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Sprintf("it was still running after %v", g.Limits.Test)
	case strings.Contains(text, "\n--- PASS: "+name+" ") && err == nil:
		return ""
	case err == nil:
		return "there is no such test"
	case strings.Contains(text, "out of memory"), strings.Contains(text, "cannot allocate memory"):
		return fmt.Sprintf("it used more than %d MiB of memory", g.Limits.Memory>>20)
	}
	return complaints(text)
}

// complaint is a line of a failed test's output that says what is wrong.
var complaint = regexp.MustCompile(`(?m)^\s+\w+\.go:\d+: .*|^panic: .*`)

// complaints are the first few of them.
func complaints(output string) string {
	if found := complaint.FindAllString(output, 3); found != nil {
		for i := range found {
			found[i] = strings.TrimSpace(found[i])
		}
		return strings.Join(found, "\n")
	}
	return excerpt(output, 5)
}

// head keeps the first maxOutput bytes.
type head struct{ bytes.Buffer }

func (h *head) Write(p []byte) (int, error) {
	h.Buffer.Write(p[:min(len(p), maxOutput-min(h.Len(), maxOutput))])
	return len(p), nil
}
