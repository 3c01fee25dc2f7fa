package vmx

import (
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/paging"
	"github.com/ringo-vmm/ringo/vmm"
)

// space is extended page tables. Their entries are those of the host's tables
// with other names for some bits: bits 2:0 are read, write and execute, and a
// page has its memory type in bits 5:3. So package paging serves here too. SDM
// vol. 3 §28.2.2.
type space struct {
	engine *Engine
	tables paging.Space
	root   uint64
}

// Names of the bits of an extended entry; read is paging.Present.
const (
	eptWrite   = paging.Write
	eptExecute = paging.User
	// Memory type 6, write-back: the guest's PAT decides on top of it.
	eptWriteBack = paging.PCD | paging.Accessed
	// Set by the processor where it has these flags. SDM vol. 3 §28.2.5.
	eptAccessed paging.Entry = 1 << 8
	eptDirty    paging.Entry = 1 << 9
)

// The extended-page-table pointer, beside the address of the root. SDM vol. 3
// table 24-8.
const (
	eptpWriteBack  = memoryTypeWB
	eptpFourLevels = 3 << 3
	eptpUsageFlags = 1 << 6 // accessed and dirty flags
)

const rootOrder = 0

// NewSpace makes extended page tables that map nothing.
func (e *Engine) NewSpace() (vmm.Space, error) {
	root, err := e.frames.AllocPages(rootOrder)
	if err != nil {
		return nil, err
	}
	s := &space{engine: e, root: root}
	s.tables.Init(root, tableMemory{}, tableFrames{e.frames}, e.gigabytePages)
	if e.usageFlags {
		s.tables.SetUsageBits(eptAccessed, eptDirty)
	} else {
		s.tables.SetUsageBits(0, 0)
	}
	return s, nil
}

func (s *space) eptp() uint64 {
	p := s.root | eptpFourLevels | eptpWriteBack
	if s.engine.usageFlags {
		p |= eptpUsageFlags
	}
	return p
}

func (s *space) Map(gpa, hpa, size uint64, write bool) error {
	flags := eptExecute | eptWriteBack
	if write {
		flags |= eptWrite
	}
	return s.tables.Map(gpa, hpa, size, flags)
}

func (s *space) Unmap(gpa, size uint64) error { return s.tables.Unmap(gpa, size, nil) }

// Harvest is vmm.Space's. With accessed and dirty flags on, the processor's walk
// of the guest's own tables counts as a write to them, as in SVM. SDM vol. 3
// §28.2.5.
func (s *space) Harvest(gpa, size uint64, used func(gpa, size uint64, written bool)) error {
	if !s.engine.usageFlags {
		return vmm.ErrNoUsage
	}
	return s.tables.Harvest(gpa, size, used)
}

// Close frees the tables: those below the root go when nothing is mapped.
func (s *space) Close() {
	s.tables.Unmap(0, vmm.SpaceSize, nil)
	s.engine.frames.FreePages(s.root, rootOrder)
}

// tableMemory and tableFrames are host memory as package paging wants it.
type tableMemory struct{}

func (tableMemory) Table(pa uint64) *paging.Table {
	return (*paging.Table)(unsafe.Pointer(unsafe.SliceData(amd64.Bytes(uintptr(pa), paging.PageSize))))
}

type tableFrames struct{ vmm.Frames }

func (f tableFrames) AllocTable() (uint64, bool) {
	pa, err := f.AllocPages(0)
	return pa, err == nil
}

func (f tableFrames) FreeTable(pa uint64) { f.FreePages(pa, 0) }
