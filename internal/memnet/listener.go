package memnet

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"
)

// Backlog is how many connections wait for Accept before Dial has to wait too.
const Backlog = 128

// Listener is a net.Listener whose only way in is its own Dial.
type Listener struct {
	addr   Addr
	queue  chan *Conn
	closed chan struct{}
	once   sync.Once
}

var _ net.Listener = (*Listener)(nil)

// Listen makes a listener. A name of the form ADDRESS:PORT is its address; for any other name one is
// invented. Names need not be unique.
func Listen(name string) *Listener {
	return &Listener{
		addr:   listenerAddr(name),
		queue:  make(chan *Conn, Backlog),
		closed: make(chan struct{}),
	}
}

// Addr is an Addr.
func (l *Listener) Addr() net.Addr { return l.addr }

// Accept returns the next connection; once the listener is closed, net.ErrClosed in a *net.OpError.
func (l *Listener) Accept() (net.Conn, error) {
	if l.isClosed() {
		return nil, l.opError("accept", net.ErrClosed)
	}
	select {
	case conn := <-l.queue:
		return conn, nil
	case <-l.closed:
		return nil, l.opError("accept", net.ErrClosed)
	}
}

// Close refuses later dials and resets the connections that were never accepted, as a kernel does.
// Accepted connections live on.
func (l *Listener) Close() error {
	err := l.opError("close", net.ErrClosed)
	l.once.Do(func() {
		close(l.closed)
		l.resetQueue()
		err = nil
	})
	return err
}

// Dial connects, without waiting for Accept unless Backlog connections wait already. The error is a
// *net.OpError around syscall.ECONNREFUSED (listener closed) or around the context's error.
func (l *Listener) Dial(ctx context.Context) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, l.opError("dial", err)
	}
	if l.isClosed() {
		return nil, l.refused()
	}
	client, server := newPair(dialerAddr(l.addr.Name), l.addr)
	select {
	case l.queue <- server:
	case <-l.closed:
		return nil, l.refused()
	case <-ctx.Done():
		return nil, l.opError("dial", ctx.Err())
	}
	// A Close between the two may have emptied the queue before this connection was in it.
	if l.isClosed() {
		l.resetQueue()
	}
	return client, nil
}

// DialContext is Dial in the form of net.Dialer's method; it ignores the network and the address.
func (l *Listener) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	return l.Dial(ctx)
}

func (l *Listener) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

func (l *Listener) resetQueue() {
	for {
		select {
		case conn := <-l.queue:
			conn.abort()
		default:
			return
		}
	}
}

func (l *Listener) refused() error {
	return l.opError("dial", os.NewSyscallError("connect", syscall.ECONNREFUSED))
}

func (l *Listener) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: Network, Addr: l.addr, Err: err}
}
