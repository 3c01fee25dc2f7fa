package asm

// Lock makes the instruction that follows atomic.
func (a *Assembler) Lock() { a.raw(prefixLock) }

// Sysretq returns from SYSCALL to 64-bit code.
func (a *Assembler) Sysretq() { a.emit(ins{size: 8, op: "\x0f\x07"}) }

// Lgdt loads the GDT register from a limit of 2 bytes and a base behind it.
func (a *Assembler) Lgdt(m Mem) { a.emit(ins{op: "\x0f\x01", digit: 2, rm: m}) }

// Lidt loads the IDT register from a limit of 2 bytes and a base behind it.
func (a *Assembler) Lidt(m Mem) { a.emit(ins{op: "\x0f\x01", digit: 3, rm: m}) }

// Sgdt stores the GDT register.
func (a *Assembler) Sgdt(m Mem) { a.emit(ins{op: "\x0f\x01", digit: 0, rm: m}) }

// Sidt stores the IDT register.
func (a *Assembler) Sidt(m Mem) { a.emit(ins{op: "\x0f\x01", digit: 1, rm: m}) }

// Invlpg drops the translation of the page that m is in.
func (a *Assembler) Invlpg(m Mem) { a.emit(ins{op: "\x0f\x01", digit: 7, rm: m}) }

// Vmxon is of VMX.
func (a *Assembler) Vmxon(m Mem) { a.emit(ins{must: prefixRep, op: "\x0f\xc7", digit: 6, rm: m}) }

// Vmptrld is of VMX.
func (a *Assembler) Vmptrld(m Mem) { a.emit(ins{op: "\x0f\xc7", digit: 6, rm: m}) }

// Clflush drops the cache line that m is in.
func (a *Assembler) Clflush(m Mem) { a.emit(ins{op: "\x0f\xae", digit: 7, rm: m}) }

// Lldt loads the LDT register from a selector.
func (a *Assembler) Lldt(src Operand) { a.selector("\x0f\x00", 2, src) }

// Ltr loads the task register from a selector.
func (a *Assembler) Ltr(src Operand) { a.selector("\x0f\x00", 3, src) }

// Verr sets ZF if the segment can be read.
func (a *Assembler) Verr(src Operand) { a.selector("\x0f\x00", 4, src) }

// Verw sets ZF if the segment can be written.
func (a *Assembler) Verw(src Operand) { a.selector("\x0f\x00", 5, src) }

// Lmsw loads the low 4 bits of CR0.
func (a *Assembler) Lmsw(src Operand) { a.selector("\x0f\x01", 6, src) }

// selector emits an instruction with an operand of 16 bits.
func (a *Assembler) selector(op string, digit byte, o Operand) {
	if m, ok := o.(Mem); ok && m.Size == 0 {
		m.Size = 2
		o = m
	}
	if size := a.sizeOf(o); size == 2 {
		a.emit(ins{op: op, digit: digit, rm: o})
	} else if size != 0 {
		a.errorf("the operand has 16 bits, not %d", size*8)
	}
}

// Sldt stores the LDT register's selector.
func (a *Assembler) Sldt(dst Operand) { a.storeSelector("\x0f\x00", 0, dst) }

// Str stores the task register's selector.
func (a *Assembler) Str(dst Operand) { a.storeSelector("\x0f\x00", 1, dst) }

// Smsw stores the low bits of CR0.
func (a *Assembler) Smsw(dst Operand) { a.storeSelector("\x0f\x01", 4, dst) }

// storeSelector emits an instruction that stores 16 bits in memory, or fills a
// register.
func (a *Assembler) storeSelector(op string, digit byte, o Operand) {
	size := 0
	if r, ok := o.(Reg); ok {
		size = a.sizeOf(r)
	}
	if size == 1 || !isRM(o) {
		a.errorf("%v is no destination for a selector", o)
		return
	}
	a.emit(ins{size: size, op: op, digit: digit, rm: o})
}

// Lar loads the access rights of the segment that selector names.
func (a *Assembler) Lar(dst, selector Reg) { a.load("\x0f\x02", dst, selector) }

// Lsl loads the limit of the segment that selector names.
func (a *Assembler) Lsl(dst, selector Reg) { a.load("\x0f\x03", dst, selector) }

// Cbw extends AL to AX.
func (a *Assembler) Cbw() { a.emit(ins{size: 2, op: "\x98"}) }

// Cwde extends AX to EAX.
func (a *Assembler) Cwde() { a.emit(ins{size: 4, op: "\x98"}) }

// Cdqe extends EAX to RAX.
func (a *Assembler) Cdqe() { a.emit(ins{size: 8, op: "\x98"}) }

// Cwd extends AX to DX:AX.
func (a *Assembler) Cwd() { a.emit(ins{size: 2, op: "\x99"}) }

// Cdq extends EAX to EDX:EAX.
func (a *Assembler) Cdq() { a.emit(ins{size: 4, op: "\x99"}) }

// Cqo extends RAX to RDX:RAX.
func (a *Assembler) Cqo() { a.emit(ins{size: 8, op: "\x99"}) }

// Aam splits AL into decimal digits in AH and AL. Not in 64-bit code.
func (a *Assembler) Aam() { a.not64(0xd4, 10) }

// Aad joins decimal digits in AH and AL in AL. Not in 64-bit code.
func (a *Assembler) Aad() { a.not64(0xd5, 10) }

// Daa adjusts AL after adding packed decimals. Not in 64-bit code.
func (a *Assembler) Daa() { a.not64(0x27) }

// Bound raises #BR unless r is within the two limits at m. Not in 64-bit code.
func (a *Assembler) Bound(r Reg, m Mem) {
	if a.bits == 64 {
		a.errorf("not in 64-bit code")
		return
	}
	a.load("\x62", r, m)
}
