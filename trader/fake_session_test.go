package trader

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
)

// fakeSession is one session with the world.
type fakeSession struct {
	w          *world
	generation uint64
	next       int64
	events     chan broker.Event
	done       chan struct{}
	over       sync.Once
	err        error
	state      broker.State
	epoch      uint64
}

var errDropped = errors.New("connection reset by peer")

func (s *fakeSession) end(err error) {
	s.over.Do(func() {
		s.err = err
		s.w.live--
		close(s.done)
	})
}

// drop ends the session as a lost connection does.
func (w *world) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session.end(errDropped)
}

// say sends an event of the current session.
func (w *world) say(body broker.Body) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session.say(body)
}

// knowAll ends that a symbol is unknown.
func (w *world) knowAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unknown = ""
}

func (s *fakeSession) say(body broker.Body) {
	if c, ok := body.(broker.StateChange); ok {
		s.state = c.State
		s.epoch++
	}
	s.events <- broker.Event{Generation: s.generation, At: time.Now(), Body: body}
}

func (s *fakeSession) status(o *worldOrder) {
	left, _ := o.Quantity.Sub(o.filled)
	s.say(broker.OrderStatus{
		OrderID: o.ID, PermID: o.permID, ClientID: o.client, Status: s.w.said(o), Filled: o.filled,
		Remaining: left,
	})
}

func (s *fakeSession) Generation() uint64          { return s.generation }
func (s *fakeSession) ServerVersion() int          { return 225 }
func (s *fakeSession) Account() string             { return s.w.account }
func (s *fakeSession) Events() <-chan broker.Event { return s.events }
func (s *fakeSession) Done() <-chan struct{}       { return s.done }
func (s *fakeSession) Err() error                  { <-s.done; return s.err }

func (s *fakeSession) State() broker.State {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	return s.state
}

func (s *fakeSession) Epoch() uint64 {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	return s.epoch
}

func (s *fakeSession) NextOrderID() int64 {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.next++
	return s.next - 1
}

func (s *fakeSession) Close(context.Context) error {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.end(nil)
	return nil
}

// request runs the script for a request and locks the world for its answer.
func (s *fakeSession) request(ctx context.Context, what string) error {
	s.w.mu.Lock()
	ask := s.w.ask
	s.w.mu.Unlock()
	var err error
	if ask != nil {
		err = ask(ctx, what)
	}
	s.w.mu.Lock()
	select {
	case <-s.done:
		err = broker.ErrOver
	default:
	}
	if err != nil {
		s.w.mu.Unlock()
	}
	return err
}

func (s *fakeSession) CurrentTime(ctx context.Context) (time.Time, error) {
	if err := s.request(ctx, "time"); err != nil {
		return time.Time{}, err
	}
	defer s.w.mu.Unlock()
	return time.Now().Add(-s.w.behind).Truncate(time.Second), nil
}

func (s *fakeSession) ContractDetails(ctx context.Context, c broker.Contract) ([]broker.ContractDetails, error) {
	if err := s.request(ctx, "contract"); err != nil {
		return nil, err
	}
	defer s.w.mu.Unlock()
	if c.Symbol == s.w.unknown {
		return nil, &broker.Error{Code: 200, Message: "No security definition has been found"}
	}
	c.ConID = s.w.conID(c.Symbol)
	return []broker.ContractDetails{{Contract: c, MinTick: decimal.MustNew(1, 2), TimeZone: "US/Eastern", LiquidHours: s.w.hours}}, nil
}

// Bars gives the bars of the duration and the one that is being written. The last hour rises or falls by
// so little in all that its history may turn over with the test's wish.
func (s *fakeSession) Bars(ctx context.Context, r broker.BarsRequest) ([]broker.Bar, error) {
	if err := s.request(ctx, "bars"); err != nil {
		return nil, err
	}
	defer s.w.mu.Unlock()
	s.w.requests = append(s.w.requests, historyRequest{r.Contract.Symbol, time.Now()})
	return s.w.barsOf(r)
}

