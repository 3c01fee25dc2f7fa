package ata

// PowerOn gives a drive with Sectors its settings after power-on.
func (d *Drive) PowerOn() {
	d.Default = DefaultGeometry(d.Sectors)
	d.Current = d.Default
	d.Multiple, d.WriteCache, d.Mode = 0, true, DefaultMode
}

// SetFeatures does what SET FEATURES asks for, with the features register and
// the count. It tells false if the command is to be aborted. ATA-6 §8.46.
func (d *Drive) SetFeatures(feature, count uint8) bool {
	switch {
	case feature == FeatureTransferMode && d.ModeSupported(count):
		if isDMA(count) {
			d.Mode = count
		}
	case d.Sectors != 0 && (feature == FeatureWriteCache || feature == FeatureNoWriteCache):
		d.WriteCache = feature == FeatureWriteCache
	case feature == FeatureLookAhead, feature == FeatureNoLookAhead,
		feature == FeatureKeepSettings, feature == FeatureRevertSettings:
	default:
		return false
	}
	return true
}

// SetMultiple does what SET MULTIPLE MODE asks for. ATA-6 §8.49.
func (d *Drive) SetMultiple(count uint8) bool {
	if count > MaxMultiple || count&(count-1) != 0 {
		return false
	}
	d.Multiple = count
	return true
}

// NativeMax is the last address, of 28 or 48 bits. ATA-6 §8.33, §8.34.
func (d *Drive) NativeMax(ext bool) uint64 {
	if ext {
		return d.Sectors - 1
	}
	return min(d.Sectors, Max28) - 1
}

// Max48 is the sectors that 48-bit addresses reach.
const Max48 = 1 << 48
