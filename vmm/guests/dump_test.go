//go:build boot

package guests

import (
	"os"
	"testing"
)

func TestDump(t *testing.T) {
	for _, g := range All {
		im, err := g.Build()
		if err != nil {
			t.Error(err)
			continue
		}
		os.WriteFile("/tmp/guests/dis/"+g.Name, im.Pieces[0].Data, 0o666)
		os.WriteFile("/tmp/guests/dis/"+g.Name+".rom", rom(t, im), 0o666)
	}
}
