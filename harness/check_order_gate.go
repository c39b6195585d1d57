package harness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// outageNotice is how long after 1100 was written an order may still come: it was on its way. To it
// comes what the machine was late by. Real time.
const outageNotice = 250 * time.Millisecond

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
	broken := slices.DeleteFunc(r.subjects(), func(c Connection) bool { return !c.completed() || !r.broken(c) })
	judged := map[[2]int]bool{} // a session's first order after another one was lost
	for _, o := range log.orders {
		lost, ok := log.lostBefore(o, broken)
		pair := [2]int{o.Connection, lost.ID}
		if !ok || judged[pair] {
			continue
		}
		judged[pair] = true
		f.Evidence++
		if !log.reconciled(lost, o) {
			f.violated(o.example("%s, order id %d: connection %d was lost, and nothing was asked since",
				o.describe(), o.OrderID, lost.ID))
		}
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0
	return f.conclude("each session after a lost one asked before its first order")
}

// lostBefore is the last session that was lost in the middle and of which the sender of an order must know
// something: it was lost before the order's own session began, or it left an order open. broken are all that
// were lost in the middle.
func (l *orderLog) lostBefore(o *sentOrder, broken []Connection) (last Connection, found bool) {
	began := l.conns[o.Connection].Accepted
	for _, c := range broken {
		lost, known := l.r.brokenAt(c), c.Accepted < began && c.Life != o.Life && l.leftOpen(c, o)
		if c.Life == o.Life && lost != 0 {
			known = lost <= began || c.ended() != 0 && c.ended() < o.came() && l.leftOpen(c, o)
		}
		if known && c.ID != o.Connection && c.Accepted >= last.Accepted {
			last, found = c, true
		}
	}
	return last, found
}

// leftOpen reports an order that was sent on the session and whose end its client had not heard
// of when it sent the other.
func (l *orderLog) leftOpen(c Connection, before *sentOrder) bool {
	return slices.ContainsFunc(l.orders, func(o *sentOrder) bool {
		return o.Connection == c.ID && !o.settled(before.knew)
	})
}

// reconciled reports that a question which was asked since the loss had a full answer before the order.
func (l *orderLog) reconciled(lost Connection, o *sentOrder) bool {
	return slices.ContainsFunc(l.answers, func(a answered) bool {
		return a.place < o.knew && a.Connection != lost.ID && a.came() >= cmp.Or(l.r.brokenAt(lost), lost.Accepted)
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
			if at := r.outage(since, m); at != 0 && m.came().Since(at) > notice {
				f.violated(m.example("order id %d came %s after 1100, and neither 1101 nor 1102 had come",
					m.OrderID, round(m.came().Since(at))))
			}
		}
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0
	return f.conclude("no order between 1100 and 1101 or 1102")
}

// outage is since when the sender of an order knew of an outage, on any of its life's open sessions:
// a Gateway that restarted says nothing of one that is over. 0: it knew of none.
func (r *Record) outage(since map[int]Moment, order Message) Moment {
	var known Moment
	if len(since) == 0 {
		return 0 // as nearly always: then nothing is to be looked for
	}
	for _, c := range r.subjects() {
		at, out := since[c.ID]
		open := c.ID == order.Connection || c.Life == order.Life && (c.ended() == 0 || c.ended() > order.came())
		if out && open {
			known = earliest(known, at)
		}
	}
	return known
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
		case slices.ContainsFunc(o.told, func(t telling) bool {
			return t.message.Kind == "errMsg" && noAccount(t.message.Code)
		}):
			return "refused for its account"
		}
		return ""
	})
}

// noAccount reports the codes of an order without the account that it needs.
func noAccount(code int) bool { return code == 435 || code == 436 }
