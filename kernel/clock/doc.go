// Package clock is the host's one monotonic clock: nanoseconds since boot,
// from the processor's time-stamp counter (TSC).
//
// Calibrate finds the counter's rate before the clock starts. CPUID may state
// it; otherwise, and also to check that statement, the TSC is measured against
// every reference counter the machine has: HPET, PM timer, PIT. A rate counts
// as good when a second source agrees with it. The same measurement gives the
// rate of the local APIC timer. Package kernel is the caller; it prints
// Result's text in its log.
//
// It follows Intel SDM vol. 3 §18.17 (Time-Stamp Counter) and §19.7.3
// (Determining the Processor Base Frequency), and AMD APM vol. 2 §13.2.4
// (Time-Stamp Counter).
//
// Everything but the String methods is pre-runtime: it allocates nothing.
package clock
