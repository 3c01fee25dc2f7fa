// Package netboot serves Ringo to a machine that boots from the network: DHCP or,
// beside another DHCP server, a proxy of PXE's (dhcp.go), TFTP and HTTP. It is all
// that a lab machine's boot ROM wants, in one program.
package netboot

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/ringo-vmm/ringo/kernel/network/bootfiles"
)

// Server is a boot server. Its fields are set before Serve.
type Server struct {
	Dir  string     // the folder that media.PXE has made
	Self netip.Addr // of the server, as machines see it
	// Pool is the network whose addresses are given out. The zero value gives
	// none: another DHCP server does, and this one adds what to boot.
	Pool netip.Prefix
	MAC  net.HardwareAddr // the only machine that is served; nil is all
	Log  func(format string, args ...any)
	// Served is told when a machine has got all of a file. It may be nil.
	Served func(name string)

	mu     sync.Mutex
	leases map[string]netip.Addr // by MAC
	files  map[string]file
}

// file is a file as it was when it was read.
type file struct {
	data []byte
	at   time.Time // modification
}

// Sockets are what a server listens on. PXE may be nil.
type Sockets struct {
	DHCP, PXE, TFTP net.PacketConn
	HTTP            net.Listener
	// UDP makes a socket of any port, for a TFTP transfer.
	UDP func() (net.PacketConn, error)
}

// Close closes them.
func (s *Sockets) Close() {
	for _, c := range []net.PacketConn{s.DHCP, s.PXE, s.TFTP} {
		if c != nil {
			c.Close()
		}
	}
	if s.HTTP != nil {
		s.HTTP.Close()
	}
}

func (s *Server) log(format string, args ...any) {
	if s.Log != nil {
		s.Log(format, args...)
	}
}

// Serve serves until ctx ends, and then closes the sockets. An error is that a
// socket has failed.
func (s *Server) Serve(ctx context.Context, on Sockets) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	start := func(what string, f func() error) {
		group.Go(func() {
			if err := f(); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("%s: %w", what, err))
			}
		})
	}
	files := bootfiles.Files(s.find)
	tftp := &bootfiles.TFTP{Files: files, Socket: on.UDP}
	web := bootfiles.NewHTTP(s.note(files.Handler()))
	start("DHCP", func() error { return s.dhcp(on.DHCP, dhcpPort) })
	if on.PXE != nil {
		start("PXE", func() error { return s.dhcp(on.PXE, pxePort) })
	}
	start("TFTP", func() error { return tftp.Serve(on.TFTP) })
	start("HTTP", func() error {
		if err := web.Serve(on.HTTP); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	<-ctx.Done()
	web.Close()
	on.Close()
	group.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// dhcp answers what comes at a socket.
func (s *Server) dhcp(c net.PacketConn, port int) error {
	buf := make([]byte, 1500)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return err
		}
		m, err := dhcpv4.FromBytes(buf[:n])
		if err != nil {
			continue // not every broadcast is DHCP
		}
		a := s.answer(m, port)
		if a == nil {
			continue
		}
		// A machine without an address hears broadcasts only.
		to := from
		if port == dhcpPort || m.ClientIPAddr.IsUnspecified() {
			to = &net.UDPAddr{IP: net.IPv4bcast, Port: clientPort}
		}
		if _, err := c.WriteTo(a.ToBytes(), to); err != nil {
			s.log("answer to %v: %v", m.ClientHWAddr, err)
		}
	}
}

// find is a file of the folder. It is read again when it has changed.
func (s *Server) find(name string) ([]byte, bool) {
	name = filepath.Clean("/" + name)
	path := filepath.Join(s.Dir, name)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		s.log("no file %s", name)
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.files[name]; ok && f.at.Equal(info.ModTime()) && int64(len(f.data)) == info.Size() {
		return f.data, true
	}
	data, err := os.ReadFile(path)
	if err != nil {
		s.log("%v", err)
		return nil, false
	}
	if s.files == nil {
		s.files = map[string]file{}
	}
	s.files[name] = file{data, info.ModTime()}
	return data, true
}

// note tells of what HTTP has served.
func (s *Server) note(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		count := &counter{ResponseWriter: w}
		h.ServeHTTP(count, r)
		name := filepath.Base(r.URL.Path)
		s.log("%s: %s, %d KiB in %v", r.RemoteAddr, name, count.n>>10, time.Since(begin).Round(time.Millisecond))
		if s.Served != nil && count.err == nil && r.Method == http.MethodGet {
			s.Served(name)
		}
	})
}

// counter counts what is written.
type counter struct {
	http.ResponseWriter
	n   int
	err error
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.n += n
	if err != nil {
		c.err = err
	}
	return n, err
}
