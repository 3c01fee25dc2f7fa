package pc

import (
	"slices"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

func TestMessagesReachTheProcessorsTheyAreFor(t *testing.T) {
	const all = 0xfeeff000
	for name, tt := range map[string]struct {
		address uint64
		data    uint32
		want    []int // processors
	}{
		"an id":                     {0xfee02000, 0x4041, []int{2}},
		"nobody's id":               {0xfee09000, 0x4041, nil},
		"everybody":                 {all, 0x41, []int{0, 1, 2, 3}},
		"a logical id":              {0xfee0a004, 0x41, []int{1, 3}},
		"with the redirection hint": {0xfee0a00c, 0x41, []int{1}},
		"of lowest priority":        {0xfee0c004, 0x141, []int{2}},
		"a physical one's hint":     {0xfee03008, 0x41, []int{3}},
		"a level":                   {0xfee01000, 0xc041, []int{1}},
		"the end of a level":        {0xfee01000, 0x8041, nil},
		"a vector too low":          {0xfee01000, 0x400f, nil},
		"memory":                    {0x00100000, 0x4041, nil},
		"beyond 4 GiB":              {1<<32 | 0xfee01000, 0x4041, nil},
		"a mode that there is not":  {0xfee01000, 0x341, nil},
	} {
		c := machine(&vmmtest.Host{})
		c.CPUs = 4
		p := build(t, c)
		for i, q := range p.cpus {
			q.lapic.Write(0xf0, 4, 0x1ff)             // on
			q.lapic.Write(0xd0, 4, uint64(1)<<(24+i)) // logical id
		}
		p.message(tt.address, tt.data)
		var got []int
		for i, q := range p.cpus {
			if v, ok := q.lapic.Pending(); ok {
				got = append(got, i)
				if v != 0x41 {
					t.Errorf("%s: vector %#x", name, v)
				}
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: processors %v have it, want %v", name, got, tt.want)
		}
	}
}
