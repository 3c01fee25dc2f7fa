package sched

import (
	"strings"
	"testing"
)

func TestParseSet(t *testing.T) {
	for text, want := range map[string]Set{
		"0": 1, "2-3": 12, "0,2-3": 13, "63": 1 << 63, "0-63": ^Set(0), " 1 , 3 ": 10, "1,1,0-1": 3,
	} {
		got, err := ParseSet(text)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, part := range map[string]string{
		"": `""`, "0,x": `"x"`, "64": `"64"`, "1-64": `"1-64"`, "3-2": "backwards", "1,,2": `""`, "-1": `"-1"`,
		"1-2-3": `"1-2-3"`, "99999999999999999999": `"99999999999999999999"`,
	} {
		_, err := ParseSet(text)
		if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %v, want one that has %s", text, err, part)
		}
	}
}

func TestSetString(t *testing.T) {
	for set, want := range map[Set]string{0: "", 1: "0", 13: "0,2-3", ^Set(0): "0-63", 1<<63 | 1: "0,63"} {
		if got := set.String(); got != want {
			t.Errorf("%#x: %q, want %q", uint64(set), got, want)
		}
	}
}

func FuzzParseSet(f *testing.F) {
	f.Add("0,2-3")
	f.Add("63-0,")
	f.Fuzz(func(t *testing.T, text string) {
		set, err := ParseSet(text)
		if err != nil {
			return
		}
		if again, err := ParseSet(set.String()); err != nil || again != set {
			t.Errorf("%q is %v, which reads as %v, %v", text, set, again, err)
		}
	})
}

func TestNewGroupSaysWhatCannotBe(t *testing.T) {
	m := newSim(t, 4, NewStride)
	for _, c := range []struct {
		p    Params
		want string
	}{
		{Params{Processors: 0x30}, "vm: processors 4-5: there are only 0-3"},
		{Params{Weight: MaxWeight + 1}, "vm: weight 10001: "},
		{Params{Cap: MaxCap + 1}, "vm: cap 6401: "},
	} {
		if _, err := m.s.NewGroup("vm", c.p); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s", c.p, err, c.want)
		}
		g := m.group(Params{Weight: 3})
		if err := g.Set(c.p); err == nil || g.params.Weight != 3 {
			t.Errorf("Set %+v: %v", c.p, err)
		}
	}
	if g := m.group(Params{Processors: 0x18}); g.params.Processors != 8 {
		t.Errorf("processors 3-4 of 0-3 are %v", g.params.Processors)
	}
}
