package virtio

// Reserved feature bits. VIRTIO 1.2 §6, §6.3.
const (
	FeatureAnyLayout = 1 << 27 // legacy: a buffer may be cut up anyhow
	FeatureIndirect  = 1 << 28
	FeatureEventIdx  = 1 << 29
	FeatureVersion1  = 1 << 32
	FeaturePacked    = 1 << 34

	legacyFeatures = 1<<32 - 1 // the bits that a legacy driver can see
)

// Device status. VIRTIO 1.2 §2.1.
const (
	StatusAcknowledge = 1 << 0
	StatusDriver      = 1 << 1
	StatusDriverOK    = 1 << 2
	StatusFeaturesOK  = 1 << 3
	StatusNeedsReset  = 1 << 6
	StatusFailed      = 1 << 7

	statusDrivers = StatusAcknowledge | StatusDriver | StatusDriverOK | StatusFeaturesOK | StatusFailed
)

// Causes of an interrupt. VIRTIO 1.2 §4.1.4.5, §4.2.2.
const (
	interruptQueue  = 1 << 0
	interruptConfig = 1 << 1
)
