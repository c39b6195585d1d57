package link

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ibsoak/internal/wire"
)

// handOverTimeout bounds how long the API client may take to write a request to its loopback
// socket. It takes microseconds; a client that does not is dead.
const handOverTimeout = 5 * time.Second

var (
	// ErrDegraded refuses an order while the Gateway has no connection to IBKR.
	ErrDegraded = errors.New("the Gateway has lost its connection to IBKR")
	// ErrNoRequest says that the API client made no message of a request: it refused it, and has
	// told its Error callback why.
	ErrNoRequest = errors.New("the API client made no message")
)

// Submit calls request, which must call exactly one request method of the attached API client, and
// returns when the link has the resulting message. Its fate is then known to the link alone: see
// Request. An error means that nothing of it will ever reach the Gateway.
//
// One submission runs at a time. After each one the client is made to send a marker, which the link
// swallows: when the marker has arrived, so has everything before it. So the client's own queue,
// on which its callers can block for ever, never holds more than two messages.
func (l *Link) Submit(ctx context.Context, request func()) (*Request, error) {
	return l.submit(ctx, l.slots, nil, request)
}

// SubmitOrder is Submit for an order or a cancel, which leaves before everything else that waits: it
// waits for a place only while urgentQueue of its kind do. It may be sent only while permit says so: the
// writer asks it when every other message is out of the way, right before it hands the bytes to the
// kernel. An error makes the request's fate NotSent. Permit holds up all that is to be written, so it must
// be quick. It may be nil.
func (l *Link) SubmitOrder(ctx context.Context, permit func() error, request func()) (*Request, error) {
	return l.submit(ctx, l.orderSlots, permit, request)
}

func (l *Link) submit(ctx context.Context, slots chan struct{}, permit func() error, request func()) (*Request, error) {
	if err := l.acquire(ctx, slots); err != nil {
		return nil, err
	}
	if err := l.acquire(ctx, l.client.turn); err != nil {
		<-slots
		return nil, err
	}
	defer func() { <-l.client.turn }()
	if !l.beginSubmission(slots, permit) {
		<-slots
		return nil, fmt.Errorf("submit request: %w", l.notAttached())
	}
	request()
	overdue := l.mark()
	if overdue != nil {
		l.end(ClientFailed, overdue)
	}
	taken, reserved := l.endSubmission()
	if reserved {
		<-slots
	}
	switch {
	case len(taken) > 0:
		return taken[0], nil
	case overdue != nil:
		return nil, fmt.Errorf("submit request: %w", l.Err())
	default:
		return nil, fmt.Errorf("submit request: %w", ErrNoRequest)
	}
}

// acquire takes a place in a semaphore.
func (l *Link) acquire(ctx context.Context, places chan struct{}) error {
	select {
	case <-l.ending:
		return fmt.Errorf("submit request: %w", l.Err())
	default:
	}
	select {
	case places <- struct{}{}:
		return nil
	case <-l.ending:
		return fmt.Errorf("submit request: %w", l.Err())
	case <-ctx.Done():
		return fmt.Errorf("submit request: %w", context.Cause(ctx))
	}
}

func (l *Link) beginSubmission(slots chan struct{}, permit func() error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.client.phase != attached {
		return false
	}
	l.taken, l.reserved, l.permit = nil, slots, permit
	return true
}

func (l *Link) endSubmission() (taken []*Request, reserved bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken, reserved = l.taken, l.reserved != nil
	l.taken, l.reserved, l.permit = nil, nil, nil
	return taken, reserved
}

func (l *Link) notAttached() error {
	if err := l.Err(); err != nil {
		return err
	}
	return errors.New("no API client is attached: call Attach first")
}

// mark makes the client send the marker and waits for it.
func (l *Link) mark() error {
	l.client.api.SetServerLogLevel(l.client.markerLevel)
	t := time.NewTimer(handOverTimeout)
	defer t.Stop()
	select {
	case <-l.client.marked:
		return nil
	case <-l.client.gone:
		return errors.New("the API client closed its connection")
	case <-t.C:
		return fmt.Errorf("the API client wrote nothing for %s", handOverTimeout)
	}
}

// forward queues a message from the client for the Gateway. It waits for a place unless a
// submission has reserved one.
func (l *Link) forward(kind wire.Kind, payload []byte) {
	r := newRequest(kind, payload)
	if l.forwardReserved(r) {
		return
	}
	select {
	case l.slots <- struct{}{}:
		r.slot = l.slots
		l.enqueue(r, false)
	case <-l.ending:
		r.decide(Queued, NotSent, l.Err())
	}
}

func (l *Link) forwardReserved(r *Request) bool {
	l.mu.Lock()
	r.slot = l.reserved
	l.reserved = nil
	if r.slot != nil {
		r.permit = l.permit
	}
	l.mu.Unlock()
	if r.slot != nil {
		l.enqueue(r, true)
		return true
	}
	return false
}

// enqueue passes a request on, unless the link has begun to end. The caller has a slot for it.
func (l *Link) enqueue(r *Request, submitted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if submitted {
		l.taken = append(l.taken, r)
	}
	if l.ended {
		<-r.slot
		r.decide(Queued, NotSent, l.cause)
		return
	}
	if l.cfg.Relay == nil && urgent(r.Kind) {
		l.urgent <- r
		return
	}
	l.toGateway <- r
}

// urgent reports the kinds that leave before the others of an API client. What is relayed has its order
// already.
func urgent(k wire.Kind) bool {
	switch k {
	case wire.PlaceOrder, wire.CancelOrder, wire.ReqGlobalCancel:
		return true
	default:
		return false
	}
}
