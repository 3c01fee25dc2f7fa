package block

import "fmt"

// MaxSnapshots bounds the layers that a read looks through.
const MaxSnapshots = 64

// Snapshots is how many there are.
func (o *Overlay) Snapshots() int { return len(o.layers) - 1 }

// Snapshot keeps the disk as it is now and tells the snapshot's number, from 1.
func (o *Overlay) Snapshot() (int, error) {
	if o.Snapshots() == MaxSnapshots {
		return 0, fmt.Errorf("block: there are %d snapshots already", MaxSnapshots)
	}
	o.layers = append(o.layers, layer{})
	return o.Snapshots(), nil
}

// Revert makes the disk what it was at a snapshot, which can be reverted to
// again; those after it are gone. Snapshot 0 is the base: all that was ever
// written is discarded.
func (o *Overlay) Revert(snapshot int) error {
	if snapshot < 0 || snapshot > o.Snapshots() {
		return fmt.Errorf("block: no snapshot %d, there are %d", snapshot, o.Snapshots())
	}
	keep := max(snapshot, 1)
	for _, l := range o.layers[snapshot:] {
		o.used -= l.size()
	}
	clear(o.layers[snapshot:])
	o.layers = o.layers[:keep]
	if snapshot > 0 {
		o.layers = append(o.layers, nil)
	}
	o.layers[len(o.layers)-1] = layer{}
	return nil
}

// Commit writes the disk as it is to the base, which must be writable, flushes
// it, and forgets all layers and snapshots. After an error they are still
// there, and the base has some of it.
func (o *Overlay) Commit() error {
	if o.base.ReadOnly() {
		return fmt.Errorf("block: commit: %w", ErrReadOnly)
	}
	for _, l := range o.layers {
		for n, c := range l {
			if err := o.commit(n, c); err != nil {
				return fmt.Errorf("block: commit of 64 KiB at %#x: %w", n<<clusterShift, err)
			}
		}
	}
	if err := o.base.Flush(); err != nil {
		return fmt.Errorf("block: commit: %w", err)
	}
	o.layers, o.used = []layer{{}}, 0
	return nil
}

// commit writes one cluster to the base.
func (o *Overlay) commit(n uint64, c *[clusterSize]byte) error {
	off := int64(n << clusterShift)
	size := o.inside(off, clusterSize)
	if c == nil {
		return o.base.Discard(off, int64(size))
	}
	_, err := o.base.WriteAt(c[:size], off)
	return err
}
