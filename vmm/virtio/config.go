package virtio

// readConfig reads size bytes (1, 2, 4 or 8) of the configuration space at off.
// Beyond its end there are zeros.
func (c *Core) readConfig(off uint64, size int) (v uint64) {
	b := c.dev.Config()
	for i := range size {
		if at := off + uint64(i); at < uint64(len(b)) {
			v |= uint64(b[at]) << (8 * i)
		}
	}
	return v
}

// writeConfig writes size bytes of it.
func (c *Core) writeConfig(off uint64, size int, v uint64) {
	n := uint64(len(c.dev.Config()))
	for i := range size {
		if at := off + uint64(i); at < n {
			c.dev.WriteConfig(int(at), byte(v>>(8*i)))
		}
	}
}
