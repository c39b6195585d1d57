package mutants

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// orderDefects are the traders that must not be let near an account.
var orderDefects = []Mutant{
	{
		Name: "resends-order", Defect: "places its open order again after each reconnect",
		run: resendsOrder,
	},
	{
		Name: "resends-with-fresh-ref", run: resends(func(intent, try int) string {
			return fmt.Sprintf("%s-try-%d", reference(intent), try)
		}),
		Defect: "sends an order whose acknowledgement was lost again, with an orderRef of its own",
	},
	{
		Name: "resends-without-ref", run: resends(func(int, int) string { return "" }),
		Defect: "sends an order whose acknowledgement was lost again, and names no order",
	},
	{
		Name: "resends-with-same-ref", run: resends(func(intent, _ int) string { return reference(intent) }),
		Defect: "sends an order whose acknowledgement was lost again, under the same orderRef",
	},
	{Name: "wrong-account", Defect: "orders for an account that is not logged in", run: wrongAccount},
	{
		Name: "orders-before-reconciling", run: ordersBeforeReconciling,
		Defect: "orders first on a new session, and asks afterwards what became of the old one's",
	},
	{
		Name: "orders-in-outage", run: ordersInOutage,
		Defect: "orders while the Gateway has no connection to IBKR's servers (1100)",
	},
	{
		Name: "orders-before-ready", run: ordersBeforeReady,
		Defect: "orders under an id of its own before nextValidId has come",
	},
	{Name: "order-ids-fall", Defect: "gives a later order a lower id", run: orderIDsFall},
	{
		Name: "modifies-beyond-intent", run: modifiesBeyondIntent,
		Defect: "makes its working order for one share one for a hundred",
	},
	{Name: "buys-each-run", Defect: "buys in each run what it wants to hold once", run: buysEachRun},
	{
		Name: "takes-held-for-dead", run: holdsOne(true),
		Defect: "takes Inactive for the end of an order, and buys the share that it wants again",
	},
	{Name: "floods", Defect: "sends two hundred messages without a pause", run: floods},
}

// reference is the orderRef of an intent of this process.
func reference(intent int) string { return fmt.Sprintf("intent-%d-%d", os.Getpid(), intent) }

func market(action, ref string) *protobuf.Order {
	return &protobuf.Order{
		Action: &action, TotalQuantity: new("1"), OrderType: new("MKT"), Tif: new("DAY"),
		OrderRef: &ref, Transmit: new(true),
	}
}

// resting is an order to buy far below the market: it works until it is cancelled.
func resting(ref string) *protobuf.Order {
	o := market("BUY", ref)
	o.OrderType, o.LmtPrice = new("LMT"), new(1.0)
	return o
}

// place places an order under the next id and reads until the Gateway has said what became of it.
func (s *session) place(o *protobuf.Order) error {
	s.nextID++
	return s.placeAs(s.nextID-1, o)
}

// placeAs is place under an id of the caller's; of a working order, it changes that.
func (s *session) placeAs(id int32, o *protobuf.Order) error {
	if err := s.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return err
	}
	if err := s.submit(id, o); err != nil {
		return err
	}
	return s.answered(id)
}

// submit sends an order and waits for nothing.
func (s *session) submit(id int32, o *protobuf.Order) error {
	err := s.send(wire.PlaceOrder, &protobuf.PlaceOrderRequest{
		OrderId: &id, Contract: stock("AAPL"), Order: o,
	})
	if err != nil {
		return fmt.Errorf("place order: %w", err)
	}
	return nil
}

// answered reads until a status or a refusal of the order.
func (s *session) answered(id int32) error {
	for {
		_, body, err := s.awaitAny(wire.OrderStatus, wire.ErrorMessage)
		if err != nil {
			return err
		}
		switch m := body.(type) {
		case *protobuf.OrderStatus:
			if m.GetOrderId() == id {
				return nil
			}
		case *protobuf.ErrorMessage:
			if m.GetId() == id {
				return nil
			}
		}
	}
}

func (s *session) cancel(id int32) error {
	err := s.send(wire.CancelOrder, &protobuf.CancelOrderRequest{
		OrderId: &id, OrderCancel: &protobuf.OrderCancel{},
	})
	if err != nil {
		return fmt.Errorf("cancel order: %w", err)
	}
	return s.answered(id)
}

