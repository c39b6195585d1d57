package campaign_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
)

// point is where a life is killed: after a time, at a commit of its journal, or at a message that the
// Gateway has read or written.
type point struct {
	after  time.Duration
	commit int
	delay  time.Duration // after the commit has begun, or the message
	kind   fakegateway.EventKind
	frame  string
	nth    int
}

// String names it, with the numbers that make it again.
func (p point) String() string {
	switch {
	case p.commit > 0:
		return fmt.Sprintf("commit %d +%s", p.commit, p.delay)
	case p.frame != "":
		return fmt.Sprintf("%s %s #%d +%s", p.kind, p.frame, p.nth, p.delay)
	}
	return fmt.Sprintf("after %s", p.after)
}

// class is the point's row in the table of a campaign.
func (p point) class() string {
	switch {
	case p.commit > 0 && p.delay == 0:
		return "before a commit of the journal"
	case p.commit > 0:
		return "just after a commit began"
	case p.frame != "":
		return fmt.Sprintf("%s %s", p.kind, p.frame)
	}
	return "at a time"
}

// places are the messages at which lives are killed: each order, what is said about it, and the questions
// of a reconciliation with their answers' ends.
var places = []struct {
	kind  fakegateway.EventKind
	frame string
	most  int // the nth is drawn up to it
}{
	{fakegateway.EventInbound, "placeOrder", 1},
	{fakegateway.EventInbound, "placeOrder", 2},
	{fakegateway.EventInbound, "placeOrder", 4},
	{fakegateway.EventInbound, "cancelOrder", 1},
	{fakegateway.EventInbound, "reqExecutions", 1},
	{fakegateway.EventInbound, "reqCompletedOrders", 1},
	{fakegateway.EventInbound, "reqPositions", 1},
	{fakegateway.EventInbound, "reqHistoricalData", 3},
	{fakegateway.EventOutbound, "openOrder", 4},
	{fakegateway.EventOutbound, "orderStatus", 4},
	{fakegateway.EventOutbound, "execDetails", 3},
	{fakegateway.EventOutbound, "execDetails", 6},
	{fakegateway.EventOutbound, "commissionReport", 3},
	{fakegateway.EventOutbound, "nextValidId", 1},
	{fakegateway.EventOutbound, "execDetailsEnd", 1},
	{fakegateway.EventOutbound, "positionEnd", 1},
}

// drawPoint draws one: a third of each kind.
func drawPoint(r *rand.Rand) point {
	switch r.IntN(3) {
	case 0: // the first order is sent after about 0.2 s
		return point{after: 50*time.Millisecond + time.Duration(r.Int64N(int64(900*time.Millisecond)))}
	case 1:
		p := point{commit: 1 + r.IntN(mostCommits)}
		if r.IntN(2) == 0 {
			p.delay = time.Microsecond + time.Duration(r.Int64N(int64(3*time.Millisecond)))
		}
		return p
	default:
		place := places[r.IntN(len(places))]
		p := point{kind: place.kind, frame: place.frame, nth: 1 + r.IntN(place.most)}
		if r.IntN(2) == 0 {
			p.delay = time.Duration(r.Int64N(int64(5 * time.Millisecond)))
		}
		return p
	}
}

// mostCommits is about how many commits a life of lifeMost makes.
const mostCommits = 80

// drawFaults draws what goes wrong in a life, besides the kill; in half of them nothing does. A fault says less, later
// or more often what has happened: none makes an answer about the past say something false.
func drawFaults(r *rand.Rand, elapsed time.Duration) []fault.Fault {
	f := fault.Fault{ID: "drawn", Until: fault.Until{Count: 1}}
	nth := 1 + r.IntN(3)
	order := fault.When{Inbound: "placeOrder", Nth: nth}
	switch r.IntN(20) {
	case 0:
		f.When, f.What = order, fault.What{Do: fault.RST}
	case 1:
		f.When, f.What = fault.When{Outbound: "openOrder", Nth: nth}, fault.What{Do: fault.RST}
	case 2:
		f.When, f.What = fault.When{Outbound: "execDetails", Nth: nth}, fault.What{Do: fault.HalfClose}
	case 3: // the order never reaches the exchange, and nothing says so
		f.When, f.What = order, fault.What{Do: fault.Drop}
	case 4: // told twice, each time
		f.When, f.What, f.Until = fault.When{Outbound: "execDetails"}, fault.What{Do: fault.Duplicate}, fault.Until{}
	case 5:
		f.When, f.What = fault.When{Outbound: "commissionReport", Nth: nth}, fault.What{Do: fault.Drop}
	case 6:
		f.When = fault.When{Outbound: "openOrder", Nth: nth, Byte: 7}
		f.What = fault.What{Do: fault.Cut, Then: fault.RST}
	case 7:
		ends := []string{"openOrderEnd", "execDetailsEnd", "completedOrdersEnd", "positionEnd"}
		f.When, f.What = fault.When{Outbound: ends[r.IntN(len(ends))], Nth: 1}, fault.What{Do: fault.Drop}
	case 8:
		f.When, f.What = order, fault.What{Do: fault.Operate, Operation: fault.ConnectionLost}
		const outage = time.Minute
		return []fault.Fault{f, {
			ID: "drawn-back", When: fault.When{At: new(fault.Duration(elapsed + outage))},
			What: fault.What{Do: fault.Operate, Operation: fault.ConnectionRestored}, Until: fault.Until{Count: 1},
		}}
	case 9:
		f.When = order
		f.What = fault.What{Do: fault.Restart, Then: fault.RST, Downtime: &fault.Downtime{Refused: fault.Duration(10 * time.Second)}}
	default:
		return nil
	}
	return []fault.Fault{f}
}
