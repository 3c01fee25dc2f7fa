package lapic

// Priority is a processor that has the upper half of its task priority itself, as
// CR8. The guest changes it there without anybody being told, so Notify is called
// whatever the task priority is, and the processor, which then asks for what is
// Pending, is asked for CR8.
type Priority interface {
	// Raised is a byte that is 0 while CR8 is 0.
	Raised() *uint8
	CR8() uint8
	SetCR8(v uint8)
	// ExitBelow has the processor come back, and ask, when the guest makes
	// CR8 less than v.
	ExitBelow(v uint8)
}

// ShareTPR says who has the upper half of the task priority from now on.
func (l *LAPIC) ShareTPR(with Priority) {
	l.shared, l.raised = with, with.Raised()
	l.setTPR(l.tpr)
}

// TPR is the task priority; CR8 is its bits 7 to 4. Intel SDM vol. 3 §11.8.6. A
// move to CR8 clears the others, which is seen when it has changed CR8.
func (l *LAPIC) TPR() uint8 {
	if l.shared != nil {
		if v := l.shared.CR8(); v != l.tpr>>4 {
			l.tpr = v << 4
		}
	}
	return l.tpr
}

// SetTPR sets the task priority. What it has held up may be pending now.
func (l *LAPIC) SetTPR(v uint8) {
	before := l.TPR()
	l.setTPR(v)
	if l.next&class > v&class && l.next&class <= before&class {
		l.cfg.Notify()
	}
}

// setTPR sets it, and asks for an exit anew: the threshold is never above CR8.
func (l *LAPIC) setTPR(v uint8) {
	l.tpr = v
	if l.shared != nil {
		l.shared.SetCR8(v >> 4)
	}
	l.allowed()
}

// exitBelow asks for an exit.
func (l *LAPIC) exitBelow(v uint8) {
	if l.shared != nil {
		l.shared.ExitBelow(v)
	}
}

// ppr is the processor priority. Intel SDM vol. 3 §11.8.3.1.
func (l *LAPIC) ppr() uint8 {
	tpr := l.TPR()
	if service := l.service & class; service > tpr&class {
		return service
	}
	return tpr
}
