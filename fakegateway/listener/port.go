package listener

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/lock"
	"ibsoak/fakegateway/observe"
	"ibsoak/fakegateway/stage"
	"ibsoak/internal/sockets"
)

const (
	// mostOrders bounds the listener faults that wait for their turn.
	mostOrders = 16
	// acceptRetry is the pause after an accept that failed for want of descriptors.
	acceptRetry = 20 * time.Millisecond
)

// Port owns the listener and the Gateway's startup. Its goroutine alone opens and closes it.
type Port struct {
	gateway Gateway
	self    selfDials
	orders  chan order
	broken  chan error
	over    chan struct{} // closed when run has returned

	unapproved atomic.Bool // a login waits for its second factor

	mu   lock.Mutex[lock.Last]
	addr net.Addr // changed by run's goroutine alone, under mu

	// Of run's goroutine:
	ln       net.Listener  // nil while the port is closed
	accepted chan struct{} // closed when the accept loop of ln is over; nil without one
	reserved io.Closer     // keeps the port for this process while it is closed
	filler   net.Conn      // occupies the accept queue
	planned  []step
	approval bool // the startup waits for the login's second factor
	disabled bool // by the operator: the port stays closed
	holding  int  // number of the hit that keeps the port as it is; 0 is none
}

// order is a fault on the listener, or a call of Restart, which waits for done.
type order struct {
	hit  fault.Hit
	lift bool // the fault is lifted
	done chan error
}

// step is something to do at a real time. Those of a startup are cancelled by the next order.
type step struct {
	at      time.Time
	do      func() error
	startup bool
}

// New makes a port of a listener, which it owns from now on.
func New(g Gateway, ln net.Listener) *Port {
	return &Port{
		gateway: g, addr: ln.Addr(), ln: ln, disabled: g.APIDisabled,
		orders: make(chan order, mostOrders), broken: make(chan error, 1),
		over: make(chan struct{}),
	}
}

// Close waits until the listener and the accept loop are gone. The Gateway's Stop is closed already.
func (p *Port) Close() { <-p.over }

// Run comes up, and carries out what is ordered and planned, until Stop is closed or accepting fails.
func (p *Port) Run() error {
	defer close(p.over)
	err := p.comeUp(p.gateway.Startup)
	for err == nil {
		timer := time.NewTimer(p.untilNext())
		select {
		case o := <-p.orders:
			p.carryOut(o)
		case <-timer.C:
			err = p.doDue()
		case err = <-p.broken:
		case <-p.gateway.Stop:
			timer.Stop()
			return p.shut(false)
		}
		timer.Stop()
	}
	return errors.Join(fmt.Errorf("serve %s: %w", p.addr, err), p.shut(false))
}

func (p *Port) untilNext() time.Duration {
	wait := connection.IdleWait
	for _, a := range p.planned {
		wait = min(wait, max(0, time.Until(a.at)))
	}
	return wait
}

func (p *Port) doDue() error {
	now := time.Now()
	var due []step
	p.planned = slices.DeleteFunc(p.planned, func(a step) bool {
		if a.at.After(now) {
			return false
		}
		due = append(due, a)
		return true
	})
	slices.SortStableFunc(due, func(a, b step) int { return a.at.Compare(b.at) })
	for _, a := range due {
		if err := a.do(); err != nil {
			return err
		}
	}
	return nil
}

// in plans a step of a startup; d is scenario time.
func (p *Port) in(d time.Duration, do func() error) {
	p.planned = append(p.planned, step{time.Now().Add(p.gateway.Clock.Real(d)), do, true})
}

// carryOut carries a fault out, after its delay.
func (p *Port) carryOut(o order) {
	if o.lift {
		p.lift(o.hit)
		return
	}
	if delay := time.Duration(o.hit.When.Delay); delay > 0 {
		o.hit.When.Delay = 0
		p.planned = append(p.planned, step{
			at: time.Now().Add(delay),
			do: func() error { p.carryOut(o); return nil },
		})
		return
	}
	wire, err := o.hit.OnGateway(p)
	r := fault.Receipt{
		Fault: o.hit.ID, Planned: o.hit.What.Do, Wire: wire, Point: o.hit.Point, At: time.Now(),
	}
	if err != nil {
		r.Mismatch = err.Error()
	}
	if err == nil || o.done == nil { // who waits is told of the error himself
		p.gateway.Board.File(r)
	}
	if o.done != nil {
		o.done <- err
	}
}

// Order hands a fault on the listener to the port, and never blocks.
func (p *Port) Order(hit fault.Hit) {
	select {
	case p.orders <- order{hit: hit}:
	default:
		p.gateway.Board.File(fault.Receipt{
			Fault: hit.ID, Planned: hit.What.Do, Wire: "nothing", Point: hit.Point, At: time.Now(),
			Mismatch: fmt.Sprintf("%d listener faults wait already", mostOrders),
		})
	}
}

// Do hands a fault on the listener to the port and waits until it was carried out.
func (p *Port) Do(hit fault.Hit) error {
	done := make(chan error, 1)
	select {
	case p.orders <- order{hit: hit, done: done}:
	case <-p.over:
		return fmt.Errorf("%s: %w", hit.ID, stage.ErrClosed)
	}
	select {
	case err := <-done:
		return err
	case <-p.over:
		return fmt.Errorf("%s: %w", hit.ID, stage.ErrClosed)
	}
}

