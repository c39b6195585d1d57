package mutants

import (
	"context"
	"strconv"

	"github.com/scmhub/ibapi/protobuf"
)

// keptStops are the good trader with a stop; its defects are those of protectionDefects.
var keptStops = []Mutant{{
	Name: "keeps-a-stop", Good: true, run: keepsStop(1),
	Defect: "none: its stop is a child of its order, and as large",
}}

// protectionDefects are traders whose stop is not what they hold.
var protectionDefects = []Mutant{
	{Name: "keeps-no-stop", Defect: "buys, and means to sell in time by itself", run: keepsStop(0)},
	{Name: "stops-too-much", Defect: "has a stop for twice what it holds", run: keepsStop(2)},
	{Name: "takes-its-stop-along", Defect: "cancels its stop as it leaves, and keeps its shares", run: takesStopAlong},
}

// keepsStop makes a trader that wants ten shares, with stops for so many times as many. It knows what it has
// bought before by the executions.
func keepsStop(times int64) func(context.Context, params) int {
	return func(ctx context.Context, p params) int {
		t := right()
		var stop int32
		t.work = buysWithStop(times, &stop)
		return t.run(ctx, p)
	}
}

// takesStopAlong is the trader with a stop, which it takes back as the last thing it does.
func takesStopAlong(ctx context.Context, p params) int {
	t := right()
	var stop int32
	t.work = buysWithStop(1, &stop)
	t.leave = func(s *session) {
		if ctx.Err() != nil && stop != 0 {
			_ = s.cancel(stop) // else the Gateway has gone
		}
		s.leave()
	}
	return t.run(ctx, p)
}

// buysWithStop is a cycle in which ten shares are bought, once, with a stop for so many times as many; its order id is
// kept in stop.
func buysWithStop(times int64, stop *int32) func(context.Context, *session) error {
	const want = 10
	bought := false
	return func(_ context.Context, s *session) error {
		if err := s.cycle(); err != nil || bought {
			return err
		}
		bought = true
		entry := market("BUY", reference(1))
		entry.TotalQuantity = new(strconv.Itoa(want))
		if times == 0 {
			return s.place(entry)
		}
		entry.Transmit = new(false)
		parent := s.nextID
		s.nextID += 2
		if err := s.submit(parent, entry); err != nil {
			return err
		}
		*stop = parent + 1
		return s.placeAs(*stop, stopFor(parent, want*times))
	}
}

// stopFor sells far below the market, when its parent has filled.
func stopFor(parent int32, shares int64) *protobuf.Order {
	const far = 1.0
	o := market("SELL", reference(1))
	o.OrderType, o.AuxPrice = new("STP"), new(far)
	o.TotalQuantity, o.ParentId = new(strconv.FormatInt(shares, 10)), &parent
	return o
}
