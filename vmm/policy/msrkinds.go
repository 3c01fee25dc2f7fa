package policy

// row is a register of the table.
type row struct {
	num     uint32
	kind    kindOfMSR
	check   check
	reset   uint64 // its value after a reset
	mask    uint64 // for masked: the bits that may be set
	value   uint64
	handler Handler // who keeps it instead, nil for nobody
}

// kindOfMSR is what reads and writes do.
type kindOfMSR uint8

const (
	stored    kindOfMSR = iota // reads what was written
	constant                   // reads reset; writes are #GP
	ignored                    // reads reset; writes do nothing
	writeOnly                  // reads are #GP
	denied                     // #GP, whoever keeps it: the guest was told it has none
	absent                     // known not to be there without a Handler: #GP, and no report
)

// check is what values may be written; others are #GP.
type check uint8

const (
	anything  check = iota
	masked          // bits of the mask
	canonical       // linear addresses
	memoryPAT       // eight memory types of the PAT
	memoryFix       // eight memory types of a fixed-range MTRR
	memoryVar       // base of a variable-range MTRR
)

// saved tells whether the register's value is part of the machine's state.
func (r *row) saved() bool { return r.kind == stored && r.handler == nil }

// Memory types. SDM vol. 3 §11.11 and §11.12, APM vol. 2 §7.7.1 and §7.8.1.
const (
	typeUC      = 0
	typeWC      = 1
	typeWT      = 4
	typeWP      = 5
	typeWB      = 6
	typeUCMinus = 7 // of the PAT alone

	// The fixed-range registers have, on AMD's processors, two bits beside
	// the type that say whether reads and writes go to memory. APM vol. 2
	// §7.9.1.
	typeRdWrMem = 3 << 3
)

// valid tells whether a value may be written to a register.
func (m *MSRs) valid(r *row, v uint64) bool {
	switch r.check {
	case masked:
		return v&^r.mask == 0
	case canonical:
		unused := 64 - uint(m.config.CPUID.linearBits)
		return uint64(int64(v<<unused)>>unused) == v
	case memoryPAT:
		return validTypes(v, 0, true)
	case memoryFix:
		return validTypes(v, r.mask, false)
	case memoryVar:
		return v&^r.mask == 0 && validType(uint8(v), false)
	}
	return true
}

// validTypes tells whether the eight bytes of v are memory types, apart from
// the bits of extra.
func validTypes(v, extra uint64, pat bool) bool {
	for ; v != 0; v >>= 8 {
		if !validType(uint8(v&^extra), pat) {
			return false
		}
	}
	return true
}

func validType(t uint8, pat bool) bool {
	switch t {
	case typeUC, typeWC, typeWT, typeWP, typeWB:
		return true
	}
	return pat && t == typeUCMinus
}

// ValidPAT tells whether a value may be written to IA32_PAT. SDM vol. 3 §11.12.2,
// APM vol. 2 §7.8.2.
func ValidPAT(v uint64) bool { return validTypes(v, 0, true) }
