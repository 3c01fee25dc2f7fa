//go:build !tamago

package thread

// On the developer's machine the scheduler runs in tests, on processors that
// are only data.

var (
	testProcessor    *processor
	testFaultAddress uint64
)

func this() *processor { return testProcessor }

func faultAddress() uint64 { return testFaultAddress }

func pageTables() uint64 { return 0 }
