package vmm

import "testing"

func TestProbeIsUsableUntilANeededFeatureIsAbsent(t *testing.T) {
	p := Probe{Engine: "engine"}
	if p.Usable {
		t.Fatal("a probe that found nothing is usable")
	}
	p.Add(Feature{Name: "nested paging", Present: true, Needed: true, Detail: "4 KiB, 2 MiB"}, "unused")
	p.Add(Feature{Name: "preemption timer"}, "unused")
	if !p.Usable || len(p.Missing) != 0 {
		t.Errorf("usable %v, missing %q: an optional feature must not count", p.Usable, p.Missing)
	}
	const usable = `engine: this machine can run guests
  + needed nested paging                      4 KiB, 2 MiB
  -        preemption timer
`
	if got := p.String(); got != usable {
		t.Errorf("String():\n%s\nwant\n%s", got, usable)
	}
	p.Add(Feature{Name: "on in firmware", Needed: true}, "turn it on in the firmware's menu")
	p.Add(Feature{Name: "tagged TLB", Present: true, Needed: true}, "unused")
	const unusable = `engine: this machine cannot run guests
  + needed nested paging                      4 KiB, 2 MiB
  -        preemption timer
  - needed on in firmware
  + needed tagged TLB
missing: turn it on in the firmware's menu
`
	if p.Usable || p.String() != unusable {
		t.Errorf("usable %v, String():\n%s\nwant\n%s", p.Usable, p.String(), unusable)
	}
}
