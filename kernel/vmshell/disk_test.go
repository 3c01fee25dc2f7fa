package vmshell

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// write has a disk of a running machine write, as a device would.
func (r *rig) write(name string, disk int, text string) {
	r.t.Helper()
	r.transfer(name, disk, block.Write, []byte(text))
}

// read is what is at the beginning of a disk.
func (r *rig) read(name string, disk, n int) string {
	r.t.Helper()
	b := make([]byte, n)
	r.transfer(name, disk, block.Read, b)
	return string(b)
}

func (r *rig) transfer(name string, disk int, op block.Op, b []byte) {
	r.t.Helper()
	v, err := r.manager.Find(name)
	if err != nil {
		r.t.Fatal(err)
	}
	err = v.Still(func(p *pc.PC) (err error) {
		d := p.Disks()[disk-1]
		d.Submit(&block.Request{Op: op, Buf: [][]byte{b}, Done: func(e error) { err = e }})
		d.Drain()
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// diskImage is the file disk.img.
var diskImage = make([]byte, 128<<10)

// Disks of a machine.
const (
	oneDisk  = "[[vm.disk]]\nfile = \"disk.img\"\n"
	twoDisks = oneDisk + "[[vm.disk]]\nfile = \"disk.img\"\nmode = \"readonly\"\nbus = \"ahci\"\n"
)

func TestDisksAreListed(t *testing.T) {
	r := newRig(t, machine("a")+twoDisks+machine("b"))
	const head = `^machine +disk +bus +mode +size +written +snapshots +reads +writes +flushes +errors +file\n`
	r.run("disk", head+`a +1 ide +overlay +- +- +- +- +- +- +-  disk.img\na +2 ahci +readonly .*\n$`)
	r.run("vm start a", `^$`)
	r.write("a", 1, "xyz")
	r.read("a", 1, 3)
	r.read("a", 1, 3)
	r.run("disk list", head+`a +1 ide +overlay +128 KiB +65 KiB +0 +2 +1 +0 +0  disk.img\na +2 ahci +readonly +128 KiB +0 KiB +0 +0 +0 +0 +0  disk.img\n$`)
	r.run("disk list a", `too many arguments`)
	r.run("disk frobnicate", `there is no command disk frobnicate .*usage: disk`)
}

func TestWithoutDisksTheListSaysSo(t *testing.T) {
	r := newRig(t, machine("a"))
	r.run("disk", `^no machine has disks\n$`)
	r.run("disk snapshot a 1", `a has no disks`)
}

func TestADiskGoesBackToASnapshotOfARunningMachine(t *testing.T) {
	r := newRig(t, machine("a")+twoDisks)
	r.run("vm start a", `^$`)
	before := r.read("a", 1, 3)
	r.run("disk revert a 1", `there are no snapshots`)
	r.write("a", 1, "one")
	r.run("disk snapshot a 1", `^snapshot 1\n$`)
	r.write("a", 1, "two")
	r.run("disk snapshot a 1", `^snapshot 2\n$`)
	r.write("a", 1, "six")
	r.run("disk", `a +1 ide +overlay +128 KiB +193 KiB +2 `)
	for _, s := range []struct{ line, says, want string }{
		{"disk revert a 1", `as at snapshot 2; what a remembers`, "two"},
		{"disk revert a 1 1", `as at snapshot 1;`, "one"},
		{"disk discard a 1", `65 KiB discarded;`, before},
	} {
		r.run(s.line, s.says)
		if got := r.read("a", 1, 3); got != s.want {
			t.Errorf("after %s it has %q, want %q", s.line, got, s.want)
		}
	}
	r.run("disk revert a 1 2", `N is 2, more than 1 \(usage: disk revert MACHINE DISK \[N\]\)`)
	r.run("vm list", `a +running`)
}

func TestACommitChangesTheFileForWhoComesNext(t *testing.T) {
	t.Cleanup(func() { clear(diskImage) })
	r := newRig(t, machine("a")+oneDisk+machine("b")+oneDisk)
	r.run("vm start a; vm start b", `^$`)
	r.write("a", 1, "new")
	r.run("disk commit a 1", `b uses disk.img too, as disk 1`)
	if got := r.read("b", 1, 3); got == "new" {
		t.Error("the other machine sees what is not committed")
	}
	r.run("vm destroy b; disk commit a 1", `^65 KiB written to the file\n$`)
	r.run("disk", `a +1 ide +overlay +\d+ KiB +0 KiB +0 `)
	r.run("vm destroy a; vm start b", `^$`)
	if got := r.read("b", 1, 3); got != "new" {
		t.Errorf("the file has %q", got)
	}
}

func TestBadDiskCommandsAreRefused(t *testing.T) {
	r := newRig(t, machine("a")+twoDisks)
	r.run("disk snapshot a 1", `a is off`)
	r.run("vm start a", `^$`)
	for line, want := range map[string]string{
		"disk snapshot":       `which disk\? \(usage: disk snapshot MACHINE DISK\)`,
		"disk snapshot a":     `which disk\?`,
		"disk snapshot a 0":   `DISK is 0, less than 1`,
		"disk snapshot a 3":   `DISK is 3, more than 2`,
		"disk snapshot a x":   `usage: disk snapshot`,
		"disk snapshot a 1 1": `too many arguments`,
		"disk snapshot c 1":   `there is no machine "c"`,
		"disk snapshot a 2":   `disk 2 of a is no overlay`,
		"disk commit a 2":     `a uses disk.img too, as disk 1`,
		"disk discard a 2":    `is no overlay`,
		"disk revert a 1 0":   `N is 0, less than 1`,
	} {
		r.run(line, want)
	}
}