func (w *world) barsOf(r broker.BarsRequest) ([]broker.Bar, error) {
	newest := time.Now().Add(-w.behind).Truncate(time.Minute)
	if w.frozen {
		newest = newest.Add(-10 * time.Minute)
	}
	var amount int
	var unit string
	if _, err := fmt.Sscanf(r.Duration, "%d %s", &amount, &unit); err != nil {
		return nil, err
	}
	n := amount / 60
	if unit == "D" {
		n = amount * 24 * 60
	}
	bars := make([]broker.Bar, n+1)
	for i := range bars {
		at := newest.Add(time.Duration(i-n) * time.Minute)
		steps := max(0, 60-(n-i))
		if w.falling {
			steps = 60 - steps
		}
		p, _ := decimal.MustNew(int64(100_000+steps), 3).Mul(w.scale)
		bars[i] = broker.Bar{Time: at, Open: p, High: p, Low: p, Close: p}
	}
	return bars, nil
}

// SubscribeBars goes on to send the bar that is being written, and each new one, every half minute.
func (s *fakeSession) SubscribeBars(ctx context.Context, r broker.BarsRequest) (int64, []broker.Bar, error) {
	bars, err := s.Bars(ctx, r)
	if err != nil {
		return 0, nil, err
	}
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if code := s.w.refuseStream; code != 0 {
		return 0, nil, &broker.Error{Code: code, Message: "no"}
	}
	s.w.subscribed++
	const requests = 1 << 30 // which are never orders
	n, id := int64(s.w.subscribed), int64(requests+s.w.subscribed)
	said := map[int64]decimal.Decimal{}
	remember := func(bars []broker.Bar) {
		for _, b := range bars {
			said[b.Time.Unix()] = b.Close
		}
	}
	remember(bars)
	go func() {
		tick := time.NewTicker(30 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-s.done:
				return
			case <-tick.C:
			}
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
			err := s.request(ctx, "bars") // what keeps answers away keeps a stream away
			cancel()
			if err != nil {
				continue
			}
			if newest, err := s.w.barsOf(r); err == nil && n > s.w.silent {
				for _, b := range newest {
					if !said[b.Time.Unix()].Equal(b.Close) {
						s.say(broker.BarUpdate{ID: id, Bar: b})
					}
				}
				remember(newest)
			}
			s.w.mu.Unlock()
		}
	}()
	return id, bars, nil
}

func (s *fakeSession) CancelBars(context.Context, int64) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.w.unsubscribed++
}

func (s *fakeSession) Positions(ctx context.Context) ([]broker.Position, error) {
	if err := s.request(ctx, "positions"); err != nil {
		return nil, err
	}
	defer s.w.mu.Unlock()
	var out []broker.Position
	for symbol, q := range s.w.positions {
		out = append(out, broker.Position{
			Account: s.w.account, Quantity: q,
			Contract: broker.Contract{Symbol: symbol, ConID: s.w.conID(symbol)},
		})
	}
	return out, nil
}

func (o *worldOrder) described() broker.OpenOrder {
	filled := o.filled
	return broker.OpenOrder{
		OrderID: o.ID, PermID: o.permID, ClientID: o.client, IntentID: o.IntentID, Contract: o.Contract,
		Action: o.Action, Quantity: o.Quantity, Filled: &filled, Status: o.status, Type: o.Type,
		OCAGroup: o.OCAGroup,
	}
}

func (s *fakeSession) OpenOrders(ctx context.Context) ([]broker.OpenOrder, error) {
	if err := s.request(ctx, "open orders"); err != nil {
		return nil, err
	}
	defer s.w.mu.Unlock()
	var out []broker.OpenOrder
	for _, o := range s.w.orders {
		if live(o.status) && !o.forgotten {
			listed := o.described()
			listed.Status = s.w.said(o)
			out = append(out, listed)
		}
	}
	return out, nil
}

func (s *fakeSession) CompletedOrders(ctx context.Context) ([]broker.CompletedOrder, error) {
	if err := s.request(ctx, "completed orders"); err != nil {
		return nil, err
	}
	defer s.w.mu.Unlock()
	if s.w.forgets {
		return nil, nil
	}
	var out []broker.CompletedOrder
	for _, o := range s.w.orders {
		if !live(o.status) && !o.forgotten {
			done := o.described()
			done.OrderID, done.ClientID = 0, 0 // the message has neither
			out = append(out, broker.CompletedOrder{OpenOrder: done, CompletedStatus: o.status})
		}
	}
	return out, nil
}

func (s *fakeSession) Executions(ctx context.Context) ([]broker.Execution, error) {
	if err := s.request(ctx, "executions"); err != nil {
		return nil, err
	}
	defer s.w.mu.Unlock()
	if s.w.forgets {
		return nil, nil
	}
	return slices.Clone(s.w.executions), nil
}

