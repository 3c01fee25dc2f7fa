package guests

// All are the guests.
var All = []Guest{
	realMode, prot32, long, exits, control, shadow, fpu, tsc, smc, inject, injectIDT, debugregs, mmio, mmioALU, portStrings, pic, localAPIC, serial, rtc, acpiOff, triple, hltOff,
}
