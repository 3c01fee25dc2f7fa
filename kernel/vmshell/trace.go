package vmshell

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/inspect"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

const (
	defaultTrace = 20
	maxTrace     = 1 << 20 // more than any trace keeps
)

// traceKeys are the filters of trace by what an exit was about, with the reason
// that they mean.
var traceKeys = map[string]struct {
	reason vmm.Reason
	max    uint64
}{
	"port": {vmm.ReasonPort, math.MaxUint16}, "addr": {vmm.ReasonMemory, math.MaxUint64}, "msr": {vmm.ReasonMSR, math.MaxUint32},
}

// trace shows the last exits.
func trace(s *shell, c *monitor.Context, v *manager.Machine, args []string) error {
	f, n := inspect.Filter{}, uint64(defaultTrace)
	for _, arg := range args {
		if err := traceArgument(&f, &n, arg); err != nil {
			return err
		}
	}
	return still(c, v, func(w io.Writer, p *pc.PC) error {
		inspect.Trace(w, s.cpu(p).Stats.Last(maxTrace), f, int(n))
		return nil
	})
}

// traceArgument takes one argument of trace: a number of exits, a reason, or a
// key with its value.
func traceArgument(f *inspect.Filter, n *uint64, arg string) (err error) {
	key, value, hasValue := strings.Cut(arg, "=")
	about, known := traceKeys[key]
	switch {
	case hasValue && known:
		f.Reasons = append(f.Reasons, about.reason)
		f.HasInfo = true
		f.Info, err = number(key, value, 0, about.max)
		return err
	case hasValue && key == "vector":
		f.HasVector = true
		vector, err := number(key, value, 0, math.MaxUint8)
		f.Vector = uint8(vector)
		return err
	case arg != "" && arg[0] >= '0' && arg[0] <= '9':
		*n, err = number("N", arg, 1, maxTrace)
		return err
	}
	reasons := inspect.ParseReason(arg)
	if len(reasons) == 0 {
		return usageError{fmt.Errorf("there is no machine, reason or key %q", arg)}
	}
	f.Reasons = append(f.Reasons, reasons...)
	return nil
}

// traceWords are the words that trace takes, for Tab.
func traceWords() (words []string) {
	for key := range traceKeys {
		words = append(words, key+"=")
	}
	words = append(words, "vector=", saveWord)
	for r := range vmm.Reason(vmm.Reasons) {
		if name := r.String(); !strings.Contains(name, " ") {
			words = append(words, strings.ToLower(name))
		}
	}
	return words
}
