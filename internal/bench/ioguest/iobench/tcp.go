package main

import (
	"encoding/binary"
	"io"
	"net"
)

// A connection begins with the size of its requests, in 8 bytes, the lowest first.
const sizeBytes = 8

// connect returns what sends one request and waits for its answer.
func connect(address string, size int64) (request func() error, err error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	if err := binary.Write(c, binary.LittleEndian, uint64(size)); err != nil {
		return nil, err
	}
	buf, answer := make([]byte, size), make([]byte, 1)
	return func() error {
		if _, err := c.Write(buf); err != nil {
			return err
		}
		_, err := io.ReadFull(c, answer)
		return err
	}, nil
}

// serve answers requests at a port, those of each connection one after the other.
func serve(port string) error {
	l, err := net.Listen("tcp", ":"+port)
	if err != nil {
		return err
	}
	return answer(l)
}

// answer answers the requests that come to a listener, until that is closed.
func answer(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go converse(c)
	}
}

// converse answers the requests of a connection.
func converse(c net.Conn) {
	defer c.Close()
	head, buf := make([]byte, sizeBytes), make([]byte, 64<<10)
	if _, err := io.ReadFull(c, head); err != nil {
		return
	}
	for size := binary.LittleEndian.Uint64(head); ; {
		for left := size; left > 0; {
			n, err := c.Read(buf[:min(left, uint64(len(buf)))])
			if err != nil {
				return
			}
			left -= uint64(n)
		}
		if _, err := c.Write(buf[:1]); err != nil {
			return
		}
	}
}
