package frame

import (
	"fmt"
	"testing"
)

func TestNothingAllocatesGoMemory(t *testing.T) {
	a := newAllocator(t, pc()...)
	if n := testing.AllocsPerRun(100, func() {
		pa, _ := a.Alloc(0, Any, Kernel)
		_ = a.AllocAt(pa, 0, Kernel)
		_ = a.Free(pa, 1, Kernel)
		_ = a.Free(pa, 0, Kernel)
		_ = a.Free(pa, 0, Kernel)
		_ = a.Reserve(0x5000, 0x6000)
		_ = a.Stats()
		a.Next(0)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkAllocFree(b *testing.B) {
	for _, order := range []int{0, 9, 18} {
		b.Run(fmt.Sprintf("order=%d", order), func(b *testing.B) {
			a := newAllocator(b, pc()...)
			b.ReportAllocs()
			for b.Loop() {
				pa, err := a.Alloc(order, Any, GuestRAM)
				if err != nil {
					b.Fatal(err)
				}
				if err := a.Free(pa, order, GuestRAM); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAllocFreeFragmented takes and frees every second frame of 64 MiB,
// so that nothing merges.
func BenchmarkAllocFreeFragmented(b *testing.B) {
	a := newAllocator(b, pc()...)
	var pas [8192]uint64
	for i := range pas {
		pas[i] = mustAlloc(b, a, 0, Any, GuestRAM)
		mustAlloc(b, a, 0, Any, GuestRAM)
	}
	for _, pa := range pas {
		mustFree(b, a, pa, 0, GuestRAM)
	}
	b.ReportAllocs()
	for b.Loop() {
		pa, err := a.Alloc(0, Any, GuestRAM)
		if err != nil {
			b.Fatal(err)
		}
		if err := a.Free(pa, 0, GuestRAM); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInit(b *testing.B) {
	a, mem := new(Allocator), new(fakeMemory)
	for b.Loop() {
		if err := a.Init(pc(), mem); err != nil {
			b.Fatal(err)
		}
	}
}
