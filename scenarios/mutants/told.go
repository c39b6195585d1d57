package mutants

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// toldDefects are traders that believe what they are told, or what they are not told, without a look at it.
var toldDefects = []Mutant{
	{Name: "trades-on-old-bars", Defect: "buys on the last bar whatever its time", run: buysOnce},
	{Name: "takes-any-answer", Defect: "takes the next bars for those that it waits for", run: takesAnyAnswer},
	{
		Name: "forgets-fills", run: holdsTen(false),
		Defect: "counts only the fills that it hears of live, and buys the rest",
	},
	{
		Name: "counts-each-telling", run: holdsTen(true),
		Defect: "adds up every execution that it is told, twice too, and sells what it has too much",
	},
	{
		Name: "takes-silence-for-flat", run: takesSilenceForFlat,
		Defect: "takes positions that are not told in time for none",
	},
	{
		Name: "trusts-1102", Defect: "orders after an outage without asking what happened in it",
		run: trusts1102,
	},
	{Name: "believes-next-id", Defect: "numbers its orders from whatever nextValidId says", run: reconciles},
	{Name: "forgets-its-limit", Defect: "counts the orders of a day in memory", run: buysThenSells},
	{Name: "asks-for-all-again", Defect: "asks for the same bars ten times a cycle", run: asksForAllAgain},
}

// buysOnce buys one share when it has had bars.
func buysOnce(ctx context.Context, p params) int {
	bought := false
	return thenDoes(ctx, p, func(s *session) error {
		if bought {
			return nil
		}
		bought = true
		return s.place(market("BUY", reference(1)))
	})
}

// askPatience is how long an answer may take before the next question.
const askPatience = 1500 * time.Millisecond

// heardIn reports that something has come within a time. Nothing is taken from the stream.
func (s *session) heardIn(d time.Duration) (bool, error) {
	if err := s.conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		return false, err
	}
	_, err := s.in.Peek(1)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false, s.conn.SetReadDeadline(time.Now().Add(answerWithin))
	}
	if err == nil {
		err = s.conn.SetReadDeadline(time.Now().Add(answerWithin))
	}
	return err == nil, err
}

// takesAnyAnswer asks for two contracts in turn, and trades the second one.
func takesAnyAnswer(ctx context.Context, p params) int {
	t := right()
	intent := 0
	t.work = func(_ context.Context, s *session) error {
		if err := s.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
			return err
		}
		var price float64
		for _, symbol := range []string{"AAPL", "KO"} {
			if err := s.askBars(stock(symbol), false); err != nil {
				return err
			}
			close, err := s.anyClose()
			if err != nil {
				return err
			}
			price = close
		}
		if price == 0 {
			return nil
		}
		intent++
		const beyond = 1.01
		o := market("BUY", reference(intent))
		limit, err := strconv.ParseFloat(strconv.FormatFloat(price*beyond, 'f', 2, 64), 64)
		if err != nil {
			return err
		}
		o.OrderType, o.LmtPrice = new("LMT"), &limit
		id := s.nextID
		s.nextID++
		if err := s.send(wire.PlaceOrder, &protobuf.PlaceOrderRequest{
			OrderId: &id, Contract: stock("KO"), Order: o,
		}); err != nil {
			return err
		}
		return s.answered(id)
	}
	return t.run(ctx, p)
}

// anyClose is the close of the next bars that come within askPatience, whoever's they are; 0 when none do.
func (s *session) anyClose() (float64, error) {
	for until := time.Now().Add(askPatience); ; {
		heard, err := s.heardIn(time.Until(until))
		if err != nil || !heard {
			return 0, err
		}
		kind, payload, err := s.nextFrame()
		if err != nil {
			return 0, err
		}
		if kind != wire.HistoricalData {
			continue
		}
		m, err := wire.Decode(wire.FromServer, payload, s.version)
		if err != nil {
			return 0, err
		}
		if bars := m.Body.(*protobuf.HistoricalData).GetHistoricalDataBars(); len(bars) > 0 {
			return bars[len(bars)-1].GetClose(), nil
		}
	}
}

