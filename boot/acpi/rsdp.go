package acpi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// RSDP is the Root System Description Pointer, ACPI 6.4 §5.2.5.3.
type RSDP struct {
	Address  uint64 // host-physical; 0 when it came as a boot loader's copy
	Revision uint8  // 0 for ACPI 1.0, 2 since ACPI 2.0
	OEMID    string
	RSDT     uint32 // host-physical address, 0 if none
	XSDT     uint64 // host-physical address, 0 if none
}

// String is the pointer in one line.
func (r RSDP) String() string {
	where := "copied by the boot loader"
	if r.Address != 0 {
		where = fmt.Sprintf("at %#x", r.Address)
	}
	return fmt.Sprintf("RSDP %s, revision %d, OEM %q, RSDT %#x, XSDT %#x", where, r.Revision, r.OEMID, r.RSDT, r.XSDT)
}

// Layout of the RSDP, ACPI 6.4 §5.2.5.3.
const (
	rsdpSignature    = "RSD PTR "
	rsdpOEMID        = 9
	rsdpRevision     = 15
	rsdpRSDT         = 16
	rsdpLength       = 20
	rsdpXSDT         = 24
	rsdpSizeV1       = 20  // covered by the first checksum
	rsdpSizeV2       = 36  // since revision 2
	maxRSDPSize      = 256 // what we accept from a later revision
	rsdpWithXSDT     = 2   // first revision with the fields from rsdpLength on
	rsdpSearchStride = 16
)

// The areas a BIOS may keep the RSDP in, ACPI 6.4 §5.2.5.1. The word at 0x40E,
// in the BIOS data area, is the real-mode segment of the extended BIOS data
// area (EBDA).
const (
	ebdaSegment   = 0x40E
	ebdaSearch    = 1024 // bytes searched at the start of the EBDA
	endOfLowRAM   = 0xA0000
	biosAreaStart = 0xE0000
	biosAreaEnd   = 0x100000
)

// findRSDP is the first valid RSDP among the copy, the address and the BIOS
// areas.
func (r *reader) findRSDP(addr uint64, rsdpCopy []byte) (RSDP, error) {
	if len(rsdpCopy) != 0 {
		p, err := parseRSDP(rsdpCopy, &r.problems)
		if err == nil {
			return p, nil
		}
		r.addf("RSDP copied by the boot loader: %v", err)
	}
	if addr != 0 {
		p, err := r.readRSDP(addr)
		if err == nil {
			return p, nil
		}
		r.addf("RSDP at %#x: %v", addr, err)
	}
	if p, ok := r.searchBIOS(); ok {
		return p, nil
	}
	r.addf("no RSDP in the BIOS areas")
	return RSDP{}, errors.New("acpi: no valid RSDP: " + strings.Join(r.problems, "; "))
}

// searchBIOS looks for an RSDP in the first KiB of the EBDA, then in the BIOS
// read-only memory.
func (r *reader) searchBIOS() (RSDP, bool) {
	if b := r.bytes(ebdaSegment, 2); b != nil {
		ebda := uint64(binary.LittleEndian.Uint16(b)) << 4
		if ebda != 0 && ebda+ebdaSearch <= endOfLowRAM {
			if p, ok := r.search(ebda, ebda+ebdaSearch); ok {
				return p, true
			}
		}
	}
	return r.search(biosAreaStart, biosAreaEnd)
}

// search looks for a valid RSDP at each 16-byte boundary from host-physical
// address start up to end. A signature without a valid structure behind it is
// passed over: it may be the text in a program.
func (r *reader) search(start, end uint64) (RSDP, bool) {
	for pa := start; pa < end; pa += rsdpSearchStride {
		b := r.bytes(pa, len(rsdpSignature))
		if b == nil || string(b) != rsdpSignature {
			continue
		}
		if p, err := r.readRSDP(pa); err == nil {
			return p, true
		}
	}
	return RSDP{}, false
}

// readRSDP is the RSDP at host-physical address pa.
func (r *reader) readRSDP(pa uint64) (RSDP, error) {
	b := r.bytes(pa, rsdpSizeV1)
	if b == nil {
		return RSDP{}, errors.New("not in readable memory")
	}
	if b[rsdpRevision] >= rsdpWithXSDT {
		if v2 := r.bytes(pa, rsdpSizeV2); v2 != nil {
			b = v2
			n := binary.LittleEndian.Uint32(v2[rsdpLength:])
			if n > rsdpSizeV2 && n <= maxRSDPSize {
				if all := r.bytes(pa, int(n)); all != nil {
					b = all
				}
			}
		}
	}
	p, err := parseRSDP(b, &r.problems)
	p.Address = pa
	return p, err
}

// parseRSDP reads an RSDP from its bytes. When only the part that revision 2
// added is wrong, it reports that and returns a pointer without an XSDT.
func parseRSDP(b []byte, p *problems) (RSDP, error) {
	if len(b) < rsdpSizeV1 {
		return RSDP{}, fmt.Errorf("%d bytes, want at least %d", len(b), rsdpSizeV1)
	}
	if string(b[:len(rsdpSignature)]) != rsdpSignature {
		return RSDP{}, fmt.Errorf("signature %q, want %q", b[:len(rsdpSignature)], rsdpSignature)
	}
	if s := sum(b[:rsdpSizeV1]); s != 0 {
		return RSDP{}, fmt.Errorf("bytes add up to %#x, want 0", s)
	}
	r := RSDP{
		Revision: b[rsdpRevision],
		OEMID:    text(b[rsdpOEMID:rsdpRevision]),
		RSDT:     binary.LittleEndian.Uint32(b[rsdpRSDT:]),
	}
	if r.Revision >= rsdpWithXSDT {
		if err := checkExtended(b); err == nil {
			r.XSDT = binary.LittleEndian.Uint64(b[rsdpXSDT:])
		} else if r.RSDT == 0 {
			return RSDP{}, err
		} else {
			p.addf("RSDP: %v; using the RSDT", err)
		}
	}
	if r.RSDT == 0 && r.XSDT == 0 {
		return RSDP{}, errors.New("names neither RSDT nor XSDT")
	}
	return r, nil
}

// checkExtended checks the length and the second checksum of an RSDP of
// revision 2 or later.
func checkExtended(b []byte) error {
	if len(b) < rsdpSizeV2 {
		return fmt.Errorf("revision %d in %d bytes, want %d", b[rsdpRevision], len(b), rsdpSizeV2)
	}
	n := binary.LittleEndian.Uint32(b[rsdpLength:])
	if n < rsdpSizeV2 || uint64(n) > uint64(len(b)) {
		return fmt.Errorf("length %d, want %d to %d", n, rsdpSizeV2, len(b))
	}
	if s := sum(b[:n]); s != 0 {
		return fmt.Errorf("extended bytes add up to %#x, want 0", s)
	}
	return nil
}
