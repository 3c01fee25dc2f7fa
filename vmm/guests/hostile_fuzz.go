package guests

var hostileFuzz = Guest{
	Name:    "hostile-fuzz",
	Help:    "1,000,000 random accesses to ports, MSRs, CPUID leaves and device memory, mixed",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileFuzzCode,
	Expect:  `ok hostile-fuzz survived`,
	Hostile: true,
}

// hostileFuzzCode leaves the timers of the PC alone: the I/O APIC, which holds
// anything, would turn their ticks into INITs.
func hostileFuzzCode(p *Prog) {
	quietDevices(p)
	randomly(p, 1000000, func() {
		oneOf(p, 2,
			func() { randomPort(p, pitCounter0, rtcIndex) }, func() { randomMSR(p) },
			func() { randomCPUID(p) }, func() { randomMMIO(p) })
	})
}
