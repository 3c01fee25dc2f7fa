package klog

// The table of boot stages: further stages, and what is longer of a name, are
// left out.
const (
	MaxStages    = 32
	MaxStageName = 24 // bytes
)

type stage struct {
	name [MaxStageName]byte
	size uint8
	ns   uint64
}

// Stage notes that the boot stage of that name begins, and the one before it
// ends, ns nanoseconds since entry.
func (l *Log) Stage(name string, ns uint64) {
	if l.stageCount == MaxStages {
		return
	}
	s := &l.stages[l.stageCount]
	l.stageCount++
	s.size = uint8(copy(s.name[:], name))
	s.ns = ns
}

// Stage is a boot stage that was read.
type Stage struct {
	Name  []byte // static memory that does not change
	Start uint64 // nanoseconds since entry
	Took  uint64 // nanoseconds
}

// StageAt is the i-th boot stage, ok while i is in the table. The last one is
// taken to last until now, nanoseconds since entry.
func (l *Log) StageAt(i int, now uint64) (s Stage, ok bool) {
	if i < 0 || i >= l.stageCount {
		return Stage{}, false
	}
	e := &l.stages[i]
	end := now
	if i+1 < l.stageCount {
		end = l.stages[i+1].ns
	}
	return Stage{
		Name:  e.name[:e.size],
		Start: e.ns,
		Took:  max(end, e.ns) - e.ns,
	}, true
}

// Stage adds a boot stage as "[    0.012345]     0.000345 name": when it began,
// how many seconds it took, and its name.
func (l *Line) Stage(s Stage) *Line {
	return l.Byte('[').Seconds(s.Start).Str("] ").Seconds(s.Took).Byte(' ').Text(s.Name)
}
