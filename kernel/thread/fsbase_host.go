//go:build !tamago

package thread

// On the developer's machine the scheduler runs in tests, on processors that
// are only data.

func setFSBase(p *processor, base uint64) { p.fsbase = base }

var testProcessor *processor

func this() *processor { return testProcessor }
