package emu

import "os"

// Machine is an emulated computer.
type Machine struct {
	Name  string
	About string // one line for help texts
	bochs bool
	args  []string // QEMU: the arguments that choose machine and processor
	model string   // Bochs: the processor
}

// tcgSVM is a processor with AMD's SVM on QEMU's translator.
const tcgSVM = "EPYC,+svm,+npt,+vgif"

// Machines are all that Options.Machine may name, the default first.
var Machines = []Machine{
	{Name: "qemu-svm", About: "QEMU q35, AMD SVM", args: []string{"-M", "q35", "-accel", "tcg", "-cpu", tcgSVM}},
	{Name: "qemu-svm-pc", About: "QEMU pc (i440FX), AMD SVM", args: []string{"-M", "pc", "-accel", "tcg", "-cpu", tcgSVM}},
	{Name: "bochs-vmx", About: "Bochs, Intel VMX (Broadwell)", bochs: true, model: "broadwell_ult"},
	{Name: "bochs-svm", About: "Bochs, AMD SVM (Trinity)", bochs: true, model: "trinity_apu"},
	{Name: "qemu-kvm", About: "QEMU q35 on KVM with nested virtualization: this host's own SVM or VMX",
		args: []string{"-M", "q35", "-accel", "kvm", "-cpu", "host"}},
}

func lookup(name string) (Machine, error) {
	var names []string
	for _, m := range Machines {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return Machine{}, errorf("no machine is called %q; there are %s", name, join(names))
}

// boots are the ways to boot that the machine knows, its default first.
func (m Machine) boots() []Boot {
	if m.bochs {
		return []Boot{BootISO}
	}
	return Boots
}

// program is the emulator's program.
func (m Machine) program() string {
	if p := m.override(); p != "" {
		return p
	}
	if m.bochs {
		return "bochs"
	}
	return "qemu-system-x86_64"
}

// override is the program that the user chose in the environment instead.
func (m Machine) override() string {
	if m.bochs {
		return os.Getenv("BOCHS")
	}
	return os.Getenv("QEMU")
}
