package broker

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/scmhub/ibapi"
)

// callbacks is what the API client calls, on its decoder's goroutine. None of them blocks: the
// decoder must go on for the link to drain.
type callbacks struct {
	ibapi.Wrapper // the callbacks of messages that this package never asks for only log
	session       *Session
}

var errNoBody = errors.New("message has no body")

// ConnectAck says that the client is connected to the link; the session was ready before.
func (c *callbacks) ConnectAck() {}

// ConnectionClosed is the client's last word.
func (c *callbacks) ConnectionClosed() { c.session.link.ClientClosed() }

// ManagedAccounts repeats what the link has verified.
func (c *callbacks) ManagedAccounts([]string) {}

// NextValidID raises the order ids to give out, and answers ReadOnly.
func (c *callbacks) NextValidID(id int64) {
	c.session.ids.atLeast(id)
	c.endTopic(topicIDs)
}

// CurrentTime answers CurrentTime.
func (c *callbacks) CurrentTime(at int64) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := topicAs[time.Time](s, topicTime); a != nil {
		a.add(time.Unix(at, 0))
	}
	s.endTopic(topicTime)
}

// ContractDetails is one match.
func (c *callbacks) ContractDetails(id int64, d *ibapi.ContractDetails) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if d == nil {
		s.skip(Unreadable{What: "contract details", Err: errNoBody})
		return
	}
	if a := callAs[ContractDetails](s, id); a != nil {
		a.add(detailsOf(d))
	}
}

// BondContractDetails is one match that is a bond.
func (c *callbacks) BondContractDetails(id int64, d *ibapi.ContractDetails) {
	c.ContractDetails(id, d)
}

// ContractDetailsEnd completes ContractDetails.
func (c *callbacks) ContractDetailsEnd(id int64) { complete[ContractDetails](c.session, id) }

// HistoricalData is one bar.
func (c *callbacks) HistoricalData(id int64, b *ibapi.Bar) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := callAs[ibapi.Bar](s, id); a != nil && b != nil {
		a.add(*b)
	}
}

// HistoricalDataUpdate is the newest bar of a subscription.
func (c *callbacks) HistoricalDataUpdate(id int64, b *ibapi.Bar) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	loc, ok := s.streams[id]
	if !ok || b == nil {
		s.drops.unknown.Add(1)
		return
	}
	bar, err := barOf(b, loc)
	if err != nil {
		s.skip(Unreadable{What: "bar", Err: err})
		return
	}
	s.emit(BarUpdate{ID: id, Bar: bar})
}

// HistoricalDataEnd completes Bars.
func (c *callbacks) HistoricalDataEnd(id int64, _, _ string) { complete[ibapi.Bar](c.session, id) }

// Position is one holding: part of an answer, or a change after it.
func (c *callbacks) Position(account string, contract *ibapi.Contract, size ibapi.Decimal,
	cost float64,
) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	var n numbers
	p := Position{
		Account: account, Contract: contractOf(contract), Quantity: n.quantity("position", size),
	}
	p.Unreadable = n.err != nil
	if avg := optionalPrice(cost); avg != nil {
		p.AverageCost = *avg
	}
	if n.err != nil {
		s.skip(Unreadable{What: "position", ConID: p.Contract.ConID, Err: n.err})
	}
	if a := topicAs[Position](s, topicPositions); a != nil {
		a.add(p)
		return
	}
	s.emit(p)
}

// PositionEnd completes Positions.
func (c *callbacks) PositionEnd() { c.endTopic(topicPositions) }

// OpenOrder is an order's state, asked for or not.
func (c *callbacks) OpenOrder(id int64, contract *ibapi.Contract, o *ibapi.Order,
	state *ibapi.OrderState,
) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if o == nil {
		s.skip(Unreadable{What: "open order", Err: errNoBody})
		return
	}
	order := openOrderOf(id, contract, o, state)
	if id < half || order.ClientID == s.clientID {
		s.ids.atLeast(id + 1)
	}
	if a := topicAs[OpenOrder](s, topicOrders); a != nil {
		a.add(order)
	}
	s.emit(order)
}

