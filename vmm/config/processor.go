package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// setCPUID takes a list such as ["+x2APIC", "-AVX"]. Which features there are
// is not decided here.
func setCPUID(vm *VM, _ string, v any) error {
	list, ok := v.([]any)
	if !ok {
		return wrongType(`an array such as ["+x2APIC", "-AVX"]`, v)
	}
	seen := make(map[string]bool)
	for _, item := range list {
		s, err := text(item)
		if err != nil {
			return err
		}
		sign, name := s[:min(1, len(s))], s[min(1, len(s)):]
		lower := strings.ToLower(name)
		switch {
		case sign != "+" && sign != "-" || name == "" || strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "":
			return fmt.Errorf("%q: want + or - and the name of a feature, such as %q", s, "-AVX")
		case seen[lower]:
			return fmt.Errorf("%q: this feature is there twice", s)
		}
		seen[lower] = true
		vm.CPUID = append(vm.CPUID, Feature{Name: name, On: sign == "+"})
	}
	return nil
}

// setMSR takes an entry such as 0x1a0 = "ignore" of the table msr.
func setMSR(vm *VM, name string, v any) error {
	index, err := strconv.ParseUint(strings.TrimPrefix(name, anyMSR), 0, 32)
	if err != nil {
		return fmt.Errorf("want the number of a register as the key, such as 0x1a0")
	}
	m := MSR{Index: uint32(index)}
	switch v := v.(type) {
	case int64:
		if v < 0 {
			return fmt.Errorf("%d: want a number from 0 up; one of 64 bits stands in quotes", v)
		}
		m.Value = uint64(v)
	case string:
		switch v {
		case "ignore":
		case "fault":
			m.Fault = true
		default:
			if m.Value, err = strconv.ParseUint(v, 0, 64); err != nil {
				return fmt.Errorf(`%q: want "ignore", "fault" or a number of at most 64 bits`, v)
			}
		}
	default:
		return wrongType(`"ignore", "fault" or a number`, v)
	}
	at, found := slices.BinarySearchFunc(vm.MSRs, m.Index, func(m MSR, index uint32) int { return cmp.Compare(m.Index, index) })
	if found {
		return fmt.Errorf("register %#x is there twice", m.Index)
	}
	vm.MSRs = slices.Insert(vm.MSRs, at, m)
	return nil
}
