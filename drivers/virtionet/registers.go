package virtionet

// Types of the capabilities that say where registers are, and the layout of
// one: its first word has the length in bits 23:16 and the type above. V §4.1.4.
const (
	typeCommon = 1
	typeNotify = 2
	typeISR    = 3
	typeDevice = 4

	capBAR        = 4 // bits 7:0
	capOffset     = 8
	capSize       = 12
	capMultiplier = 16 // of typeNotify
	capBytes      = 16
	notifyBytes   = 20
)

// The common configuration, by byte offset. V §4.1.4.3.
const (
	regDeviceSelect  = 0x00
	regDeviceFeature = 0x04
	regDriverSelect  = 0x08
	regDriverFeature = 0x0c
	regConfigVector  = 0x10 // 16 bits
	regStatus        = 0x14 // 8 bits
	regQueueSelect   = 0x16 // 16 bits, as all up to regQueueNotify
	regQueueSize     = 0x18
	regQueueVector   = 0x1a
	regQueueEnable   = 0x1c
	regQueueNotify   = 0x1e
	regQueueTable    = 0x20 // 64 bits, in halves
	regQueueDriver   = 0x28
	regQueueDevice   = 0x30
	commonBytes      = 0x38

	noVector = 0xffff
)

// The device status. V §2.1.
const (
	statusAcknowledge = 1
	statusDriver      = 2
	statusDriverOK    = 4
	statusFeaturesOK  = 8
	statusNeedsReset  = 64
	statusFailed      = 128
)

// Features by bit number. V §5.1.3, §6.
const (
	featureMAC      = 1 << 5
	featureStatus   = 1 << 16
	featureVersion1 = 1 << 32
	featurePlatform = 1 << 33

	wanted = featureMAC | featureStatus | featureVersion1 | featurePlatform
)

// The device's own configuration. V §5.1.4.
const (
	configMAC    = 0
	configStatus = 6 // 16 bits, with featureStatus
	configBytes  = 8
	linkUp       = 1
)

// Queues. V §5.1.2.
const (
	receiveQueue  = 0
	transmitQueue = 1
)

// A queue's memory. V §2.7.5 to §2.7.8.
const (
	descriptorBytes = 16
	flagWrite       = 2 << 32 // in a descriptor's second word: the device writes
	noInterrupt     = 1       // flags of the driver's ring
	noNotify        = 1       // flags of the device's ring
)

// headerBytes is what goes before each frame: struct virtio_net_hdr of a device
// with featureVersion1. All zeros, it asks for nothing. V §5.1.6.
const headerBytes = 12
