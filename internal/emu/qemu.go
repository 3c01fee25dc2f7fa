package emu

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// debugExitPort is where the kernel writes its exit code v under QEMU, which
// then ends with status v<<1 | 1.
const debugExitPort = 0xf4

// Where Debian's package ovmf puts UEFI for QEMU: code that stays as it is,
// and the template of the variables that each machine keeps.
const (
	ovmfCode = "/usr/share/OVMF/OVMF_CODE_4M.fd"
	ovmfVars = "/usr/share/OVMF/OVMF_VARS_4M.fd"
)

// qemu returns QEMU's command line, with its files in dir, and the address at
// which gdb can attach, if it was asked for.
func (p *plan) qemu(dir string) (args []string, gdb string, err error) {
	add := func(a ...string) { args = append(args, a...) }
	add(p.machine.args...)
	add("-m", strconv.Itoa(p.MemMiB)+"M", "-smp", strconv.Itoa(p.CPUs))
	add("-display", "none", "-nodefaults", "-no-reboot", "-monitor", "none", "-serial", "stdio")
	for _, address := range p.Lines {
		add("-serial", "tcp:"+comma(address)+",server=on,wait=off")
	}
	add("-device", fmt.Sprintf("isa-debug-exit,iobase=%#x,iosize=4", debugExitPort))
	if !p.NoVGA {
		add("-device", "VGA")
	}
	if p.NIC != "" {
		add(p.userNetwork()...)
	}
	if p.ICount {
		add("-icount", "shift=0,sleep=off")
	}
	if p.GDB {
		if gdb, err = freeAddress("127.0.0.1:1234"); err != nil {
			return nil, "", err
		}
		add("-gdb", "tcp:"+gdb, "-S")
	}
	if p.Boot.uefi() {
		vars := filepath.Join(dir, "vars.fd")
		b, err := os.ReadFile(ovmfVars)
		if err == nil {
			err = os.WriteFile(vars, b, 0o666)
		}
		if err != nil {
			return nil, "", err
		}
		add("-drive", "if=pflash,format=raw,readonly=on,file="+ovmfCode)
		add("-drive", "if=pflash,format=raw,file="+comma(vars))
	}
	image, err := p.stage(dir)
	if err != nil {
		return nil, "", err
	}
	switch p.Boot {
	case BootKernel, BootPVH:
		add("-kernel", image)
		if p.Append != "" {
			add("-append", p.Append)
		}
		if len(p.Modules) > 0 {
			if err := p.stageModules(dir); err != nil {
				return nil, "", err
			}
			add("-initrd", p.initrd(dir))
		}
	case BootISO, BootUEFI:
		add("-cdrom", image)
	case BootUSB, BootUEFIUSB:
		add("-drive", "if=none,id=stick,format=raw,snapshot=on,file="+comma(image))
		add("-device", "qemu-xhci", "-device", "usb-storage,drive=stick,removable=on")
	case BootPXE, BootUEFIPXE:
		if p.Link != "" {
			add("-netdev", "dgram,id=net,local.type=unix,local.path="+comma(p.Link)+".qemu,remote.type=unix,remote.path="+comma(p.Link))
		} else {
			add("-netdev", "user,id=net,bootfile=boot.ipxe,tftp="+comma(image))
		}
		add("-device", "virtio-net-pci,netdev=net", "-boot", "n")
	}
	return args, gdb, nil
}

// initrd is the argument of QEMU's -initrd: module and arguments, with commas
// between modules. A PVH kernel gets the file alone.
func (p *plan) initrd(dir string) string {
	if p.Boot == BootPVH {
		return filepath.Join(dir, p.Modules[0].Name())
	}
	var list []string
	for _, m := range p.Modules {
		list = append(list, comma(strings.TrimSpace(filepath.Join(dir, m.Name())+" "+m.Args)))
	}
	return strings.Join(list, ",")
}

// comma escapes a value for QEMU's comma-separated lists.
func comma(s string) string { return strings.ReplaceAll(s, ",", ",,") }

// freeAddress is the TCP address want, or one with another port if that is
// taken.
func freeAddress(want string) (string, error) {
	l, err := net.Listen("tcp", want)
	if err != nil {
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return "", err
		}
	}
	defer l.Close()
	return l.Addr().String(), nil
}
