package grade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/internal/toolchain"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

// Stage writes the files of a lab's run into its folder below build/labs, and
// returns the path of the configuration, empty if the lab has none.
func (g *Grader) Stage(l *Lab) (string, error) {
	dir := g.out(l)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	for _, name := range l.Run.Guests {
		guest, ok := find(name)
		if !ok {
			return "", fmt.Errorf("%s: no micro-guest is called %q", l.Name, name)
		}
		image, err := guest.Build()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name+".bin"), image, 0o666)
		}
		if err != nil {
			return "", err
		}
	}
	if l.Run.Config == "" {
		return "", nil
	}
	text, err := os.ReadFile(filepath.Join(l.Dir, l.Run.Config))
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, config.ModuleName)
	return path, os.WriteFile(path, text, 0o666)
}

// The monitor's prompt.
const promptText = "ringo> "

var prompt = regexp.MustCompile(promptText)

// find finds a micro-guest: one of the tests', or one that only labs have.
func find(name string) (guests.Guest, bool) {
	for _, g := range guests.Course {
		if g.Name == name {
			return g, true
		}
	}
	return guests.Find(name)
}

func (g *Grader) out(l *Lab) string { return filepath.Join(g.Root, "build", "labs", l.Name) }

// KernelTags are the build tags of a kernel with the labs in it.
func (g *Grader) KernelTags() []string { return append([]string{"labs"}, g.Tags...) }

// run boots Ringo with the lab and goes through the steps.
func (g *Grader) run(ctx context.Context, l *Lab, r *Report) error {
	if l.Run == nil {
		return nil
	}
	vm, noKernel, err := g.boot(ctx, l)
	if err != nil {
		return err
	}
	if vm != nil {
		defer vm.Kill()
	}
	from, why := 0, ""
	for i := range l.Run.Steps {
		s := &l.Run.Steps[i]
		switch {
		case noKernel != "":
			why = noKernel
		case why == "":
			from, why = g.step(ctx, vm, s, from)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		by := strings.TrimSpace(s.Send)
		if s.Points > 0 {
			r.add(s.What, by, s.Points, why)
			why = ""
		}
	}
	return nil
}

// Machine is the emulated machine that the lab runs on.
func (l *Lab) Machine() string {
	if l.Run == nil || l.Run.Machine == "" {
		return emu.Machines[0].Name
	}
	return l.Run.Machine
}

// RunArgs are the arguments of ringo run for the lab's machine, with what Stage
// returned.
func (l *Lab) RunArgs(tags []string, path string) []string {
	if path == "" {
		path = "none"
	}
	return []string{"-tags", strings.Join(tags, ","), "-m", l.Machine(), "-cpus", strconv.Itoa(max(l.Run.CPUs, 1)), "-append", l.Run.Append, "-config", path}
}

// boot builds the kernel and starts the machine. why is why the submission has
// no kernel.
func (g *Grader) boot(ctx context.Context, l *Lab) (vm *emu.VM, why string, err error) {
	messages := &head{}
	compiling, cancel := context.WithTimeout(ctx, g.Limits.Compile)
	defer cancel()
	built, err := toolchain.Build(compiling, toolchain.Options{
		Root: g.Root, Out: filepath.Join(g.Root, "build", "labs", "kernel"), TamaGo: g.TamaGo, Tags: g.KernelTags(),
		Log: messages, Memory: g.Limits.CompileMemory,
	})
	if err != nil {
		return nil, g.doesNotCompile(compiling, "the kernel", fmt.Sprintf("%v\n%s", err, messages.String())), nil
	}
	o := emu.Options{Machine: l.Machine(), Image: built.ELF, Append: l.Run.Append, CPUs: max(l.Run.CPUs, 1)}
	path, err := g.Stage(l)
	if err != nil {
		return nil, "", err
	}
	if path != "" {
		if o.Modules, err = modules(path); err != nil {
			return nil, "", err
		}
	}
	vm, err = emu.Start(o)
	return vm, "", err
}

// modules are the configuration and the files that it names, all in one folder.
func modules(path string) ([]media.Module, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, errs := config.Parse(text)
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	list := []media.Module{{Path: path}}
	for _, vm := range c.VMs {
		for _, image := range vm.Images() {
			m := media.Module{Path: filepath.Join(filepath.Dir(path), image.Path)}
			if !slices.Contains(list, m) {
				list = append(list, m)
			}
		}
	}
	return list, nil
}

// step does one step on what the machine prints from an offset on. It returns
// where the next one begins, and why this one has failed.
func (g *Grader) step(ctx context.Context, vm *emu.VM, s *Step, from int) (int, string) {
	ctx, cancel := context.WithTimeout(ctx, g.Limits.Step)
	defer cancel()
	if s.Send != "" {
		after := prompt
		if s.After != "" {
			after = s.after
		}
		at, why := wait(ctx, vm, from, after)
		if why != "" {
			return from, why
		}
		from = at
		if err := vm.Type(s.Send); err != nil {
			return from, err.Error()
		}
	}
	if s.Expect == "" {
		return from, ""
	}
	if s.After == "" {
		return answer(ctx, vm, s, from)
	}
	return wait(ctx, vm, from, s.expect)
}

// answer waits for a command's whole answer, and looks for what is expected there.
func answer(ctx context.Context, vm *emu.VM, s *Step, from int) (int, string) {
	end, why := wait(ctx, vm, from, prompt)
	if why != "" {
		return from, why
	}
	end -= len(promptText) // for the next step
	if text := vm.Output()[from:end]; !s.expect.MatchString(text) {
		return end, fmt.Sprintf("%q is not in the answer:\n%s", s.expect, trouble(text, 10))
	}
	return end, ""
}

// wait waits until a text has come, and returns where it ends.
func wait(ctx context.Context, vm *emu.VM, from int, re *regexp.Regexp) (int, string) {
	end, err := vm.Expect(ctx, from, re)
	if err == nil {
		return end, ""
	}
	text := vm.Output()
	return from, fmt.Sprintf("%q did not come; the last lines are\n%s", re, trouble(text[min(from, len(text)):], 5))
}
