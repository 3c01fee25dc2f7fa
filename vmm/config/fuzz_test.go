package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ram"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(good("a", "[vm.msr]\n0x10 = 'fault'\n[vm.console]\nscrollback = '8K'") + good("a", "modules = [{file='m'}]\ncpuid = ['+a']")))
	f.Add([]byte("\ufeffvm = 3\n[[vm]]\nname = '''\n[[vm]]\n''' \ncpus = inf\nmemory = 1979-05-27T07:32:00Z\n[vm.a.b.c]\n[[vm.d]]\nx.y = {z = [1, [2]]}\n"))
	f.Add([]byte(devices))
	f.Add([]byte("[[vm]]\nname = \"\\u0085\"\nmodules = [[[[[{}]]]]]\n[[x]]\n[ vm . msr ]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, errs := Parse(text)
		lines := strings.Count(string(text), "\n") + 1
		last := 0
		for _, err := range errs {
			e := err.(*Error)
			if e.Text == "" || strings.ContainsFunc(err.Error(), control) {
				t.Errorf("error %q", err)
			}
			if e.Line < last || e.Line > lines {
				t.Errorf("line %d after %d in %d lines: %v", e.Line, last, lines, err)
			}
			last = e.Line
		}
		var names []string
		for _, vm := range c.VMs {
			if vm.CPUs < 1 || vm.CPUs > MaxCPUs || vm.Memory == 0 || vm.Memory > MaxMemory || vm.Memory%ram.BlockSize != 0 ||
				vm.Kernel == "" && vm.Firmware == "" || len(vm.Serials) == 0 || slices.Contains(names, vm.Name) || strings.ContainsFunc(vm.CommandLine, control) {
				t.Errorf("machine %+v", *vm)
			}
			names = append(names, vm.Name)
			for _, i := range vm.Images() {
				if i.Name() == "" || strings.Contains(i.Name(), "/") {
					t.Errorf("boot module %q", i.Name())
				}
			}
		}
		if len(text) <= MaxText && len(c.VMs) == 0 && errs == nil && slices.ContainsFunc(strings.Split(string(text), "\n"), isHeader) {
			t.Error("a machine went away without a word")
		}
	})
}
