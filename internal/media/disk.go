package media

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The master boot record and what follows it: GNU GRUB manual 2.06 §3.4, and
// for the partition table UEFI 2.10 §5.2.1.
const (
	sectorSize      = 512
	mbrTable        = 446 // the first of four entries of 16 bytes
	mbrActive       = 0x80
	mbrLinux        = 0x83
	firstPartition  = 1 << 20 // where it begins; GRUB's program lies before it
	maxDisk         = 1 << 40 // sectors have 32 bits in the table
	chsNone         = 0xff    // three of them: the sector's number alone counts
	grubDiskPrefix  = "(hd0,msdos1)/boot/grub"
	grubDiskModules = "biosdisk part_msdos ext2 normal linux multiboot serial terminal"
)

// grubFolder is where Debian's package grub-pc-bin has its files.
var grubFolder = "/usr/lib/grub/i386-pc"

// Disk writes to the file out the image of a hard disk of size bytes that a
// BIOS boots: GRUB in the master boot record, and one partition with the file
// system ext4 and the given files. GRUB's menu is /boot/grub/grub.cfg. The same
// files make the same image.
func Disk(out string, size int64, files []File) error {
	if size%sectorSize != 0 || size < 2*firstPartition || size > maxDisk {
		return fmt.Errorf("a disk of %d bytes", size)
	}
	dir, err := os.MkdirTemp(filepath.Dir(out), ".disk-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	core := filepath.Join(dir, "core.img")
	if err := run("grub-mkimage", append([]string{"-O", "i386-pc", "-p", grubDiskPrefix, "-o", core}, strings.Fields(grubDiskModules)...)...); err != nil {
		return err
	}
	head, err := diskHead(filepath.Join(grubFolder, "boot.img"), core, size)
	if err != nil {
		return err
	}
	part := filepath.Join(dir, "ext4.img")
	if err := ext4(part, size-firstPartition, files); err != nil {
		return err
	}
	image := filepath.Join(dir, "disk.img")
	if err := os.WriteFile(image, head, 0o666); err != nil {
		return err
	}
	if err := appendFile(image, part); err != nil {
		return err
	}
	return os.Rename(image, out)
}

// diskHead is what lies before the partition: GRUB's first sector with the
// partition table, and its program in the sectors behind, which is where
// both expect it unless one tells them otherwise.
func diskHead(bootFile, coreFile string, size int64) ([]byte, error) {
	boot, err := os.ReadFile(bootFile)
	if err != nil {
		return nil, err
	}
	core, err := os.ReadFile(coreFile)
	if err != nil {
		return nil, err
	}
	if len(boot) != sectorSize || len(core) > firstPartition-sectorSize {
		return nil, fmt.Errorf("%s has %d bytes and GRUB's program %d", bootFile, len(boot), len(core))
	}
	head := make([]byte, firstPartition)
	copy(head, boot)
	copy(head[sectorSize:], core)
	entry := head[mbrTable : sectorSize-2]
	clear(entry)
	copy(entry, []byte{mbrActive, chsNone, chsNone, chsNone, mbrLinux, chsNone, chsNone, chsNone})
	binary.LittleEndian.PutUint32(entry[8:], firstPartition/sectorSize)
	binary.LittleEndian.PutUint32(entry[12:], uint32((size-firstPartition)/sectorSize))
	return head, nil
}
