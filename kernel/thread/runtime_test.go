//go:build !tamago

package thread

import (
	"debug/dwarf"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"unsafe"
)

// runtimeTypes reads the debug information of a small program, since that of
// a test is left out. Its Go runtime is the release that go.mod pins, as the
// kernel's.
func runtimeTypes(t *testing.T) *dwarf.Data {
	t.Helper()
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "main")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", program, source)
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := f.DWARF()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// structType finds a type of the runtime by name.
func structType(t *testing.T, d *dwarf.Data, name string) *dwarf.StructType {
	t.Helper()
	for r := d.Reader(); ; {
		e, err := r.Next()
		if err != nil || e == nil {
			t.Fatalf("no type %s: %v", name, err)
		}
		if e.Tag != dwarf.TagStructType || e.Val(dwarf.AttrName) != name {
			continue
		}
		typ, err := d.Type(e.Offset)
		if err != nil {
			t.Fatal(err)
		}
		return typ.(*dwarf.StructType)
	}
}

func fieldOffset(t *testing.T, s *dwarf.StructType, name string) int64 {
	t.Helper()
	for _, f := range s.Field {
		if f.Name == name {
			return f.ByteOffset
		}
	}
	t.Errorf("%s has no field %s", s.StructName, name)
	return -1
}

// TestGOffset holds what the layer assumes about the Go runtime against that:
// where a g points to its m, and that the layer's own g and m fit where they
// are.
func TestGOffset(t *testing.T) {
	d := runtimeTypes(t)
	g, m := structType(t, d, "runtime.g"), structType(t, d, "runtime.m")
	expectEqual(t, "offset of m in runtime.g", fieldOffset(t, g, "m"), goMOffset)
	expectEqual(t, "offset of the stack's bounds in runtime.g", fieldOffset(t, g, "stack"), 0)
	if g.ByteSize > offM-offG {
		t.Errorf("a g has %d bytes, the layer's %d", g.ByteSize, offM-offG)
	}
	if room := int64(dataPages*pageSize - offM); m.ByteSize > room {
		t.Errorf("an m has %d bytes, the layer's %d", m.ByteSize, room)
	}
}

func TestNameOffsets(t *testing.T) {
	d := runtimeTypes(t)
	expectEqual(t, "runtime._func.nameOff", fieldOffset(t, structType(t, d, "runtime._func"), "nameOff"), funcNameOffset)
	expectEqual(t, "runtime.moduledata.funcnametab", fieldOffset(t, structType(t, d, "runtime.moduledata"), "funcnametab"), moduleNamesOffset)
	info := structType(t, d, "runtime.funcInfo")
	expectEqual(t, "runtime.funcInfo.datap", fieldOffset(t, info, "datap"), int64(unsafe.Offsetof(funcInfo{}.module)))
	expectEqual(t, "size of runtime.funcInfo", info.ByteSize, int64(unsafe.Sizeof(funcInfo{})))
}

// TestRuntimeSharesOurTypes compares the layouts that the layer shares with the
// runtime with the runtime's own, as far as the debug information has them.
func TestRuntimeSharesOurTypes(t *testing.T) {
	d := runtimeTypes(t)
	var f signalFrame
	for _, c := range []struct {
		typ, field string
		want       uintptr
	}{
		{"runtime.siginfoFields", "si_signo", unsafe.Offsetof(f.info.signo)},
		{"runtime.siginfoFields", "si_code", unsafe.Offsetof(f.info.code)},
		{"runtime.siginfoFields", "si_addr", unsafe.Offsetof(f.info.addr)},
		{"runtime.stackt", "ss_sp", unsafe.Offsetof(altStack{}.sp)},
		{"runtime.stackt", "ss_flags", unsafe.Offsetof(altStack{}.flags)},
		{"runtime.stackt", "ss_size", unsafe.Offsetof(altStack{}.size)},
		{"runtime.sigactiont", "sa_handler", unsafe.Offsetof(action{}.handler)},
		{"runtime.sigactiont", "sa_restorer", unsafe.Offsetof(action{}.restorer)},
		{"runtime.sigactiont", "sa_mask", unsafe.Offsetof(action{}.mask)},
		{"runtime.timespec", "tv_sec", unsafe.Offsetof(timespec{}.sec)},
		{"runtime.timespec", "tv_nsec", unsafe.Offsetof(timespec{}.nsec)},
		{"internal/runtime/syscall/linux.EpollEvent", "Events", unsafe.Offsetof(epollEvent{}.events)},
		{"internal/runtime/syscall/linux.EpollEvent", "Data", unsafe.Offsetof(epollEvent{}.data)},
	} {
		expectEqual(t, c.typ+"."+c.field, fieldOffset(t, structType(t, d, c.typ), c.field), int64(c.want))
	}
}
