package trader

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// pump takes the session's events into the journal until the session is over and every event that
// it had was taken. It cancels the cycle when the session ends or the journal fails.
func (s *session) pump(ctx context.Context, cancel context.CancelCauseFunc) error {
	durable := context.WithoutCancel(ctx) // a stop must not lose a fill
	events, done := s.b.Events(), s.b.Done()
	for {
		select {
		case ev, ok := <-events:
			if !ok {
				<-done
				cancel(sessionError(s.b.Err()))
				return nil
			}
			if err := s.take(durable, ev); err != nil {
				cancel(err)
				<-done
				return err
			}
		case <-done:
			cancel(sessionError(s.b.Err()))
			return s.drain(durable, events)
		}
	}
}

// drain takes what was queued when the session ended.
func (s *session) drain(ctx context.Context, events <-chan broker.Event) error {
	for {
		select {
		case ev, ok := <-events:
			if !ok {
				return nil
			}
			if err := s.take(ctx, ev); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// take applies one event. An error means that the journal failed, and ends the trader.
func (s *session) take(ctx context.Context, ev broker.Event) error {
	if ev.Generation != s.b.Generation() {
		s.log.Warn("dropped an event of another session", "generation", ev.Generation)
		return nil
	}
	s.e.auditEvent(ev.Body)
	var err error
	switch body := ev.Body.(type) {
	case broker.Execution:
		var ours bool
		if ours, err = s.book(ctx, body); err == nil && !ours {
			s.setDirty(true) // somebody else trades in this account, perhaps with our shares
		}
	case broker.Commission:
		err = s.commission(ctx, body)
	case broker.OrderStatus:
		err = s.orderStatus(ctx, body)
	case broker.OpenOrder:
		err = s.openOrder(ctx, body)
	case broker.Position:
		err = s.position(ctx, body)
	case broker.BarUpdate:
		s.barUpdate(body)
		return nil // no order waits for it
	case broker.Unreadable:
		err = s.unreadable(ctx, body)
	case broker.Notice:
		err = s.notice(ctx, body)
	case broker.StateChange:
		s.stateChange(body)
	case broker.DataFarm:
		s.dataFarm(body)
	}
	s.signal()
	if err != nil {
		return exit.Because(exit.State, fmt.Errorf("take event: %w", err))
	}
	return nil
}

// position takes a change of the account's holdings. One that the books do not explain is looked
// into before the next order.
func (s *session) position(ctx context.Context, p broker.Position) error {
	if p.Account != s.account {
		return nil
	}
	if p.Unreadable {
		s.setDirty(true)
		return nil
	}
	booked, err := s.e.journal.Position(ctx, s.account, p.Contract.ConID)
	if err == nil && booked.Total.Cmp(p.Quantity) != 0 {
		s.setDirty(true)
	}
	return err
}

// unreadable takes an item that makes no sense. One about an order of ours leaves that order's outcome to
// the broker's books.
func (s *session) unreadable(ctx context.Context, u broker.Unreadable) error {
	in, ours, err := s.intentOf(ctx, u.OrderRef, int64(s.e.cfg.ClientID), u.OrderID, 0, u.ConID)
	if err != nil {
		return err
	}
	if !ours {
		s.log.Debug("left out what cannot be read", "what", u.What, "error", u.Err)
		return nil
	}
	s.log.Error("what the Gateway says of an order of ours cannot be read", "what", u.What,
		"intent", in.ID, "error", u.Err)
	s.setDirty(true)
	if in.State.Closed() || in.State == journal.Ended {
		return nil
	}
	return s.e.advance(ctx, in.ID, journal.Unknown, "unreadable "+u.What)
}

// book takes an execution into the books, attributed to the intent that its orderRef names.
func (s *session) book(ctx context.Context, x broker.Execution) (ours bool, err error) {
	in, ours, err := s.intentOf(ctx, x.OrderRef, x.ClientID, x.OrderID, x.PermID, x.ConID)
	if err != nil {
		return ours, err
	}
	e := journal.Execution{
		ExecID: x.ExecID, Account: x.Account, ConID: x.ConID, Symbol: x.Symbol, OrderID: x.OrderID,
		PermID: x.PermID, ClientID: int(x.ClientID), Side: journal.Side(x.Side), Shares: x.Shares,
		Price: x.Price, At: x.Time,
	}
	if e.Account == "" {
		e.Account = s.account
	}
	if ours {
		e.IntentID = in.ID
	}
	booked, err := s.e.journal.Book(ctx, e)
	if err != nil {
		return ours, err
	}
	if booked {
		s.log.Info("fill", "symbol", x.Symbol, "side", x.Side, "shares", x.Shares, "price", x.Price,
			"exec", x.ExecID, "intent", e.IntentID)
	}
	if x.Commission != nil {
		err = s.commission(ctx, broker.Commission{
			ExecID: x.ExecID, Amount: *x.Commission, Currency: x.CommissionCur, RealizedPnL: x.RealizedPnL,
		})
	}
	return ours, err
}

func (s *session) commission(ctx context.Context, c broker.Commission) error {
	return s.e.journal.Commission(ctx, journal.Commission{
		ExecID: c.ExecID, Amount: c.Amount, Currency: c.Currency, Realized: c.RealizedPnL,
	})
}

// intentOf finds the intent that an order or execution belongs to: by its orderRef, which only we
// give. One without a reference is ours only if our client placed that order id for that contract
// and no other permId is known for it: order ids are reused after a reset of the Gateway.
func (s *session) intentOf(ctx context.Context, ref string, clientID, orderID, permID, conID int64) (
	in journal.Intent, ours bool, err error,
) {
	if ref != "" {
		return s.e.journal.Intent(ctx, ref)
	}
	if clientID != int64(s.e.cfg.ClientID) || orderID <= 0 {
		return in, false, nil
	}
	in, ours, err = s.e.journal.IntentByOrder(ctx, s.e.cfg.ClientID, orderID)
	if !ours || err != nil {
		return in, false, err
	}
	other := in.PermID != 0 && permID != 0 && in.PermID != permID
	return in, !other && (conID == 0 || conID == in.ConID), nil
}

// openOrder takes an order's description: it binds the permanent id to the intent.
func (s *session) openOrder(ctx context.Context, o broker.OpenOrder) error {
	in, ours, err := s.intentOf(ctx, o.IntentID, o.ClientID, o.OrderID, o.PermID, o.Contract.ConID)
	if err != nil || !ours {
		return err
	}
	if o.PermID != 0 && in.PermID == 0 {
		if err := s.e.journal.SetPermID(ctx, in.ID, o.PermID); err != nil {
			return err
		}
	}
	if err := s.resized(ctx, in, o); err != nil {
		return err
	}
	return s.observe(ctx, in, o.Status, decimal.Zero)
}

func (s *session) orderStatus(ctx context.Context, st broker.OrderStatus) error {
	in, ours, err := s.intentOf(ctx, "", st.ClientID, st.OrderID, st.PermID, 0)
	if err != nil || !ours {
		return err
	}
	return s.observe(ctx, in, st.Status, st.Filled)
}

// rejectedPrefix begins the reason of an ended intent that the broker refused.
const rejectedPrefix = "refused: "

// observe moves an intent by its order's status. Filled moves nothing: shares count only as
// executions. An end releases nothing before the executions were checked, so it only marks the
// intent as ended; reconciling closes it.
func (s *session) observe(ctx context.Context, in journal.Intent, status string, filled decimal.Decimal) error {
	if in.State == journal.Filled || in.State == journal.NotSent {
		return nil
	}
	switch status {
	case "PreSubmitted", "Submitted":
		if in.State == journal.Cancelled || in.State == journal.Rejected {
			s.setDirty(true) // a dead order that lives again, or an old word: the broker is asked
		}
		return s.e.advance(ctx, in.ID, journal.Working, status)
	case "Filled": // and its executions are still to come
		s.setDirty(true)
		fallthrough
	case "PendingSubmit", "ApiPending", "PendingCancel":
		if in.State == journal.Cancelled || in.State == journal.Rejected {
			return nil
		}
		return s.e.advance(ctx, in.ID, journal.Working, status)
	case "Cancelled", "ApiCancelled", "Inactive":
		if in.State.Closed() || in.State == journal.Ended {
			return nil
		}
		reason := fmt.Sprintf("%s after %s shares", status, filled)
		if status == "Inactive" {
			reason = rejectedPrefix + reason
		}
		return s.e.advance(ctx, in.ID, journal.Ended, reason)
	default:
		s.log.Warn("order has a status that this trader does not know", "intent", in.ID, "status", status)
		return nil
	}
}

// The codes that refuse a cancel, not the order (IBKR's message code list): the order is in a state
// that cannot be cancelled, or is not found. Either way it is not what the journal says.
const (
	codeNotCancellable = 161
	codeCancelNotFound = 10147
	codeCancelTooLate  = 10148
)

// notice takes an error message that names one of our orders. A refusal ends the intent; anything
// else is only logged.
func (s *session) notice(ctx context.Context, n broker.Notice) error {
	if n.ID < 0 {
		s.log.Debug("notice", "code", n.Code, "class", n.Class.String(), "message", n.Message)
		return nil
	}
	if refusal := n.Class == broker.ClassRequest || n.Class == broker.ClassUnlisted; refusal && s.feedEnded(n.ID) {
		s.log.Warn("bars are no longer sent", "code", n.Code, "message", oneLine(n.Message))
		return nil
	}
	in, ours, err := s.e.journal.IntentByOrder(ctx, s.e.cfg.ClientID, n.ID)
	if err != nil || !ours || in.State.Closed() {
		return err
	}
	text := oneLine(n.Message)
	switch n.Code {
	case codeNotCancellable, codeCancelTooLate:
		s.log.Info("cancel refused", "intent", in.ID, "code", n.Code, "message", text)
		s.setDirty(true)
		if in.State != journal.Working {
			return nil
		}
		return s.e.advance(ctx, in.ID, journal.Ended, fmt.Sprintf("%d %s", n.Code, text))
	case codeCancelNotFound:
		s.log.Info("cancel refused", "intent", in.ID, "code", n.Code, "message", text)
		s.setDirty(true)
		return nil
	}
	if n.Class == broker.ClassUnlisted {
		s.setDirty(true) // nobody knows what it means: the broker's books do
	}
	if n.Class != broker.ClassRequest {
		s.log.Info("order notice", "intent", in.ID, "code", n.Code, "message", text)
		return nil
	}
	s.log.Warn("order refused", "intent", in.ID, "code", n.Code, "message", text)
	s.e.sawReject(n.Code, in.Symbol, text)
	if in.State == journal.Ended {
		return nil
	}
	return s.e.advance(ctx, in.ID, journal.Ended, fmt.Sprintf("%s%d %s", rejectedPrefix, n.Code, text))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// stateChange makes sure that whatever happened while IBKR was away is asked for before the next
// order. The order gate itself asks the broker's state.
func (s *session) stateChange(c broker.StateChange) {
	s.setDirty(true)
	if c.Resubscribe { // each subscription is made once more, by the next cycle
		s.mu.Lock()
		clear(s.feeds)
		s.mu.Unlock()
	}
	if c.State == broker.Ready { // IBKR is back, and its farms with it: the next message about one says else
		s.mu.Lock()
		clear(s.farms)
		s.mu.Unlock()
	}
	s.sawState(c)
	s.log.Warn("connection between Gateway and IBKR", "state", c.State.String(), "code", c.Code)
}

// errNoEvidence says that the broker's answers do not settle an intent yet.
var errNoEvidence = errors.New("no evidence yet")
