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
)

// The extended-page-table pointer, beside the address of the root. SDM vol. 3
// table 24-8.
const (
	eptpWriteBack  = memoryTypeWB
	eptpFourLevels = 3 << 3
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
	return s, nil
}

func (s *space) eptp() uint64 { return s.root | eptpFourLevels | eptpWriteBack }

func (s *space) Map(gpa, hpa, size uint64, write bool) error {
	flags := eptExecute | eptWriteBack
	if write {
		flags |= eptWrite
	}
	return s.tables.Map(gpa, hpa, size, flags)
}

func (s *space) Unmap(gpa, size uint64) error { return s.tables.Unmap(gpa, size, nil) }

// Close frees the tables: those below the root go when nothing is mapped.
func (s *space) Close() {
	const all = 1 << 47
	s.tables.Unmap(0, all, nil)
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
