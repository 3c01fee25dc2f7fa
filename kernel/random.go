//go:build tamago

package main

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/klog"
)

// Random numbers come from the processor, or from a generator seeded with
// whatever jitter the machine has, which is not good enough for keys.
var (
	hasRDRAND bool
	generator rand.ChaCha8
)

// initRandom decides which. Pre-runtime.
func initRandom() {
	_, _, ecx, _ := amd64.CPUID(1, 0)
	hasRDRAND = ecx&featureRDRAND != 0 && workingRDRAND()
	if hasRDRAND {
		say("random: RDRAND")
		return
	}
	var seed [32]byte
	for i := range seed {
		// Port 0x80 is as slow as a bus, and not by the same amount each time.
		amd64.Ports{}.In8(0x80)
		seed[i] = byte(amd64.RDTSC() >> (i % 3))
	}
	binary.LittleEndian.PutUint64(seed[:], binary.LittleEndian.Uint64(seed[:])^entryTSC)
	generator.Seed(seed)
	logEnd(klog.Warn, logLine().Str("random: warning: no working RDRAND: seeded from timing, not fit for keys"))
}

// workingRDRAND tells whether the instruction gives numbers at all: some
// processors return the same one for ever.
func workingRDRAND() bool {
	const tries = 16
	first, ok := rdrand()
	for i := 0; ok && i < tries; i++ {
		var v uint64
		if v, ok = rdrand(); v != first {
			return ok
		}
	}
	return false
}

// rdrand retries as the manual advises. Intel SDM vol. 1 §7.3.17.1.
func rdrand() (uint64, bool) {
	for range 10 {
		if v, ok := amd64.RDRAND(); ok {
			return v, true
		}
		amd64.Pause()
	}
	return 0, false
}

// random fills p. It runs with interrupts off.
func random(p []byte) {
	for len(p) > 0 {
		v, ok := uint64(0), false
		if hasRDRAND {
			v, ok = rdrand()
		}
		if !ok {
			v = generator.Uint64()
		}
		for i := 0; i < 8 && len(p) > 0; i++ {
			p[0], p = byte(v), p[1:]
			v >>= 8
		}
	}
}
