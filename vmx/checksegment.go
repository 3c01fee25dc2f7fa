package vmx

import "github.com/ringo-vmm/ringo/vmm/x86"

// Bits of access rights. SDM vol. 3 table 24-2.
const (
	accessType     = 0xf
	accessAccessed = 1 << 0
	accessCode     = 1 << 3
	accessReadable = 1 << 1 // of code; data that can be written
	accessS        = 1 << 4 // code or data
	accessDPLShift = 5
	accessPresent  = 1 << 7
	accessL        = 1 << 13
	accessDB       = 1 << 14
	accessG        = 1 << 15
	accessReserved = 0xf00 | ^uint64(1<<17-1)
)

// Types of system segments. SDM vol. 3 table 3-2.
const (
	typeLDT       = 2
	typeBusyTSS16 = 3
	typeBusyTSS   = 11
)

// Types of code and data. SDM vol. 3 table 3-1.
const (
	typeWritable           = 3
	typeExpandDownWritable = 7
	typeCode               = 9
	typeReadableCode       = 11
	typeConforming         = 13
	typeReadableConforming = 15
)

var segmentNames = [x86.Segments]string{"ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR"}

// checkSegments applies the rules that hold for code and data alike. In
// virtual-8086 mode they are others. SDM vol. 3 §26.3.1.2.
func checkSegments(c *context, l limits) error {
	g := &c.guest
	virtual := c.flags&x86.FlagVM != 0
	for i := x86.ES; i <= x86.GS; i++ {
		name, access, limit, base := segmentNames[i], g.Access[i], g.Limit[i], g.Base[i]
		usable := access&accessUnusable == 0
		const virtualAccess = 0xf3
		switch {
		case virtual && base != g.Selector[i]<<4:
			return bad(name+".Base", base, "not 16 times the selector, in virtual-8086 mode")
		case virtual && limit != 0xffff:
			return bad(name+".Limit", limit, "not FFFFh, in virtual-8086 mode")
		case virtual && access != virtualAccess:
			return bad(name+".Attributes", access, "not F3h, in virtual-8086 mode")
		case virtual || !usable && i != x86.CS:
			continue
		case i != x86.FS && i != x86.GS && base>>32 != 0:
			return bad(name+".Base", base, "bits 63:32 must be 0")
		case access&accessS == 0:
			return bad(name+".Attributes", access, "a system segment")
		case access&accessPresent == 0:
			return bad(name+".Attributes", access, "not present")
		case access&accessReserved != 0:
			return bad(name+".Attributes", access, "reserved bits are set")
		case !granular(access, limit):
			return bad(name+".Limit", limit, "G does not allow it")
		case i != x86.CS && i != x86.SS && access&accessAccessed == 0:
			return bad(name+".Attributes", access, "not accessed")
		case i != x86.CS && i != x86.SS && access&accessCode != 0 && access&accessReadable == 0:
			return bad(name+".Attributes", access, "code that cannot be read")
		}
	}
	return nil
}

// granular tells whether a limit is one that a descriptor with this G can have.
func granular(access, limit uint64) bool {
	if access&accessG != 0 {
		return limit&0xfff == 0xfff
	}
	return limit>>20 == 0
}

// checkCode is for CS.
func checkCode(c *context, l limits) error {
	g := &c.guest
	access, dpl := g.Access[x86.CS], g.Access[x86.CS]>>accessDPLShift&3
	stack := g.Access[x86.SS] >> accessDPLShift & 3
	if c.flags&x86.FlagVM != 0 {
		return nil
	}
	wrong := func(why string) error { return bad("CS.Attributes", access, why) }
	switch access & accessType {
	case typeWritable:
		if dpl != 0 {
			return wrong("DPL must be 0: it is data")
		}
	case typeCode, typeReadableCode:
		if dpl != stack {
			return wrong("DPL must be the privilege level")
		}
	case typeConforming, typeReadableConforming:
		if dpl > stack {
			return wrong("DPL must not be above the privilege level")
		}
	default:
		return wrong("neither accessed code nor data that can be written")
	}
	if g.EFER&x86.EFERLMA != 0 && access&accessL != 0 && access&accessDB != 0 {
		return wrong("L and D must not both be set in long mode")
	}
	return nil
}

// checkStack is for SS, whose DPL is the privilege level.
func checkStack(c *context, l limits) error {
	g := &c.guest
	access, dpl := g.Access[x86.SS], g.Access[x86.SS]>>accessDPLShift&3
	if c.flags&x86.FlagVM != 0 {
		return nil
	}
	switch t := access & accessType; {
	case access&accessUnusable == 0 && t != typeWritable && t != typeExpandDownWritable:
		return bad("SS.Attributes", access, "not accessed data that can be written")
	case dpl != 0 && (g.Access[x86.CS]&accessType == typeWritable || g.CR0&x86.CR0PE == 0):
		return bad("SS.Attributes", access, "DPL must be 0 in real mode")
	}
	return nil
}

// checkSystem is for TR and LDTR.
func checkSystem(c *context, l limits) error {
	g := &c.guest
	long := g.EFER&x86.EFERLMA != 0
	tr, ldt := g.Access[x86.TR], g.Access[x86.LDTR]
	switch t := tr & accessType; {
	case tr&accessUnusable != 0 || tr&accessPresent == 0:
		return bad("TR.Attributes", tr, "not present")
	case tr&accessS != 0 || t != typeBusyTSS && (long || t != typeBusyTSS16):
		return bad("TR.Attributes", tr, "not a busy TSS")
	case tr&accessReserved != 0:
		return bad("TR.Attributes", tr, "reserved bits are set")
	case !granular(tr, g.Limit[x86.TR]):
		return bad("TR.Limit", g.Limit[x86.TR], "G does not allow it")
	case g.Selector[x86.TR]&4 != 0:
		return bad("TR.Selector", g.Selector[x86.TR], "TI must be 0")
	case ldt&accessUnusable != 0:
		return nil
	case ldt&(accessS|accessType|accessPresent) != typeLDT|accessPresent:
		return bad("LDTR.Attributes", ldt, "not a present LDT")
	case ldt&accessReserved != 0:
		return bad("LDTR.Attributes", ldt, "reserved bits are set")
	case !granular(ldt, g.Limit[x86.LDTR]):
		return bad("LDTR.Limit", g.Limit[x86.LDTR], "G does not allow it")
	case g.Selector[x86.LDTR]&4 != 0:
		return bad("LDTR.Selector", g.Selector[x86.LDTR], "TI must be 0")
	}
	return nil
}
