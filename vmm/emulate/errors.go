package emulate

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Error is an instruction that could not be executed.
type Error struct {
	Mode   x86.Mode
	Bits   int // of the code: 16, 32 or 64
	RIP    uint64
	Code   []byte // the instruction's bytes, or those there are
	Reason string
}

// Error names the bytes, what they are, and the reason.
func (e *Error) Error() string {
	if len(e.Code) == 0 {
		return fmt.Sprintf("emulate: %s, RIP %#x: %s", e.Mode, e.RIP, e.Reason)
	}
	text, _ := Disassemble(e.Code, e.Bits, e.RIP)
	return fmt.Sprintf("emulate: %s, RIP %#x: % x (%s) %s", e.Mode, e.RIP, e.Code, text, e.Reason)
}

// fail is the error for an instruction that was decoded.
func (e *Emulator) fail(in *inst, reason string) error {
	code := make([]byte, in.length)
	n, _ := e.read(code) // it may have changed, but the error is the same
	return e.failBytes(code[:n], reason)
}

func (e *Emulator) failBytes(code []byte, reason string) error {
	s := e.state
	return &Error{Mode: s.Mode(), Bits: s.CodeBits(), RIP: s.RIP, Code: code, Reason: reason}
}

// noTranslation is the error for an address that the page tables do not
// translate: the exception, or why there is none.
func (e *Emulator) noTranslation(err error) error {
	if _, ok := err.(*x86.Exception); ok {
		return err
	}
	return e.failBytes(nil, err.Error())
}
