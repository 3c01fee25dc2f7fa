package emulate

import "github.com/ringo-vmm/ringo/vmm/x86"

// condition tells whether flags meet a condition, by its number in the opcodes
// of CMOVcc and SETcc. APM vol. 3 table A-2 and §1.8.
func condition(n uint8, flags uint64) bool {
	has := func(flag uint64) bool { return flags&flag != 0 }
	less := has(x86.FlagSF) != has(x86.FlagOF)
	var met bool
	switch n >> 1 {
	case 0:
		met = has(x86.FlagOF)
	case 1:
		met = has(x86.FlagCF)
	case 2:
		met = has(x86.FlagZF)
	case 3:
		met = has(x86.FlagCF | x86.FlagZF)
	case 4:
		met = has(x86.FlagSF)
	case 5:
		met = has(x86.FlagPF)
	case 6:
		met = less
	default:
		met = less || has(x86.FlagZF)
	}
	return met == (n&1 == 0)
}
