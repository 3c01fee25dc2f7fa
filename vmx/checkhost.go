package vmx

import "fmt"

// Bits of the host's registers. SDM vol. 3 §2.5, vol. 4 table 2-2.
const (
	cr4PAE  = 1 << 5
	eferLME = 1 << 8
	eferLMA = 1 << 10
)

// checkHost applies the rules by which an entry refuses the host's state, with
// VM-instruction error 8. fs is FS base, and exit the exit controls. The host is
// in 64-bit mode. SDM vol. 3 §26.2.2 to §26.2.4.
func checkHost(h *host, fs, exit uint64, l limits) error {
	f := &l.features
	switch {
	case exit&exitHost64 == 0:
		return bad("exit controls", exit, "the host is in 64-bit mode")
	case f.cr0Fixed0&^h.CR0 != 0:
		return bad("host CR0", h.CR0, fmt.Sprintf("bits %#x must be 1 in VMX operation", f.cr0Fixed0&^h.CR0))
	case h.CR0&^f.cr0Fixed1 != 0:
		return bad("host CR0", h.CR0, fmt.Sprintf("bits %#x must be 0 in VMX operation", h.CR0&^f.cr0Fixed1))
	case f.cr4Fixed0&^h.CR4 != 0:
		return bad("host CR4", h.CR4, fmt.Sprintf("bits %#x must be 1 in VMX operation", f.cr4Fixed0&^h.CR4))
	case h.CR4&^f.cr4Fixed1 != 0:
		return bad("host CR4", h.CR4, fmt.Sprintf("bits %#x must be 0 in VMX operation", h.CR4&^f.cr4Fixed1))
	case h.CR4&cr4PAE == 0:
		return bad("host CR4", h.CR4, "PAE must be set in 64-bit mode")
	case h.CR3>>l.physicalBits != 0:
		return bad("host CR3", h.CR3, fmt.Sprintf("an address of more than %d bits", l.physicalBits))
	case exit&exitLoadPAT != 0 && !validPAT(h.PAT):
		return bad("host PAT", h.PAT, "an entry has a memory type that does not exist")
	case exit&exitLoadEFER != 0 && h.EFER&(eferLME|eferLMA) != eferLME|eferLMA:
		return bad("host EFER", h.EFER, "LME and LMA must be set in 64-bit mode")
	case exit&exitLoadEFER != 0 && h.EFER&^guestEFER != 0:
		return bad("host EFER", h.EFER, fmt.Sprintf("bits %#x are reserved", h.EFER&^guestEFER))
	}
	if err := checkHostSegments(h, fs); err != nil {
		return err
	}
	if !l.list(h.MSRs, switchedMSRs) {
		return bad("exit MSR-load address", h.MSRs, "not the address of a list")
	}
	return nil
}

// checkHostSegments is for selectors, and for addresses that must be canonical.
func checkHostSegments(h *host, fs uint64) error {
	for _, s := range [...]struct {
		name  string
		value uint64
		null  bool // may be 0
	}{
		{"CS", h.CS, false}, {"TR", h.TR, false},
		{"SS", h.SS, true}, {"DS", h.DS, true}, {"ES", h.ES, true}, {"FS", h.FS, true}, {"GS", h.GS, true},
	} {
		const tableAndPrivilege = 7
		switch {
		case s.value&tableAndPrivilege != 0:
			return bad("host "+s.name+" selector", s.value, "TI and RPL must be 0")
		case s.value == 0 && !s.null:
			return bad("host "+s.name+" selector", s.value, "it must not be null")
		}
	}
	for _, a := range [...]struct {
		name  string
		value uint64
	}{
		{"FS base", fs}, {"GS base", h.GSBase}, {"TR base", h.TRBase}, {"GDTR base", h.GDTRBase}, {"IDTR base", h.IDTRBase},
		{"SYSENTER_ESP", h.SysenterESP}, {"SYSENTER_EIP", h.SysenterEIP}, {"RIP", h.RIP},
	} {
		if !canonical(a.value) {
			return bad("host "+a.name, a.value, "not canonical")
		}
	}
	return nil
}
