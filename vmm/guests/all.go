package guests

// All are the guests.
var All = []Guest{
	hello,
	realMode, bigReal, modes, prot16, rings, prot32, vm86, long, task, taskFaults, taskPaging,
	exits, control, shadow, inject, injectIDT, debugregs,
	fpu, tsc, smc,
	mmio, mmioALU, mmioStrings, portStrings,
	pic, localAPIC, priority, pvEOI, ioAPIC, serial, rtc,
	acpiOff, reset, triple, hltOff, once,
	hostileSpin, hostileDB, hostileAC, hostileIDT, hostileStack, hostileRIP, hostileRIPMMIO,
	hostileCR3, hostileCR4, hostileTables, hostileGDT, hostileSVM, hostileNMI, hostileInit,
	hostileTimers, hostileProbe, hostileOuts, hostileStos, hostileFlood,
	hostilePorts, hostileMSRs, hostileCPUID, hostileMMIO, hostileFuzz,
	bench,
}