// OrderStatus follows an order, and completes the reports of an OpenOrders in progress.
func (c *callbacks) OrderStatus(id int64, status string, filled, remaining ibapi.Decimal,
	average float64, permID, parentID int64, last float64, clientID int64, whyHeld string, _ float64,
) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	var n numbers
	st := OrderStatus{
		OrderID: id, PermID: permID, ClientID: clientID, ParentID: parentID, Status: status,
		Filled: n.quantity("filled", filled), Remaining: n.quantity("remaining", remaining),
		WhyHeld: whyHeld,
	}
	if n.err != nil {
		s.skip(Unreadable{What: "order status", OrderID: s.own(clientID, id), Err: n.err})
		return
	}
	if v := optionalPrice(average); v != nil {
		st.AveragePrice = *v
	}
	if v := optionalPrice(last); v != nil {
		st.LastFillPrice = *v
	}
	if a := topicAs[OpenOrder](s, topicOrders); a != nil {
		applyStatus(a.items, st)
	}
	s.emit(st)
}

func applyStatus(reports []OpenOrder, st OrderStatus) {
	key := keyOf(OpenOrder{PermID: st.PermID, ClientID: st.ClientID, OrderID: st.OrderID})
	for i := range reports {
		if keyOf(reports[i]) == key {
			reports[i].Status = st.Status
			reports[i].Filled, reports[i].Remaining = &st.Filled, &st.Remaining
		}
	}
}

// OpenOrderEnd completes OpenOrders.
func (c *callbacks) OpenOrderEnd() { c.endTopic(topicOrders) }

// CompletedOrder is an order that is no longer live.
func (c *callbacks) CompletedOrder(contract *ibapi.Contract, o *ibapi.Order, state *ibapi.OrderState) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	a := topicAs[CompletedOrder](s, topicCompleted)
	if a == nil || o == nil {
		return
	}
	order := openOrderOf(o.OrderID, contract, o, state)
	order.Filled = optionalQuantity(o.FilledQuantity)
	done := CompletedOrder{OpenOrder: order}
	if state != nil {
		done.CompletedTime, done.CompletedStatus = state.CompletedTime, state.CompletedStatus
	}
	a.add(done)
}

// CompletedOrdersEnd completes CompletedOrders.
func (c *callbacks) CompletedOrdersEnd() { c.endTopic(topicCompleted) }

// ExecDetails is a fill: live, with request id -1, or part of an answer. A message without the id
// field reads as 0 in the API client.
func (c *callbacks) ExecDetails(id int64, contract *ibapi.Contract, e *ibapi.Execution) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if e == nil {
		s.skip(Unreadable{What: "execution", Err: errNoBody})
		return
	}
	x, err := executionOf(contract, e)
	if err != nil {
		s.skip(Unreadable{
			What: "execution", OrderID: s.own(x.ClientID, x.OrderID), OrderRef: x.OrderRef, ConID: x.ConID,
			Err: err,
		})
		return
	}
	if id > 0 {
		if a := callAs[Execution](s, id); a != nil {
			a.add(x)
		}
		return
	}
	s.joinCommission(&x)
	s.emit(x)
}

// ExecDetailsEnd completes Executions.
func (c *callbacks) ExecDetailsEnd(id int64) { complete[Execution](c.session, id) }

// CommissionAndFeesReport belongs to the fill of the same execution id.
func (c *callbacks) CommissionAndFeesReport(r ibapi.CommissionAndFeesReport) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	report, err := commissionOf(r)
	if err != nil { // unset until it is known: the fill counts without it
		s.skip(Unreadable{What: "commission report", Err: err})
		return
	}
	if len(s.commissions) >= maxCommissions {
		clear(s.commissions) // they were told as events; this is only for joining
	}
	s.commissions[report.ExecID] = report
	s.emit(report)
}

// maxCommissions bounds what is kept for joining.
const maxCommissions = 10_000

// skip leaves an item out and tells of it. Session.mu is held.
func (s *Session) skip(u Unreadable) {
	s.drops.unreadable.Add(1)
	s.emit(u)
}

// own is the order id if the order is this client's, else 0.
func (s *Session) own(clientID, orderID int64) int64 {
	if clientID != s.clientID {
		return 0
	}
	return orderID
}

