package acpi

import (
	"errors"
	"fmt"
)

// PM1 control register, ACPI 6.4 §4.8.3.2.1.
const (
	// PM1SCIEnable reads as 1 while the machine is in ACPI mode, in which the
	// control registers are ours and not the firmware's (SCI_EN).
	PM1SCIEnable = 1 << 0

	pm1SleepTypeShift = 10
	pm1SleepEnable    = 1 << 13
	pm1SleepMask      = maxSleepType<<pm1SleepTypeShift | pm1SleepEnable
)

// Sleep control register of hardware-reduced machines, ACPI 6.4 §4.8.3.7.
const (
	sleepTypeShift  = 2
	sleepEnable     = 1 << 5
	sleepMask       = maxSleepType<<sleepTypeShift | sleepEnable
	sleepRegister   = 1 // bytes
	pm1ControlBytes = 2
)

// RegisterWrite is a value for some bits of a register.
type RegisterWrite struct {
	Register GenericAddress // in SystemIO or SystemMemory
	Size     int            // of the access in bytes, 1 or 2
	Mask     uint16         // the bits to change
	Value    uint16         // their value; the other bits keep theirs
}

// String is the write in one line.
func (w RegisterWrite) String() string {
	return fmt.Sprintf("%v %#x: bits %#x = %#x, %d-byte access", w.Register.Space, w.Register.Address, w.Mask, w.Value, w.Size)
}

// PowerOff is what switches the machine off (state S5, soft off).
type PowerOff struct {
	// SMICommand, when not 0, is the 8-bit port to write ACPIEnable to, if
	// PM1SCIEnable is clear in the first register of Control; that bit then
	// becomes set within some seconds. ACPI 6.4 §4.8.2.5.
	SMICommand uint16
	ACPIEnable uint8
	// Control is the writes, in order: one, or two on a machine with a PM1b
	// control block. The last one does not return on a machine that works.
	Control []RegisterWrite
}

// PowerOff is what to write to switch the machine off, ACPI 6.4 §7.4.2 and
// §4.8.3.2.1. It fails when the tables do not say.
func (t *Tables) PowerOff() (PowerOff, error) {
	f := t.FADT
	if f == nil {
		return PowerOff{}, errors.New("acpi: no power-off: no FADT")
	}
	s, err := t.S5()
	if err != nil {
		return PowerOff{}, err
	}
	if f.HardwareReduced {
		if !f.SleepControl.usable() {
			return PowerOff{}, fmt.Errorf("acpi: no power-off: sleep control register: %v", f.SleepControl)
		}
		return PowerOff{Control: []RegisterWrite{{
			Register: f.SleepControl,
			Size:     sleepRegister,
			Mask:     sleepMask,
			Value:    uint16(s.A)<<sleepTypeShift | sleepEnable,
		}}}, nil
	}
	if !f.PM1aControl.usable() {
		return PowerOff{}, errors.New("acpi: no power-off: no PM1a control block")
	}
	off := PowerOff{
		SMICommand: f.SMICommand,
		ACPIEnable: f.ACPIEnable,
		Control:    []RegisterWrite{pm1Sleep(f.PM1aControl, s.A)},
	}
	if f.PM1bControl.usable() {
		off.Control = append(off.Control, pm1Sleep(f.PM1bControl, s.B))
	}
	return off, nil
}

// pm1Sleep is the write of sleep type typ to a PM1 control register.
func pm1Sleep(register GenericAddress, typ uint8) RegisterWrite {
	return RegisterWrite{
		Register: register,
		Size:     pm1ControlBytes,
		Mask:     pm1SleepMask,
		Value:    uint16(typ)<<pm1SleepTypeShift | pm1SleepEnable,
	}
}

// Reset is what restarts the machine: Value, written as a byte to Register,
// which is in SystemMemory, SystemIO or PCIConfig.
type Reset struct {
	Register GenericAddress
	Value    uint8
}

// Reset is what to write to restart the machine, ACPI 6.4 §4.8.3.6. It fails
// when the machine has no reset register.
func (t *Tables) Reset() (Reset, error) {
	f := t.FADT
	switch {
	case f == nil:
		return Reset{}, errors.New("acpi: no reset register: no FADT")
	case !f.ResetSupported:
		return Reset{}, errors.New("acpi: no reset register: the FADT says it is not supported")
	case !f.ResetRegister.usable() && (f.ResetRegister.Space != PCIConfig || f.ResetRegister.Address == 0):
		return Reset{}, fmt.Errorf("acpi: reset register: %v", f.ResetRegister)
	}
	return Reset{Register: f.ResetRegister, Value: f.ResetValue}, nil
}
