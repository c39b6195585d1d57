package harness

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ackWithin is how long after an order without a word about it an equal one may still be meant to
// go beside it. Real time.
const ackWithin = time.Second

// noBlindResend is the second layer, which needs no reference: an order whose acknowledgement was
// lost is not sent again before the Gateway has said what became of it. Where the order after it is
// not plainly the same, or could be wanted, and nothing else can tell, it is undecided.
func noBlindResend(r *Record, c Check) Finding {
	f := open(c, "lost acknowledgements", 1)
	log := ordersOf(r)
	if why := log.unseen(); why != "" {
		return f.undecided("%s", why)
	}
	f.Evidence = log.lostThenReturned()
	strategies := log.identities().strategies
	doubt, resent := "", map[*sentOrder]bool{}
	open := slices.DeleteFunc(slices.Clone(log.orders), (*sentOrder).plain)
	for _, b := range log.orders {
		for _, a := range open {
			if a.index >= b.index {
				break
			}
			if resent[a] || !a.sameSide(b) {
				continue
			}
			missing := log.resend(a, b)
			if missing != "" {
				f.violated(b.example("%s, order id %d, is order id %d of connection %d again, whose "+
					"acknowledgement was lost: %s", b.describe(), b.OrderID, a.OrderID, a.Connection, missing))
			} else if why := log.doubt(a, b); why != "" && doubt == "" && log.mayBeTwo(a, b, strategies) {
				doubt = fmt.Sprintf("%s, order id %d, came after order id %d of connection %d, %s: wanted "+
					"twice, or the same again? Say what is wanted with --max-position %s=N",
					b.describe(), b.OrderID, a.OrderID, a.Connection, why, b.Symbol)
			}
			resent[a] = missing != "" || a.equal(b) && b.book != nil && !b.book.Rejected
		}
	}
	if doubt != "" && f.Outcome != Fail {
		return f.undecided("%s", doubt)
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0 && f.Outcome != Fail
	return f.conclude("%s, %s sent again before the Gateway had said what became of them",
		count(f.Evidence, "lost acknowledgements"), none(len(f.Examples)))
}

// plain reports that the session which sent the order said soon that it was there, and then how it
// ended, and truly: no later order can be a resend of it.
func (o *sentOrder) plain() bool {
	first, last := Moment(0), o.place
	for _, t := range o.told {
		if t.message.Connection != o.Connection {
			continue
		}
		if last = t.place; first == 0 {
			first = t.message.At
		}
		if o.misled(t.place + 1) {
			return false
		}
	}
	return first.Since(o.came()) < ackWithin && o.settled(last+1)
}

// resend says what was not asked before an order whose acknowledgement was lost was sent again;
// "" when the second is no such resend, or its client had looked.
func (l *orderLog) resend(a, b *sentOrder) string {
	if a.acknowledged() || !a.equal(b) || !l.lost(a, b) {
		return ""
	}
	return l.unknown(a, b)
}

// doubt says why the second order, of the same side, could be the first again; "" when it could not.
func (l *orderLog) doubt(a, b *sentOrder) string {
	switch {
	case a.book == nil, b.book == nil, l.together(a, b):
	case a.misled(b.knew):
		return "which was told as cancelled and had filled"
	case !a.acknowledged() && l.lost(a, b):
		switch {
		case a.equal(b):
			return "whose acknowledgement was lost and of which the Gateway then told"
		case l.unknown(a, b) != "":
			return "whose acknowledgement was lost, and is of another size or type"
		}
	case a.settled(b.knew), !a.equal(b):
	case !a.heard(b.knew):
		if b.came().Since(a.came()) >= ackWithin {
			return "of which nothing had been heard"
		}
	case l.lost(a, b) && !l.learnt(a, b):
		return "which worked when its session was lost"
	}
	return ""
}

// mayBeTwo reports that both orders counted, and that nothing else can tell whether both were
// wanted: what the first had moved was not moved back in between, and neither a reference that is an
// identity nor a wanted position speaks.
func (l *orderLog) mayBeTwo(a, b *sentOrder, strategies map[string]bool) bool {
	if a.book.dead() || b.book.Rejected || l.movedBack(a, b) {
		return false
	}
	said := slices.ContainsFunc(l.r.wantedPositions(), func(w WantedPosition) bool {
		return w.Symbol == b.book.Symbol && w.Max != nil
	})
	ref := a.book.OrderRef
	return !said && (ref == "" || ref != b.book.OrderRef || strategies[ref])
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

// lost reports that the session of an order was lost, as seen from a later session's order. A
// client that left of its own accord and exited as it should did not wait for a word that was to
// come; one that gives a session up and goes on in the next has waited.
func (l *orderLog) lost(a, b *sentOrder) bool {
	session := l.conns[a.Connection]
	if a.Connection == b.Connection {
		return false
	}
	if ended := session.ended(); ended != 0 && ended > b.At && !l.r.broken(session) {
		return false // both sessions are open: nothing is lost yet
	}
	return a.Life == b.Life && !a.acknowledged() || l.r.broken(session) || l.crashed(a, b)
}

// unknown says which question about the first order was not answered in full, after its session and
// before the second order; "" when the client could know. What it was told on any session since
// counts, for it may remember.
//
// Open orders and positions together answer as well if the order has left no trace in the books:
// then what they say is that it may be sent again.
func (l *orderLog) unknown(a, b *sentOrder) string {
	if a.settled(b.knew) {
		return ""
	}
	has := l.asked(a, b)
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

// learnt reports that the client of the second order knew what had become of the first, which had
// worked when its session was lost: from its list of open orders, or from what has filled.
func (l *orderLog) learnt(a, b *sentOrder) bool {
	has := l.asked(a, b)
	return l.heldAlive(a, b) || has[askedOpen] && (has[askedExecutions] || has[askedPositions])
}

// asked are the questions about the first order that were answered in full, after its session and
// before the second was sent.
func (l *orderLog) asked(a, b *sentOrder) map[question]bool {
	has := map[question]bool{askedOpen: l.heldAlive(a, b)}
	for _, answer := range l.answers {
		since := answer.place > a.place && answer.place < b.knew && answer.Connection != a.Connection
		asker := l.conns[answer.Connection].ClientID
		if since && answer.covers(a) && (answer.all || asker != nil && *asker == a.client) {
			has[answer.question] = true
		}
	}
	return has
}
