package svm

import (
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/paging"
	"github.com/ringo-vmm/ringo/vmm"
)

// space is nested page tables, which have the format of the host's. The walk
// of a nested table counts as a user access. APM vol. 2 §15.25.5.
type space struct {
	engine *Engine
	tables paging.Space
	root   uint64
}

const (
	nestedFlags = paging.User
	rootOrder   = 0
)

// NewSpace makes nested page tables that map nothing.
func (e *Engine) NewSpace() (vmm.Space, error) {
	root, err := e.frames.AllocPages(rootOrder)
	if err != nil {
		return nil, err
	}
	s := &space{engine: e, root: root}
	s.tables.Init(root, tableMemory{}, tableFrames{e.frames}, e.gigabytePages)
	return s, nil
}

func (s *space) Map(gpa, hpa, size uint64, write bool) error {
	flags := nestedFlags
	if write {
		flags |= paging.Write
	}
	return s.tables.Map(gpa, hpa, size, flags)
}

func (s *space) Unmap(gpa, size uint64) error { return s.tables.Unmap(gpa, size, nil) }

// Harvest is vmm.Space's. The processor sets the bits of a nested entry as it
// does those of any; its walk of the guest's own tables counts as a write to them.
// APM vol. 2 §15.25.6.
func (s *space) Harvest(gpa, size uint64, used func(gpa, size uint64, written bool)) error {
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
