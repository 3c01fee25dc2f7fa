//go:build ignore

// Cut writes the ACPI tables in a raw image of a machine's memory, which
// starts at host-physical address 0, as text:
//
//	go run boot/acpi/testdata/cut.go MEMORY > boot/acpi/testdata/NAME.txt
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"log"
	"os"

	"github.com/ringo-vmm/ringo/boot/acpi"
)

// image is memory from host-physical address 0.
type image []byte

func (m image) Bytes(pa uint64, n int) []byte {
	if n < 0 || pa > uint64(len(m)) || uint64(n) > uint64(len(m))-pa {
		return nil
	}
	return m[pa : pa+uint64(n)]
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: cut MEMORY")
	}
	mem, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	t := find(mem)
	if t == nil {
		log.Fatalf("%s: no RSDP that leads to tables", os.Args[1])
	}
	for _, p := range t.Problems {
		log.Print(p)
	}
	out := bufio.NewWriter(os.Stdout)
	size := uint64(20)
	if t.RSDP.Revision >= 2 {
		size = 36
	}
	write(out, "RSD PTR", t.RSDP.Address, mem[t.RSDP.Address:][:size])
	for _, tab := range t.List() {
		write(out, tab.Signature, tab.Address, tab.Data)
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}

// find is the tables of the RSDP of the highest revision anywhere in mem: UEFI
// firmware has one of each revision, at any address.
func find(mem []byte) *acpi.Tables {
	var best *acpi.Tables
	signature := []byte("RSD PTR ")
	for at := 0; ; at++ {
		i := bytes.Index(mem[at:], signature)
		if i < 0 {
			return best
		}
		at += i
		t, err := acpi.Find(image(mem), uint64(at), nil)
		if err != nil || t.RSDP.Address != uint64(at) {
			continue
		}
		if best == nil || t.RSDP.Revision > best.RSDP.Revision {
			best = t
		}
	}
}

// write writes one table.
func write(out *bufio.Writer, signature string, addr uint64, data []byte) {
	fmt.Fprintf(out, "%s @ 0x%016X\n", signature, addr)
	for i := 0; i < len(data); i += 16 {
		fmt.Fprintf(out, "    %04X: % X\n", i, data[i:min(i+16, len(data))])
	}
	fmt.Fprintln(out)
}