// reconcile asks what became of orders: open, executed and completed ones. It gives the orderRefs
// in the answers.
func (s *session) reconcile() (map[string]bool, error) {
	if err := s.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return nil, err
	}
	s.nextReq++
	refs := make(map[string]bool)
	for _, question := range []struct {
		kind wire.Kind
		body proto.Message
		end  wire.Kind
	}{
		{wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{}, wire.OpenOrderEnd},
		{
			wire.ReqExecutions,
			&protobuf.ExecutionRequest{ReqId: new(s.nextReq), ExecutionFilter: &protobuf.ExecutionFilter{}},
			wire.ExecutionDetailsEnd,
		},
		{wire.ReqCompletedOrders, &protobuf.CompletedOrdersRequest{ApiOnly: new(true)}, wire.CompletedOrdersEnd},
	} {
		if err := s.send(question.kind, question.body); err != nil {
			return nil, fmt.Errorf("reconcile: %w", err)
		}
		if err := s.gather(refs, question.end); err != nil {
			return nil, fmt.Errorf("reconcile: %w", err)
		}
	}
	return refs, nil
}

// gather notes the orderRefs up to the end of an answer.
func (s *session) gather(refs map[string]bool, end wire.Kind) error {
	for {
		kind, body, err := s.awaitAny(end, wire.OpenOrder, wire.ExecutionDetails, wire.CompletedOrder)
		if err != nil || kind == end {
			return err
		}
		switch m := body.(type) {
		case *protobuf.OpenOrder:
			refs[m.GetOrder().GetOrderRef()] = true
		case *protobuf.ExecutionDetails:
			refs[m.GetExecution().GetOrderRef()] = true
		case *protobuf.CompletedOrder:
			refs[m.GetOrder().GetOrderRef()] = true
		}
	}
}

// buyer has an intent for every cycle: to buy a share, then to sell it. An intent is open until its
// order was answered.
type buyer struct {
	asks    bool // on a new session, what became of its open intent
	hurries bool // sends it again before it asks for data
	ref     func(intent, try int) string

	on          *session
	open        bool
	intent, try int
}

func (b *buyer) run(ctx context.Context, p params) int {
	t := right()
	t.work = b.work
	return t.run(ctx, p)
}

func (b *buyer) work(_ context.Context, s *session) error {
	fresh := b.on != s
	if b.asks && fresh {
		known, err := s.reconcile()
		if err != nil {
			return err
		}
		b.open = b.open && !known[b.ref(b.intent, b.try)]
		b.on = s
	}
	if !b.hurries || !fresh || !b.open {
		if err := s.cycle(); err != nil || s.outage {
			return err
		}
	}
	if !b.open {
		b.intent, b.try, b.open = b.intent+1, 0, true
	}
	b.try++
	if err := s.place(market(b.side(), b.ref(b.intent, b.try))); err != nil {
		return err
	}
	b.open = false
	return nil
}

func (b *buyer) side() string {
	if b.intent%2 == 1 {
		return "BUY"
	}
	return "SELL"
}

// reconciles is the buyer as it should be.
func reconciles(ctx context.Context, p params) int {
	b := buyer{asks: true, ref: func(intent, _ int) string { return reference(intent) }}
	return b.run(ctx, p)
}

func resendsAtOnce(ctx context.Context, p params) int {
	b := buyer{asks: true, hurries: true, ref: func(intent, _ int) string { return reference(intent) }}
	return b.run(ctx, p)
}

// resends makes a buyer that asks nothing.
func resends(ref func(intent, try int) string) func(context.Context, params) int {
	return func(ctx context.Context, p params) int {
		b := buyer{ref: ref}
		return b.run(ctx, p)
	}
}

// resendsOrder keeps its intent in memory and takes a new session for a new day: what it has
// placed before the connection was lost, it places again.
func resendsOrder(ctx context.Context, p params) int {
	t := right()
	var placedOn *session
	t.work = func(_ context.Context, s *session) error {
		if err := s.cycle(); err != nil || placedOn == s {
			return err
		}
		placedOn = s
		return s.place(market("BUY", reference(1)))
	}
	return t.run(ctx, p)
}

