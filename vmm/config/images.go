package config

import (
	"fmt"
	"path"
)

// Image is a file that a machine needs. A text names it by a path, relative to
// the text's own place on the developer's machine. On Ringo's machine it is the
// boot module with the name that is the path's last element, so the same text
// serves both.
type Image struct {
	Key  string // that names it, such as kernel
	Path string
}

// Name is the boot module's name.
func (i Image) Name() string { return path.Base(i.Path) }

// clean is the path in its shortest spelling.
func (i Image) clean() string { return path.Clean(i.Path) }

// Images are the files that vm needs: kernel, initrd and modules, firmware and
// disks.
func (vm *VM) Images() []Image {
	var images []Image
	if vm.Kernel != "" {
		images = append(images, Image{"kernel", vm.Kernel})
	}
	if vm.Initrd != "" {
		images = append(images, Image{"initrd", vm.Initrd})
	}
	if vm.Firmware != "" {
		images = append(images, Image{"firmware", vm.Firmware})
	}
	if vm.VGABIOS != "" {
		images = append(images, Image{"vgabios", vm.VGABIOS})
	}
	for i, d := range vm.Disks {
		images = append(images, Image{vm.DiskKey(i), d.File})
	}
	for i, m := range vm.Modules {
		images = append(images, Image{vm.ModuleKey(i), m.File})
	}
	return images
}

// DiskKey is the key of disk i, as Image has it.
func (vm *VM) DiskKey(i int) string { return fmt.Sprintf("disk[%d]", i) }

// ModuleKey is the key of module i, as Image has it.
func (vm *VM) ModuleKey(i int) string { return fmt.Sprintf("modules[%d]", i) }
