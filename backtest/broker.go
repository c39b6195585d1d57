package backtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/trader"
	"ibsoak/trader/broker"
)

// reduceWithBlock is how orders of one group make each other smaller, as the trader asks of a Gateway.
const reduceWithBlock = 2

// client is the id of the trader's orders.
const client = 1

// gateway is a session with the exchange: what trader/broker is over a socket. Its methods are called by
// the goroutine that runs the cycles.
type gateway struct {
	exchange *exchange.Exchange
	tape     *tape
	account  string
	now      time.Time
	orderID  int64
	streams  map[int]int64 // ids of subscriptions, by contract

	pending []broker.Body // told by the exchange, not yet to the trader
	fills   []broker.Execution
	orders  []broker.CompletedOrder
	filled  func(exchange.Execution)
	failed  error // what cannot be simulated

	events chan broker.Event // unbuffered: what was sent has been taken
	done   chan struct{}
	once   sync.Once
}

var _ trader.Broker = (*gateway)(nil)

func newGateway(x *exchange.Exchange, t *tape, filled func(exchange.Execution)) *gateway {
	g := &gateway{
		exchange: x, tape: t, account: exchange.DefaultAccount, orderID: 1, streams: map[int]int64{},
		filled: filled, events: make(chan broker.Event), done: make(chan struct{}),
	}
	x.Subscribe(g.hear)
	return g
}

// Generation is that of the only session.
func (g *gateway) Generation() uint64 { return 1 }

// Epoch never changes: IBKR is always there.
func (g *gateway) Epoch() uint64 { return 1 }

// ServerVersion is that of current Gateways.
func (g *gateway) ServerVersion() int { return 225 }

// Account is a paper account.
func (g *gateway) Account() string { return g.account }

// NextOrderID rises.
func (g *gateway) NextOrderID() int64 {
	g.orderID++
	return g.orderID - 1
}

// Events are what the exchange tells.
func (g *gateway) Events() <-chan broker.Event { return g.events }

// State is always ready.
func (g *gateway) State() broker.State { return broker.Ready }

// Done is closed by Close.
func (g *gateway) Done() <-chan struct{} { return g.done }

// Err is nil: only Close ends the session.
func (g *gateway) Err() error { return nil }

// Close ends the session.
func (g *gateway) Close(context.Context) error {
	g.once.Do(func() { close(g.done) })
	return nil
}

// CurrentTime is the virtual time.
func (g *gateway) CurrentTime(context.Context) (time.Time, error) {
	return g.now.Truncate(time.Second), nil
}

// ContractDetails finds a stock, with the hours of the coming days.
func (g *gateway) ContractDetails(_ context.Context, c broker.Contract) ([]broker.ContractDetails, error) {
	i, ok := g.instrument(c)
	if !ok {
		const unknown = 200
		return nil, &broker.Error{Code: unknown, Message: "No security definition has been found for the request"}
	}
	return []broker.ContractDetails{{
		Contract: broker.Contract{
			ConID: int64(i.ConID), Symbol: i.Symbol, SecType: string(i.SecType), Exchange: i.Exchange,
			PrimaryExchange: i.PrimaryExchange, Currency: i.Currency, LocalSymbol: i.LocalSymbol,
			TradingClass: i.TradingClass,
		},
		LongName: i.LongName, MinTick: i.MinTick, TimeZone: i.ZoneID, Location: market.Eastern,
		TradingHours: g.tape.market.TradingHours(i, g.now), LiquidHours: g.tape.market.LiquidHours(i, g.now),
	}}, nil
}

func (g *gateway) instrument(c broker.Contract) (market.Instrument, bool) {
	n := slices.IndexFunc(g.tape.instruments, func(i market.Instrument) bool {
		return int64(i.ConID) == c.ConID || (c.ConID == 0 && i.Symbol == c.Symbol)
	})
	if n < 0 {
		return market.Instrument{}, false
	}
	return g.tape.instruments[n], true
}

// Bars are those that have ended, of the last week at most.
func (g *gateway) Bars(_ context.Context, r broker.BarsRequest) ([]broker.Bar, error) {
	i, ok := g.instrument(r.Contract)
	known := g.tape.known[i.ConID]
	if !ok || len(known) == 0 {
		const noData = 162
		return nil, &broker.Error{Code: noData, Message: "HMDS query returned no data"}
	}
	var out []broker.Bar
	for _, b := range known {
		out = append(out, barOf(b))
	}
	return out, nil
}

func barOf(b market.Bar) broker.Bar {
	return broker.Bar{
		Time: b.Start, Open: b.Open, High: b.High, Low: b.Low, Close: b.Close,
		Volume: decimal.MustNew(b.Volume, 0), WAP: b.WAP, Count: int64(b.Trades),
	}
}

