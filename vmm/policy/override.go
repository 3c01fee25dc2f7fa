package policy

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ringo-vmm/ringo/amd64/msr"
)

// Override replaces what the table says of a register, from a configuration:
// the key is its number or its name, and the value "ignore" (it reads 0 and
// writes do nothing), "gp" (every access is a #GP) or a number (it reads that,
// and writes do nothing).
func (m *MSRs) Override(key, value string) error {
	num, err := number(key)
	if err != nil {
		return fmt.Errorf("msr: no register is called %q", key)
	}
	r := row{num: num, kind: ignored}
	switch value {
	case "ignore":
	case "gp":
		r.kind = denied
	default:
		if r.reset, err = strconv.ParseUint(value, 0, 64); err != nil {
			return fmt.Errorf("msr %s: %q is not ignore, gp or a 64-bit number", key, value)
		}
		r.value = r.reset
	}
	if old := m.find(num); old != nil {
		*old = r
		return nil
	}
	m.rows = append(m.rows, r)
	m.sort()
	return nil
}

// number is the register with a number or a name.
func number(key string) (uint32, error) {
	if n, err := strconv.ParseUint(key, 0, 32); err == nil {
		return uint32(n), nil
	}
	if n, ok := msr.Lookup(strings.TrimSpace(key)); ok {
		return n, nil
	}
	return 0, strconv.ErrSyntax
}
