package trader

import (
	"context"
	"errors"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/journal"
	"ibsoak/trader/status"
)

// Audit takes each order message and each change of state as it happens, in either direction, under a
// kind: "place", "cancel", "order status", "open order", "execution", "commission", "notice",
// "connectivity", "farm", "session". It must not block. Decisions and the states of intents are in the
// journal.
type Audit func(kind string, what any)

func (e *Engine) audit(kind string, what any) {
	if e.cfg.Audit != nil {
		e.cfg.Audit(kind, what)
	}
}

// auditEvent is audit of what the Gateway said.
func (e *Engine) auditEvent(body broker.Body) {
	switch body.(type) {
	case broker.OrderStatus:
		e.audit("order status", body)
	case broker.OpenOrder:
		e.audit("open order", body)
	case broker.Execution:
		e.audit("execution", body)
	case broker.Commission:
		e.audit("commission", body)
	case broker.Notice:
		e.audit("notice", body)
	case broker.StateChange:
		e.audit("connectivity", body)
	case broker.DataFarm:
		e.audit("farm", body)
	}
}

// errDryRun holds an order back in a dry run. It comes with broker.ErrNotSent.
var errDryRun = errors.New("dry run: not sent")

// watched is a Broker whose order messages are audited, whose round trips are measured, and which in a
// dry run sends none. Whatever places an order does so through it.
type watched struct {
	Broker
	e *Engine
}

// Health is the session's own, if it can be measured.
func (w watched) Health() broker.Health {
	if h, ok := w.Broker.(measured); ok {
		return h.Health()
	}
	return broker.Health{}
}

// CurrentTime measures the round trip.
func (w watched) CurrentTime(ctx context.Context) (time.Time, error) {
	began := time.Now()
	at, err := w.Broker.CurrentTime(ctx)
	if err == nil {
		took := time.Since(began)
		w.e.board().Update(func(s *status.Snapshot) {
			s.Step, s.Session.RoundTrip, s.Session.RoundTripAt = s.At, took, s.At
			s.RoundTrips.Add(took)
		})
	}
	return at, err
}

// sentOrder is a message to the Gateway and what became of it here.
type sentOrder struct {
	Order   *broker.Order `json:",omitempty"`
	OrderID int64         `json:",omitempty"`
	Error   string        `json:",omitempty"`
}

// PlaceOrder sends the order, or holds it back in a dry run.
func (w watched) PlaceOrder(ctx context.Context, o broker.Order) error {
	err := errors.Join(errDryRun, broker.ErrNotSent)
	if !w.e.cfg.DryRun {
		w.e.audit("place", sentOrder{Order: &o}) // before it is on the wire
		err = w.Broker.PlaceOrder(ctx, o)
	}
	if err != nil {
		w.e.audit("place", sentOrder{Order: &o, Error: err.Error()})
	}
	return err
}

// CancelOrder asks to cancel, or holds that back in a dry run.
func (w watched) CancelOrder(ctx context.Context, id int64) error {
	if w.e.cfg.DryRun {
		w.e.audit("cancel", sentOrder{OrderID: id, Error: errDryRun.Error()})
		return nil
	}
	err := w.Broker.CancelOrder(ctx, id)
	sent := sentOrder{OrderID: id}
	if err != nil {
		sent.Error = err.Error()
	}
	w.e.audit("cancel", sent)
	return err
}

// triedDry says whether a dry run has prepared an order on this bar already: an intent that was not sent
// does not keep the next cycle from another one.
func (e *Engine) triedDry(in journal.Intent) bool {
	if !e.cfg.DryRun {
		return false
	}
	tried := e.dry[in.ConID].Equal(in.BarEnd)
	e.dry[in.ConID] = in.BarEnd
	return tried
}
