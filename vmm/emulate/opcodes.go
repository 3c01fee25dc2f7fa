package emulate

// The opcode maps, as far as the length of an instruction goes: a letter for
// what follows each opcode, sixteen opcodes a row. APM vol. 3 App. A, SDM vol.
// 2 App. A.
//
//	.  nothing                   b  an immediate byte
//	M  ModRM                     w  an immediate of 2 bytes
//	B  ModRM, immediate byte     z  an immediate of 2 or 4 bytes
//	Z  ModRM, 2 or 4 bytes       v  an immediate of 2, 4 or 8 bytes
//	g  ModRM, byte for TEST      j  a displacement of 2 or 4 bytes
//	G  ModRM, 2 or 4 for TEST    o  an address
//	r  ModRM that names only     f  a far pointer
//	   registers                 e  ENTER's 2 bytes and 1
//	x  no instruction
const primaryMap = "" +
	"MMMMbz..MMMMbz.." + // 00
	"MMMMbz..MMMMbz.." + // 10
	"MMMMbz..MMMMbz.." + // 20
	"MMMMbz..MMMMbz.." + // 30
	"................" + // 40
	"................" + // 50
	"..MM....zZbB...." + // 60
	"bbbbbbbbbbbbbbbb" + // 70
	"BZBBMMMMMMMMMMMM" + // 80
	"..........f....." + // 90
	"oooo....bz......" + // A0
	"bbbbbbbbvvvvvvvv" + // B0
	"BBw.MMBZe.w..b.." + // C0
	"MMMMbb..MMMMMMMM" + // D0
	"bbbbbbbbjjfb...." + // E0
	"......gG......MM" //   F0

const secondaryMap = "" +
	"MMMMx.....x.xM.B" + // 00
	"MMMMMMMMMMMMMMMM" + // 10
	"rrrrxxxxMMMMMMMM" + // 20
	"......x.xxxxxxxx" + // 30
	"MMMMMMMMMMMMMMMM" + // 40
	"MMMMMMMMMMMMMMMM" + // 50
	"MMMMMMMMMMMMMMMM" + // 60
	"BBBBMMM.MMxxMMMM" + // 70
	"jjjjjjjjjjjjjjjj" + // 80
	"MMMMMMMMMMMMMMMM" + // 90
	"...MBMxx...MBMMM" + // A0
	"MMMMMMMMMMBMMMMM" + // B0
	"MMBMBBBM........" + // C0
	"MMMMMMMMMMMMMMMM" + // D0
	"MMMMMMMMMMMMMMMM" + // E0
	"MMMMMMMMMMMMMMMM" //   F0

// notIn64 tells whether a one-byte opcode is none in 64-bit mode. APM vol. 3
// App. B.3.
func notIn64(opcode uint8) bool {
	switch opcode {
	case 0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37, 0x3f,
		0x60, 0x61, 0x82, 0x9a, 0xce, 0xd4, 0xd5, 0xd6, 0xea:
		return true
	}
	return false
}
