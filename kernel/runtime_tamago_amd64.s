//go:build tamago && !linux

#include "textflag.h"

// cpuinit is where TamaGo's runtime would enter on its own. The image enters
// at ringo_entry.
TEXT cpuinit(SB),NOSPLIT|NOFRAME,$0
	JMP	ringo_entry(SB)
