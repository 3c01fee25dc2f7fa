package sched

import "fmt"

// Bounds of Params.
const (
	DefaultWeight = 100
	MaxWeight     = 10000
	MaxCap        = 100 * MaxProcessors
)

// Params are what a virtual machine gets.
type Params struct {
	// Weight is its share of the processors' time relative to that of other
	// VMs, up to MaxWeight. 0 is DefaultWeight.
	Weight uint32
	// Cap is how much all its vCPUs together may use, in percent of one
	// processor, up to MaxCap. 0 is no cap.
	Cap uint32
	// Processors are the host processors that it may run on. Those that do not
	// exist do not count. The empty set is all.
	Processors Set
}

// check completes p for a host with the processors that exist.
func (p Params) check(exist Set) (Params, error) {
	if p.Weight == 0 {
		p.Weight = DefaultWeight
	}
	if p.Weight > MaxWeight {
		return p, fmt.Errorf("weight %d: it is from 1 to %d", p.Weight, MaxWeight)
	}
	if p.Cap > MaxCap {
		return p, fmt.Errorf("cap %d: it is from 1 to %d percent of a processor", p.Cap, MaxCap)
	}
	wanted := p.Processors
	if wanted == 0 {
		wanted = exist
	}
	p.Processors = wanted & exist
	if p.Processors == 0 {
		return p, fmt.Errorf("processors %v: there are only %v", wanted, exist)
	}
	return p, nil
}
