package x86

import "fmt"

// Vector is the number of an exception. APM vol. 2 §8.2.
type Vector uint8

// The exceptions that software has to raise in a guest.
const (
	DebugTrap         Vector = 1
	Breakpoint        Vector = 3
	Overflow          Vector = 4
	InvalidOpcode     Vector = 6
	DoubleFault       Vector = 8
	InvalidTSS        Vector = 10
	SegmentNotPresent Vector = 11
	StackFault        Vector = 12
	GeneralProtection Vector = 13
	PageFault         Vector = 14
	AlignmentCheck    Vector = 17
	ControlProtection Vector = 21
)

// withCode are the exceptions with an error code, a bit for each.
const withCode = 1<<DoubleFault | 1<<InvalidTSS | 1<<SegmentNotPresent | 1<<StackFault | 1<<GeneralProtection | 1<<PageFault |
	1<<AlignmentCheck | 1<<ControlProtection

// HasCode tells whether the exception has an error code, outside real mode.
func (v Vector) HasCode() bool { return v < 32 && withCode>>v&1 != 0 }

var vectorNames = [...]string{
	"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "#9", "#TS", "#NP", "#SS", "#GP", "#PF", "#15",
	"#MF", "#AC", "#MC", "#XF", "#VE", "#CP",
}

// String is the exception's mnemonic.
func (v Vector) String() string {
	if int(v) < len(vectorNames) {
		return vectorNames[v]
	}
	return fmt.Sprintf("vector %d", uint8(v))
}

// Exception is a fault to raise in the guest, at the instruction in RIP. It is
// an error, so that what executes a guest's instruction can return it.
type Exception struct {
	Vector  Vector
	HasCode bool   // the processor pushes an error code: never in real mode
	Code    uint32 // the error code
	CR2     uint64 // the address that faulted, for PageFault
}

// Error is the exception in words.
func (e *Exception) Error() string {
	switch {
	case e.Vector == PageFault:
		return fmt.Sprintf("#PF(%s) at linear %#x", FaultCode(e.Code), e.CR2)
	case e.HasCode:
		return fmt.Sprintf("%s(%#x)", e.Vector, e.Code)
	}
	return e.Vector.String()
}

// exception is an exception with error code 0 where it has one.
func (s *State) exception(v Vector) *Exception {
	return &Exception{Vector: v, HasCode: s.CR0&CR0PE != 0 && v >= StackFault}
}

// FaultCode is the error code of a page fault in words: "read, user, not
// present" say. APM vol. 2 §8.4.2.
func FaultCode(code uint32) string {
	a := Access(code)
	s := "read"
	switch {
	case a&Fetch != 0:
		s = "fetch"
	case a&Write != 0:
		s = "write"
	}
	if a&User != 0 {
		s += ", user"
	}
	switch {
	case code&faultReserved != 0:
		s += ", reserved bit"
	case code&faultPresent != 0:
		s += ", protection"
	default:
		s += ", not present"
	}
	return s
}
