package apic

import "github.com/ringo-vmm/ringo/amd64"

// The two 8259A interrupt controllers: the primary serves the processor, the
// secondary hangs on the primary's input 2. 8259A data sheet, "Programming".
const (
	picPrimaryCommand   = 0x20
	picPrimaryData      = 0x21
	picSecondaryCommand = 0xa0
	picSecondaryData    = 0xa1

	icw1Init         = 0x11 // edge-triggered, cascaded, ICW4 follows
	icw3Primary      = 1 << 2
	icw3Secondary    = 2
	icw4Mode8086     = 0x01
	picAllMasked     = 0xff
	picSecondaryBase = PICVector + 8
)

// SilencePIC takes the two 8259s out of service: it moves their vectors from
// those of the exceptions to PICVector and up, and masks every input. An
// 8259 whose input drops just as it is masked still raises its input 7, so a
// machine may take one spurious interrupt at PICVector+7 or PICVector+15: the
// handlers there just return.
func SilencePIC(io amd64.PortIO) {
	io.Out8(picPrimaryData, picAllMasked)
	io.Out8(picSecondaryData, picAllMasked)

	io.Out8(picPrimaryCommand, icw1Init)
	io.Out8(picPrimaryData, PICVector)
	io.Out8(picPrimaryData, icw3Primary)
	io.Out8(picPrimaryData, icw4Mode8086)

	io.Out8(picSecondaryCommand, icw1Init)
	io.Out8(picSecondaryData, picSecondaryBase)
	io.Out8(picSecondaryData, icw3Secondary)
	io.Out8(picSecondaryData, icw4Mode8086)

	io.Out8(picPrimaryData, picAllMasked)
	io.Out8(picSecondaryData, picAllMasked)
}