// Addr is where the port is open, or will be again.
func (p *Port) Addr() net.Addr {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.addr
}

// AwaitsApproval reports whether a login waits for its second factor.
func (p *Port) AwaitsApproval() bool { return p.unapproved.Load() }

// Refuse closes the port for a while; connections live on.
func (p *Port) Refuse(hit fault.Hit) (wire string, err error) {
	p.begin(hit.Number)
	err = p.shut(true)
	p.lasts(hit)
	return "port closed", err
}

// begin cancels the startup that is planned. holding is the number of the hit that now keeps the port as
// it is, 0 for none.
func (p *Port) begin(holding int) {
	p.planned = slices.DeleteFunc(p.planned, func(a step) bool { return a.startup })
	p.holding = holding
}

// lasts opens the port again when the hit's time is over or its fault is lifted.
func (p *Port) lasts(hit fault.Hit) {
	if d := time.Duration(hit.What.For); d > 0 {
		p.in(d, p.enter(stage.Ready))
	}
	if hit.Lifted() == nil {
		return
	}
	p.gateway.Owner.Go(func() {
		select {
		case <-hit.Lifted():
		case <-p.gateway.Stop:
			return
		}
		select {
		case p.orders <- order{hit: hit, lift: true}:
		case <-p.gateway.Stop:
		}
	})
}

// lift opens the port, unless something else has been done to it since.
func (p *Port) lift(hit fault.Hit) {
	if p.holding != hit.Number {
		return
	}
	p.begin(0)
	r := fault.Receipt{
		Fault: hit.ID, Planned: hit.What.Do, Wire: "lifted", Point: hit.Point, At: time.Now(),
	}
	if err := p.enter(stage.Ready)(); err != nil {
		r.Mismatch = err.Error()
	}
	p.gateway.Board.File(r)
}

// open starts to accept, on a new listener if the port is closed.
func (p *Port) open() error {
	if p.ln == nil {
		ln, err := p.relisten()
		if err != nil {
			return fmt.Errorf("open port %s again: %w", p.addr, err)
		}
		p.ln = ln
	}
	if p.reserved != nil {
		_ = p.reserved.Close() // the listener holds the port now
		p.reserved = nil
	}
	if err := p.emptyQueue(); err != nil {
		return err
	}
	if p.accepted == nil {
		p.accepted = make(chan struct{})
		go p.accept(p.ln, p.accepted)
	}
	return nil
}

func (p *Port) relisten() (net.Listener, error) {
	if p.gateway.Relisten != nil {
		return p.gateway.Relisten()
	}
	if p.addr.Network() != "tcp" {
		return nil, fmt.Errorf("a %s listener cannot be opened again: set Config.Relisten",
			p.addr.Network())
	}
	return sockets.Listen("tcp", p.addr.String())
}

// shut closes the listener and waits for its accept loop. The port is kept from other processes
// when it is to be opened again.
func (p *Port) shut(again bool) error {
	if p.ln == nil {
		if !again && p.reserved != nil {
			err := p.reserved.Close()
			p.reserved = nil
			return err
		}
		return nil
	}
	err := p.ln.Close()
	if p.accepted != nil {
		<-p.accepted
	}
	p.ln, p.accepted = nil, nil
	if p.filler != nil {
		_ = p.filler.Close() // its other end went with the listener
		p.filler = nil
	}
	if again {
		p.gateway.Stage.Set(stage.Refusing)
		var reserveErr error
		p.reserved, reserveErr = reserve(p.addr)
		if reserveErr != nil {
			p.gateway.Log.Warn("port is not kept while it is closed", "addr", p.addr.String(),
				"err", reserveErr)
		}
		p.gateway.Board.Announce(observe.Event{Kind: observe.EventRefusing, Message: "port closed"})
	}
	return err
}

func (p *Port) describe() string {
	if p.ln == nil {
		return "closed"
	}
	return "open"
}

// accept admits clients until the listener is closed or told to pause.
func (p *Port) accept(ln net.Listener, done chan struct{}) {
	defer close(done)
	for {
		nc, err := ln.Accept()
		switch {
		case err == nil:
			p.admit(nc)
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
			return
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE),
			errors.Is(err, syscall.ECONNABORTED):
			p.gateway.Log.Warn("accept", "err", err)
			select {
			case <-time.After(acceptRetry):
			case <-p.gateway.Stop:
				return
			}
		default:
			select {
			case p.broken <- err:
			default:
			}
			return
		}
	}
}

// admit takes an accepted socket to the Gateway, unless it is this port's own filler.
func (p *Port) admit(nc net.Conn) {
	switch p.self.why(nc.RemoteAddr()) {
	case dialFiller:
		_ = nc.Close() // nothing was read or written: there is nothing to lose
	case dialZombie:
		p.gateway.Owner.Admit(nc, true)
	default:
		p.gateway.Owner.Admit(nc, false)
	}
}

// DialSelf connects to the port, for a zombie: the connection is admitted as planted.
func (p *Port) DialSelf(ctx context.Context) (net.Conn, error) {
	return p.self.dial(ctx, p.Addr(), dialZombie)
}
