package bootfiles

import (
	"encoding/binary"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// TFTPPort is where requests arrive.
const TFTPPort = 69

// Packets. RFC 1350 §5, RFC 2347.
const (
	opRead  = 1
	opWrite = 2
	opData  = 3
	opAck   = 4
	opError = 5
	opOACK  = 6

	errNotFound = 1
	errAccess   = 2
	errIllegal  = 4
)

// Bounds of a transfer. RFC 2348, RFC 7440.
const (
	blockDefault = 512
	blockMin     = 8
	blockMax     = 1468 // fits in a frame
	windowMax    = 64
	packetHeader = 4

	maxTransfers  = 16
	resendAfter   = time.Second
	maxResends    = 5
	transferTime  = 10 * time.Minute
	maxPerAddress = 4
)

// TFTP is a server that answers read requests, each from a socket of its own.
type TFTP struct {
	Files Files
	// Socket makes a socket for a transfer.
	Socket func() (net.PacketConn, error)

	mu     sync.Mutex
	active map[string]int // transfers by the client's address
	count  int
}

// Serve answers what arrives at a socket, until that is closed.
func (t *TFTP) Serve(c net.PacketConn) error {
	buf := make([]byte, 1500)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return err
		}
		q, refusal := t.request(buf[:n])
		if refusal != nil {
			c.WriteTo(refusal, from)
		}
		if q == nil || !t.begin(from) {
			continue // it will ask again
		}
		go func() {
			defer t.end(from)
			t.transfer(q, from)
		}()
	}
}

func host(a net.Addr) string {
	h, _, _ := net.SplitHostPort(a.String())
	return h
}

func (t *TFTP) begin(from net.Addr) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.active == nil {
		t.active = make(map[string]int)
	}
	h := host(from)
	if t.count >= maxTransfers || t.active[h] >= maxPerAddress {
		return false
	}
	t.count++
	t.active[h]++
	return true
}

func (t *TFTP) end(from net.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count--
	h := host(from)
	if t.active[h]--; t.active[h] == 0 {
		delete(t.active, h)
	}
}

// request is what a client asks for.
type request struct {
	data   []byte
	block  int
	window int
	oack   []byte // the options that were taken; nil if none
}

// request reads a packet. If that is no request that can be met, the refusal
// is what to answer; nil is nothing.
func (t *TFTP) request(p []byte) (q *request, refusal []byte) {
	if len(p) < 2 {
		return nil, nil
	}
	switch binary.BigEndian.Uint16(p) {
	case opRead:
	case opWrite:
		return nil, tftpError(errAccess, "files can only be read")
	default:
		return nil, nil
	}
	s, ok := strings.CutSuffix(string(p[2:]), "\x00")
	fields := strings.Split(s, "\x00")
	if !ok || len(fields) < 2 || !strings.EqualFold(fields[1], "octet") {
		return nil, tftpError(errIllegal, "want a file name and mode octet")
	}
	data, ok := t.Files.find(strings.TrimLeft(fields[0], "/"))
	if !ok {
		return nil, tftpError(errNotFound, "no such file")
	}
	q = &request{data: data, block: blockDefault, window: 1}
	for o := fields[2:]; len(o) >= 2; o = o[2:] {
		q.option(strings.ToLower(o[0]), o[1])
	}
	return q, nil
}

// option takes an option that the server knows.
func (q *request) option(name, value string) {
	v, err := strconv.Atoi(value)
	if err != nil {
		return
	}
	switch {
	case name == "blksize" && v >= blockMin && q.block == blockDefault:
		v = min(v, blockMax)
		q.block = v
	case name == "windowsize" && v >= 1 && q.window == 1:
		v = min(v, windowMax)
		q.window = v
	case name == "tsize" && v == 0:
		v = len(q.data)
	default:
		return
	}
	if q.oack == nil {
		q.oack = []byte{0, opOACK}
	}
	q.oack = append(append(append(append(q.oack, name...), 0), strconv.Itoa(v)...), 0)
}

func tftpError(code byte, text string) []byte {
	return append(append([]byte{0, opError, 0, code}, text...), 0)
}

var errStopped = errors.New("the client has stopped the transfer")

// transfer sends a file.
func (t *TFTP) transfer(q *request, to net.Addr) error {
	c, err := t.Socket()
	if err != nil {
		return err
	}
	defer c.Close()
	end := time.Now().Add(transferTime)
	acked := -1 // blocks that the client has; -1: and not the options
	if q.oack == nil {
		acked = 0
	}
	last := len(q.data)/q.block + 1
	p := make([]byte, packetHeader+q.block)
	for resends := 0; acked < last; {
		if time.Now().After(end) || resends > maxResends {
			return errors.New("the client does not answer")
		}
		if acked < 0 {
			_, err = c.WriteTo(q.oack, to)
		}
		for i := acked; i >= 0 && i < min(acked+q.window, last) && err == nil; i++ {
			_, err = c.WriteTo(q.packet(p, i), to)
		}
		if err != nil {
			return err
		}
		resends++
		got, err := ack(c, to, acked, min(max(acked, 0)+q.window, last))
		if err != nil {
			return err
		}
		if got > acked {
			acked, resends = got, 0
		}
	}
	return nil
}

// packet is block i, from 0, of the file. Its number is i+1, which wraps.
func (q *request) packet(p []byte, i int) []byte {
	binary.BigEndian.PutUint16(p, opData)
	binary.BigEndian.PutUint16(p[2:], uint16(i+1))
	n := copy(p[packetHeader:], q.data[i*q.block:])
	return p[:packetHeader+n]
}

// ack waits for an acknowledgement of more than acked blocks, up to sent. It
// returns acked if none comes in time.
func ack(c net.PacketConn, from net.Addr, acked, sent int) (int, error) {
	buf := make([]byte, 512)
	c.SetReadDeadline(time.Now().Add(resendAfter))
	for {
		n, a, err := c.ReadFrom(buf)
		if err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				return acked, nil
			}
			return acked, err
		}
		if n < packetHeader || a.String() != from.String() {
			continue
		}
		switch binary.BigEndian.Uint16(buf) {
		case opError:
			return acked, errStopped
		case opAck:
			// Only the last 16 bits of the number are told.
			ahead := int(uint16(binary.BigEndian.Uint16(buf[2:]) - uint16(max(acked, 0))))
			if got := max(acked, 0) + ahead; got > acked && got <= sent {
				return got, nil
			}
		}
	}
}
