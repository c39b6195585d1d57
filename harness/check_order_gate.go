package harness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/fault"
)

const (
	// outageNotice is how long after 1100 was written an order may still come: it was on its way.
	// To it comes what the machine was late by. Real time.
	outageNotice = 250 * time.Millisecond

	// afterEnd is how long after a life's end something that it had sent before may still be read.
	afterEnd = time.Second

	// messageRate is IBKR's limit: messages from one client in any second.
	messageRate = 50
)

// everyOrder judges each order that was sent; bad says what is wrong with it, or "".
func everyOrder(r *Record, c Check, good string, bad func(*sentOrder) string) Finding {
	f := open(c, "orders", 1)
	log := ordersOf(r)
	if why := log.unseen(); why != "" {
		return f.undecided("%s", why)
	}
	f.Evidence = len(log.orders)
	for _, o := range log.orders {
		if what := bad(o); what != "" {
			f.violated(o.example("%s, order id %d: %s", o.describe(), o.OrderID, what))
		}
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0
	return f.conclude("%s", good)
}

func (m Message) example(format string, args ...any) Example {
	return Example{Life: m.Life, Connection: m.Connection, At: m.At, What: fmt.Sprintf(format, args...)}
}

// came is when the Gateway had read the bytes of a client's message.
func (m Message) came() Moment { return cmp.Or(m.Begun, m.At) }

func ordersAfterReady(r *Record, c Check) Finding {
	return everyOrder(r, c, "each after nextValidId of its connection", func(o *sentOrder) string {
		// The Gateway handles an order only when it has said its own words: what counts is whether
		// the order had come before they were begun.
		if o.ids == nil || o.Begun != 0 && o.Begun < o.ids.first.Begun {
			return "before nextValidId"
		}
		return ""
	})
}

// orderIDsRise starts anew at each nextValidId: an id whose order the Gateway refused, or never
// had, may be offered again.
func orderIDsRise(r *Record, c Check) Finding {
	return everyOrder(r, c, "from nextValidId upwards", func(o *sentOrder) string {
		if o.ids == nil || o.OrderID >= o.floor { // without an offer: orders-after-ready
			return ""
		}
		return fmt.Sprintf("below %d, the lowest that nextValidId and the orders since have left", o.floor)
	})
}

// reconciledBeforeOrders asks nothing of a trader whose sessions ended as it wanted. After one that
// was lost in mid-session somebody has to ask what happened meanwhile, in whichever session comes
// first; a life that follows a killed one only knows that when an order was left open.
func reconciledBeforeOrders(r *Record, c Check) Finding {
	f := open(c, "orders after a lost session", 1)
	log := ordersOf(r)
	if why := log.unseen(); why != "" {
		return f.undecided("%s", why)
	}
	judged := map[int]bool{} // sessions whose first order was looked at
	for _, o := range log.orders {
		if judged[o.Connection] {
			continue
		}
		judged[o.Connection] = true
		lost, ok := log.lostBefore(o)
		if !ok {
			continue
		}
		f.Evidence++
		if !log.reconciled(lost, o) {
			f.violated(o.example("%s, order id %d: connection %d was lost, and nothing was asked since",
				o.describe(), o.OrderID, lost.ID))
		}
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0
	return f.conclude("each session after a lost one asked before its first order")
}

// lostBefore is the last session that was lost in the middle before the order's own began and of
// which the sender must know.
func (l *orderLog) lostBefore(o *sentOrder) (last Connection, found bool) {
	began := l.conns[o.Connection].Accepted
	for _, c := range l.r.subjects() {
		midSession := c.ID != o.Connection && c.completed() && c.Accepted < began && l.r.broken(c)
		if midSession && (c.Life == o.Life || l.leftOpen(c, o)) && c.Accepted >= last.Accepted {
			last, found = c, true
		}
	}
	return last, found
}

// leftOpen reports an order that was sent on the session and whose end its client had not heard
// of when it sent the other.
func (l *orderLog) leftOpen(c Connection, before *sentOrder) bool {
	return slices.ContainsFunc(l.orders, func(o *sentOrder) bool {
		return o.Connection == c.ID && !o.settled(before.place)
	})
}

// reconciled reports that a session after the lost one had a full answer before the order.
func (l *orderLog) reconciled(lost Connection, o *sentOrder) bool {
	return slices.ContainsFunc(l.answers, func(a answered) bool {
		return a.place < o.place && l.conns[a.connection].Accepted > lost.Accepted
	})
}

func noOrdersInOutage(r *Record, c Check) Finding {
	f := open(c, "outages", 1)
	notice := outageNotice + time.Duration(r.Footer.LongestLag)
	since := map[int]Moment{} // by connection, when 1100 was written
	for _, m := range r.Messages {
		switch {
		case m.Kind == "errMsg" && m.Code == 1100:
			f.Evidence++
			since[m.Connection] = m.At
		case m.Kind == "errMsg" && (m.Code == 1101 || m.Code == 1102):
			delete(since, m.Connection)
		case m.Kind == "placeOrder" && m.FromClient && !m.WhatIf:
			at, out := since[m.Connection]
			if after := m.came().Since(at); out && after > notice {
				f.violated(m.example("order id %d came %s after 1100, and neither 1101 nor 1102 had come",
					m.OrderID, round(after)))
			}
		}
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0
	return f.conclude("no order between 1100 and 1101 or 1102")
}

// rightAccount takes both lists of accounts for true, the Gateway's own and what it told: a Gateway
// that is made to tell another one is not the trader's fault.
func rightAccount(r *Record, c Check) Finding {
	managed := map[string]bool{}
	for _, held := range r.Books.Cash {
		managed[held.Account] = true
	}
	for _, m := range r.Messages {
		if m.Kind == "managedAccounts" && !m.FromClient {
			for _, account := range strings.Split(m.Account, ",") {
				managed[strings.TrimSpace(account)] = true
			}
		}
	}
	delete(managed, "")
	if len(managed) == 0 {
		f := open(c, "accounts", 1)
		return f.undecided("the Gateway's accounts are not in the record")
	}
	return everyOrder(r, c, "for "+strings.Join(sortedKeys(managed), ", "), func(o *sentOrder) string {
		switch {
		case o.Account != "" && !managed[o.Account]:
			return fmt.Sprintf("account %s is not one of the Gateway's", o.Account)
		case slices.ContainsFunc(o.told, func(t telling) bool { return t.message.Kind == "errMsg" && noAccount(t.message.Code) }):
			return "refused for its account"
		}
		return ""
	})
}

// noAccount reports the codes of an order without the account that it needs.
func noAccount(code int) bool { return code == 435 || code == 436 }

// noOrderBeyondIntent looks at changes of orders that could still fill. A change that crosses the
// order's end is answered by an error and is nobody's fault.
func noOrderBeyondIntent(r *Record, c Check) Finding {
	f := open(c, "changes", 1)
	log := ordersOf(r)
	if why := log.unseen(); why != "" {
		return f.undecided("%s", why)
	}
	for _, o := range log.orders {
		for _, change := range o.changes {
			f.Evidence++
			if what := log.beyond(o, change); what != "" {
				f.violated(change.example("order id %d, first %s: %s", o.OrderID, o.describe(), what))
			}
		}
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0
	return f.conclude("no order was changed beyond what it was first for")
}

func (l *orderLog) beyond(o *sentOrder, change sentChange) string {
	switch {
	case !sameAccount(o.Account, change.Account), !sameContract(o.Message, change.Message),
		!strings.EqualFold(o.Action, change.Action):
		return "became " + (&sentOrder{Message: change.Message}).describe()
	case o.settled(change.place):
		return "" // refused, with 103 or 104
	}
	first, err := decimal.Parse(o.Quantity)
	now, nowErr := decimal.Parse(change.Quantity)
	if err != nil || nowErr != nil || now.Cmp(first) <= 0 {
		return ""
	}
	if o.book != nil && l.reduces(o, now, change.At) {
		return ""
	}
	return fmt.Sprintf("raised to %s", now)
}

// reduces reports that an order of that quantity does no more than close the position: a stop that
// grows with what it protects.
func (l *orderLog) reduces(o *sentOrder, quantity decimal.Decimal, at Moment) bool {
	w := l.holding(o.book.Account, o.book.Symbol).walk()
	err := w.advance(at, nil)
	if err != nil || w.position.IsZero() || w.position.IsPos() != (o.book.Action == "SELL") {
		return false
	}
	rest, err := quantity.Sub(w.filled[o.book.PermID])
	return err == nil && rest.Cmp(w.position.Abs()) <= 0
}

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

// noOrdersAfterEnd watches for what goes on without its process. What is younger than its life's
// end by no more than afterEnd may have been on its way.
func noOrdersAfterEnd(r *Record, c Check) Finding {
	f := open(c, "lives", 1)
	for _, l := range r.Lives {
		if len(r.of(l.Number)) > 0 && l.Exited != 0 && r.Footer.Ended.Since(l.Exited) >= afterEnd {
			f.Evidence++
		}
	}
	for _, conn := range r.subjects() {
		end := r.endOf(conn.Life)
		if conn.Life != 0 && end != 0 && conn.StartAPIRead.Since(end) > afterEnd {
			f.violated(Example{
				Life: conn.Life, Connection: conn.ID, At: conn.Accepted,
				What: fmt.Sprintf("a new session %s after the life's end", round(conn.StartAPIRead.Since(end))),
			})
		}
	}
	for _, m := range r.Messages {
		if m.Kind == "placeOrder" && m.FromClient && !m.WhatIf {
			if what := r.late(m); what != "" {
				f.violated(m.example("order id %d: %s", m.OrderID, what))
			}
		}
	}
	var watched time.Duration
	if n := len(r.Lives); n > 0 && r.Lives[n-1].Exited != 0 {
		watched = r.Footer.Ended.Since(r.Lives[n-1].Exited)
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0 && f.Outcome != Fail
	return f.conclude("the Gateway was watched for %s after the last end", round(watched))
}

// endOf is when a life ended; 0 when it did not, or there is no such life.
func (r *Record) endOf(number int) Moment {
	for _, l := range r.Lives {
		if l.Number == number {
			return l.Exited
		}
	}
	return 0
}

// late says why an order came too late; "" when it did not.
func (r *Record) late(m Message) string {
	if m.Life == 0 {
		return "sent outside any life"
	}
	for _, l := range r.Lives {
		if l.Number != m.Life {
			continue
		}
		grace := TermWithin
		if said := r.Header.Scenario.Subject.Grace; said > 0 {
			grace = said
		}
		switch {
		case l.Exited != 0 && m.came().Since(l.Exited) > afterEnd:
			return fmt.Sprintf("%s after the life's end", round(m.came().Since(l.Exited)))
		case l.TermSent != 0 && m.came().Since(l.TermSent) > grace:
			return fmt.Sprintf("%s after SIGTERM", round(m.came().Since(l.TermSent)))
		}
	}
	return ""
}
