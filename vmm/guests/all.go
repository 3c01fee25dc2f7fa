package guests

// All are the guests.
var All = []Guest{
	hello,
	realMode, prot32, long, task,
	exits, control, shadow, inject, injectIDT, debugregs,
	fpu, tsc, smc,
	mmio, mmioALU, mmioStrings, portStrings,
	pic, localAPIC, ioAPIC, serial, rtc,
	acpiOff, triple, hltOff,
	hostileSpin, hostileDB, hostileAC, hostileIDT, hostileStack, hostileRIP, hostileRIPMMIO,
	hostileCR3, hostileCR4, hostileTables, hostileSVM, hostileNMI, hostileProbe, hostileOuts,
	hostilePorts, hostileMSRs, hostileCPUID, hostileMMIO,
	bench,
}
