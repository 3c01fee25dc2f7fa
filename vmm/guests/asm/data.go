package asm

// maxImage bounds what padding can add, so that a wrong address is an error and
// not a huge image.
const maxImage = 1 << 20

// Byte emits bytes.
func (a *Assembler) Byte(v ...byte) { a.raw(v...) }

// Word emits 16-bit numbers.
func (a *Assembler) Word(v ...uint16) {
	for _, x := range v {
		a.data(2, uint64(x))
	}
}

// Dword emits 32-bit numbers.
func (a *Assembler) Dword(v ...uint32) {
	for _, x := range v {
		a.data(4, uint64(x))
	}
}

// Qword emits 64-bit numbers.
func (a *Assembler) Qword(v ...uint64) {
	for _, x := range v {
		a.data(8, x)
	}
}

func (a *Assembler) data(size int, v uint64) {
	at := len(a.code)
	a.code = append(a.code, make([]byte, size)...)
	put(a.code[at:], size, v)
}

// WordRef emits the address of a label in 16 bits.
func (a *Assembler) WordRef(label string) { a.number(Ref(label), 2, false) }

// DwordRef emits the address of a label in 32 bits.
func (a *Assembler) DwordRef(label string) { a.number(Ref(label), 4, false) }

// QwordRef emits the address of a label in 64 bits.
func (a *Assembler) QwordRef(label string) { a.number(Ref(label), 8, false) }

// Text emits the bytes of a string.
func (a *Assembler) Text(s string) { a.raw([]byte(s)...) }

// TextZ emits the bytes of a string and a zero.
func (a *Assembler) TextZ(s string) { a.raw(append([]byte(s), 0)...) }

// Space emits n zero bytes.
func (a *Assembler) Space(n int) {
	if n < 0 || n > maxImage-len(a.code) {
		a.errorf("%#x bytes of space at %#x", n, a.Here())
		return
	}
	a.raw(make([]byte, n)...)
}

// Align emits zero bytes up to an address that n, a power of two, divides.
func (a *Assembler) Align(n uint64) {
	if n == 0 || n&(n-1) != 0 || n > maxImage {
		a.errorf("cannot align to %#x bytes", n)
		return
	}
	a.Space(int(-a.Here() & (n - 1)))
}

// Org emits zero bytes up to an address.
func (a *Assembler) Org(address uint64) {
	if address < a.Here() || address-a.Here() > maxImage {
		a.errorf("from %#x to %#x", a.Here(), address)
		return
	}
	a.Space(int(address - a.Here()))
}
