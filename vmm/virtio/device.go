package virtio

import "github.com/ringo-vmm/ringo/vmm/state"

// Type is a device type. VIRTIO 1.2 §5.
type Type uint16

// The types.
const (
	TypeNet     Type = 1
	TypeBlock   Type = 2
	TypeConsole Type = 3
	TypeEntropy Type = 4
	TypeBalloon Type = 5
)

// names are those that the log has.
var names = map[Type]string{TypeNet: "net", TypeBlock: "block", TypeConsole: "console", TypeEntropy: "entropy", TypeBalloon: "balloon"}

// String is the type's name.
func (t Type) String() string { return names[t] }

// Device is what differs from one type of device to another. All methods are
// called with the device lock held.
type Device interface {
	Type() Type
	// Features are the feature bits of the type, those of the rings left
	// out. VIRTIO 1.2 §2.2.
	Features() uint64
	// Queues is the largest size of each virtqueue, in descriptors.
	Queues() []uint16
	// Attach is called once, before all that follow.
	Attach(*Core)
	// Config is the configuration space as it is now. VIRTIO 1.2 §2.5.
	Config() []byte
	// WriteConfig has the driver write a byte of it.
	WriteConfig(off int, v byte)
	// Start says that the driver is ready, and what it has negotiated is
	// known.
	Start()
	// Notify says that there are buffers in a queue.
	Notify(queue int)
	// Reset forgets what the driver did. All queues have been stopped.
	Reset()
	// Busy tells whether memory of the guest is still in use for what was
	// asked before the last Reset.
	Busy() bool
	// State saves and loads what is the type's own.
	State(*state.Codec)
}
