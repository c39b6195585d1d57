package memnet

import (
	"bytes"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// BufferBytes bounds what one direction of a connection holds: a Write beyond it waits for a Read.
const BufferBytes = 64 << 10

// Conn is one end of a connection. It is a net.Conn with TCP's CloseWrite and SetLinger.
type Conn struct {
	*shared
	peer          *Conn
	local, remote Addr

	// Everything below is guarded by shared.mu.

	received    bytes.Buffer // arrived and not yet read, at most BufferBytes
	finSent     bool
	finReceived bool
	reset       bool          // an RST arrived: the connection is gone
	pending     syscall.Errno // reported once by the next Read or Write, as the kernel's sk_err
	closed      bool
	lingerZero  bool
	writing     bool // a Write is under way: another must not cut into it

	readDeadline, writeDeadline deadline
}

// shared is what the two ends of a connection have in common. Whoever changes anything that the
// other end, or another goroutine at this end, may wait for broadcasts.
type shared struct {
	mu      sync.Mutex
	changed sync.Cond
}

var _ net.Conn = (*Conn)(nil)

func newPair(client, server Addr) (*Conn, *Conn) {
	both := &shared{}
	both.changed.L = &both.mu
	near := &Conn{shared: both, local: client, remote: server}
	far := &Conn{shared: both, local: server, remote: client, peer: near}
	near.peer = far
	return near, far
}

// LocalAddr is an Addr.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is an Addr.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// Read waits for bytes, for the peer's FIN (io.EOF), its RST (syscall.ECONNRESET), the deadline
// (os.ErrDeadlineExceeded) or Close (net.ErrClosed). Bytes that arrived before a FIN or an RST are
// delivered first. As with TCP an RST is reported once; afterwards Read says io.EOF.
func (c *Conn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, c.opError("read", net.ErrClosed)
		case len(p) == 0:
			return 0, nil
		case c.readDeadline.expired:
			return 0, c.opError("read", os.ErrDeadlineExceeded)
		case c.received.Len() > 0:
			n, _ := c.received.Read(p) // it holds bytes, so there is no error
			c.changed.Broadcast()
			return n, nil
		case c.finReceived:
			return 0, io.EOF
		case c.pending != 0:
			return 0, c.opError("read", os.NewSyscallError("read", c.takePending()))
		case c.reset:
			return 0, io.EOF
		}
		c.changed.Wait()
	}
}

// Write waits while the peer's buffer is full. After the peer closed, the first Write vanishes and is
// answered by an RST; later ones say syscall.EPIPE. A reset connection says syscall.ECONNRESET once,
// then EPIPE. The number of bytes that were taken is right with every error.
func (c *Conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.writing && !c.closed {
		c.changed.Wait()
	}
	if c.closed {
		return 0, c.opError("write", net.ErrClosed)
	}
	c.writing = true
	defer func() {
		c.writing = false
		c.changed.Broadcast()
	}()
	return c.writeAll(p)
}

// writeAll is Write for the one writer that may.
func (c *Conn) writeAll(p []byte) (int, error) {
	written := 0
	for {
		switch {
		case c.closed:
			return written, c.opError("write", net.ErrClosed)
		case c.writeDeadline.expired:
			return written, c.opError("write", os.ErrDeadlineExceeded)
		case c.pending != 0:
			return written, c.opError("write", os.NewSyscallError("write", c.takePending()))
		case c.reset || c.finSent:
			return written, c.opError("write", os.NewSyscallError("write", syscall.EPIPE))
		}
		if written == len(p) {
			return written, nil
		}
		if c.peer.closed {
			c.receiveReset()
			return len(p), nil
		}
		if n := min(len(p)-written, BufferBytes-c.peer.received.Len()); n > 0 {
			c.peer.received.Write(p[written : written+n])
			written += n
			c.changed.Broadcast()
			if written == len(p) {
				return written, nil
			}
			continue
		}
		c.changed.Wait()
	}
}

// CloseWrite sends FIN: the peer reads io.EOF after the bytes already sent, and may still write. On
// a connection that is gone it says syscall.ENOTCONN.
func (c *Conn) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return c.opError("close", net.ErrClosed)
	case c.gone():
		return c.opError("close", os.NewSyscallError("shutdown", syscall.ENOTCONN))
	}
	c.sendFIN()
	return nil
}

// Close ends both directions. The peer gets FIN; or RST, if linger is zero or if bytes that arrived
// were never read.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("close", net.ErrClosed)
	}
	c.close()
	return nil
}

// SetLinger with zero makes Close send RST. Any other value is the default, an orderly FIN: bytes
// already written are with the peer, so there is nothing to linger for.
func (c *Conn) SetLinger(seconds int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	c.lingerZero = seconds == 0
	return nil
}

// SetDeadline sets both deadlines. The zero time takes them away.
func (c *Conn) SetDeadline(t time.Time) error {
	return c.setDeadline(t, &c.readDeadline, &c.writeDeadline)
}

// SetReadDeadline applies to Reads under way as well.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadline(t, &c.readDeadline) }

// SetWriteDeadline applies to Writes under way as well.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadline(t, &c.writeDeadline) }

func (c *Conn) setDeadline(t time.Time, which ...*deadline) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	for _, d := range which {
		d.set(t, c.shared)
	}
	return nil
}

// abort closes with RST.
func (c *Conn) abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.lingerZero = true
		c.close()
	}
}

func (c *Conn) close() {
	c.closed = true
	c.readDeadline.stop()
	c.writeDeadline.stop()
	defer c.changed.Broadcast()
	switch {
	case c.gone():
	case c.lingerZero || c.received.Len() > 0:
		c.peer.receiveReset()
	default:
		c.sendFIN()
	}
	c.received = bytes.Buffer{}
}

func (c *Conn) sendFIN() {
	c.finSent = true
	c.peer.finReceived = true
	c.changed.Broadcast()
}

// receiveReset is an RST that arrives here. In CLOSE_WAIT the kernel turns it into EPIPE; a
// connection whose both FINs are through does not notice.
func (c *Conn) receiveReset() {
	if c.closed || c.gone() {
		return
	}
	c.pending = syscall.ECONNRESET
	if c.finReceived {
		c.pending = syscall.EPIPE
	}
	c.reset = true
	c.changed.Broadcast()
}

// gone is the kernel's TCP_CLOSE: nothing that happens here reaches the peer any more.
func (c *Conn) gone() bool { return c.reset || c.finSent && c.finReceived }

func (c *Conn) takePending() syscall.Errno {
	errno := c.pending
	c.pending = 0
	return errno
}

func (c *Conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: Network, Source: c.local, Addr: c.remote, Err: err}
}
