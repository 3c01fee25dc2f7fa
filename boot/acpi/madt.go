package acpi

import "encoding/binary"

// MADT is the Multiple APIC Description Table: the processors and how
// interrupts reach them. ACPI 6.4 §5.2.12.
type MADT struct {
	// LocalAPIC is the host-physical address at which every processor sees
	// its own local APIC.
	LocalAPIC uint64
	// DualPIC says that the machine also has a pair of 8259 interrupt
	// controllers, which must be masked (PCAT_COMPAT).
	DualPIC    bool
	Processors []Processor
	IOAPICs    []IOAPIC
	Overrides  []Override
	NMISources []NMISource
	LocalNMIs  []LocalNMI
}

// Processor is one logical processor, from a Processor Local APIC or Local
// x2APIC structure, ACPI 6.4 §5.2.12.2 and §5.2.12.12.
type Processor struct {
	UID     uint32 // links it to its object in the ACPI namespace
	APICID  uint32 // above 254 it can be reached in x2APIC mode only
	Enabled bool   // ready for use now
	// OnlineCapable says that a processor that is not enabled may be enabled
	// later. A processor that is neither must not be started.
	OnlineCapable bool
}

// IOAPIC is an I/O APIC, ACPI 6.4 §5.2.12.3.
type IOAPIC struct {
	ID      uint8
	Address uint32 // host-physical, of its registers
	GSIBase uint32 // global system interrupt of its first input
}

// Override says that an ISA interrupt is not wired as usual, ACPI 6.4
// §5.2.12.5.
type Override struct {
	IRQ   uint8  // ISA interrupt
	GSI   uint32 // global system interrupt: the I/O APIC input
	Flags INTIFlags
}

// NMISource is an I/O APIC input that should be programmed as non-maskable,
// ACPI 6.4 §5.2.12.6.
type NMISource struct {
	GSI   uint32
	Flags INTIFlags
}

// LocalNMI says which local interrupt input of a processor NMI is wired to,
// ACPI 6.4 §5.2.12.7 and §5.2.12.13.
type LocalNMI struct {
	All   bool   // for all processors; UID has no meaning then
	UID   uint32 // as in Processor
	LINT  uint8  // 0 or 1
	Flags INTIFlags
}

// INTIFlags is the polarity (bits 1:0) and trigger mode (bits 3:2) of an
// interrupt input, the MPS INTI flags of ACPI 6.4 §5.2.12.5.
type INTIFlags uint16

const (
	intiPolarityMask = 3 << 0
	intiActiveHigh   = 1 << 0
	intiActiveLow    = 3 << 0
	intiTriggerMask  = 3 << 2
	intiEdge         = 1 << 2
	intiLevel        = 3 << 2
)

// ActiveLow is the polarity. What conforms to the bus is active high, as on
// the ISA bus, the only one that the MADT describes.
func (f INTIFlags) ActiveLow() bool { return f&intiPolarityMask == intiActiveLow }

// Level says that the input is level-triggered. What conforms to the bus is
// edge-triggered, as on the ISA bus.
func (f INTIFlags) Level() bool { return f&intiTriggerMask == intiLevel }

// Layout of the MADT and its structures, ACPI 6.4 §5.2.12.
const (
	madtLocalAPIC  = 36
	madtFlags      = 40
	madtStructures = 44
	madtPCATCompat = 1 << 0 // of the flags at madtFlags

	madtProcessor      = 0
	madtIOAPIC         = 1
	madtOverride       = 2
	madtNMISource      = 3
	madtLocalNMI       = 4
	madtAddress        = 5
	madtX2APIC         = 9
	madtX2APICNMI      = 10
	processorEnabled   = 1 << 0
	processorOnline    = 1 << 1
	noAPICID           = 0xFF       // of a processor that is not there
	noX2APICID         = 0xFFFFFFFF // the same
	allProcessors      = 0xFF       // UID in a Local APIC NMI structure
	allX2APIC          = 0xFFFFFFFF // UID in a Local x2APIC NMI structure
	overrideBusISA     = 0
	madtStructureStart = 2 // bytes: type and length
)

// madtSizes is the length in bytes of the structures we read.
var madtSizes = map[uint8]int{
	madtProcessor: 8,
	madtIOAPIC:    12,
	madtOverride:  10,
	madtNMISource: 8,
	madtLocalNMI:  6,
	madtAddress:   12,
	madtX2APIC:    16,
	madtX2APICNMI: 12,
}

