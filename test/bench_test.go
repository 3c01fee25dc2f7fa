//go:build boot

package test

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/ringo-vmm/ringo/internal/bench"
)

// An exit takes no more instructions than docs/bench.md allows. Instructions
// are counted, so that the figures are the same on every machine.
func TestFiguresAreWithinTheirLimits(t *testing.T) {
	for _, m := range bench.Machines[:2] {
		t.Run(m.Name, func(t *testing.T) {
			out, err := exec.Command(ringoTool, "bench", "-tamago", *tamago, "-m", m.Name).CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Error(err)
			}
			b, err := os.ReadFile("../build/" + m.File())
			if err != nil {
				t.Fatal(err)
			}
			var got struct{ Figures []bench.Figure }
			if err := json.Unmarshal(b, &got); err != nil {
				t.Fatal(err)
			}
			all := append(m.Exits(nil, nil), bench.HostMemory(0), bench.VMMemory(0))
			if m.ICount {
				all = append(all, bench.FirstInstruction(0))
			}
			for _, want := range all {
				i := slices.IndexFunc(got.Figures, func(f bench.Figure) bool { return f.Name == want.Name })
				if i < 0 || got.Figures[i].Value <= 0 {
					t.Errorf("%s was not measured", want.Name)
				}
			}
		})
	}
}