// SubscribeBars is Bars; the clock sends each bar that ends from now on.
func (g *gateway) SubscribeBars(ctx context.Context, r broker.BarsRequest) (int64, []broker.Bar, error) {
	bars, err := g.Bars(ctx, r)
	if err != nil {
		return 0, nil, err
	}
	const requests = 1 << 30 // no order's
	id := requests + r.Contract.ConID
	g.streams[int(r.Contract.ConID)] = id
	return id, bars, nil
}

// CancelBars ends a subscription.
func (g *gateway) CancelBars(_ context.Context, id int64) {
	for conID, stream := range g.streams {
		if stream == id {
			delete(g.streams, conID)
		}
	}
}

// Positions are what the account holds.
func (g *gateway) Positions(context.Context) (out []broker.Position, err error) {
	g.exchange.View(g.now, func(v *exchange.View) {
		for _, p := range v.Positions(g.account) {
			out = append(out, g.positionOf(p))
		}
	})
	return out, nil
}

func (g *gateway) positionOf(p exchange.Position) broker.Position {
	return broker.Position{
		Account: p.Account, Quantity: decimal.MustNew(p.Quantity, 0), AverageCost: p.AverageCost,
		Contract: broker.Contract{
			ConID: int64(p.ConID), Symbol: p.Symbol, SecType: string(p.SecType), Currency: p.Currency,
		},
	}
}

// OpenOrders are those that are not done.
func (g *gateway) OpenOrders(context.Context) (out []broker.OpenOrder, err error) {
	g.exchange.View(g.now, func(v *exchange.View) {
		for _, o := range v.OpenOrders() {
			out = append(out, orderOf(o))
		}
	})
	return out, nil
}

// told is how far back executions are told. A Gateway tells those of the day; here none is ever lost on its
// way, and asking about each of them again would be most of the work.
const told = 10 * time.Minute

// Executions are the newest.
func (g *gateway) Executions(context.Context) ([]broker.Execution, error) {
	n := len(g.fills)
	for n > 0 && g.now.Sub(g.fills[n-1].Time) < told {
		n--
	}
	g.fills = slices.Clone(g.fills[n:])
	return slices.Clone(g.fills), nil
}

// CompletedOrders are as many of the newest.
func (g *gateway) CompletedOrders(context.Context) ([]broker.CompletedOrder, error) {
	const most = 500
	g.orders = slices.Clone(g.orders[max(0, len(g.orders)-most):])
	return slices.Clone(g.orders), nil
}

// AccountValues says nothing, so that nothing is compared: the books are, at the end.
func (g *gateway) AccountValues(context.Context) (broker.AccountReport, error) {
	return broker.AccountReport{}, nil
}

// PlaceOrder hands an order to the exchange. What it makes of it is in the journal when PlaceOrder
// returns.
func (g *gateway) PlaceOrder(ctx context.Context, o broker.Order) error {
	i, ok := g.instrument(o.Contract)
	shares, _, whole := o.Quantity.Int64(0)
	if !ok || !whole || !o.Quantity.IsInt() {
		g.failed = fmt.Errorf("an order for %s shares of %s: the exchange trades whole shares: set shares to a "+
			"whole number", o.Quantity, o.Contract.Symbol)
		return fmt.Errorf("place order %d: %w: %w: %s shares of %s", o.ID, broker.ErrNotSent, broker.ErrBadOrder,
			o.Quantity, o.Contract.Symbol)
	}
	if o.Permit != nil {
		if err := o.Permit(); err != nil {
			return fmt.Errorf("place order %d: %w: %w", o.ID, broker.ErrNotSent, err)
		}
	}
	g.orderID = max(g.orderID, o.ID+1)
	tif := exchange.TIF(o.TIF)
	if tif == "" {
		tif = exchange.DAY
	}
	_, err := g.exchange.Place(g.now, exchange.OrderRequest{
		ClientID: client, OrderID: int(o.ID), Account: g.account, Instrument: i, OrderRef: o.IntentID,
		Action: exchange.Action(o.Action), Type: exchange.OrderType(o.Type), TIF: tif, Quantity: shares,
		Terms: exchange.Terms{
			LimitPrice: o.LimitPrice, StopPrice: o.StopPrice, TrailAmount: o.TrailAmount, TrailPercent: o.TrailPercent,
		},
		OutsideRTH: o.OutsideRTH, ParentID: int(o.ParentID), OCAGroup: o.OCAGroup, OCAType: reduceWithBlock,
		Staged: o.Hold,
	})
	if refused, ok := errors.AsType[*exchange.Reject](err); ok && !refused.Recorded {
		g.tell(notice(o.ID, refused.Code, refused.Text))
	} else if err != nil && !ok {
		return fmt.Errorf("place order %d: %w: %w", o.ID, broker.ErrNotSent, err)
	}
	return g.flush(ctx)
}

// CancelOrder cancels an order.
func (g *gateway) CancelOrder(ctx context.Context, id int64) error {
	err := g.exchange.Cancel(g.now, client, int(id), false)
	if refused, ok := errors.AsType[*exchange.Reject](err); ok {
		g.tell(notice(id, refused.Code, refused.Text))
	}
	return g.flush(ctx)
}

