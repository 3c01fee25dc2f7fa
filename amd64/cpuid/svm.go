package cpuid

// SVMInfo is the part of leaf 8000_000Ah that is numbers; its feature bits are
// Features. APM vol. 3 §E.4 function 8000_000Ah.
type SVMInfo struct {
	Revision uint8
	ASIDs    uint32 // address space identifiers, the host's ASID 0 among them
}

// SVMInfo reads leaf 8000_000Ah; ok is false when the processor has no SVM.
func (f Func) SVMInfo() (s SVMInfo, ok bool) {
	if !f.Has(SVM) {
		return s, false
	}
	eax, ebx, _, _ := f.Leaf(LeafSVM, 0)
	return SVMInfo{Revision: uint8(eax), ASIDs: ebx}, true
}
