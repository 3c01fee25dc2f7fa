package ahci

import (
	"math/bits"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/ide/atapi"
)

type kind uint8

const (
	noDrive kind = iota
	diskDrive
	cdDrive
)

// port is a port and the drive at it.
type port struct {
	hba  *Controller
	bit  uint32 // in registers that have one for each port
	kind kind
	disk *block.Disk
	cd   *atapi.CD
	info ata.Drive

	list uint64 // guest-physical address of the command list
	fis  uint64 // of the area for received FISes
	is   uint32
	ie   uint32
	cmd  uint32 // the guest's bits
	slot uint32 // of the command that runs or ran last
	tfd  uint32
	sig  uint32
	sctl uint32
	ci   uint32

	news   bool // the drive has its signature to tell
	halted bool // after an error, until the list is stopped
	srst   bool // the drive is in a software reset

	command
	buf     []byte
	request block.Request
	pieces  [1][]byte
	flying  bool // the disk has the request
	stale   bool // as saved: the disk has it, but its command is gone
}

func (p *port) read(reg uint32) uint32 {
	switch reg {
	case portCLB:
		return uint32(p.list)
	case portCLBU:
		return uint32(p.list >> 32)
	case portFB:
		return uint32(p.fis)
	case portFBU:
		return uint32(p.fis >> 32)
	case portIS:
		return p.is
	case portIE:
		return p.ie
	case portCMD:
		return p.readCMD()
	case portTFD:
		return p.tfd
	case portSIG:
		return p.sig
	case portSSTS:
		return p.ssts()
	case portSCTL:
		return p.sctl
	case portCI:
		return p.ci
	}
	return 0
}

func (p *port) write(reg, v uint32) {
	const low, high = 1<<32 - 1, ^uint64(1<<32 - 1)
	switch reg {
	case portCLB:
		p.list = (p.list&high | uint64(v)) & clbMask
	case portCLBU:
		p.list = p.list&low | uint64(v)<<32
	case portFB:
		p.fis = (p.fis&high | uint64(v)) & fbMask
	case portFBU:
		p.fis = p.fis&low | uint64(v)<<32
	case portIS:
		p.is &^= v
	case portIE:
		p.ie = v & ieBits
	case portCMD:
		p.writeCMD(v)
	case portSCTL:
		p.writeSCTL(v)
	case portCI:
		if p.cmd&cmdST != 0 {
			p.ci |= v
			p.run()
		}
	}
}

// readCMD shows what the engines do: they run as soon as they are told to.
func (p *port) readCMD() uint32 {
	v := p.cmd | cmdSUD | cmdPOD | p.slot<<cmdSlot
	if p.cmd&cmdST != 0 {
		v |= cmdCR
	}
	if p.cmd&cmdFRE != 0 {
		v |= cmdFR
	}
	return v
}

func (p *port) writeCMD(v uint32) {
	was := p.cmd
	p.cmd = v & cmdBits
	if was&^p.cmd&cmdST != 0 {
		p.stop()
	}
	if v&cmdCLO != 0 && p.cmd&cmdST == 0 {
		p.tfd &^= ata.StatusBSY | ata.StatusDRQ
	}
	p.run()
}

// stop ends what goes on with the list. A request that is with the disk is
// waited for before the next command. AHCI §10.4.2.
func (p *port) stop() {
	if p.active {
		p.tfd = ata.StatusGood // the drive has nothing to wait for
	}
	p.ci, p.slot, p.halted = 0, 0, false
	p.command = command{}
}

func (p *port) ssts() uint32 {
	switch {
	case p.kind == noDrive || p.sctl&detMask == detReset:
		return 0
	case p.sctl&detMask == detOff:
		return sstsOff
	}
	return sstsReady
}

// writeSCTL resets the drive, when it holds and lets go its reset: a COMRESET.
// AHCI §10.4.2.
func (p *port) writeSCTL(v uint32) {
	was := p.sctl & detMask
	p.sctl = v & sctlBits
	switch now := p.sctl & detMask; {
	case now == detReset && was != detReset:
		p.resetDrive()
		if p.kind != noDrive {
			p.tfd = ata.StatusBSY
		}
	case now == 0 && was == detReset:
		p.news = p.kind != noDrive
	}
	p.run()
}

// powerOn is what a reset of the adapter does.
func (p *port) powerOn() {
	p.list, p.fis, p.is, p.ie, p.cmd, p.sctl, p.srst = 0, 0, 0, 0, 0, 0, false
	p.stop()
	p.resetDrive()
	p.news = p.kind != noDrive
}

func (p *port) resetDrive() {
	p.command = command{}
	p.news = false
	p.tfd, p.sig = tfdNone, sigNone
	p.info.PowerOn()
	if p.cd != nil {
		p.cd.Reset()
	}
}

// run lets the drive tell its signature, and begins commands, lowest slot
// first. It ends: each round ends a command, leaves one with the disk, or
// halts the list.
func (p *port) run() {
	if !p.hba.master() || p.ssts() != sstsReady {
		return
	}
	if p.news && p.cmd&cmdFRE != 0 {
		p.news = false
		p.sign(false)
	}
	for p.cmd&cmdST != 0 && p.ci != 0 && !p.halted && !p.active && !p.flying && p.tfd&(ata.StatusBSY|ata.StatusDRQ) == 0 {
		p.slot = uint32(bits.TrailingZeros32(p.ci))
		p.begin()
	}
}
