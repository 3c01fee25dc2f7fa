package aml

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func TestTermsAreEncodedAsTheSpecificationSays(t *testing.T) {
	for name, tt := range map[string]struct {
		got  []byte
		want string // hexadecimal
	}{
		"zero":                   {Integer(0), "00"},
		"one":                    {Integer(1), "01"},
		"largest byte":           {Integer(0xff), "0a ff"},
		"smallest word":          {Integer(0x100), "0b 00 01"},
		"smallest dword":         {Integer(0x10000), "0c 00 00 01 00"},
		"qword":                  {Integer(0x100000000), "0e 00 00 00 00 01 00 00 00"},
		"string":                 {String("AB"), "0d 41 42 00"},
		"name":                   {Name("_UID", Integer(2)), "08 5f 55 49 44 0a 02"},
		"short name":             {Name("RTC", Integer(0)), "08 52 54 43 5f 00"},
		"name at the root":       {Name(`\_S5`, Package()), "08 5c 5f 53 35 5f 12 02 00"},
		"name of two parts":      {Scope("_SB.PCI0"), "10 0a 2e 5f 53 42 5f 50 43 49 30"},
		"name of three parts":    {Scope("A.B.C1"), "10 0f 2f 03 41 5f 5f 5f 42 5f 5f 5f 43 31 5f 5f"},
		"package":                {Package(Integer(5), Integer(0)), "12 05 02 0a 05 00"},
		"buffer":                 {Buffer([]byte{7, 8}), "11 05 0a 02 07 08"},
		"device":                 {Device("COM1", Name("_UID", Integer(1))), "5b 82 0b 43 4f 4d 31 08 5f 55 49 44 01"},
		"method":                 {Method("_STA", Integer(0xf)), "14 09 5f 53 54 41 00 a4 0a 0f"},
		"code":                   {Code("X", 4, Return(Arg(3))), "14 08 58 5f 5f 5f 0c a4 6b"},
		"field":                  {DWordField(Arg(3), 8, "CDW3"), "8a 6b 0a 08 43 44 57 33"},
		"if":                     {If(Equal(Arg(0), Integer(1)), Store(Variable("A"), Local(0))), "a0 0a 93 68 01 70 41 5f 5f 5f 60"},
		"else":                   {Else(Or(Local(0), Integer(4), Local(1))), "a1 06 7d 60 0a 04 61"},
		"condition":              {And(Local(0), Not(Arg(0)), Local(0)), "7b 60 92 68 60"},
		"EISA ID":                {EISAID("PNP0A03"), "0c 41 d0 0a 03"},
		"interrupt":              {IRQ(4), "23 10 00 01"},
		"interrupt of the slave": {IRQ(12), "23 00 10 01"},
		"extended interrupt":     {Interrupt(17), "89 06 00 09 01 11 00 00 00"},
		"ports":                  {IO(0x3f8, 8), "47 01 f8 03 f8 03 01 08"},
		"memory":                 {Memory32(0xfed00000, 0x400), "86 09 00 01 00 00 d0 fe 00 04 00 00"},
		"buses":                  {Buses(0, 0xff), "88 0d 00 02 0c 00 00 00 00 00 ff 00 00 00 00 01"},
		"port window":            {PortWindow(0xd00, 0xffff), "88 0d 00 01 0c 03 00 00 00 0d ff ff 00 00 00 f3"},
		"memory window": {MemoryWindow(0xc0000000, 0xdfffffff),
			"87 17 00 00 0c 01 00 00 00 00 00 00 00 c0 ff ff ff df 00 00 00 00 00 00 00 20"},
		"resources": {Resources(IO(0x70, 2)), "11 0d 0a 0a 47 01 70 00 70 00 01 02 79 00"},
	} {
		want, err := hex.DecodeString(strings.ReplaceAll(tt.want, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(tt.got, want) {
			t.Errorf("%s:\n got % x\nwant % x", name, tt.got, want)
		}
	}
}

func TestPackageLengthCountsItself(t *testing.T) {
	for _, tt := range []struct {
		content int
		want    []byte
	}{
		{0, []byte{0x01}},
		{62, []byte{0x3f}},
		{63, []byte{0x41, 0x04}},
		{4093, []byte{0x4f, 0xff}},
		{4094, []byte{0x81, 0x00, 0x01}},
		{1<<20 - 4, []byte{0x8f, 0xff, 0xff}},
		{1<<20 - 3, []byte{0xc1, 0x00, 0x00, 0x01}},
	} {
		got := enclosed(make([]byte, tt.content))
		if len(got) != tt.content+len(tt.want) || !bytes.HasPrefix(got, tt.want) {
			t.Errorf("%d bytes: %d bytes that begin with % x, want % x in front", tt.content, len(got), got[:min(len(tt.want), len(got))], tt.want)
		}
	}
}

func TestImpossibleTermsPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"no name":               func() { Name("", nil) },
		"long name":             func() { Name("ABCDE", nil) },
		"lower case":            func() { Name("_sta", nil) },
		"digit first":           func() { Name("1ABC", nil) },
		"empty part":            func() { Scope("_SB..A") },
		"short EISA ID":         func() { EISAID("PNP0") },
		"EISA ID not hex":       func() { EISAID("PNP0X03") },
		"EISA ID in lower case": func() { EISAID("pnp0A03") },
		"long package":          func() { Package(make([][]byte, 256)...) },
		"many arguments":        func() { Code("X", 8) },
		"too many bytes":        func() { enclosed(make([]byte, 1<<28)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
