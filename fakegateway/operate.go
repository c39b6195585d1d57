package fakegateway

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"ibsoak/fakegateway/fault"
)

// textPortReset is error 1300; the two blanks are IBKR's.
const textPortReset = "TWS socket port has been reset and this connection is being dropped.  " +
	"Please reconnect on the new port - %d"

// farmStates are what the farm-* operations make of a farm.
var farmStates = map[fault.Operation]FarmState{
	fault.FarmOK: FarmIsOK, fault.FarmBroken: FarmIsBroken,
	fault.FarmInactive: FarmIsInactive, fault.FarmConnecting: FarmIsConnecting,
}

// operate does to the Gateway what an operator, a login or IBKR's servers do. It returns what went
// out, and why not when nothing could.
func (p *port) operate(w fault.What) (wire string, err error) {
	s := p.s
	switch w.Operation {
	case fault.ConnectionLost:
		return s.login.Lose(s.clock.now())
	case fault.ConnectionRestored, fault.ConnectionDataLost:
		wire, err = s.login.Restore(s.clock.now(), w.Operation == fault.ConnectionDataLost)
		s.stage.wake() // the loops, for the requests that waited
		return wire, err
	case fault.CompetingSession, fault.CompetingOver:
		return s.login.Compete(s.clock.now(), w.Operation == fault.CompetingSession)
	case fault.FarmOK, fault.FarmBroken, fault.FarmInactive, fault.FarmConnecting:
		return s.login.SetFarm(s.clock.now(), w.Farm, farmStates[w.Operation])
	case fault.DialogAccept, fault.DialogReject, fault.DialogDismiss:
		return "nothing", s.dialogs.answerShown(dialogOperations[w.Operation])
	case fault.ApproveLogin:
		return "nothing", p.approve()
	case fault.HoldOrders, fault.ReleaseOrders, fault.SplitNextChange, fault.LiquidateAll:
		return s.operateBooks(w.Operation)
	case fault.FillByHand, fault.TransferPosition:
		return s.operateTrade(w)
	case fault.LogIn:
		return p.logInAgain(w)
	case fault.EnableAPI:
		return p.enable()
	case fault.DisableAPI:
		p.disabled = true
		return "port closed", p.shut(true)
	case fault.PortReset:
		return p.reset()
	}
	return "nothing", fmt.Errorf("operation %q: want one of %s", w.Operation,
		words(fault.Operations()))
}

// approve is the second factor of the login that waits for it.
func (p *port) approve() error {
	if !p.approval {
		return errors.New("no login waits for its second factor")
	}
	p.approval = false
	p.s.unapproved.Store(false)
	if slices.ContainsFunc(p.agenda, func(a appointment) bool { return a.wayUp }) {
		return nil // the login is not that far yet; it will not stop for it
	}
	return p.enter(Ready)()
}

// enable opens the port that was disabled.
func (p *port) enable() (wire string, err error) {
	if !p.disabled {
		return "nothing", errors.New("the API is enabled already")
	}
	p.disabled = false
	if err := p.enter(Ready)(); err != nil {
		return "nothing", err
	}
	return "port opened", nil
}

// reset moves the API to another port: 1300 and FIN for every client, then the old port closes.
func (p *port) reset() (wire string, err error) {
	ln, err := p.another()
	if err != nil {
		return "nothing", fmt.Errorf("reset the port: %w", err)
	}
	_, number := splitAddr(ln.Addr().String())
	p.s.login.Announce(p.s.clock.now(), Notice{Code: 1300, Text: fmt.Sprintf(textPortReset, number)})
	err = p.shut(false)
	for _, c := range p.s.open() {
		if c.isLive() {
			c.finish("the port was reset", nil)
		}
	}
	p.ln = ln
	p.s.mu.Lock()
	p.addr = ln.Addr()
	p.s.mu.Unlock()
	return fmt.Sprintf("1300 %d", number), errors.Join(err, p.enter(Ready)())
}

// another is a listener on a free port of the same host.
func (p *port) another() (net.Listener, error) {
	if p.s.cfg.Relisten != nil {
		return p.s.cfg.Relisten()
	}
	host, _ := splitAddr(p.addr.String())
	return net.Listen(p.addr.Network(), net.JoinHostPort(host, "0"))
}

// Operate does one operation to the whole Gateway, as action operate of a schedule does; farm is
// the name for the farm-* operations, else "". It returns when it is done.
func (s *Server) Operate(o fault.Operation, farm string) error {
	f := fault.Fault{
		ID: "operate", When: fault.When{At: new(fault.Duration)},
		What: fault.What{Do: fault.Operate, Operation: o, Farm: farm},
	}
	if err := (fault.Schedule{Faults: []fault.Fault{f}}).Validate(); err != nil {
		return err
	}
	return s.orderAndWait(fault.Hit{Fault: f, Point: "by request"})
}

// orderAndWait hands an order to the port and waits until it was carried out.
func (s *Server) orderAndWait(hit fault.Hit) error { return s.await(portOrder{hit: hit}) }

// await is orderAndWait for an order that says more than its fault.
func (s *Server) await(o portOrder) error {
	hit := o.hit
	s.mu.Lock()
	serving := s.serving
	s.mu.Unlock()
	if !serving {
		return fmt.Errorf("%s: the gateway does not serve yet", hit.ID)
	}
	done := make(chan error, 1)
	o.done = done
	select {
	case s.port.orders <- o:
	case <-s.port.over:
		return fmt.Errorf("%s: %w", hit.ID, ErrClosed)
	}
	select {
	case err := <-done:
		return err
	case <-s.port.over:
		return fmt.Errorf("%s: %w", hit.ID, ErrClosed)
	}
}

// words lists names for an error message.
func words[S ~string](list []S) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = string(s)
	}
	return strings.Join(texts, ", ")
}
