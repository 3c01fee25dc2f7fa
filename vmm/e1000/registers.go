package e1000

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// Registers, as offsets in bytes. SDM §13.2, table 13-2.
const (
	regCTRL    = 0x0000
	regSTATUS  = 0x0008
	regEECD    = 0x0010
	regEERD    = 0x0014
	regCTRLEXT = 0x0018
	regMDIC    = 0x0020
	regFCAL    = 0x0028
	regFCAH    = 0x002c
	regFCT     = 0x0030
	regVET     = 0x0038
	regICR     = 0x00c0
	regITR     = 0x00c4
	regICS     = 0x00c8
	regIMS     = 0x00d0
	regIMC     = 0x00d8
	regRCTL    = 0x0100
	regFCTTV   = 0x0170
	regTXCW    = 0x0178
	regTCTL    = 0x0400
	regTIPG    = 0x0410
	regAIFS    = 0x0458
	regLEDCTL  = 0x0e00
	regPBA     = 0x1000
	regFCRTL   = 0x2160
	regFCRTH   = 0x2168
	regRDBAL   = 0x2800
	regRDTR    = 0x2820
	regRXDCTL  = 0x2828
	regRADV    = 0x282c
	regRSRPD   = 0x2c00
	regTXDMAC  = 0x3000
	regTDBAL   = 0x3800
	regTIDV    = 0x3820
	regTXDCTL  = 0x3828
	regTADV    = 0x382c
	regTSPMT   = 0x3830
	regStats   = 0x4000
	regMPC     = 0x4010
	regGPRC    = 0x4074
	regBPRC    = 0x4078
	regMPRC    = 0x407c
	regGPTC    = 0x4080
	regGORCL   = 0x4088
	regGOTCL   = 0x4090
	regTORL    = 0x40c0
	regTOTL    = 0x40c8
	regTPR     = 0x40d0
	regTPT     = 0x40d4
	regRXCSUM  = 0x5000
	regMTA     = 0x5200
	regRAL     = 0x5400
	regVFTA    = 0x5600
	regWUC     = 0x5800
	regWUFC    = 0x5808
	regMANC    = 0x5820

	// Of a ring, from its first register.
	ringBAL = 0x00
	ringBAH = 0x04
	ringLEN = 0x08
	ringH   = 0x10
	ringT   = 0x18
)

const (
	ctrlFD     = 1 << 0
	ctrlRST    = 1 << 26
	ctrlVME    = 1 << 30 // VLAN tags are taken off and put on
	ctrlPHYRST = 1 << 31

	statusUp = 1<<0 | 1<<1 | 2<<6 // full duplex, link up, 1000 Mb/s

	// Causes of interrupts: ICR, IMS. SDM §13.4.17.
	icrTXDW   = 1 << 0 // a descriptor was written back
	icrTXQE   = 1 << 1 // all is sent
	icrLSC    = 1 << 2 // the link has changed
	icrRXDMT0 = 1 << 4 // few buffers are left
	icrRXO    = 1 << 6 // a frame was lost
	icrRXT0   = 1 << 7 // a frame is there
	icrMDAC   = 1 << 9 // the PHY was accessed
	icrBits   = 0x1ffff

	rctlEN   = 1 << 1
	rctlUPE  = 1 << 3 // takes all frames for one
	rctlMPE  = 1 << 4 // takes all frames for groups
	rctlLPE  = 1 << 5 // takes long frames
	rctlBAM  = 1 << 15
	rctlVFE  = 1 << 18
	rctlBSEX = 1 << 25
	rctlCRC  = 1 << 26 // leaves the frame check sequence out

	rctlRDMTS = 8  // shifts of fields of two bits
	rctlMO    = 12 // which bits of a group's address
	rctlBSIZE = 16

	tctlEN = 1 << 1

	rahValid = 1 << 31

	// The values that registers have after a reset.
	pbaReset = 0x00100030
	ledReset = 0x07068302
	vetReset = ether.TypeVLAN
)

const (
	statCount   = 0x4a
	mtaCount    = 128
	vftaCount   = 128
	filterCount = 16 // addresses
)

// ring is the registers of a ring of descriptors. SDM §13.4.25, §13.4.33.
type ring struct {
	base       uint64 // guest-physical
	length     uint32 // in bytes
	head, tail uint32 // indices
}

const descriptor = 16 // bytes

func (r *ring) count() uint32 { return r.length / descriptor }

// at is where the descriptor at the head is.
func (r *ring) at() uint64 { return r.base + descriptor*uint64(r.head) }

// left is how many descriptors are from head to tail, 0 if one of them is none
// of the ring's.
func (r *ring) left() uint32 {
	n := r.count()
	if r.head >= n || r.tail >= n {
		return 0
	}
	return (r.tail + n - r.head) % n
}

func (r *ring) next() {
	if r.head++; r.head >= r.count() {
		r.head = 0
	}
}

// registers are what the guest sees of the controller.
type registers struct {
	ctrl, rctl, tctl uint32
	icr, ims, itr    uint32
	eerd, mdic       uint32
	rx               ring
	txRing           ring
	stats            [statCount]uint32
	mta              [mtaCount]uint32
	vfta             [vftaCount]uint32
	filters          [2 * filterCount]uint32 // RAL and RAH in turn
	plain            [len(plainRegisters)]uint32
}

// plainRegisters keep what is written to them, and nothing else comes of it.
var plainRegisters = [...]uint16{regCTRLEXT, regFCAL, regFCAH, regFCT, regVET, regFCTTV, regTXCW, regTIPG, regAIFS, regLEDCTL,
	regPBA, regFCRTL, regFCRTH, regRDTR, regRXDCTL, regRADV, regRSRPD, regTXDMAC, regTIDV, regTXDCTL, regTADV, regTSPMT,
	regRXCSUM, regWUC, regWUFC, regMANC}

func plainIndex(reg uint32) int {
	for i, r := range &plainRegisters {
		if uint32(r) == reg {
			return i
		}
	}
	return -1
}

func (r *registers) powerOn(m ether.MAC) {
	r.ctrl = ctrlFD
	r.filters[0] = binary.LittleEndian.Uint32(m[:])
	r.filters[1] = uint32(binary.LittleEndian.Uint16(m[4:])) | rahValid
	r.plain[plainIndex(regPBA)] = pbaReset
	r.plain[plainIndex(regLEDCTL)] = ledReset
	r.plain[plainIndex(regVET)] = vetReset
}

// count adds to a counter, which stays at its end. SDM §13.7.
func (r *registers) count(reg, n uint32) {
	s := &r.stats[(reg-regStats)/4]
	*s = max(*s+n, *s)
}

// octets adds to a counter of 64 bits.
func (r *registers) octets(reg uint32, n int) {
	i := (reg - regStats) / 4
	v := uint64(r.stats[i+1])<<32 | uint64(r.stats[i])
	v += uint64(n)
	r.stats[i], r.stats[i+1] = uint32(v), uint32(v>>32)
}

// array is a register of an array, nil if reg is none.
func (r *registers) array(reg uint32) *uint32 {
	switch {
	case reg >= regMTA && reg < regMTA+4*mtaCount:
		return &r.mta[(reg-regMTA)/4]
	case reg >= regRAL && reg < regRAL+8*filterCount:
		return &r.filters[(reg-regRAL)/4]
	case reg >= regVFTA && reg < regVFTA+4*vftaCount:
		return &r.vfta[(reg-regVFTA)/4]
	}
	if i := plainIndex(reg); i >= 0 {
		return &r.plain[i]
	}
	return nil
}
