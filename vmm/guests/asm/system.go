package asm

// The instructions of this file have no operands, or those of the system: see
// APM vol. 3 chapters 3 and 4.

// Nop does nothing.
func (a *Assembler) Nop() { a.raw(0x90) }

// Hlt stops until an interrupt.
func (a *Assembler) Hlt() { a.raw(0xf4) }

// Cli turns interrupts off.
func (a *Assembler) Cli() { a.raw(0xfa) }

// Sti turns interrupts on, after the next instruction.
func (a *Assembler) Sti() { a.raw(0xfb) }

// Clc clears the carry.
func (a *Assembler) Clc() { a.raw(0xf8) }

// Stc sets the carry.
func (a *Assembler) Stc() { a.raw(0xf9) }

// Cmc inverts the carry.
func (a *Assembler) Cmc() { a.raw(0xf5) }

// Cld makes string instructions step up.
func (a *Assembler) Cld() { a.raw(0xfc) }

// Std makes string instructions step down.
func (a *Assembler) Std() { a.raw(0xfd) }

// Lahf copies the low flags to AH.
func (a *Assembler) Lahf() { a.raw(0x9f) }

// Sahf copies AH to the low flags.
func (a *Assembler) Sahf() { a.raw(0x9e) }

// Pause is a hint that this is a wait loop.
func (a *Assembler) Pause() { a.raw(0xf3, 0x90) }

// Ud2 raises #UD.
func (a *Assembler) Ud2() { a.raw(0x0f, 0x0b) }

// Cpuid identifies the processor: leaf EAX, subleaf ECX.
func (a *Assembler) Cpuid() { a.raw(0x0f, 0xa2) }

// Rdtsc reads the time-stamp counter to EDX:EAX.
func (a *Assembler) Rdtsc() { a.raw(0x0f, 0x31) }

// Rdtscp reads the time-stamp counter to EDX:EAX and TSC_AUX to ECX.
func (a *Assembler) Rdtscp() { a.raw(0x0f, 0x01, 0xf9) }

// Rdpmc reads performance counter ECX to EDX:EAX.
func (a *Assembler) Rdpmc() { a.raw(0x0f, 0x33) }

// Rdmsr reads MSR ECX to EDX:EAX.
func (a *Assembler) Rdmsr() { a.raw(0x0f, 0x32) }

// Wrmsr writes EDX:EAX to MSR ECX.
func (a *Assembler) Wrmsr() { a.raw(0x0f, 0x30) }

// Clts clears CR0.TS.
func (a *Assembler) Clts() { a.raw(0x0f, 0x06) }

// Invd empties the caches without writing them back.
func (a *Assembler) Invd() { a.raw(0x0f, 0x08) }

// Wbinvd writes the caches back and empties them.
func (a *Assembler) Wbinvd() { a.raw(0x0f, 0x09) }

// Xgetbv reads extended control register ECX to EDX:EAX.
func (a *Assembler) Xgetbv() { a.raw(0x0f, 0x01, 0xd0) }

// Xsetbv writes EDX:EAX to extended control register ECX.
func (a *Assembler) Xsetbv() { a.raw(0x0f, 0x01, 0xd1) }

// Monitor watches the line at xAX.
func (a *Assembler) Monitor() { a.raw(0x0f, 0x01, 0xc8) }

// Mwait waits for a write to the line that is watched.
func (a *Assembler) Mwait() { a.raw(0x0f, 0x01, 0xc9) }

// Syscall calls the system.
func (a *Assembler) Syscall() { a.raw(0x0f, 0x05) }

// Sysret returns from SYSCALL to 32-bit code.
func (a *Assembler) Sysret() { a.raw(0x0f, 0x07) }

// Sysenter calls the system.
func (a *Assembler) Sysenter() { a.raw(0x0f, 0x34) }

// Sysexit returns from SYSENTER.
func (a *Assembler) Sysexit() { a.raw(0x0f, 0x35) }

// Swapgs exchanges the base of GS and KERNEL_GS_BASE.
func (a *Assembler) Swapgs() { a.raw(0x0f, 0x01, 0xf8) }

// Lfence orders loads.
func (a *Assembler) Lfence() { a.raw(0x0f, 0xae, 0xe8) }

// Mfence orders loads and stores.
func (a *Assembler) Mfence() { a.raw(0x0f, 0xae, 0xf0) }

// Sfence orders stores.
func (a *Assembler) Sfence() { a.raw(0x0f, 0xae, 0xf8) }

// Vmcall calls Intel's hypervisor.
func (a *Assembler) Vmcall() { a.raw(0x0f, 0x01, 0xc1) }

// Vmlaunch is of VMX.
func (a *Assembler) Vmlaunch() { a.raw(0x0f, 0x01, 0xc2) }

// Vmresume is of VMX.
func (a *Assembler) Vmresume() { a.raw(0x0f, 0x01, 0xc3) }

// Vmxoff is of VMX.
func (a *Assembler) Vmxoff() { a.raw(0x0f, 0x01, 0xc4) }

// Vmrun runs the guest of the VMCB at rAX.
func (a *Assembler) Vmrun() { a.raw(0x0f, 0x01, 0xd8) }

// Vmmcall calls AMD's hypervisor.
func (a *Assembler) Vmmcall() { a.raw(0x0f, 0x01, 0xd9) }

// Vmload loads hidden state from the VMCB at rAX.
func (a *Assembler) Vmload() { a.raw(0x0f, 0x01, 0xda) }

// Vmsave saves hidden state in the VMCB at rAX.
func (a *Assembler) Vmsave() { a.raw(0x0f, 0x01, 0xdb) }

// Stgi sets the global interrupt flag.
func (a *Assembler) Stgi() { a.raw(0x0f, 0x01, 0xdc) }

// Clgi clears the global interrupt flag.
func (a *Assembler) Clgi() { a.raw(0x0f, 0x01, 0xdd) }

// Skinit starts the secure loader at EAX.
func (a *Assembler) Skinit() { a.raw(0x0f, 0x01, 0xde) }

// Invlpga invalidates the page at rAX of address space ECX.
func (a *Assembler) Invlpga() { a.raw(0x0f, 0x01, 0xdf) }
