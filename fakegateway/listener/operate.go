package listener

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/stage"
	"ibsoak/internal/sockets"
)

// textPortReset is error 1300; the two blanks are IBKR's.
const textPortReset = "TWS socket port has been reset and this connection is being dropped.  " +
	"Please reconnect on the new port - %d"

// farmStates are what the farm-* operations make of a farm.
var farmStates = map[fault.Operation]session.FarmState{
	fault.FarmOK: session.FarmIsOK, fault.FarmBroken: session.FarmIsBroken,
	fault.FarmInactive: session.FarmIsInactive, fault.FarmConnecting: session.FarmIsConnecting,
}

// Operate does to the Gateway what an operator, a login or IBKR's servers do. It returns what went
// out, and why not when nothing could.
func (p *Port) Operate(w fault.What) (wire string, err error) {
	g := p.gateway
	switch w.Operation {
	case fault.ConnectionLost:
		return g.Login.Lose(g.Clock.Now())
	case fault.ConnectionRestored, fault.ConnectionDataLost:
		wire, err = g.Login.Restore(g.Clock.Now(), w.Operation == fault.ConnectionDataLost)
		g.Stage.Wake() // the loops, for the requests that waited
		return wire, err
	case fault.CompetingSession, fault.CompetingOver:
		return g.Login.Compete(g.Clock.Now(), w.Operation == fault.CompetingSession)
	case fault.FarmOK, fault.FarmBroken, fault.FarmInactive, fault.FarmConnecting:
		return g.Login.SetFarm(g.Clock.Now(), w.Farm, farmStates[w.Operation])
	case fault.DialogAccept, fault.DialogReject, fault.DialogDismiss:
		return "nothing", g.Dialogs.AnswerShown(dialogOperations[w.Operation])
	case fault.ApproveLogin:
		return "nothing", p.approve()
	case fault.HoldOrders, fault.ReleaseOrders, fault.SplitNextChange, fault.LiquidateAll:
		return p.operateBooks(w.Operation)
	case fault.FillByHand, fault.TransferPosition:
		return p.operateTrade(w)
	case fault.LogIn:
		return p.logIn(w.Accounts)
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
func (p *Port) approve() error {
	if !p.approval {
		return errors.New("no login waits for its second factor")
	}
	p.approval = false
	p.unapproved.Store(false)
	if slices.ContainsFunc(p.planned, func(a step) bool { return a.startup }) {
		return nil // the login is not that far yet; it will not stop for it
	}
	return p.enter(stage.Ready)()
}

// enable opens the port that was disabled.
func (p *Port) enable() (wire string, err error) {
	if !p.disabled {
		return "nothing", errors.New("the API is enabled already")
	}
	p.disabled = false
	if err := p.enter(stage.Ready)(); err != nil {
		return "nothing", err
	}
	return "port opened", nil
}

// reset moves the API to another port: 1300 and FIN for every client, then the old port closes.
func (p *Port) reset() (wire string, err error) {
	ln, err := p.another()
	if err != nil {
		return "nothing", fmt.Errorf("reset the port: %w", err)
	}
	_, number := SplitAddr(ln.Addr().String())
	p.gateway.Login.Announce(p.gateway.Clock.Now(), client.Notice{Code: 1300, Text: fmt.Sprintf(textPortReset, number)})
	err = p.shut(false)
	for _, c := range p.gateway.Owner.Open() {
		if c.IsLive() {
			c.FIN("the port was reset", nil)
		}
	}
	p.ln = ln
	p.mu.Lock()
	p.addr = ln.Addr()
	p.mu.Unlock()
	return fmt.Sprintf("1300 %d", number), errors.Join(err, p.enter(stage.Ready)())
}

// another is a listener on a free port of the same host.
func (p *Port) another() (net.Listener, error) {
	if p.gateway.Relisten != nil {
		return p.gateway.Relisten()
	}
	host, _ := SplitAddr(p.addr.String())
	return sockets.Listen(p.addr.Network(), net.JoinHostPort(host, "0"))
}

// words lists names for an error message.
func words[S ~string](list []S) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = string(s)
	}
	return strings.Join(texts, ", ")
}

// dialogOperations are the answers as operations.
var dialogOperations = map[fault.Operation]connection.DialogAnswer{
	fault.DialogAccept: connection.AcceptClient, fault.DialogReject: connection.RejectClient,
	fault.DialogDismiss: connection.DismissDialog,
}
