package manager

// Harvest calls used for each page of guest-physical addresses from gpa on, size
// bytes, that the machine's processors have used since they were last harvested;
// see vmm.VM.Harvest. The machine goes on meanwhile.
func (v *Machine) Harvest(gpa, size uint64, used func(gpa, size uint64, written bool)) error {
	v.change.Lock()
	defer v.change.Unlock()
	p, err := v.running()
	if err != nil {
		return err
	}
	p.VM.Devices.Lock()
	defer p.VM.Devices.Unlock()
	return p.VM.Harvest(gpa, size, used)
}
