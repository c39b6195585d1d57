package harness

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
)

// BenchmarkJudge judges an hour of short lives, as the time of a life beside that of a tenth as many: what
// grows with the square is ten times as much. The lives of the second record talk and trade, a third of
// them fails, and the machine is busy.
func BenchmarkJudge(b *testing.B) {
	for _, record := range []struct {
		name string
		of   func(lives int) *Record
	}{{"good", manyLives}, {"failing", failingLives}} {
		var few float64
		for _, lives := range []int{900, 9000} {
			b.Run(fmt.Sprintf("%s/lives=%d", record.name, lives), func(b *testing.B) {
				r := record.of(lives)
				for b.Loop() {
					Judge(r)
				}
				each := float64(b.Elapsed().Nanoseconds()) / float64(b.N*lives)
				b.ReportMetric(each, "ns/life")
				if few == 0 {
					few = each
				}
				b.ReportMetric(each/few, "x-of-900")
			})
		}
	}
}

// manyLives is a record of all checks that a once-run has.
func manyLives(n int) *Record {
	var all []Check
	for _, d := range Detectors {
		all = append(all, Check{Name: d.Name, Exits: []int{0}})
	}
	r := tenLives(all...)
	r.Lives, r.Connections, r.Looks = nil, nil, nil
	r.Header.Scenario.Subject.Runs = n
	for i := 1; i <= n; i++ {
		at := Moment(i) * 400 * ms
		r.Lives = append(r.Lives, Life{Number: i, PID: 100 + i, Started: at, Exited: at + 200*ms, EndedBy: EndedItself})
		c := clean(i, i, at+10*ms)
		r.Connections = append(r.Connections, c)
		r.Looks = append(r.Looks, Look{Life: i, At: at + 300*ms, Settled: true})
		r.Cycles = append(r.Cycles, Cycle{Number: i, Life: i, Connection: i, Requested: at + 30*ms, Answered: at + 40*ms, Through: 900})
		r.Unread = append(r.Unread, Unread{At: at + 200*ms, Client: c.Remote, Received: 1000, Unread: 10})
	}
	r.Footer.Ended = Moment(n+2) * 400 * ms
	return r
}

// failingLives is such a record in which lives talk, and every third one fails in several ways.
func failingLives(n int) *Record {
	r := manyLives(n)
	r.Cycles = nil
	for i := range r.Lives {
		l, c := &r.Lives[i], &r.Connections[i]
		at := c.BootstrapSent
		say := func(m Message) {
			at += ms
			m.At, m.Life, m.Connection = at, l.Number, c.ID
			r.Messages = append(r.Messages, m)
		}
		say(Message{Kind: "managedAccounts", Digest: fakegateway.Digest{Account: "DU9000001"}})
		say(Message{Kind: "nextValidId", Digest: fakegateway.Digest{OrderID: 1}})
		for id := range 10 {
			say(Message{Kind: "reqHistoricalData", FromClient: true, Digest: fakegateway.Digest{ReqID: id, Symbol: "AAPL"}})
			say(Message{Kind: "errMsg", Digest: fakegateway.Digest{ReqID: id, Code: 162}})
		}
		say(Message{Kind: "placeOrder", FromClient: true, Digest: fakegateway.Digest{
			OrderID: l.Number, Action: "BUY", Quantity: "1", Symbol: "AAPL", SecType: "STK", OrderType: "MKT", OrderRef: c.Remote.String(),
		}})
		say(Message{Kind: "openOrder", Digest: fakegateway.Digest{OrderID: l.Number, PermID: int64(5000 + l.Number), Status: "Filled"}})
		r.Attempts = append(r.Attempts, Attempt{At: l.Started, Client: c.Remote})
		r.Loads = append(r.Loads, MachineLoad{At: l.Started, Delay: fault.Duration(10 * time.Millisecond), Crowd: 1.5})
		r.Receipts = append(r.Receipts, Receipt{Fault: "noise", Planned: fault.Delay, Wire: "delay", Connection: c.ID, At: c.FirstRequested})
		switch {
		case i%3 > 0:
			r.Cycles = append(r.Cycles, Cycle{
				Number: len(r.Cycles) + 1, Life: l.Number, Connection: c.ID, Requested: at, Answered: at + ms, Through: 900,
			})
			continue
		case i%2 == 0:
			r.Cycles = append(r.Cycles, Cycle{
				Number: len(r.Cycles) + 1, Life: l.Number, Connection: c.ID, Requested: at, Answered: at + ms, Through: 1100,
			})
		}
		at = l.Exited + 20*sec
		say(Message{Kind: "reqPositions", FromClient: true})
		l.ExitCode, l.Leftovers = 3, []string{"helper"}
		c.GatewayFIN, c.Closed, c.ClosedFirst = 0, 0, ""
		r.Looks[i].Gateway = []netip.AddrPort{c.Remote}
		r.Sightings = append(r.Sightings, Sighting{
			Side: GatewaySide, Gateway: c.Local, Client: c.Remote, Inode: 1, Before: c.ClientFIN, First: c.ClientFIN,
			Last: r.Footer.Ended,
		})
	}
	return r
}
