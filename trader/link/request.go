package link

import (
	"errors"
	"fmt"
	"sync/atomic"

	"ibsoak/internal/wire"
)

// Fate is what became of a request on its way to the Gateway.
type Fate uint32

// The fates.
const (
	// Queued waits for its turn; it can still be withdrawn.
	Queued Fate = iota
	// Writing is being handed to the kernel.
	Writing
	// Sent was handed to the kernel whole. Whether the Gateway read it, only the Gateway can say.
	Sent
	// NotSent will never reach the Gateway: no byte of it was handed to the kernel.
	NotSent
	// Unknown was handed over in part when the connection broke.
	Unknown
)

// String names the fate.
func (f Fate) String() string {
	return [...]string{"queued", "writing", "sent", "not sent", "unknown"}[f]
}

// Request is one message on its way to the Gateway.
type Request struct {
	Kind wire.Kind

	payload []byte
	note    string
	probe   bool // the link's own
	// permit is asked right before the bytes go to the kernel; an error and they do not. May be nil.
	permit func() error
	fate   atomic.Uint32
	err    error // written before done is closed
	done   chan struct{}
	slot   chan struct{} // whose place it has while it is queued; nil: none
}

// leave gives the place in the queue back.
func (r *Request) leave() {
	if r.slot != nil {
		<-r.slot
	}
}

func newRequest(kind wire.Kind, payload []byte) *Request {
	return &Request{Kind: kind, payload: payload, done: make(chan struct{})}
}

// Done is closed when the fate is decided: Sent, NotSent or Unknown.
func (r *Request) Done() <-chan struct{} { return r.done }

// Fate is what became of the request so far.
func (r *Request) Fate() Fate { return Fate(r.fate.Load()) }

// Err says why the request was not sent, or why nobody knows; nil before Done and if it was sent.
func (r *Request) Err() error {
	select {
	case <-r.done:
		return r.err
	default:
		return nil
	}
}

// errWithdrawn is the end of a request that its sender took back.
var errWithdrawn = errors.New("withdrawn before it was written")

// Withdraw takes a request back that still waits for its turn. False means that it is too late.
func (r *Request) Withdraw() bool { return r.decide(Queued, NotSent, errWithdrawn) }

// begin claims the request for writing; false if it was withdrawn.
func (r *Request) begin() bool {
	return r.fate.CompareAndSwap(uint32(Queued), uint32(Writing))
}

// permitted asks its sender once more.
func (r *Request) permitted() error {
	if r.permit == nil {
		return nil
	}
	return r.permit()
}

// decide moves the request from one fate to its last.
func (r *Request) decide(from, to Fate, err error) bool {
	if !r.fate.CompareAndSwap(uint32(from), uint32(to)) {
		return false
	}
	if err != nil {
		r.err = fmt.Errorf("send %s: %w", r.Kind, err)
	}
	close(r.done)
	return true
}