func wrongAccount(ctx context.Context, p params) int {
	return thenDoes(ctx, p, func(s *session) error {
		o := market("BUY", reference(1))
		o.Account = new("U7654321")
		return s.place(o)
	})
}

func ordersBeforeReconciling(ctx context.Context, p params) int {
	t := right()
	intent := 0
	var on *session
	t.work = func(_ context.Context, s *session) error {
		if on != s {
			on = s
			intent++
			if err := s.place(market("BUY", reference(intent))); err != nil {
				return err
			}
			if _, err := s.reconcile(); err != nil {
				return err
			}
		}
		return s.cycle()
	}
	return t.run(ctx, p)
}

// ordersInOutage orders before it asks for bars, so that its order of the cycle after a notice
// falls into the outage whichever of the two the Gateway sends first.
func ordersInOutage(ctx context.Context, p params) int {
	t := right()
	intent := 0
	var on *session
	t.work = func(_ context.Context, s *session) error {
		if on != s {
			on = s
			if _, err := s.reconcile(); err != nil {
				return err
			}
		}
		intent++
		if err := s.place(market("BUY", reference(intent))); err != nil {
			// No answer comes in an outage. The order can have been on its way when it began; this one cannot.
			intent++
			return errors.Join(err, s.conn.SetDeadline(time.Now().Add(answerWithin)),
				s.submit(s.nextID, market("BUY", reference(intent))))
		}
		return s.cycle()
	}
	return t.run(ctx, p)
}

func ordersBeforeReady(ctx context.Context, p params) int {
	t := right()
	t.connect = func(ctx context.Context, p params) (*session, error) {
		conn, err := dial(ctx, p)
		if err != nil {
			return nil, err
		}
		s, err := shakeAnd(ctx, conn, p.clientID, func(s *session) error {
			return s.submit(1, market("BUY", reference(1)))
		})
		if err != nil {
			conn.Close()
		}
		return s, err
	}
	return t.run(ctx, p)
}

func orderIDsFall(ctx context.Context, p params) int {
	return thenDoes(ctx, p, func(s *session) error {
		first := s.nextID
		if err := s.placeAs(first+1, market("BUY", reference(1))); err != nil {
			return err
		}
		return s.placeAs(first, market("SELL", reference(2)))
	})
}

func modifiesBeyondIntent(ctx context.Context, p params) int {
	return thenDoes(ctx, p, func(s *session) error {
		id := s.nextID
		o := resting(reference(1))
		if err := s.place(o); err != nil {
			return err
		}
		o.TotalQuantity = new("100")
		if err := s.placeAs(id, o); err != nil {
			return err
		}
		return s.cancel(id)
	})
}

func buysEachRun(ctx context.Context, p params) int {
	return thenDoes(ctx, p, func(s *session) error { return s.place(market("BUY", reference(1))) })
}

// holdsOne makes a trader that wants to hold a share and remembers its order for it. A hasty one
// believes that an order which is Inactive is dead.
func holdsOne(hasty bool) func(context.Context, params) int {
	return func(ctx context.Context, p params) int {
		t := right()
		intent, bought := 0, false
		t.work = func(_ context.Context, s *session) error {
			if err := s.cycle(); err != nil || bought {
				return err
			}
			intent++
			inactive, err := s.placedInactive(market("BUY", reference(intent)))
			bought = !hasty || !inactive
			return err
		}
		return t.run(ctx, p)
	}
}

// placedInactive is place, and reports that the order was told as Inactive.
func (s *session) placedInactive(o *protobuf.Order) (bool, error) {
	if err := s.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return false, err
	}
	id := s.nextID
	s.nextID++
	if err := s.submit(id, o); err != nil {
		return false, err
	}
	for {
		_, body, err := s.awaitAny(wire.OrderStatus)
		if err != nil {
			return false, err
		}
		if m, ok := body.(*protobuf.OrderStatus); ok && m.GetOrderId() == id {
			return m.GetStatus() == "Inactive", nil
		}
	}
}

func floods(ctx context.Context, p params) int {
	const messages = 200
	return thenDoes(ctx, p, func(s *session) error {
		for range messages {
			if err := s.send(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}); err != nil {
				return err
			}
		}
		for range messages {
			if _, err := s.await(wire.CurrentTime); err != nil {
				return err
			}
		}
		return nil
	})
}
