package console

import (
	"strings"
	"sync"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/serial"
)

// Registers of the UART, and the bit that tells that there is data.
const (
	data    = 0
	status  = 5
	hasData = 1
)

func TestAPasteReachesAGuestThatReadsASerialPort(t *testing.T) {
	var device sync.Mutex
	c := New(size)
	l := c.NewLine(&device)
	uart := serial.New(&devicetest.Clock{}, &devicetest.Line{}, l)
	l.Connect(uart.Receive)

	paste := strings.Repeat("all that is typed arrives, and in order. ", 100)
	c.Type([]byte(paste))
	var got strings.Builder
	for range 2 * len(paste) {
		device.Lock()
		if uart.In(status, 1)&hasData != 0 {
			got.WriteByte(byte(uart.In(data, 1)))
		}
		device.Unlock()
	}
	if got.String() != paste {
		t.Errorf("%d bytes of %d arrived, or others", got.Len(), len(paste))
	}
}
