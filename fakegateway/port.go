package fakegateway

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"time"

	"ibsoak/fakegateway/fault"
)

const (
	// portOrders bounds the listener faults that wait for their turn.
	portOrders = 16
	// acceptRetry is the pause after an accept that failed for want of descriptors.
	acceptRetry = 20 * time.Millisecond
)

// port owns the listener and the Gateway's way up. Its goroutine alone opens and closes it.
type port struct {
	s      *Server
	orders chan portOrder
	broken chan error
	over   chan struct{} // closed when run has returned

	// Of run's goroutine; addr is guarded by the Server's mu too:
	addr     net.Addr
	ln       net.Listener  // nil while the port is closed
	accepted chan struct{} // closed when the accept loop of ln is over; nil without one
	reserved io.Closer     // keeps the port ours while it is closed
	filler   net.Conn      // occupies the accept queue
	agenda   []appointment
	approval bool // the way up waits for the login's second factor
	disabled bool // by the operator: the port stays closed
	holding  int  // number of the hit that keeps the port as it is; 0 is none
}

// portOrder is a fault on the listener, or a call of Restart, which waits for done.
type portOrder struct {
	hit  fault.Hit
	lift bool // the fault is lifted
	done chan error
}

// appointment is something to do at a real time. Those of a way up are cancelled by the next order.
type appointment struct {
	at    time.Time
	do    func() error
	wayUp bool
}

func newPort(s *Server, ln net.Listener) *port {
	return &port{
		s: s, addr: ln.Addr(), ln: ln, disabled: s.cfg.APIDisabled,
		orders: make(chan portOrder, portOrders), broken: make(chan error, 1),
		over: make(chan struct{}),
	}
}

// close waits until the listener and the accept loop are gone. The Server's stop is closed already.
func (p *port) close() { <-p.over }

func (p *port) run() error {
	defer close(p.over)
	err := p.comeUp(p.s.startup())
	for err == nil {
		timer := time.NewTimer(p.nextAppointment())
		select {
		case o := <-p.orders:
			p.obey(o)
		case <-timer.C:
			err = p.keepAppointments()
		case err = <-p.broken:
		case <-p.s.stop:
			timer.Stop()
			return p.shut(false)
		}
		timer.Stop()
	}
	return errors.Join(fmt.Errorf("serve %s: %w", p.addr, err), p.shut(false))
}

func (p *port) nextAppointment() time.Duration {
	wait := idleWait
	for _, a := range p.agenda {
		wait = min(wait, max(0, time.Until(a.at)))
	}
	return wait
}

func (p *port) keepAppointments() error {
	now := time.Now()
	var due []appointment
	p.agenda = slices.DeleteFunc(p.agenda, func(a appointment) bool {
		if a.at.After(now) {
			return false
		}
		due = append(due, a)
		return true
	})
	slices.SortStableFunc(due, func(a, b appointment) int { return a.at.Compare(b.at) })
	for _, a := range due {
		if err := a.do(); err != nil {
			return err
		}
	}
	return nil
}

// in plans a step of a way up; d is scenario time.
func (p *port) in(d time.Duration, do func() error) {
	p.agenda = append(p.agenda, appointment{time.Now().Add(p.s.clock.Real(d)), do, true})
}

// obey carries a fault out, after its delay.
func (p *port) obey(o portOrder) {
	if o.lift {
		p.lift(o.hit)
		return
	}
	if delay := time.Duration(o.hit.When.Delay); delay > 0 {
		o.hit.When.Delay = 0
		p.agenda = append(p.agenda, appointment{
			at: time.Now().Add(delay),
			do: func() error { p.obey(o); return nil },
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
		p.s.board.File(r)
	}
	if o.done != nil {
		o.done <- err
	}
}

// order hands a listener fault to the port.
func (s *Server) order(hit fault.Hit) {
	select {
	case s.port.orders <- portOrder{hit: hit}:
	default:
		s.board.File(fault.Receipt{
			Fault: hit.ID, Planned: hit.What.Do, Wire: "nothing", Point: hit.Point, At: time.Now(),
			Mismatch: fmt.Sprintf("%d listener faults wait already", portOrders),
		})
	}
}

// Refuse closes the port for a while; connections live on.
func (p *port) Refuse(hit fault.Hit) (wire string, err error) {
	p.begin(hit.Number)
	err = p.shut(true)
	p.lasts(hit)
	return "port closed", err
}

// begin cancels the way up that is planned. holding is the number of the hit that now keeps the port as
// it is, 0 for none.
func (p *port) begin(holding int) {
	p.agenda = slices.DeleteFunc(p.agenda, func(a appointment) bool { return a.wayUp })
	p.holding = holding
}

// lasts opens the port again when the hit's time is over or its fault is lifted.
func (p *port) lasts(hit fault.Hit) {
	if d := time.Duration(hit.What.For); d > 0 {
		p.in(d, p.enter(Ready))
	}
	if hit.Lifted() == nil {
		return
	}
	p.s.owned.Go(func() {
		select {
		case <-hit.Lifted():
		case <-p.s.stop:
			return
		}
		select {
		case p.orders <- portOrder{hit: hit, lift: true}:
		case <-p.s.stop:
		}
	})
}

// lift opens the port, unless something else has been done to it since.
func (p *port) lift(hit fault.Hit) {
	if p.holding != hit.Number {
		return
	}
	p.begin(0)
	r := fault.Receipt{
		Fault: hit.ID, Planned: hit.What.Do, Wire: "lifted", Point: hit.Point, At: time.Now(),
	}
	if err := p.enter(Ready)(); err != nil {
		r.Mismatch = err.Error()
	}
	p.s.board.File(r)
}

// open starts to accept, on a new listener if the port is closed.
func (p *port) open() error {
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

func (p *port) relisten() (net.Listener, error) {
	if p.s.cfg.Relisten != nil {
		return p.s.cfg.Relisten()
	}
	if p.addr.Network() != "tcp" {
		return nil, fmt.Errorf("a %s listener cannot be opened again: set Config.Relisten",
			p.addr.Network())
	}
	return net.Listen("tcp", p.addr.String())
}

// shut closes the listener and waits for its accept loop. The port is kept from other processes
// when it is to be opened again.
func (p *port) shut(again bool) error {
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
		p.s.stage.Set(Refusing)
		var reserveErr error
		p.reserved, reserveErr = reserve(p.addr)
		if reserveErr != nil {
			p.s.log.Warn("port is not kept while it is closed", "addr", p.addr.String(),
				"err", reserveErr)
		}
		p.s.board.Announce(Event{Kind: EventRefusing, Message: "port closed"})
	}
	return err
}

func (p *port) describe() string {
	if p.ln == nil {
		return "closed"
	}
	return "open"
}

// accept admits clients until the listener is closed or told to pause.
func (p *port) accept(ln net.Listener, done chan struct{}) {
	defer close(done)
	for {
		nc, err := ln.Accept()
		switch {
		case err == nil:
			p.s.admit(nc)
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
			return
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE),
			errors.Is(err, syscall.ECONNABORTED):
			p.s.log.Warn("accept", "err", err)
			select {
			case <-time.After(acceptRetry):
			case <-p.s.stop:
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
