package harness

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/internal/sockets"
)

// ends hears from the kernel of every socket towards the Gateway that goes away, and notes those
// whose owner left with bytes unread. Its goroutine owns the list until stop has returned.
type ends struct {
	kernel   *sockets.Ends
	gateway  netip.AddrPort
	clock    func() Moment
	finished sync.WaitGroup
	list     []Unread
	fault    error // the first reason for which it may have missed one
}

// finishWithin bounds the wait for what the kernel has still to tell at the end.
const finishWithin = 2 * time.Second

func watchEnds(gateway netip.AddrPort, clock func() Moment) (*ends, error) {
	kernel, err := sockets.WatchEnds()
	if err != nil {
		return nil, err
	}
	e := &ends{kernel: kernel, gateway: gateway, clock: clock}
	e.finished.Go(e.run)
	return e, nil
}

func (e *ends) run() {
	for {
		end, err := e.kernel.Next()
		switch {
		case errors.Is(err, io.EOF):
			return
		case errors.Is(err, sockets.ErrLost):
			e.failed(err)
		case err != nil:
			e.failed(err)
			return
		default:
			e.note(end)
		}
	}
}

func (e *ends) failed(err error) {
	if e.fault == nil {
		e.fault = err
	}
}

func (e *ends) note(end sockets.End) {
	const fin = 1 // the other end's counts as a byte
	if end.Remote != e.gateway || end.Unread <= fin {
		return
	}
	if len(e.list) >= maxSightings {
		e.failed(errors.New("more of them than a record holds"))
		return
	}
	e.list = append(e.list, Unread{
		At: e.clock(), Client: end.Local, Received: end.Received, Unread: end.Unread,
	})
}

// stop ends it when all that ended before is noted, and fills in the record.
func (e *ends) stop(r *Record) {
	ctx, cancel := context.WithTimeout(context.Background(), finishWithin)
	defer cancel()
	stopped := context.AfterFunc(ctx, func() { _ = e.kernel.Close() })
	if err := e.kernel.Finish(ctx); err != nil {
		cancel() // nothing else would end its goroutine
	}
	e.finished.Wait()
	stopped()
	_ = e.kernel.Close() // a descriptor for reading: nothing can be lost
	r.Unread = e.list
	if e.fault != nil {
		r.Footer.UnreadLost = e.fault.Error()
	}
}

// Unread is a client's end of a connection that was closed with bytes unread: the kernel's own count
// at the end of the socket.
type Unread struct {
	At       Moment         `json:"at"` // a little later than the end
	Client   netip.AddrPort `json:"client"`
	Received int64          `json:"received"` // bytes that had come
	Unread   int64          `json:"unread"`   // the last of them, that nobody fetched
}

// unreadAnswer reports a cycle whose answer the trader had not fetched when its socket went away.
func (r *Record) unreadAnswer(c Cycle) (left Unread, unread bool) {
	i := r.connectionAt(c.Connection)
	if c.Through == 0 || i < 0 {
		return Unread{}, false
	}
	for _, n := range r.indexes().left[r.Connections[i].Remote] { // the first after the answer: addresses come again
		if u := r.Unread[n]; u.At >= c.Answered {
			return u, u.Received-u.Unread < c.Through
		}
	}
	return Unread{}, false
}

// underWay excuses an unread answer. A life of one cycle had no choice when the Gateway ended its
// connection. A continuous subject may be taken by surprise, by the Gateway or by SIGTERM, while the newest
// answer of a connection is on its way to it, and no other.
func (r *Record) underWay(c Cycle, left Unread, newest bool) bool {
	byGateway := r.Connections[r.connectionAt(c.Connection)].ClosedFirst != fakegateway.ByClient
	if r.Header.Scenario.Subject.Mode != Continuous {
		return byGateway
	}
	return newest && (byGateway || left.At >= r.stopped())
}

// readCycles are the cycles whose answers were read, or may have been.
func (r *Record) readCycles() []Cycle {
	if r.index != nil && r.index.read != nil {
		return r.index.read
	}
	later := map[int]bool{} // connections with a later cycle
	var read []Cycle
	for _, c := range slices.Backward(r.Cycles) {
		left, unread := r.unreadAnswer(c)
		if !unread || r.underWay(c, left, !later[c.Connection]) {
			read = append(read, c)
		}
		later[c.Connection] = true
	}
	slices.Reverse(read)
	return read
}
