package gdb

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/gdb/packet"
	"github.com/ringo-vmm/ringo/vmm/inspect"
)

// maxOutput bounds what a command of gdb's "monitor" prints, in bytes.
const maxOutput = 1 << 20

// remote handles qRcmd: a command for the stub, or for Ringo's monitor. What it
// prints goes out in packets O.
func (s *Server) remote(conn io.Writer, w *packet.Writer, digits string) bool {
	raw := make([]byte, len(digits)/2)
	n, ok := packet.DecodeHex(raw, []byte(digits))
	if !ok {
		w.Fail(packet.ErrSyntax)
		return true
	}
	line := strings.TrimSpace(string(raw[:n]))
	text, known := s.own(strings.Fields(line))
	if !known {
		text = s.monitor(line)
	}
	text = text[:min(len(text), maxOutput)]
	for len(text) > 0 {
		part := text[:min(len(text), maxPacket/2-1)]
		if s.send(conn, s.reply.Begin().Str("O").HexStr(part)) != nil {
			return false // the next packet finds it out too
		}
		text = text[len(part):]
	}
	s.reply.Begin().Str("OK")
	return true
}

const help = `break exit REASON        stop at an exit; monitor break exit lists the reasons
break exception VECTOR   stop at an exception of the guest
break triple             stop at a triple fault
break                    what is caught
delete                   catch nothing of these any more
phys ADDR LEN            memory by guest-physical address
arch [auto|32|64]        the description that the next gdb gets; default by the processor's mode
The rest are commands of Ringo's monitor:
`

// own runs the commands that are the stub's.
func (s *Server) own(words []string) (text string, known bool) {
	if len(words) == 0 {
		return "", true
	}
	switch words[0] {
	case "help":
		return help + s.monitor("help"), true
	case "break":
		return s.catch(words[1:]), true
	case "delete":
		for _, c := range s.caught {
			s.target.Catch(c, false)
		}
		s.caught = nil
		return "", true
	case "phys":
		return s.physical(words[1:]), true
	case "arch":
		if len(words) != 2 {
			return "it is " + s.layout.name + "\n", true
		}
		l, ok := layoutByName(words[1])
		if !ok {
			return "give auto, 32 or 64\n", true
		}
		s.forced = l
		return "from the next connection on\n", true
	}
	return "", false
}

// catch runs break.
func (s *Server) catch(words []string) string {
	var c Catch
	var err error
	switch {
	case len(words) == 0:
		return s.catches()
	case words[0] == "triple" && len(words) == 1:
		c.Kind = CatchTriple
	case words[0] == "exception" && len(words) == 2:
		c.Kind = CatchException
		var v uint64
		v, err = strconv.ParseUint(words[1], 0, 5) // APM vol. 2 §8.1: vectors 0 to 31
		c.Number = int(v)
	case words[0] == "exit":
		c.Kind = CatchExit
		name := strings.Join(words[1:], " ")
		c.Number = reason(name)
		if c.Number < 0 {
			return "the reasons are: " + strings.Join(reasons(), ", ") + "\n"
		}
	default:
		return help
	}
	if err == nil && !slices.Contains(s.caught, c) {
		if err = s.target.Catch(c, true); err == nil {
			s.caught = append(s.caught, c)
		}
	}
	if err != nil {
		return err.Error() + "\n"
	}
	return ""
}

// catches lists what is caught.
func (s *Server) catches() string {
	var b strings.Builder
	for _, c := range s.caught {
		fmt.Fprintf(&b, "%v\n", c)
	}
	return b.String()
}

// String is what is caught in words.
func (c Catch) String() string {
	switch c.Kind {
	case CatchExit:
		return "exit by " + vmm.Reason(c.Number).String()
	case CatchException:
		return fmt.Sprintf("exception %d", c.Number)
	}
	return "triple fault"
}

// reason is the number of a reason by its name, with dashes for spaces if one
// likes; -1 if there is none.
func reason(name string) int {
	return slices.IndexFunc(reasons(), func(r string) bool {
		return strings.EqualFold(r, strings.ReplaceAll(name, "-", " "))
	})
}

func reasons() (names []string) {
	for r := range vmm.Reasons {
		names = append(names, vmm.Reason(r).String())
	}
	return names
}

// physical runs phys.
func (s *Server) physical(words []string) string {
	if len(words) != 2 {
		return help
	}
	addr, err := strconv.ParseUint(words[0], 0, 64)
	if err != nil {
		return fmt.Sprintf("ADDR: %q is no address\n", words[0])
	}
	n, err := strconv.ParseUint(words[1], 0, 64)
	if err != nil || n > maxOutput/8 {
		return fmt.Sprintf("LEN: give up to %d bytes\n", maxOutput/8)
	}
	var b strings.Builder
	var chunk [4096]byte
	inspect.Memory(&b, func(gpa uint64) []byte {
		return chunk[:s.target.Physical(gpa, chunk[:4096-gpa%4096])]
	}, addr, n)
	return b.String()
}
