package keeper

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ibsoak/internal/sockets"
)

// port is where clients connect. It can be closed and opened again at the same address: a closed port
// refuses, as a Gateway's does that is away.
type port struct {
	network, name string
	addr          net.Addr

	mu       sync.Mutex
	listener net.Listener  // nil while closed
	opened   chan struct{} // closed when the port is open again; made anew by close
	broken   bool          // closed because it could not be made anew, and not on purpose
	over     bool
}

// listenAgain is the time between two tries to listen where a listener broke.
const listenAgain = time.Second

// openPort opens the port. A unix socket is made in a directory of its own with mode 0600, and moved
// to its place: at no instant can anybody else connect to it.
func openPort(listen string) (*port, error) {
	p := &port{network: "tcp", name: listen, opened: make(chan struct{})}
	if path, ok := strings.CutPrefix(listen, unixPrefix); ok {
		p.network, p.name = "unix", path
	}
	if err := p.open(); err != nil {
		return nil, err
	}
	p.addr = p.listener.Addr()
	if p.network == "tcp" {
		p.name = p.addr.String() // port 0 has become a number
	} else {
		p.addr = &net.UnixAddr{Net: "unix", Name: p.name}
	}
	return p, nil
}

// open opens the port, if it is closed.
func (p *port) open() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over || p.listener != nil {
		return nil
	}
	listener, err := p.listen()
	if err != nil {
		return fmt.Errorf("listen on %s: %w", p.name, err)
	}
	p.listener, p.broken = listener, false
	close(p.opened)
	return nil
}

func (p *port) listen() (net.Listener, error) {
	if p.network == "tcp" {
		return sockets.Listen("tcp", p.name)
	}
	return listenUnix(p.name)
}

// listenUnix takes the place of a socket that nobody listens on any more, and of nothing else.
func listenUnix(path string) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != os.ModeSocket {
			return nil, errors.New("something that is no socket is there: remove it, or name another path")
		}
		if conn, err := net.Dial("unix", path); err == nil {
			_ = conn.Close()
			return nil, errors.New("another program listens there")
		}
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".keeper-*") // mode 0700
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "s")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: made})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false) // it is not where it was made
	if err = os.Chmod(made, 0o600); err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// next waits for a connection, also over a time when the port is closed. The error is the end.
func (p *port) next() (net.Conn, error) {
	for {
		p.mu.Lock()
		listener, opened, over := p.listener, p.opened, p.over
		p.mu.Unlock()
		switch {
		case over:
			return nil, net.ErrClosed
		case listener == nil:
			select {
			case <-opened:
			case <-time.After(listenAgain):
				p.again()
			}
			continue
		}
		conn, err := listener.Accept()
		if err == nil {
			return conn, nil
		}
		if !errors.Is(err, net.ErrClosed) {
			p.pause(listener)
		}
	}
}

// pause gives a listener up that cannot accept, for example for want of descriptors, and makes
// another: Accept would return the same error at once, again and again.
func (p *port) pause(broken net.Listener) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != broken || p.over {
		return
	}
	_ = broken.Close()
	p.listener = nil
	if listener, err := p.listen(); err == nil {
		p.listener = listener
		return
	}
	p.opened, p.broken = make(chan struct{}), true
}

// again makes another listener in the place of one that broke, which nobody has closed on purpose.
func (p *port) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.broken || p.over || p.listener != nil {
		return
	}
	if listener, err := p.listen(); err == nil {
		p.listener, p.broken = listener, false
		close(p.opened)
	}
}

// close refuses connections from now on, until open.
func (p *port) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = false
	if p.listener == nil {
		return
	}
	_ = p.listener.Close()
	p.listener, p.opened = nil, make(chan struct{})
	if p.network == "unix" {
		_ = os.Remove(p.name) // nobody listens on it
	}
}

// shut closes the port for good.
func (p *port) shut() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.listener == nil {
		close(p.opened)
		return nil
	}
	err := p.listener.Close()
	p.listener = nil
	return err
}

// remove takes a unix socket away.
func (p *port) remove() error {
	if p.network != "unix" {
		return nil
	}
	if err := os.Remove(p.name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// isOpen reports whether clients can connect.
func (p *port) isOpen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.listener != nil
}
