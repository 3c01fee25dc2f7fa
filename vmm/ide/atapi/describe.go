package atapi

import "encoding/binary"

const (
	deviceCD         = 5 // peripheral device type. SPC-2 §7.3.2
	inquiryRemovable = 0x80
	inquiryFormat    = 0x21 // ATAPI version 2, response format 1. SFF-8020i §10.8.1
	inquirySize      = 36   // bytes
	inquiryEVPD      = 1
)

// inquiry tells what the drive is.
func (c *CD) inquiry(cdb *[PacketSize]byte, buf []byte) Reply {
	if cdb[1]&inquiryEVPD != 0 || cdb[2] != 0 {
		return c.fail(senseField)
	}
	clear(buf[:inquirySize])
	buf[0], buf[1], buf[3], buf[4] = deviceCD, inquiryRemovable, inquiryFormat, inquirySize-5
	copy(buf[8:], "RINGO   RINGO CD-ROM    1.0 ")
	return data(inquirySize, binary.BigEndian.Uint16(cdb[3:]))
}

// Profiles and features. MMC-3 §5.3, §6.5.
const (
	profileCD  = 0x0008
	profileDVD = 0x0010
	maxCD      = 80 * 60 * 75 // blocks; a larger disk is a DVD

	featureProfiles  = 0x0000
	featureCore      = 0x0001
	featureRemovable = 0x0003
	featureReadable  = 0x0010

	featureCurrent    = 1
	featurePersistent = 2
	coreVersion       = 2 << 2
	interfaceATAPI    = 2
	trayEjectLock     = 1<<5 | 1<<3 | 1 // a tray, which can be ejected and locked

	configurationCurrent = 1 // request types; 0 is all features
	configurationOne     = 2
	configurationHeader  = 8 // bytes
)

// profile is the kind of medium in the drive, 0 for none.
func (c *CD) profile() uint16 {
	switch n := c.blocks(); {
	case n == 0:
		return 0
	case n > maxCD:
		return profileDVD
	}
	return profileCD
}

// configuration lists the drive's features, from the one that is asked for on.
func (c *CD) configuration(cdb *[PacketSize]byte, buf []byte) Reply {
	kind, first := cdb[1]&3, binary.BigEndian.Uint16(cdb[2:])
	if kind > configurationOne {
		return c.fail(senseField)
	}
	profile := c.profile()
	n := configurationHeader
	clear(buf[:MinBuffer])
	add := func(feature uint16, flags uint8, body ...byte) {
		switch {
		case kind == configurationOne && feature != first, feature < first,
			kind == configurationCurrent && flags&featureCurrent == 0:
			return
		}
		binary.BigEndian.PutUint16(buf[n:], feature)
		buf[n+2], buf[n+3] = flags, uint8(len(body))
		n += 4 + copy(buf[n+4:], body)
	}
	current := func(yes bool) uint8 {
		if yes {
			return featureCurrent
		}
		return 0
	}
	add(featureProfiles, featurePersistent|featureCurrent,
		0, profileDVD, current(profile == profileDVD), 0, 0, profileCD, current(profile == profileCD), 0)
	add(featureCore, coreVersion|featurePersistent|featureCurrent, 0, 0, 0, interfaceATAPI, 0, 0, 0, 0)
	add(featureRemovable, featurePersistent|featureCurrent, trayEjectLock, 0, 0, 0)
	add(featureReadable, current(profile != 0), 0, 0, BlockSize>>8, BlockSize&0xff, 0, 1, 0, 0)
	binary.BigEndian.PutUint32(buf, uint32(n-4))
	binary.BigEndian.PutUint16(buf[6:], profile)
	return data(n, binary.BigEndian.Uint16(cdb[7:]))
}

// Mode pages. SFF-8020i §10.8.6.
const (
	pageErrors       = 0x01 // read error recovery
	pageCapabilities = 0x2a
	pageAll          = 0x3f
	pageCode         = 0x3f
	pageControlSaved = 3
	modeHeader       = 8 // bytes

	mediumData   = 0x01 // medium types
	mediumClosed = 0x70
	mediumOpen   = 0x71

	readsDisks  = 0x0b                  // CD-R, CD-RW, DVD
	readsForms  = 1<<4 | 1<<5 | 1<<6    // mode 2 forms 1 and 2, several sessions
	modeLocked  = 1 << 1                // with trayEjectLock
	modeSpeed   = 48 * 75 * 2352 / 1000 // kB/s
	modeCacheKB = 64
)

// modeSense tells the drive's parameters, which cannot be set.
func (c *CD) modeSense(cdb *[PacketSize]byte, buf []byte) Reply {
	if cdb[2]>>6 == pageControlSaved {
		return c.fail(senseSaving)
	}
	page := cdb[2] & pageCode
	if page != pageErrors && page != pageCapabilities && page != pageAll {
		return c.fail(senseField)
	}
	clear(buf[:MinBuffer])
	n := modeHeader
	if page != pageCapabilities {
		buf[n], buf[n+1] = pageErrors, 6
		n += 8
	}
	if page != pageErrors {
		p := buf[n:]
		p[0], p[1], p[2], p[4], p[6] = pageCapabilities, 18, readsDisks, readsForms, trayEjectLock
		if c.locked {
			p[6] |= modeLocked
		}
		binary.BigEndian.PutUint16(p[8:], modeSpeed)
		binary.BigEndian.PutUint16(p[12:], modeCacheKB)
		binary.BigEndian.PutUint16(p[14:], modeSpeed)
		n += 20
	}
	binary.BigEndian.PutUint16(buf, uint16(n-2))
	switch {
	case c.open:
		buf[2] = mediumOpen
	case c.blocks() == 0:
		buf[2] = mediumClosed
	default:
		buf[2] = mediumData
	}
	return data(n, binary.BigEndian.Uint16(cdb[7:]))
}
