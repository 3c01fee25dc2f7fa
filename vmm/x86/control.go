package x86

import (
	"fmt"
	"strings"
)

// Bits of CR0. APM vol. 2 §3.1.1.
const (
	CR0PE uint64 = 1 << 0
	CR0MP uint64 = 1 << 1
	CR0EM uint64 = 1 << 2
	CR0TS uint64 = 1 << 3
	CR0ET uint64 = 1 << 4
	CR0NE uint64 = 1 << 5
	CR0WP uint64 = 1 << 16
	CR0AM uint64 = 1 << 18
	CR0NW uint64 = 1 << 29
	CR0CD uint64 = 1 << 30
	CR0PG uint64 = 1 << 31
)

// Bits of CR4. APM vol. 2 §3.1.3, SDM vol. 3 §2.5.
const (
	CR4VME        uint64 = 1 << 0
	CR4PVI        uint64 = 1 << 1
	CR4TSD        uint64 = 1 << 2
	CR4DE         uint64 = 1 << 3
	CR4PSE        uint64 = 1 << 4
	CR4PAE        uint64 = 1 << 5
	CR4MCE        uint64 = 1 << 6
	CR4PGE        uint64 = 1 << 7
	CR4PCE        uint64 = 1 << 8
	CR4OSFXSR     uint64 = 1 << 9
	CR4OSXMMEXCPT uint64 = 1 << 10
	CR4UMIP       uint64 = 1 << 11
	CR4LA57       uint64 = 1 << 12
	CR4VMXE       uint64 = 1 << 13
	CR4SMXE       uint64 = 1 << 14
	CR4FSGSBASE   uint64 = 1 << 16
	CR4PCIDE      uint64 = 1 << 17
	CR4OSXSAVE    uint64 = 1 << 18
	CR4SMEP       uint64 = 1 << 20
	CR4SMAP       uint64 = 1 << 21
	CR4PKE        uint64 = 1 << 22
	CR4CET        uint64 = 1 << 23
	CR4PKS        uint64 = 1 << 24
)

// Bits of EFER. APM vol. 2 §3.1.7.
const (
	EFERSCE   uint64 = 1 << 0
	EFERLME   uint64 = 1 << 8
	EFERLMA   uint64 = 1 << 10
	EFERNXE   uint64 = 1 << 11
	EFERSVME  uint64 = 1 << 12
	EFERLMSLE uint64 = 1 << 13
	EFERFFXSR uint64 = 1 << 14
	EFERTCE   uint64 = 1 << 15
)

// Bits of RFLAGS. APM vol. 2 §3.1.6.
const (
	FlagCF    uint64 = 1 << 0
	FlagFixed uint64 = 1 << 1 // reads as 1 always
	FlagPF    uint64 = 1 << 2
	FlagAF    uint64 = 1 << 4
	FlagZF    uint64 = 1 << 6
	FlagSF    uint64 = 1 << 7
	FlagTF    uint64 = 1 << 8
	FlagIF    uint64 = 1 << 9
	FlagDF    uint64 = 1 << 10
	FlagOF    uint64 = 1 << 11
	FlagIOPL  uint64 = 3 << 12
	FlagNT    uint64 = 1 << 14
	FlagRF    uint64 = 1 << 16
	FlagVM    uint64 = 1 << 17
	FlagAC    uint64 = 1 << 18
	FlagVIF   uint64 = 1 << 19
	FlagVIP   uint64 = 1 << 20
	FlagID    uint64 = 1 << 21
)

// bitNames names the bits of a register, "" for those without a name.
type bitNames []string

var (
	cr0Names    = bitNames{0: "PE", 1: "MP", 2: "EM", 3: "TS", 4: "ET", 5: "NE", 16: "WP", 18: "AM", 29: "NW", 30: "CD", 31: "PG"}
	eferNames   = bitNames{0: "SCE", 8: "LME", 10: "LMA", 11: "NXE", 12: "SVME", 13: "LMSLE", 14: "FFXSR", 15: "TCE", 17: "MCOMMIT", 18: "INTWB", 20: "UAIE", 21: "AIBRSE"}
	rflagsNames = bitNames{
		0: "CF", 2: "PF", 4: "AF", 6: "ZF", 7: "SF", 8: "TF", 9: "IF", 10: "DF", 11: "OF",
		14: "NT", 16: "RF", 17: "VM", 18: "AC", 19: "VIF", 20: "VIP", 21: "ID",
	}
	cr4Names = bitNames{
		0: "VME", 1: "PVI", 2: "TSD", 3: "DE", 4: "PSE", 5: "PAE", 6: "MCE", 7: "PGE", 8: "PCE", 9: "OSFXSR",
		10: "OSXMMEXCPT", 11: "UMIP", 12: "LA57", 13: "VMXE", 14: "SMXE", 16: "FSGSBASE", 17: "PCIDE",
		18: "OSXSAVE", 19: "KL", 20: "SMEP", 21: "SMAP", 22: "PKE", 23: "CET", 24: "PKS",
	}
)

// CR0Bits names the bits that are set in a value of CR0, "PE ET PG" say; a bit
// without a name is "bit N".
func CR0Bits(v uint64) string { return cr0Names.format(v) }

// CR4Bits names the bits that are set in a value of CR4.
func CR4Bits(v uint64) string { return cr4Names.format(v) }

// EFERBits names the bits that are set in a value of EFER.
func EFERBits(v uint64) string { return eferNames.format(v) }

// RFLAGSBits names the bits that are set in a value of RFLAGS, without the one
// that always is, and with IOPL as a number if it is not 0.
func RFLAGSBits(v uint64) string {
	s := rflagsNames.format(v &^ (FlagFixed | FlagIOPL))
	if iopl := v & FlagIOPL >> 12; iopl != 0 {
		s = strings.TrimLeft(fmt.Sprintf("%s IOPL=%d", s, iopl), " ")
	}
	return s
}

func (names bitNames) format(v uint64) string {
	var set []string
	for i := range 64 {
		switch {
		case v>>i&1 == 0:
		case i < len(names) && names[i] != "":
			set = append(set, names[i])
		default:
			set = append(set, fmt.Sprintf("bit %d", i))
		}
	}
	return strings.Join(set, " ")
}
