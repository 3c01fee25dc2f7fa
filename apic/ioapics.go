package apic

import (
	"fmt"
	"strings"

	"github.com/ringo-vmm/ringo/amd64"
)

// MaxIOAPICs is how many I/O APICs a set holds.
const MaxIOAPICs = 16

// IOAPICs is the machine's I/O APICs, addressed by global system interrupt
// number (GSI): the MADT gives each the number of its first pin. ACPI 6.4
// §5.2.12.3, §5.2.13. The rule of IOAPIC on serialised calls holds.
type IOAPICs struct {
	chips [MaxIOAPICs]IOAPIC
	first [MaxIOAPICs]uint32 // GSI of pin 0
	n     int
}

// Add initialises the I/O APIC at mmio, whose first pin is interrupt number
// gsi. The errors are ErrIOAPICFull, ErrIOAPICVersion and ErrIOAPICOverlap;
// after an error the set is as before.
func (s *IOAPICs) Add(mmio amd64.MMIO, gsi uint32) error {
	if s.n == MaxIOAPICs {
		return ErrIOAPICFull
	}
	a := &s.chips[s.n]
	if err := a.Init(mmio); err != nil {
		return err
	}
	end := uint64(gsi) + uint64(a.pins)
	for i := range s.n {
		if uint64(gsi) < uint64(s.first[i])+uint64(s.chips[i].pins) && uint64(s.first[i]) < end {
			return ErrIOAPICOverlap
		}
	}
	s.first[s.n] = gsi
	s.n++
	return nil
}

// Len returns the number of I/O APICs in the set.
func (s *IOAPICs) Len() int { return s.n }

// Find returns the I/O APIC that serves interrupt number gsi, and its pin. The
// error is ErrNoGSI.
func (s *IOAPICs) Find(gsi uint32) (a *IOAPIC, pin int, err error) {
	for i := range s.n {
		if gsi-s.first[i] < uint32(s.chips[i].pins) {
			return &s.chips[i], int(gsi - s.first[i]), nil
		}
	}
	return nil, 0, ErrNoGSI
}

// Route sets where interrupt number gsi is sent; see IOAPIC.Route.
func (s *IOAPICs) Route(gsi uint32, r Redirection) error {
	a, pin, err := s.Find(gsi)
	if err != nil {
		return err
	}
	return a.Route(pin, r)
}

// Mask stops interrupt number gsi.
func (s *IOAPICs) Mask(gsi uint32) error {
	a, pin, err := s.Find(gsi)
	if err != nil {
		return err
	}
	return a.Mask(pin)
}

// Unmask lets interrupt number gsi through again.
func (s *IOAPICs) Unmask(gsi uint32) error {
	a, pin, err := s.Find(gsi)
	if err != nil {
		return err
	}
	return a.Unmask(pin)
}

// String returns each I/O APIC in a line and, under it, each pin that has ever
// been routed.
func (s *IOAPICs) String() string {
	var b strings.Builder
	for i := range s.n {
		a := &s.chips[i]
		fmt.Fprintf(&b, "I/O APIC %d: version %#x, %d pins, GSI %d to %d\n",
			a.id, a.version, a.pins, s.first[i], s.first[i]+uint32(a.pins)-1)
		for pin := range a.pins {
			r, err := a.Entry(pin)
			if err != nil || r.Vector == 0 {
				continue
			}
			fmt.Fprintf(&b, "  GSI %3d: %v\n", s.first[i]+uint32(pin), r)
		}
	}
	return b.String()
}

// String returns the entry in words.
func (r Redirection) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "vector %#02x to APIC %d %s", r.Vector, r.Dest, deliveryModes[r.Mode&7])
	writeFlags(&b, r.ActiveLow, r.Level, r.Pending, r.Masked)
	if r.RemoteIRR {
		b.WriteString(" in-service")
	}
	return b.String()
}