// parseMADT reads a MADT, header included. It returns nil and adds a problem
// when the table is too short. A structure that is wrong is left out; one
// whose length cannot be ends the list, since the next cannot be found.
func parseMADT(table []byte, p *problems) *MADT {
	if len(table) < madtStructures {
		p.addf("MADT: %d bytes, want at least %d", len(table), madtStructures)
		return nil
	}
	m := &MADT{
		LocalAPIC: uint64(binary.LittleEndian.Uint32(table[madtLocalAPIC:])),
		DualPIC:   binary.LittleEndian.Uint32(table[madtFlags:])&madtPCATCompat != 0,
	}
	seen := make(map[uint32]int)
	at := madtStructures
	for count := 0; at < len(table); count++ {
		b := table[at:]
		if count == maxMADTItems {
			p.addf("MADT: only the first %d structures are read", maxMADTItems)
			break
		}
		if len(b) < madtStructureStart || int(b[1]) < madtStructureStart || int(b[1]) > len(b) {
			p.addf("MADT: structure at offset %d runs past the table's end or has no length; the rest is ignored", at)
			break
		}
		b = b[:b[1]]
		if want := madtSizes[b[0]]; len(b) < want {
			p.addf("MADT: type %d structure at offset %d has %d bytes, want %d", b[0], at, len(b), want)
		} else {
			m.add(b, seen, p)
		}
		at += len(b)
	}
	return m
}

// add adds the structure b, which has the length that its type needs. seen
// is the index in Processors by APIC id.
func (m *MADT) add(b []byte, seen map[uint32]int, p *problems) {
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	switch b[0] {
	case madtProcessor:
		if id := uint32(b[3]); id != noAPICID {
			m.addProcessor(uint32(b[2]), id, u32(b[4:]), seen)
		}
	case madtX2APIC:
		if id := u32(b[4:]); id != noX2APICID {
			m.addProcessor(u32(b[12:]), id, u32(b[8:]), seen)
		}
	case madtIOAPIC:
		a := IOAPIC{ID: b[2], Address: u32(b[4:]), GSIBase: u32(b[8:])}
		if a.Address == 0 {
			p.addf("MADT: I/O APIC %d has no address", a.ID)
			return
		}
		m.IOAPICs = append(m.IOAPICs, a)
	case madtOverride:
		if b[2] != overrideBusISA {
			p.addf("MADT: override of interrupt %d on bus %d, want bus 0 (ISA)", b[3], b[2])
			return
		}
		m.Overrides = append(m.Overrides, Override{IRQ: b[3], GSI: u32(b[4:]), Flags: INTIFlags(u16(b[8:]))})
	case madtNMISource:
		m.NMISources = append(m.NMISources, NMISource{GSI: u32(b[4:]), Flags: INTIFlags(u16(b[2:]))})
	case madtLocalNMI:
		m.addLocalNMI(LocalNMI{All: b[2] == allProcessors, UID: uint32(b[2]), LINT: b[5], Flags: INTIFlags(u16(b[3:]))}, p)
	case madtX2APICNMI:
		uid := u32(b[4:])
		m.addLocalNMI(LocalNMI{All: uid == allX2APIC, UID: uid, LINT: b[8], Flags: INTIFlags(u16(b[2:]))}, p)
	case madtAddress:
		m.LocalAPIC = binary.LittleEndian.Uint64(b[4:])
	}
}

// addProcessor adds a processor. Some firmware lists one twice, as local APIC
// and as x2APIC, and some fills unused structures with the APIC id of another
// processor: of two with the same id, the first enabled one is kept.
func (m *MADT) addProcessor(uid, apicID, flags uint32, seen map[uint32]int) {
	c := Processor{
		UID:           uid,
		APICID:        apicID,
		Enabled:       flags&processorEnabled != 0,
		OnlineCapable: flags&processorOnline != 0,
	}
	i, ok := seen[apicID]
	if !ok {
		seen[apicID] = len(m.Processors)
		m.Processors = append(m.Processors, c)
	} else if c.Enabled && !m.Processors[i].Enabled {
		m.Processors[i] = c
	}
}

// addLocalNMI adds n if it names an input that processors have.
func (m *MADT) addLocalNMI(n LocalNMI, p *problems) {
	if n.LINT > 1 {
		p.addf("MADT: NMI of processor UID %#x at LINT%d, want 0 or 1", n.UID, n.LINT)
		return
	}
	m.LocalNMIs = append(m.LocalNMIs, n)
}

// GSI is the global system interrupt that ISA interrupt isaIRQ is wired to,
// and how: by its override, else to the input of the same number, active high
// and edge-triggered (ACPI 6.4 §5.2.12.5).
func (m *MADT) GSI(isaIRQ uint8) (gsi uint32, activeLow, level bool) {
	for _, o := range m.Overrides {
		if o.IRQ == isaIRQ {
			return o.GSI, o.Flags.ActiveLow(), o.Flags.Level()
		}
	}
	return uint32(isaIRQ), false, false
}
