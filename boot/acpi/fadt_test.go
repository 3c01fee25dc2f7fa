package acpi

import (
	"encoding/binary"
	"testing"
)

// fadt is a FADT of the given revision and size in bytes, changed by edit.
func fadt(revision uint8, size int, edit func(b []byte)) []byte {
	b := table(sigFADT, revision, make([]byte, fadtSize-headerSize)...)
	le := binary.LittleEndian
	le.PutUint32(b[40:], 0x1000)
	le.PutUint32(b[fadtPM1aControl:], 0x604)
	b[fadtPM1ControlLen] = 2
	if edit != nil {
		edit(b)
	}
	le.PutUint32(b[headerLength:], uint32(size))
	return seal(b[:size])
}

// putGAS writes a generic address to b.
func putGAS(b []byte, g GenericAddress) {
	b[0], b[1], b[2], b[3] = byte(g.Space), g.Width, g.Offset, g.AccessSize
	binary.LittleEndian.PutUint64(b[4:], g.Address)
}

func TestFADTRegisterFields(t *testing.T) {
	legacy := GenericAddress{Space: SystemIO, Width: 16, Address: 0x604}
	mmio := GenericAddress{Space: SystemMemory, Width: 16, AccessSize: 2, Address: 0xFED80000}
	for _, tt := range []struct {
		name    string
		size    int
		edit    func(b []byte)
		want    GenericAddress
		problem string
	}{
		{name: "X_ field beyond an old table", size: fadtSizeV1, want: legacy,
			edit: func(b []byte) { putGAS(b[fadtXPM1aControl:], mmio) }},
		{name: "X_ field is zero", size: fadtSize, want: legacy},
		{name: "X_ field holds an address", size: fadtSize, want: mmio,
			edit: func(b []byte) { putGAS(b[fadtXPM1aControl:], mmio) }},
		{name: "X_ field in a space we cannot reach", size: fadtSize, want: legacy, problem: "X_ address of the PM1a control block: address space 0x7f",
			edit: func(b []byte) { putGAS(b[fadtXPM1aControl:], GenericAddress{Space: 0x7F, Address: 0x604}) }},
		{name: "X_ field beyond the port space", size: fadtSize, want: legacy, problem: "X_ address of the PM1a control block: I/O port 0x10604",
			edit: func(b []byte) { putGAS(b[fadtXPM1aControl:], GenericAddress{Space: SystemIO, Address: 0x10604}) }},
		{name: "port beyond the port space", size: fadtSize, problem: "FADT: PM1a control block: I/O port 0x10604",
			edit: func(b []byte) { binary.LittleEndian.PutUint32(b[fadtPM1aControl:], 0x10604) }},
		{name: "none", size: fadtSize,
			edit: func(b []byte) { binary.LittleEndian.PutUint32(b[fadtPM1aControl:], 0) }},
		{name: "absurd length", size: fadtSize, want: GenericAddress{Space: SystemIO, Width: 248, Address: 0x604},
			edit: func(b []byte) { b[fadtPM1ControlLen] = 255 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p problems
			f := parseFADT(fadt(3, tt.size, tt.edit), &p)
			equal(t, "PM1a control", f.PM1aControl, tt.want)
			if tt.problem == "" && len(p) != 0 {
				t.Errorf("problems: %q", p)
			} else if tt.problem != "" {
				wantProblem(t, p, tt.problem)
			}
		})
	}
}

