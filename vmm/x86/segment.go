package x86

import "fmt"

// Numbers of the segment registers, the first six as instructions encode them.
// APM vol. 3 §1.4.
const (
	ES = iota
	CS
	SS
	DS
	FS
	GS
	LDTR
	TR

	Segments // how many there are
)

var segmentNames = [Segments]string{"ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR"}

// Attributes are the attribute bits of a segment descriptor, bits 55:52 and
// 47:40 of it next to each other. APM vol. 2 §4.7.1, §15.5.1.
type Attributes uint16

// The bits of Attributes. APM vol. 2 §4.7.2 and §4.7.3.
const (
	AttrAccessed   Attributes = 1 << 0 // code and data
	AttrWritable   Attributes = 1 << 1 // data; readable, for code
	AttrExpandDown Attributes = 1 << 2 // data; conforming, for code
	AttrCode       Attributes = 1 << 3
	AttrUser       Attributes = 1 << 4 // S: code or data, not a system segment
	AttrPresent    Attributes = 1 << 7
	AttrAvailable  Attributes = 1 << 8
	AttrLong       Attributes = 1 << 9  // L: 64-bit code
	AttrBig        Attributes = 1 << 10 // D/B: 32-bit code or stack
	AttrPages      Attributes = 1 << 11 // G: the descriptor counts its limit in pages

	AttrReadable = AttrWritable // of a code segment

	attrType     Attributes = 0xf
	attrDPLShift            = 5
)

// Type is the descriptor's type field. APM vol. 2 §4.7.2 to §4.7.4.
func (a Attributes) Type() uint8 { return uint8(a & attrType) }

// DPL is the descriptor's privilege level, 0 to 3.
func (a Attributes) DPL() uint8 { return uint8(a >> attrDPLShift & 3) }

// WithDPL is a with another privilege level, 0 to 3.
func (a Attributes) WithDPL(dpl uint8) Attributes {
	return a&^(3<<attrDPLShift) | Attributes(dpl&3)<<attrDPLShift
}

// Segment is a segment register with its hidden part.
type Segment struct {
	Selector   uint16
	Attributes Attributes
	Limit      uint32 // last offset in bytes, whatever G says
	Base       uint64 // linear address
}

// Flat segments, 4 GiB from 0, as boot protocols ask for them; the selectors
// are the caller's. APM vol. 2 §4.7, fig. 4-14 and 4-15.
var (
	FlatCode32 = Segment{Attributes: 0xc9b, Limit: 0xffff_ffff}
	FlatCode64 = Segment{Attributes: 0xa9b, Limit: 0xffff_ffff}
	FlatData   = Segment{Attributes: 0xc93, Limit: 0xffff_ffff}
)

// String is the segment in one line, for the post-mortem.
func (s Segment) String() string {
	return fmt.Sprintf("%04x base %016x limit %08x attr %03x %s", s.Selector, s.Base, s.Limit, uint16(s.Attributes), s.Attributes)
}

// systemTypes are the system segments that a register can hold. APM vol. 2
// table 4-6.
var systemTypes = map[uint8]string{
	0x1: "TSS16", 0x2: "LDT", 0x3: "TSS16 busy", 0x9: "TSS", 0xb: "TSS busy",
}

// String names the attributes: "code32 r- dpl0", "data rw dpl3 down".
func (a Attributes) String() string {
	if a&AttrPresent == 0 {
		return "not present"
	}
	if a&AttrUser == 0 {
		if name := systemTypes[a.Type()]; name != "" {
			return name
		}
		return fmt.Sprintf("system type %x", a.Type())
	}
	kind, access := "data", "r-"
	if a&AttrCode != 0 {
		kind, access = "code16", "--"
		switch {
		case a&AttrLong != 0:
			kind = "code64"
		case a&AttrBig != 0:
			kind = "code32"
		}
		if a&AttrReadable != 0 {
			access = "r-"
		}
	} else if a&AttrWritable != 0 {
		access = "rw"
	}
	s := fmt.Sprintf("%s %s dpl%d", kind, access, a.DPL())
	if a&AttrExpandDown != 0 {
		if a&AttrCode != 0 {
			return s + " conforming"
		}
		return s + " down"
	}
	return s
}
