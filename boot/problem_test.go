package boot

import (
	"strings"
	"testing"
)

func TestProblemsAreInWords(t *testing.T) {
	p := Problem{Code: ModuleOnKernel, A: 0x1000000, B: 0x1200000}
	p.nameLen = copy(p.name[:], "vms.toml")
	want := `module "vms.toml" at 0x1000000-0x1200000 overlaps the kernel: ignored`
	if got := p.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEveryProblemFitsItsRoom(t *testing.T) {
	for c := Code(0); c <= codes; c++ {
		p := Problem{Code: c, A: 1<<64 - 1, B: 1<<64 - 1, nameLen: len(Problem{}.name)}
		text := p.String()
		if len(text) > MaxProblemText || len(text) < 10 || strings.Contains(text, "%") {
			t.Errorf("code %d, %d bytes: %q", c, len(text), text)
		}
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	p := Problem{Code: ModuleOnKernel, A: 1<<64 - 1, B: 1<<64 - 1, nameLen: len(Problem{}.name)}
	buf := make([]byte, 0, MaxProblemText)
	if n := testing.AllocsPerRun(10, func() { buf = p.Append(buf[:0]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestNoteKeepsRoomForOtherProblems(t *testing.T) {
	i := new(Info)
	for k := range u64(1000) {
		i.note(MapEntryEmpty, k, 0)
	}
	i.note(NoEndTag, 0, 0)
	if n := len(i.Problems()); n != maxSame+1 || i.Problems()[maxSame].Code != NoEndTag || i.LostProblems != 1000-maxSame {
		t.Errorf("%d problems, %d lost", n, i.LostProblems)
	}
}