// trusts1102 sends nothing in an outage, and goes on at once after it.
func trusts1102(ctx context.Context, p params) int {
	t := right()
	intent := 0
	t.work = func(_ context.Context, s *session) error {
		if s.outage {
			return nil
		}
		if err := s.cycle(); err != nil || s.outage {
			return err
		}
		intent++
		return s.place(market("BUY", reference(intent)))
	}
	return t.run(ctx, p)
}

// holdsTen makes a trader that wants ten shares and counts its fills in memory. One that asks counts what
// reqExecutions tells as well; both count each execution as often as they are told it.
func holdsTen(asks bool) func(context.Context, params) int {
	return func(ctx context.Context, p params) int {
		const want = 10
		t := right()
		held, working := int64(0), false
		intent, sold := 0, false
		var on *session
		count := func(s *session, end wire.Kind) error {
			for {
				kind, body, err := s.awaitAny(wire.ExecutionDetails, end)
				if err != nil || kind == end {
					return err
				}
				shares, err := decimal.Parse(body.(*protobuf.ExecutionDetails).GetExecution().GetShares())
				if err != nil {
					return err
				}
				n, _, _ := shares.Int64(0)
				held += n
			}
		}
		t.work = func(_ context.Context, s *session) error {
			if err := s.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
				return err
			}
			if on != s {
				on = s
				working = working && asks
				if err := s.executions(asks); err != nil {
					return err
				}
				if asks {
					if err := count(s, wire.ExecutionDetailsEnd); err != nil {
						return err
					}
				}
			}
			if err := s.askBars(stock("AAPL"), false); err != nil {
				return err
			}
			if err := count(s, s.lastOfBars()); err != nil {
				return err
			}
			switch {
			case held < want && !working:
				intent++
				working = true
				o := market("BUY", reference(intent))
				o.TotalQuantity = new(strconv.FormatInt(want-held, 10))
				return s.place(o)
			case held > want && asks && !sold:
				sold = true
				o := market("SELL", reference(intent+1))
				o.TotalQuantity = new(strconv.FormatInt(held-want, 10))
				return s.place(o)
			}
			return nil
		}
		return t.run(ctx, p)
	}
}

// executions asks for them.
func (s *session) executions(asks bool) error {
	if !asks {
		return nil
	}
	s.nextReq++
	return s.send(wire.ReqExecutions, &protobuf.ExecutionRequest{
		ReqId: new(s.nextReq), ExecutionFilter: &protobuf.ExecutionFilter{},
	})
}

// takesSilenceForFlat wants one share, and asks on each session whether it has it.
func takesSilenceForFlat(ctx context.Context, p params) int {
	t := right()
	intent := 0
	var on *session
	t.work = func(_ context.Context, s *session) error {
		if on == s {
			return s.cycle()
		}
		on = s
		if err := s.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
			return err
		}
		if err := s.send(wire.ReqPositions, &protobuf.PositionsRequest{}); err != nil {
			return err
		}
		held := false
		for {
			heard, err := s.heardIn(time.Second)
			if err != nil {
				return err
			}
			if !heard {
				break
			}
			kind, _, err := s.nextFrame()
			if err != nil {
				return err
			}
			held = held || kind == wire.Position
			if kind == wire.PositionEnd {
				break
			}
		}
		if held {
			return s.cycle()
		}
		intent++
		if err := s.place(market("BUY", reference(intent))); err != nil {
			return err
		}
		return s.cycle()
	}
	return t.run(ctx, p)
}

// nextFrame reads one message, whatever it is.
func (s *session) nextFrame() (wire.Kind, []byte, error) {
	payload, err := s.frames.Next()
	if err != nil {
		return 0, nil, err
	}
	kind, _, _, err := wire.Identify(wire.FromServer, payload, s.version)
	return kind, payload, err
}

// buysThenSells orders up to four times in each life: a share, and back.
func buysThenSells(ctx context.Context, p params) int {
	const limit = 4
	count := 0
	return thenDoes(ctx, p, func(s *session) error {
		if count++; count > limit {
			return nil
		}
		if err := s.place(market("BUY", reference(2*count))); err != nil {
			return err
		}
		return s.place(market("SELL", reference(2*count+1)))
	})
}

func asksForAllAgain(ctx context.Context, p params) int {
	const times = 10
	return thenDoes(ctx, p, func(s *session) error {
		for range times - 1 {
			if err := s.cycle(); err != nil {
				return err
			}
		}
		return nil
	})
}