// joinCommission fills in what is known of a fill's commission. Session.mu is held.
func (s *Session) joinCommission(x *Execution) {
	if r, ok := s.commissions[x.ExecID]; ok {
		amount := r.Amount
		x.Commission, x.CommissionCur, x.RealizedPnL = &amount, r.Currency, r.RealizedPnL
	}
}

func (c *callbacks) endTopic(t topic) {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	c.session.endTopic(t)
}

// complete ends a call whose End came.
func complete[T any](s *Session, id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := callAs[T](s, id); a != nil {
		a.finish(nil)
	}
}

// Error is every message about a request, an order or the system, the link's own and the API
// client's own included.
func (c *callbacks) Error(id, _, code int64, text, rejectJSON string) {
	s := c.session
	if s.link.Sentinel(code, text) {
		return
	}
	e := &Error{ID: int(id), Code: int(code), Message: text, Class: Classify(int(code))}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.systemMessage(e) || s.refuses(e) {
		return
	}
	s.emit(Notice{ID: id, Code: e.Code, Message: text, Class: e.Class, RejectJSON: rejectJSON})
}

// refuses completes the request that an error is about; false if it is about none that waits.
func (s *Session) refuses(e *Error) bool {
	if call, ok := s.calls[int64(e.ID)]; ok && e.Class == ClassUnlisted {
		call.suspect(e)
		return true
	}
	if e.Class != ClassRequest && e.Class != ClassFatal {
		return false
	}
	if isClientMade(e.Code) {
		s.refusals[int64(e.ID)] = e
	}
	if call, ok := s.calls[int64(e.ID)]; ok {
		call.finish(e)
		return true
	}
	return e.ID < 0 && s.failTopics(e)
}

// isClientMade knows the codes that API clients make up themselves; a Gateway never sends them.
func isClientMade(code int) bool {
	const first, last = 501, 600
	return code >= first && code <= last
}

// The restorations (IBKR's message codes). Each is told, also one without its loss before it: what
// happened meanwhile is unknown.
const (
	codeRestoredLost = 1101
	codeRestoredKept = 1102
)

// systemMessage turns connectivity and farm messages into events. Session.mu is held.
func (s *Session) systemMessage(e *Error) bool {
	switch e.Class {
	case ClassConnectivity:
		changed, resubscribe := s.connectivity.Apply(e.Code)
		if restored := e.Code == codeRestoredLost || e.Code == codeRestoredKept; changed || restored {
			state := State(s.connectivity.State) // the two start with the same states
			s.emit(StateChange{State: state, Code: e.Code, Resubscribe: resubscribe})
		}
		return true
	case ClassFarm:
		farm, ok := farmOf(e.Code, e.Message)
		if !ok {
			return false
		}
		s.emit(farm)
		return true
	default:
		return false
	}
}

// farmKinds are the codes that tell a farm's connection.
var farmKinds = map[int]DataFarm{
	2103: {Kind: "market data", Broken: true},
	2104: {Kind: "market data"},
	2105: {Kind: "historical data", Broken: true},
	2106: {Kind: "historical data"},
	2107: {Kind: "historical data"},
	2108: {Kind: "market data"},
	2119: {Kind: "market data", Broken: true},
	2157: {Kind: "security definitions", Broken: true},
	2158: {Kind: "security definitions"},
}

// farmOf reads a farm message: its name stands behind the last colon, or after the last full stop
// where the farm is inactive.
func farmOf(code int, text string) (DataFarm, bool) {
	farm, ok := farmKinds[code]
	if !ok {
		return DataFarm{}, false
	}
	farm.Code = code
	name := text
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		name = text[i+1:]
	} else if i := strings.LastIndex(text, "demand."); i >= 0 {
		name = text[i+len("demand."):]
	}
	farm.Name = strings.TrimSpace(name)
	return farm, true
}

// String describes the farm.
func (f DataFarm) String() string {
	state := "ok"
	if f.Broken {
		state = "broken"
	}
	return fmt.Sprintf("%s farm %s %s (%d)", f.Kind, f.Name, state, f.Code)
}
