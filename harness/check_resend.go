package harness

import (
	"fmt"
	"slices"
	"strings"
)

// noBlindResend is the second layer, which needs no reference: an order whose acknowledgement was
// lost is not sent again before the Gateway has said what became of it.
func noBlindResend(r *Record, c Check) Finding {
	f := open(c, "lost acknowledgements", 1)
	log := ordersOf(r)
	if why := log.unseen(); why != "" {
		return f.undecided("%s", why)
	}
	f.Evidence = log.lostThenReturned()
	doubt, resent := "", map[*sentOrder]bool{}
	lost := log.unacknowledged()
	for _, b := range log.orders {
		for _, a := range lost {
			if a.index >= b.index {
				break
			}
			if resent[a] || !a.equal(b) || !log.lost(a, b) {
				continue
			}
			resent[a] = true
			if missing := log.unknown(a, b); missing != "" {
				f.violated(b.example("%s, order id %d, is order id %d of connection %d again, whose "+
					"acknowledgement was lost: %s", b.describe(), b.OrderID, a.OrderID, a.Connection, missing))
			} else if log.mayBeTwo(a, b) {
				doubt = fmt.Sprintf("%s, order id %d, is equal to order id %d, whose acknowledgement was lost "+
					"and which the Gateway then told of: wanted twice, or the same again? Say what is wanted "+
					"with --max-position %s=N", b.describe(), b.OrderID, a.OrderID, b.Symbol)
			}
		}
	}
	if doubt != "" && f.Outcome != Fail {
		return f.undecided("%s", doubt)
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0 && f.Outcome != Fail
	return f.conclude("%s, %s sent again before the Gateway had said what became of them",
		count(f.Evidence, "lost acknowledgements"), none(len(f.Examples)))
}

// mayBeTwo reports that an order which its client knew to be alive or filled was followed by its
// equal, and that nothing else can tell whether both were wanted: what the first had moved was not
// moved back in between, and neither a reference nor a wanted position speaks.
func (l *orderLog) mayBeTwo(a, b *sentOrder) bool {
	if a.book == nil || b.book == nil || a.book.dead() || b.book.Rejected || l.movedBack(a, b) {
		return false
	}
	said := slices.ContainsFunc(l.r.wantedPositions(), func(w WantedPosition) bool {
		return w.Symbol == a.Symbol && w.Max != nil
	})
	return !said && (a.OrderRef == "" || a.OrderRef != b.OrderRef)
}

func none(n int) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprint(n)
}

// lostThenReturned counts the orders whose acknowledgement was lost and whose sender came back.
func (l *orderLog) lostThenReturned() int {
	n := 0
	for _, o := range l.unacknowledged() {
		back := slices.ContainsFunc(l.r.subjects(), func(c Connection) bool {
			return c.Accepted > o.At && c.ID != o.Connection && c.completed()
		})
		if back && l.r.broken(l.conns[o.Connection]) {
			n++
		}
	}
	return n
}

// lost reports that nothing came back about an order before its session was lost, as seen from a
// later session's order. A client that left of its own accord and exited as it should did not wait
// for the acknowledgement; one that gives a session up and goes on in the next has waited.
func (l *orderLog) lost(a, b *sentOrder) bool {
	session := l.conns[a.Connection]
	if a.acknowledged() || a.Connection == b.Connection {
		return false
	}
	if ended := session.ended(); ended != 0 && ended > b.At && !l.r.broken(session) {
		return false // both sessions are open: nothing is lost yet
	}
	return a.Life == b.Life || l.r.broken(session) || l.crashed(a, b)
}

// unknown says which question about the first order was not answered in full, after its session and
// before the second order; "" when the client could know. What it was told on any session since
// counts, for it may remember.
//
// Open orders and positions together answer as well if the order has left no trace in the books:
// then what they say is that it may be sent again.
func (l *orderLog) unknown(a, b *sentOrder) string {
	if a.settled(b.place) {
		return ""
	}
	has := map[question]bool{askedOpen: a.toldSince(a.place, b.place)}
	for _, answer := range l.answers {
		since := answer.place > a.place && answer.place < b.place && answer.connection != a.Connection
		asker := l.conns[answer.connection].ClientID
		if since && (answer.all || asker != nil && *asker == a.client) {
			has[answer.question] = true
		}
	}
	if (a.book == nil || a.book.dead()) && has[askedOpen] && has[askedPositions] {
		return ""
	}
	var missing []string
	for _, q := range []question{askedOpen, askedExecutions, askedCompleted} {
		if !has[q] {
			missing = append(missing, string(q))
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "no full answer to " + strings.Join(missing, ", ") + " came first"
}