// AccountValues has the world's cash, and what its marks say of its positions.
func (s *fakeSession) AccountValues(ctx context.Context) (r broker.AccountReport, err error) {
	if err := s.request(ctx, "account values"); err != nil {
		return r, err
	}
	defer s.w.mu.Unlock()
	return s.w.report(), nil
}

func (w *world) report() (r broker.AccountReport) {
	r.Values = []broker.AccountValue{{Account: w.account, Key: "CashBalance", Amount: w.cash, Currency: "USD"}}
	for symbol, price := range w.marks {
		r.Portfolio = append(r.Portfolio, broker.Portfolio{
			Account: w.account, Contract: broker.Contract{Symbol: symbol, ConID: w.conID(symbol)},
			Quantity: w.positions[symbol], Price: &price,
		})
	}
	return r
}

func (s *fakeSession) CancelOrder(ctx context.Context, id int64) error {
	if err := s.request(ctx, "cancel"); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	s.w.cancels++
	if code := s.w.refuseCancel; code != 0 {
		s.say(broker.Notice{ID: id, Code: code, Class: broker.ClassRequest, Message: "cannot be cancelled"})
	}
	for _, o := range s.w.orders {
		if hook := s.w.beforeCancel; hook != nil && o.ID == id && live(o.status) {
			hook(o)
		}
		if o.ID == id && live(o.status) && !s.w.stubborn {
			o.status = "Cancelled"
			s.status(o)
		}
	}
	return nil
}

func (s *fakeSession) PlaceOrder(ctx context.Context, order broker.Order) error {
	if err := s.request(ctx, "place"); err != nil {
		return err
	}
	defer s.w.mu.Unlock()
	if order.Permit != nil {
		s.w.mu.Unlock() // it asks the session's state
		err := order.Permit()
		s.w.mu.Lock()
		if err != nil {
			return fmt.Errorf("%w: %w", broker.ErrNotSent, err)
		}
	}
	if s.changed(order) {
		return nil
	}
	how := fill
	if order.Type == broker.Stop || order.Type == broker.Trail || order.TIF == "GTC" {
		return s.rest(order)
	}
	if len(s.w.answers) > 0 {
		how, s.w.answers = s.w.answers[0], s.w.answers[1:]
	}
	if how == leave {
		return fmt.Errorf("pacing: %w", broker.ErrNotSent)
	}
	s.w.nextID = max(s.w.nextID, order.ID+1)
	if s.lost(how) {
		return nil
	}
	o := &worldOrder{Order: order, permID: 9000 + int64(len(s.w.orders)), client: 1, status: "Submitted"}
	if how == refuse {
		s.say(broker.Notice{ID: order.ID, Code: 201, Class: broker.ClassRequest, Message: "no\nmoney"})
		return nil
	}
	s.w.orders = append(s.w.orders, o)
	s.w.measure()
	return s.respond(o, how)
}

// lost says that an order never comes to be, and ends the session if that is lost too.
func (s *fakeSession) lost(how answer) bool {
	if how == swallowAndDrop {
		s.end(errDropped)
	}
	return how == swallow || how == swallowAndDrop
}

func (s *fakeSession) respond(o *worldOrder, how answer) error {
	switch how {
	case fill:
		s.say(o.described())
		s.status(o)
		x := s.w.execute(o, o.Quantity)
		s.say(x)
		s.status(o)
		s.status(o) // Gateways repeat it
	case acknowledge:
		s.say(o.described())
		s.status(o)
	case fillSilently:
		s.w.execute(o, o.Quantity)
	case fillAndDrop:
		s.w.execute(o, o.Quantity)
		s.end(errDropped)
	case fillAndSayAndDrop:
		part, _ := o.Quantity.Quo(decimal.MustNew(5, 0))
		for range 5 {
			s.say(s.w.execute(o, part))
		}
		s.end(errDropped)
	case fillLate:
		time.AfterFunc(stopAck/2, func() {
			s.w.mu.Lock()
			defer s.w.mu.Unlock()
			if left, _ := o.Quantity.Sub(o.filled); live(o.status) && left.IsPos() {
				s.say(s.w.execute(o, left))
			}
		})
	case withholdAndDrop:
		s.end(errDropped)
	case cancelInPart:
		half, _ := o.Quantity.Quo(decimal.Two)
		s.w.execute(o, half)
		o.status = "Cancelled"
		s.status(o)
	case doubt:
		return fmt.Errorf("write: %w", broker.ErrUnknown)
	case withhold, swallow, swallowAndDrop, refuse, leave:
	}
	return nil
}