// The offsets here are those of ACPI 6.4 §5.2.9, apart from the package's own.
func TestFADTEveryRegisterComesFromItsOwnField(t *testing.T) {
	var p problems
	f := parseFADT(fadt(6, fadtSize, func(b []byte) {
		for i, at := range []int{148, 160, 172, 184, 208, 116, 244} {
			putGAS(b[at:], GenericAddress{Space: SystemIO, Width: 8, Address: uint64(0x100 + i)})
		}
	}), &p)
	var got []uint64
	for _, g := range []GenericAddress{f.PM1aEvent, f.PM1bEvent, f.PM1aControl, f.PM1bControl, f.PMTimer, f.ResetRegister, f.SleepControl} {
		got = append(got, g.Address)
	}
	equal(t, "X_ addresses", got, []uint64{0x100, 0x101, 0x102, 0x103, 0x104, 0x105, 0x106})

	f = parseFADT(fadt(1, fadtSizeV1, func(b []byte) {
		for i, at := range []int{56, 60, 64, 68, 76} {
			binary.LittleEndian.PutUint32(b[at:], uint32(0x200+i))
		}
		b[88], b[89], b[91] = 4, 2, 3
	}), &p)
	port := func(p uint64, width uint8) GenericAddress {
		return GenericAddress{Space: SystemIO, Width: width, Address: p}
	}
	equal(t, "32-bit addresses",
		[]GenericAddress{f.PM1aEvent, f.PM1bEvent, f.PM1aControl, f.PM1bControl, f.PMTimer},
		[]GenericAddress{port(0x200, 32), port(0x201, 32), port(0x202, 16), port(0x203, 16), port(0x204, 24)})
	if len(p) != 0 {
		t.Errorf("problems: %q", p)
	}
}

func TestFADTFlags(t *testing.T) {
	for _, tt := range []struct {
		name     string
		revision uint8
		bootArch uint16
		flags    uint32
		want     FADT // the flags only
	}{
		{name: "none", revision: 3},
		{name: "boot architecture flags do not exist yet", revision: 1, bootArch: 0xC, want: FADT{Has8042: true}},
		{name: "8042", revision: 3, bootArch: 1 << 1, want: FADT{Has8042: true}},
		{name: "no VGA", revision: 3, bootArch: 1 << 2, want: FADT{NoVGA: true}},
		{name: "no MSI", revision: 3, bootArch: 1 << 3, want: FADT{NoMSI: true}},
		{name: "32-bit timer", revision: 3, flags: 1 << 8, want: FADT{PMTimer32: true}},
		{name: "reset", revision: 3, flags: 1 << 10, want: FADT{ResetSupported: true}},
		{name: "hardware-reduced", revision: 5, flags: 1 << 20, want: FADT{HardwareReduced: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p problems
			f := parseFADT(fadt(tt.revision, fadtSize, func(b []byte) {
				binary.LittleEndian.PutUint16(b[109:], tt.bootArch)
				binary.LittleEndian.PutUint32(b[112:], tt.flags)
			}), &p)
			equal(t, "flags", FADT{
				Has8042: f.Has8042, NoVGA: f.NoVGA, NoMSI: f.NoMSI,
				PMTimer32: f.PMTimer32, ResetSupported: f.ResetSupported, HardwareReduced: f.HardwareReduced,
			}, tt.want)
		})
	}
}

func TestFADTScalars(t *testing.T) {
	var p problems
	f := parseFADT(fadt(6, fadtSize, func(b []byte) {
		b[131] = 0x34
		b[46] = 9
		b[48] = 0xB2
		b[52], b[53] = 0xA0, 0xA1
		b[128] = 6
		binary.LittleEndian.PutUint64(b[140:], 1<<32)
	}), &p)
	if f.MinorRevision != 4 || f.SCI != 9 || f.SMICommand != 0xB2 || f.ACPIEnable != 0xA0 || f.ACPIDisable != 0xA1 || f.ResetValue != 6 {
		t.Errorf("got %+v", f)
	}
	equal(t, "DSDT from X_DSDT", f.DSDT, 1<<32)
	equal(t, "DSDT without X_DSDT", parseFADT(fadt(1, fadtSizeV1, nil), &p).DSDT, 0x1000)
	if len(p) != 0 {
		t.Errorf("problems: %q", p)
	}

	f = parseFADT(fadt(3, fadtSize, func(b []byte) { b[50] = 1 }), &p)
	equal(t, "SMI command port", f.SMICommand, 0)
	wantProblem(t, p, "SMI command port 0x10000")

	if f := parseFADT(fadt(1, fadtSizeV1, nil)[:fadtSizeV1-1], &p); f != nil {
		t.Errorf("115 bytes: %v", f)
	}
	wantProblem(t, p, "FADT: 115 bytes")
}
