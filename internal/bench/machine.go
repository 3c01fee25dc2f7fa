package bench

// Machine is an emulated machine on which exits are measured.
type Machine struct {
	Name   string // as package emu has it
	ICount bool   // its clock has to be told to count instructions
	limits map[string]float64
	kvm    map[string]float64 // measured beforehand
}

// Machines are all of them, the one that is measured by default first. On the
// others there is no peer to measure beside Ringo; KVM's figures on bochs-vmx are
// those of a C loop around KVM_RUN on Debian's Linux 6.1, mitigations=off.
var Machines = []Machine{
	{Name: "qemu-svm", ICount: true, limits: svmLimits},
	{Name: "bochs-vmx", limits: vmxLimits, kvm: map[string]float64{"cpuid": 979, "out": 3094, "in-pic": 1245, "mmio": 6166, haltExit: 2644}},
	{Name: "bochs-svm", limits: svmLimits, kvm: map[string]float64{"cpuid": 1163, "out": 2892, "in-pic": 1412, "mmio": 5473, haltExit: 2501}},
}

// What an exit may take on each vendor's processors, in instructions.
var (
	svmLimits = map[string]float64{"cpuid": 450, "out": 450, "in-pic": 450, "mmio": 600, "mmio-ioapic": 600, "eoi": 600, haltExit: 1500, "wake": 3000}
	vmxLimits = map[string]float64{"cpuid": 450, "out": 500, "in-pic": 500, "mmio": 700, "mmio-ioapic": 700, "eoi": 700, haltExit: 1500, "wake": 3000}
)

// exits are the kinds of exits, by the names that the guest "bench" prints. A
// figure is one round trip: from the guest to Ringo and back. The guest does not
// print haltExit: it is what remains of "wake" without the two accesses to the
// local APIC in it, at the price of an "eoi" each.
var exits = []struct {
	name, about string
	aim         float64
}{
	{"cpuid", "CPUID", 200},
	{"out", "OUT to a device model", 200},
	{"in-pic", "IN from the PIC", 200},
	{"mmio", "MMIO to a device model", 300},
	{"mmio-ioapic", "MMIO to an I/O APIC's register", 300},
	{"eoi", "local APIC EOI by MMIO", 300},
	{haltExit, "HLT to the handler of its interrupt", 600},
	{"wake", "self-IPI, STI, HLT, wake, EOI", 1200},
}

const haltExit = "hlt"

// FindMachine finds a machine by its name.
func FindMachine(name string) (Machine, bool) {
	for _, m := range Machines {
		if m.Name == name {
			return m, true
		}
	}
	return Machine{}, false
}

// Exits makes figures of what ParseExits returned for Ringo on this machine, and
// for KVM there if it was measured.
func (m Machine) Exits(ringo, kvm map[string]float64) []Figure {
	if kvm == nil {
		kvm = m.kvm
	}
	var figures []Figure
	for _, e := range exits {
		figures = append(figures, Figure{Name: e.name, About: e.about, Unit: Instructions, Value: ringo[e.name], Limit: m.limits[e.name], Aim: e.aim, KVM: kvm[e.name]})
	}
	return figures
}

// File is the name of the file that the figures end in.
func (m Machine) File() string {
	if m.Name == Machines[0].Name {
		return "bench.json"
	}
	return "bench-" + m.Name + ".json"
}
