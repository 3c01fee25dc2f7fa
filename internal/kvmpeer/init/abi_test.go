package main

import (
	"testing"
	"unsafe"
)

// The numbers are what Linux's headers make of the same structures.
func TestRequestsAreThoseOfTheKernel(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"KVM_CREATE_VM", reqCreateVM, 0xae01},
		{"KVM_GET_VCPU_MMAP_SIZE", reqMmapSize, 0xae04},
		{"KVM_GET_SUPPORTED_CPUID", reqSupportedCPUID, 0xc008ae05},
		{"KVM_CREATE_VCPU", reqCreateVCPU, 0xae41},
		{"KVM_SET_USER_MEMORY_REGION", reqSetMemory, 0x4020ae46},
		{"KVM_CREATE_IRQCHIP", reqCreateIRQChip, 0xae60},
		{"KVM_CREATE_PIT2", reqCreatePIT, 0x4040ae77},
		{"KVM_RUN", reqRun, 0xae80},
		{"KVM_SET_REGS", reqSetRegs, 0x4090ae82},
		{"KVM_GET_SREGS", reqGetSpecial, 0x8138ae83},
		{"KVM_SET_SREGS", reqSetSpecial, 0x4138ae84},
		{"KVM_SET_CPUID2", reqSetCPUID, 0x4008ae90},
		{"size of kvm_cpuid_entry2", unsafe.Sizeof(cpuidTable{}.entries[0]), 40},
		{"kvm_run.exit_reason", unsafe.Offsetof(runArea{}.reason), 8},
		{"kvm_run.io", unsafe.Offsetof(runArea{}.exit), 32},
		{"kvm_run.io.data_offset", unsafe.Offsetof(ioExit{}.data), 8},
		{"kvm_run.mmio.is_write", unsafe.Offsetof(mmioExit{}.write), 20},
	} {
		if c.got != c.want {
			t.Errorf("%s is %#x, want %#x", c.name, c.got, c.want)
		}
	}
}