func notice(id int64, code int, text string) broker.Notice {
	return broker.Notice{ID: id, Code: code, Class: broker.Classify(code), Message: text}
}

// hear takes an event of the exchange, under its lock.
func (g *gateway) hear(_ *exchange.View, e exchange.Event) {
	switch e.Kind {
	case exchange.OrderChanged, exchange.Bound:
		g.tell(orderOf(e.Order))
		g.status(e)
	case exchange.StatusChanged:
		g.status(e)
	case exchange.OrderNotice:
		g.tell(notice(int64(e.Order.OrderID), e.Code, e.Text))
	case exchange.Executed:
		x := executionOf(e)
		g.tell(x)
		g.fills = append(g.fills, x)
	case exchange.Commissioned:
		amount := e.Execution.Commission
		for n := len(g.fills) - 1; n >= 0; n-- {
			if g.fills[n].ExecID == e.Execution.ExecID {
				g.fills[n].Commission, g.fills[n].CommissionCur = &amount, e.Execution.CommissionCurrency
				break
			}
		}
		g.tell(broker.Commission{
			ExecID: e.Execution.ExecID, Amount: amount, Currency: e.Execution.CommissionCurrency,
		})
		g.filled(*e.Execution)
	case exchange.Booked:
		g.tell(g.positionOf(*e.Position))
	case exchange.Woken:
	}
}

func (g *gateway) status(e exchange.Event) {
	o := e.Order
	g.tell(broker.OrderStatus{
		OrderID: int64(o.OrderID), PermID: o.PermID, ClientID: int64(o.ClientID), ParentID: int64(o.ParentID),
		Status: string(o.Status), Filled: decimal.MustNew(o.Filled, 0), Remaining: decimal.MustNew(o.Remaining, 0),
		AveragePrice: o.AvgFillPrice, LastFillPrice: o.LastFillPrice, WhyHeld: o.WhyHeld,
	})
	if !o.Status.Done() {
		return
	}
	c := broker.CompletedOrder{OpenOrder: orderOf(o), CompletedStatus: string(o.Status)}
	if n := len(g.orders); n > 0 && g.orders[n-1].PermID == o.PermID {
		g.orders = g.orders[:n-1]
	}
	g.orders = append(g.orders, c)
}

func orderOf(o exchange.Order) broker.OpenOrder {
	filled, remaining := decimal.MustNew(o.Filled, 0), decimal.MustNew(o.Remaining, 0)
	out := broker.OpenOrder{
		OrderID: int64(o.OrderID), PermID: o.PermID, ClientID: int64(o.ClientID), ParentID: int64(o.ParentID),
		IntentID: o.OrderRef, Action: string(o.Action), Quantity: decimal.MustNew(o.Quantity, 0),
		Filled: &filled, Remaining: &remaining, Type: string(o.Type), TIF: string(o.TIF), Account: o.Account,
		OCAGroup: o.OCAGroup, Status: string(o.Status), Contract: broker.Contract{
			ConID: int64(o.ConID), Symbol: o.Symbol, SecType: string(o.SecType), Exchange: o.Instrument.Exchange,
			Currency: o.Instrument.Currency,
		},
	}
	if limit, stop := o.LimitPrice, o.StopPrice; o.Type != exchange.MarketOrder {
		out.LimitPrice, out.StopPrice = &limit, &stop
	}
	return out
}

func executionOf(e exchange.Event) broker.Execution {
	x := e.Execution
	side := "BOT"
	if x.Action == exchange.Sell {
		side = "SLD"
	}
	return broker.Execution{
		ExecID: x.ExecID, OrderID: int64(x.OrderID), PermID: x.PermID, ClientID: int64(x.ClientID),
		OrderRef: x.OrderRef, ConID: int64(x.ConID), Symbol: x.Symbol, Side: side,
		Shares: decimal.MustNew(x.Shares, 0), Price: x.Price, CumQuantity: decimal.MustNew(x.CumQuantity, 0),
		AveragePrice: x.AvgPrice, Time: x.At, Account: x.Account, Exchange: x.Instrument.Exchange,
	}
}

func (g *gateway) tell(b broker.Body) { g.pending = append(g.pending, b) }

// flush hands everything that was told to the trader, and returns when it has been taken: the channel
// has no buffer, so whoever takes an event has dealt with the one before. The last one says nothing.
func (g *gateway) flush(ctx context.Context) error {
	for _, b := range append(g.pending, nil) {
		select {
		case g.events <- broker.Event{Generation: g.Generation(), At: g.now, Body: b}:
		case <-g.done:
			return fmt.Errorf("tell of an order: %w", broker.ErrOver)
		case <-ctx.Done():
			return fmt.Errorf("tell of an order: %w: %w", broker.ErrUnknown, context.Cause(ctx))
		}
	}
	g.pending = g.pending[:0]
	return nil
}
