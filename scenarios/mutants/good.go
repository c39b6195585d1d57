package mutants

import (
	"context"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// good are traders that do nothing wrong, each in a way that a check could take for a defect.
var good = []Mutant{
	{
		Name: Control, Good: true, run: control,
		Defect: "looks for no zombies before it dials; else it is what the others would be without defect",
	},
	{
		Name: "tags-strategy", Good: true, run: tagsStrategy,
		Defect: "gives every order its strategy's name for orderRef",
	},
	{
		Name: "sends-bracket", Good: true, run: sendsBracket,
		Defect: "sends a parent and two children under one orderRef",
	},
	{
		Name: "streams-bars", Good: true, run: streamsBars,
		Defect: "asks for bars once a session and works from their updates (keepUpToDate)",
	},
	{
		Name: "streams-quotes", Good: true, run: streamsQuotes,
		Defect: "works from streaming quotes, with a heartbeat each cycle",
	},
	{
		Name: "starts-slowly", Good: true, run: startsSlowly,
		Defect: "takes eleven seconds of imports before it connects",
	},
	{
		Name: "trades-three-symbols", Good: true, run: tradesThreeSymbols,
		Defect: "asks for three symbols at once and takes the answers as they come",
	},
	{
		Name: "closes-with-fin", Good: true, run: closesWithFIN,
		Defect: "ends its connections with FIN, reading up to the Gateway's",
	},
	{
		Name: "replaces-orders", Good: true, run: replacesOrders,
		Defect: "cancels its order and places it again under the same orderRef",
	},
	{
		Name: "waits-for-held", Good: true, run: holdsOne(false),
		Defect: "none: buys one share, and waits for its order whatever word it is told by",
	},
	{
		Name: "reconciles", Good: true, run: reconciles,
		Defect: "orders in each cycle, and sends again what the Gateway's record does not know",
	},
	{
		Name: "resends-at-once", Good: true, run: resendsAtOnce,
		Defect: "none: sends again what the record does not know, before it asks for anything else",
	},
}

func tagsStrategy(ctx context.Context, p params) int {
	return thenDoes(ctx, p, func(s *session) error { return s.place(market("BUY", "sma-cross")) })
}

// sendsBracket lets only the last of the three transmit, as brackets are sent.
func sendsBracket(ctx context.Context, p params) int {
	const target, stop = 900.0, 1.0
	return thenDoes(ctx, p, func(s *session) error {
		parent := s.nextID
		s.nextID += 3
		entry, profit, loss := resting(reference(1)), market("SELL", reference(1)), market("SELL", reference(1))
		entry.Transmit = new(false)
		profit.OrderType, profit.LmtPrice, profit.Transmit = new("LMT"), new(target), new(false)
		loss.OrderType, loss.AuxPrice = new("STP"), new(stop)
		profit.ParentId, loss.ParentId = &parent, &parent
		if err := s.submit(parent, entry); err != nil {
			return err
		}
		if err := s.submit(parent+1, profit); err != nil {
			return err
		}
		return s.placeAs(parent+2, loss)
	})
}

// streamsBars has nothing to do in later cycles: the updates come while it idles.
func streamsBars(ctx context.Context, p params) int {
	t := right()
	var on *session
	t.work = func(_ context.Context, s *session) error {
		if on == s {
			return nil
		}
		on = s
		if err := s.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
			return err
		}
		if err := s.askBars(stock("AAPL"), true); err != nil {
			return err
		}
		_, err := s.await(s.lastOfBars())
		return err
	}
	return t.run(ctx, p)
}

func streamsQuotes(ctx context.Context, p params) int {
	t := right()
	var on *session
	t.work = func(_ context.Context, s *session) error {
		if on == s {
			return s.beat()
		}
		on = s
		if err := s.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
			return err
		}
		// Delayed quotes are there for accounts without a subscription as well.
		const delayed = 3
		err := s.send(wire.ReqMarketDataType, &protobuf.MarketDataTypeRequest{MarketDataType: new(int32(delayed))})
		if err != nil {
			return err
		}
		s.nextReq++
		err = s.send(wire.ReqMktData, &protobuf.MarketDataRequest{
			ReqId: new(s.nextReq), Contract: stock("AAPL"), Snapshot: new(false),
		})
		if err != nil {
			return err
		}
		_, err = s.await(wire.TickPrice)
		return err
	}
	return t.run(ctx, p)
}

func startsSlowly(ctx context.Context, p params) int {
	const imports = 11 * time.Second
	if !pause(ctx, imports) {
		return exitOK
	}
	return right().run(ctx, p)
}

func tradesThreeSymbols(ctx context.Context, p params) int {
	symbols := []string{"AAPL", "MSFT", "NVDA"}
	t := right()
	t.work = func(_ context.Context, s *session) error {
		if err := s.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
			return err
		}
		for _, symbol := range symbols {
			if err := s.askBars(stock(symbol), false); err != nil {
				return err
			}
		}
		for range symbols {
			if _, err := s.await(s.lastOfBars()); err != nil {
				return err
			}
		}
		return nil
	}
	return t.run(ctx, p)
}

// closesWithFIN arms no reset. What it has not read by the end of its patience becomes one all
// the same: that is the kernel's rule.
func closesWithFIN(ctx context.Context, p params) int {
	t := right()
	t.connect = connectPlain
	return t.run(ctx, p)
}

func replacesOrders(ctx context.Context, p params) int {
	return thenDoes(ctx, p, func(s *session) error {
		for range 2 {
			id := s.nextID
			if err := s.place(resting(reference(1))); err != nil {
				return err
			}
			if err := s.cancel(id); err != nil {
				return err
			}
		}
		return nil
	})
}
