package emu

import (
	"io"
	"net"
	"sync"
)

// relay is one end of a serial line of Bochs, to which Bochs connects as it
// starts, and a TCP address at which one peer after the other gets it. What the
// line says while nobody is there is lost, as on a real one.
type relay struct {
	bochs, peers net.Listener

	mu   sync.Mutex
	line net.Conn // from Bochs
	peer net.Conn
}

// newRelay listens at address for peers. Address of bochs is where Bochs shall
// connect.
func newRelay(address string) (*relay, error) {
	peers, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	bochs, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		peers.Close()
		return nil, err
	}
	r := &relay{bochs: bochs, peers: peers}
	go r.run()
	return r, nil
}

func (r *relay) run() {
	line, err := r.bochs.Accept()
	r.bochs.Close()
	if err != nil {
		return
	}
	r.mu.Lock()
	r.line = line
	r.mu.Unlock()
	go r.say(line)
	for {
		peer, err := r.peers.Accept()
		if err != nil {
			return
		}
		r.set(peer)
		io.Copy(line, peer)
		r.set(nil)
		peer.Close()
	}
}

func (r *relay) set(peer net.Conn) {
	r.mu.Lock()
	r.peer = peer
	r.mu.Unlock()
}

// say passes on what the line says.
func (r *relay) say(line net.Conn) {
	p := make([]byte, 4096)
	for {
		n, err := line.Read(p)
		if err != nil {
			r.close()
			return
		}
		r.mu.Lock()
		peer := r.peer
		r.mu.Unlock()
		if peer != nil {
			peer.Write(p[:n])
		}
	}
}

// close ends it.
func (r *relay) close() {
	r.bochs.Close()
	r.peers.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range []net.Conn{r.line, r.peer} {
		if c != nil {
			c.Close()
		}
	}
}
