package media

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// File is an entry of a file system that is made: a regular file, a directory
// (fs.ModeDir) or a symbolic link (fs.ModeSymlink). All belong to root.
type File struct {
	Name string      // without a slash at the beginning
	Mode fs.FileMode // type and permissions
	Data []byte      // of a regular file; a symbolic link's target
}

// What would differ each time, and what GRUB 2.06 cannot read, is left out.
const (
	ext4UUID     = "52696e67-6f00-4000-8000-000000000001"
	ext4Time     = 1 // seconds of the year 1970; 0 is now
	ext4Features = "none,has_journal,ext_attr,dir_index,filetype,extent,flex_bg,sparse_super,large_file,huge_file,extra_isize"
	ext4Options  = "lazy_itable_init=0,lazy_journal_init=0,nodiscard,root_owner=0:0,hash_seed=" + ext4UUID
)

// ext4 writes a file system of size bytes. The programs mke2fs and debugfs do
// it, which need no privileges.
func ext4(out string, size int64, files []File) error {
	dir := out + ".files"
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	script, err := ext4Script(dir, files)
	if err != nil {
		return err
	}
	list := filepath.Join(dir, "script")
	if err := os.WriteFile(list, []byte(script), 0o666); err != nil {
		return err
	}
	err = ext4Program("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0", "-J", "size=4", "-U", ext4UUID,
		"-O", ext4Features, "-E", ext4Options, out, fmt.Sprintf("%dk", size/1024))
	if err != nil {
		return err
	}
	return ext4Program("debugfs", "-w", "-f", list, out)
}

// ext4Script are debugfs' commands that make the files, whose contents are put
// into dir.
func ext4Script(dir string, files []File) (string, error) {
	all := make(map[string]File)
	for _, f := range files {
		if path.Clean(f.Name) != f.Name || path.IsAbs(f.Name) || strings.HasPrefix(f.Name, "..") || strings.ContainsAny(f.Name+link(f), "\"\n") {
			return "", fmt.Errorf("no file may be called %q", f.Name)
		}
		all[f.Name] = f
		for d := path.Dir(f.Name); d != "."; d = path.Dir(d) {
			if _, ok := all[d]; !ok {
				all[d] = File{Name: d, Mode: fs.ModeDir | 0o755}
			}
		}
	}
	var script strings.Builder
	for i, name := range slices.Sorted(maps.Keys(all)) {
		f := all[name]
		// The bits of stat(2), which inodes have as well.
		mode := uint32(f.Mode.Perm())
		for bit, unix := range map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
			if f.Mode&bit != 0 {
				mode |= unix
			}
		}
		switch f.Mode.Type() {
		case fs.ModeDir:
			if name != "." {
				fmt.Fprintf(&script, "mkdir \"%s\"\n", name)
			}
			fmt.Fprintf(&script, "sif \"/%s\" mode 0%o\n", name, 0o040000|mode)
		case fs.ModeSymlink:
			fmt.Fprintf(&script, "symlink \"%s\" \"%s\"\n", name, f.Data)
		case 0:
			host := filepath.Join(dir, fmt.Sprint(i))
			if err := os.WriteFile(host, f.Data, 0o666); err != nil {
				return "", err
			}
			fmt.Fprintf(&script, "write \"%s\" \"%s\"\nsif \"%s\" mode 0%o\n", host, name, name, 0o100000|mode)
		default:
			return "", fmt.Errorf("%s is of type %v", name, f.Mode.Type())
		}
	}
	return script.String(), nil
}

// link is where a symbolic link leads.
func link(f File) string {
	if f.Mode.Type() == fs.ModeSymlink {
		return string(f.Data)
	}
	return ""
}

// ext4Program runs a program of e2fsprogs, which Debian keeps where only root
// looks for programs.
func ext4Program(name string, args ...string) error {
	if _, err := exec.LookPath(name); err != nil {
		name = filepath.Join("/sbin", name)
	}
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), fmt.Sprint("E2FSPROGS_FAKE_TIME=", ext4Time))
	// debugfs goes on after an error, says so on its error output, where its
	// version is too, and succeeds.
	var said strings.Builder
	c.Stderr = &said
	err := c.Run()
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" || strings.HasPrefix(l, "debugfs ") })
	if err == nil && len(lines) > 0 {
		err = fmt.Errorf("it complains")
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, strings.Join(lines[max(0, len(lines)-5):], "\n"))
	}
	return nil
}

// appendFile appends a file to another.
func appendFile(to, from string) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		w.Close()
		return err
	}
	return w.Close()
}
