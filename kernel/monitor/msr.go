package monitor

import (
	"math"
	"strings"

	"github.com/ringo-vmm/ringo/amd64/msr"
)

// MSRs are the model-specific registers of the processor the command runs on. An
// access that the processor answers with #GP returns an error.
type MSRs interface {
	Read(num uint32) (uint64, error)
	Write(num uint32, value uint64) error
}

// MSR is the command msr, which reads and writes model-specific registers.
func MSR(m MSRs) Command {
	return Command{
		Name:  "msr",
		Usage: "NUM|NAME [VALUE]",
		Group: "processor",
		Help:  "read a model-specific register, or write VALUE to it",
		Run:   func(c *Context, args []string) error { return readOrWriteMSR(c, m, args) },
		Complete: func(args []string) []string {
			if len(args) > 1 {
				return nil
			}
			var names []string
			for _, name := range msr.Names() {
				name = strings.ToLower(name)
				names = append(names, name, strings.TrimPrefix(name, "ia32_"))
			}
			return names
		},
	}
}

func readOrWriteMSR(c *Context, m MSRs, args []string) error {
	num, ok := msr.Lookup(args[0])
	if !ok {
		n, err := Number("NUM", args[0], 0, math.MaxUint32)
		if err != nil && (args[0] == "" || args[0][0] < '0' || args[0][0] > '9') {
			return BadInput("there is no register called %s", quote(args[0]))
		}
		if err != nil {
			return err
		}
		num = uint32(n)
	}
	if len(args) == 2 {
		v, err := Number("VALUE", args[1], 0, math.MaxUint64)
		if err != nil {
			return err
		}
		return m.Write(num, v)
	}
	v, err := m.Read(num)
	if err != nil {
		return err
	}
	c.Printf("%08x %-28s %016x\n", num, msr.Name(num), v)
	return nil
}
