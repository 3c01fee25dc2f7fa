//go:build solution

package policy

import "encoding/binary"

// Leaves of CPUID.
const (
	leafFeatures   = 1
	leafStructured = 7
	leafXSAVE      = 0xd
	leafHypervisor = 0x4000_0000
	leafBrand      = 0x8000_0002
)

// Bits of its answers.
const (
	ecxAVX   = 1<<12 | 1<<28 | 1<<29 // FMA, AVX, F16C
	ecxHyper = 1 << 31
	ebxAVX   = 1<<5 | 1<<16 | 1<<17 | 1<<21 | 1<<26 | 1<<27 | 1<<28 | 1<<30 | 1<<31 // AVX2, AVX-512
	xcr0AVX  = 1<<2 | 1<<5 | 1<<6 | 1<<7
)

func answer(leaf, sub uint32, regs [4]uint32) [4]uint32 {
	switch {
	case leaf == leafFeatures:
		regs[2] &^= ecxHyper | ecxAVX
	case leaf == leafStructured && sub == 0:
		regs[1] &^= ebxAVX
	case leaf == leafXSAVE && sub == 0:
		regs[0] &^= xcr0AVX
	case leaf >= leafHypervisor && leaf <= leafHypervisor+0xff:
		return [4]uint32{}
	case leaf >= leafBrand && leaf < leafBrand+3:
		var text [48]byte
		copy(text[:], name)
		for i := range regs {
			regs[i] = binary.LittleEndian.Uint32(text[(leaf-leafBrand)*16+uint32(i)*4:])
		}
	}
	return regs
}

type counter struct{ reads uint64 }

func (m *counter) read() uint64 {
	m.reads++
	return m.reads
}

func (m *counter) write(v uint64) (ok bool) {
	if v != 0 {
		return false
	}
	m.reads = 0
	return true
}
