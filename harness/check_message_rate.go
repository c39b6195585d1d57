package harness

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ibsoak/fakegateway/fault"
)

// messageRate is IBKR's limit: messages from one client in any second.
const messageRate = 50

// messageRateKept goes by the Gateway's clock, which the harness can run faster than real time. A
// Gateway that was kept from reading finds at once what came one by one.
func messageRateKept(r *Record, c Check) Finding {
	f := open(c, "connections", 1)
	most, worst, busy := cmp.Or(c.Want, messageRate), 0, 0
	// What a late reader can find at once, as a share of a second of the Gateway's clock.
	late := 1 + time.Duration(r.Footer.LongestLag).Seconds()*cmp.Or(r.Header.TimeScale, 1)
	for _, conn := range r.subjects() {
		n := conn.Busiest.Messages
		if n == 0 || conn.FirstRequested == 0 || r.stoppedReading(conn) {
			continue
		}
		f.Evidence++
		worst = max(worst, n)
		switch {
		case float64(n) > float64(most)*late:
			f.violated(Example{
				Life: conn.Life, Connection: conn.ID, At: conn.Busiest.At,
				What: fmt.Sprintf("%d messages in a second of the Gateway's clock, %d allowed", n, most),
			})
		case n > most:
			busy = n
		}
	}
	if busy > 0 && f.Outcome != Fail {
		return f.undecided("this machine was too busy: %d messages were read in one second, and the "+
			"harness was %s late", busy, round(time.Duration(r.Footer.LongestLag)))
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0
	return f.conclude("at most %s in a second of the Gateway's clock, %d allowed", count(worst, "messages"), most)
}

// stoppedReading reports that a fault kept the Gateway from reading.
func (r *Record) stoppedReading(conn Connection) bool {
	return slices.ContainsFunc(r.Receipts, func(receipt Receipt) bool {
		return receipt.Connection == conn.ID && (receipt.Planned == fault.StopReading || receipt.Planned == fault.Delay)
	})
}
