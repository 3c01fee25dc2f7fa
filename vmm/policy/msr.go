package policy

import (
	"sort"

	"github.com/ringo-vmm/ringo/vmm/state"
)

// Handler keeps registers that have another owner: the engine, the local APIC,
// the clock. Values have been checked as far as the table says. False raises
// #GP in the guest.
type Handler interface {
	ReadMSR(num uint32) (v uint64, ok bool)
	WriteMSR(num uint32, v uint64) (ok bool)
}

// MSRConfig is what decides a virtual processor's MSRs.
type MSRConfig struct {
	CPUID *CPUID
	BSP   bool // this is the bootstrap processor

	// Microcode is IA32_BIOS_SIGN_ID, best the host's: guests look there
	// for what is wrong with their processor.
	Microcode uint64
	// ArchCapabilities is the register of that name, if the CPUID has it.
	ArchCapabilities uint64
	// LowMemory and HighMemory are the ends of the guest's memory below and
	// above 4 GiB: guest-physical addresses.
	LowMemory, HighMemory uint64

	// Unknown, if not nil, is told of the first access to each register
	// that nobody knows. The guest gets a #GP.
	Unknown func(num uint32, write bool, v uint64)
}

// MSRs are a virtual processor's model-specific registers.
type MSRs struct {
	config MSRConfig
	rows   []row     // by number
	ranges []handled // the latest counts
	quiet  []span    // known not to be there
	seen   [maxSeen]uint32
	nSeen  int
}

// span is registers with consecutive numbers.
type span struct{ first, count uint32 }

func (s span) has(num uint32) bool { return num-s.first < s.count }

// handled is registers that a Handler keeps.
type handled struct {
	span
	handler Handler
}

// zeros is a Handler whose registers read 0, and ignore what is written.
type zeros struct{}

func (zeros) ReadMSR(uint32) (uint64, bool) { return 0, true }
func (zeros) WriteMSR(uint32, uint64) bool  { return true }

// maxSeen bounds the unknown registers that are reported.
const maxSeen = 64

// NewMSRs makes a virtual processor's registers.
func NewMSRs(c MSRConfig) *MSRs {
	m := &MSRs{config: c}
	for _, e := range c.entries() {
		s := span{e.first, e.count}
		switch {
		case e.kind == absent:
			m.quiet = append(m.quiet, s)
		case e.count > maxRows:
			m.ranges = append(m.ranges, handled{s, zeros{}})
		default:
			for i := range e.count {
				m.rows = append(m.rows, row{num: e.first + i, kind: e.kind, check: e.check, reset: e.reset, mask: e.mask})
			}
		}
	}
	m.sort()
	m.Reset()
	return m
}

// maxRows is how many registers an entry has rows for; a longer one is ignored
// registers that read 0.
const maxRows = 8

func (m *MSRs) sort() {
	sort.Slice(m.rows, func(i, j int) bool { return m.rows[i].num < m.rows[j].num })
}

// Handle gives count registers from first to a handler, in place of the table
// and of earlier handlers. The table still checks what is written to those it
// knows, and still denies those that the CPUID says are not there.
func (m *MSRs) Handle(first, count uint32, h Handler) {
	for i := range m.rows {
		if (span{first, count}).has(m.rows[i].num) {
			m.rows[i].handler = h
		}
	}
	m.ranges = append(m.ranges, handled{span{first, count}, h})
}

// find is the row of a register, nil if there is none.
func (m *MSRs) find(num uint32) *row {
	low, high := 0, len(m.rows)
	for low < high {
		mid := int(uint(low+high) / 2)
		if m.rows[mid].num < num {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low < len(m.rows) && m.rows[low].num == num {
		return &m.rows[low]
	}
	return nil
}

// handlerOf is who keeps a register that is not in the table.
func (m *MSRs) handlerOf(num uint32) Handler {
	for i := len(m.ranges) - 1; i >= 0; i-- {
		if r := &m.ranges[i]; r.has(num) {
			return r.handler
		}
	}
	return nil
}

// Read is RDMSR. False raises #GP.
func (m *MSRs) Read(num uint32) (v uint64, ok bool) {
	r := m.find(num)
	if r == nil {
		if h := m.handlerOf(num); h != nil {
			return h.ReadMSR(num)
		}
		m.unknown(num, false, 0)
		return 0, false
	}
	switch {
	case r.kind == writeOnly || r.kind == denied:
		return 0, false
	case r.handler != nil:
		return r.handler.ReadMSR(num)
	}
	return r.value, true
}

// Write is WRMSR. False raises #GP.
func (m *MSRs) Write(num uint32, v uint64) (ok bool) {
	r := m.find(num)
	if r == nil {
		if h := m.handlerOf(num); h != nil {
			return h.WriteMSR(num, v)
		}
		m.unknown(num, true, v)
		return false
	}
	switch {
	case r.kind == denied:
		return false
	case r.handler != nil:
		return m.valid(r, v) && r.handler.WriteMSR(num, v)
	case r.kind == ignored:
		return true
	case r.kind == constant || !m.valid(r, v):
		return false
	}
	r.value = v
	return true
}

// unknown reports a register that is not known, once.
func (m *MSRs) unknown(num uint32, write bool, v uint64) {
	for _, s := range m.quiet {
		if s.has(num) {
			return
		}
	}
	for _, n := range m.seen[:m.nSeen] {
		if n == num {
			return
		}
	}
	if m.nSeen == maxSeen || m.config.Unknown == nil {
		return
	}
	m.seen[m.nSeen] = num
	m.nSeen++
	m.config.Unknown(num, write, v)
}

// Reset gives the registers that are kept here the values of a reset.
func (m *MSRs) Reset() {
	for i := range m.rows {
		m.rows[i].value = m.rows[i].reset
	}
}

// State saves or loads the registers that are kept here.
func (m *MSRs) State(c *state.Codec) {
	c.Version("msr", 1)
	n := 0
	for i := range m.rows {
		if m.rows[i].saved() {
			n++
		}
	}
	count := n
	if c.Int(&count); count != n {
		c.Fail("%d registers, want %d", count, n)
		return
	}
	for i := range m.rows {
		r := &m.rows[i]
		if !r.saved() {
			continue
		}
		num, v := r.num, r.value
		c.U32(&num)
		c.U64(&v)
		if num != r.num || !m.valid(r, v) && v != r.reset {
			c.Fail("register %#x has value %#x, want one for %#x", num, v, r.num)
			return
		}
		r.value = v
	}
}
