package link

import (
	"context"
	"net"

	"ibsoak/internal/wire"
)

// Send queues a request of a link with Config.Relay for the Gateway, and waits for a place in the
// queue while requestQueue of them wait. Requests, orders too, are written in the order of their calls:
// what goes first is the caller's to say, before it calls. The link keeps the payload. An error means
// that nothing of it will ever reach the Gateway.
func (l *Link) Send(ctx context.Context, kind wire.Kind, payload []byte) (*Request, error) {
	if err := l.acquire(ctx, l.slots); err != nil {
		return nil, err
	}
	r := newRequest(kind, payload)
	r.slot = l.slots
	l.enqueue(r, false)
	return r, nil
}

// LocalAddr is this end of the socket.
func (l *Link) LocalAddr() net.Addr { return l.conn.LocalAddr() }

// Room reports that Send would not wait.
func (l *Link) Room() bool { return len(l.slots) < cap(l.slots) }
