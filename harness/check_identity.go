package harness

import (
	"fmt"
	"slices"

	"github.com/govalues/decimal"
)

// pairing is what two orders under one reference, equal in account, contract and side, are to each
// other.
type pairing int

const (
	pairApart     pairing = iota // not the same intent's: nothing to say
	pairSerial                   // the client knew how the first had ended, and nothing was lost since
	pairRound                    // as serial, and what the first had moved was moved back in between
	pairAcross                   // the client knew how the first had ended, and lost a session since
	pairAtOnce                   // equal, in one session, and the first was not known to have ended
	pairRepeated                 // equal, and the first's acknowledgement was lost, though heard of later
	pairBelieved                 // the client took a word that the first was cancelled, and it had filled
	pairBlind                    // equal, on a later session, the first's was lost and its end not known
	pairBeside                   // equal, in one calm session, and the client knew that the first worked
	pairUncertain                // as blind, but of other size or type, or nothing was lost
)

// pairedWith is with how many of the orders before it an order is compared: a strategy's name has
// thousands, and a duplicate comes soon.
const pairedWith = 50

// identities is what the first layer makes of the references.
type identities struct {
	usable    int // orders with a reference that can be one intent's
	unnamed   int
	tagged    int // orders whose reference is a strategy's name
	convicted []Example
	doubtful  []Example
	// strategies are the references that are no identity.
	strategies map[string]bool
}

// noDuplicateOrders is the first layer: one intent, one order.
func noDuplicateOrders(r *Record, c Check) Finding {
	f := open(c, "orders", 1)
	if !r.Books.Taken {
		return f.undecided("the Gateway's books were not read")
	}
	log := ordersOf(r)
	if why := log.unseen(); why != "" {
		return f.undecided("%s", why)
	}
	ids := log.identities()
	f.Evidence = ids.usable
	for _, e := range ids.convicted {
		f.violated(e)
	}
	detail := ids.describe()
	if len(ids.doubtful) > 0 && f.Outcome != Fail {
		return f.undecided("%s: one intent's, or a strategy's name? Say so with subject.reference or "+
			"--reference intent|strategy. %s", ids.doubtful[0].What, detail)
	}
	f.Informational = f.Outcome != Fail && f.Evidence < f.Least && (c.Evidence == 0 || log.otherLayer(c))
	if f.Evidence < f.Least && !f.Informational && f.Outcome != Fail {
		return f.undecided("%s; %s. No other layer could speak either: give each intent an orderRef of "+
			"its own, or say with --expect-position what is wanted",
			count(f.Evidence, "orders with a reference"), detail)
	}
	if f.Outcome == Fail && r.Header.Scenario.Subject.Reference == RefUnknown {
		detail += "; where it is a strategy's name, say --reference strategy"
	}
	return f.conclude("%s", detail)
}

// otherLayer reports that blind resends or exposure could be judged, so that a trader without
// references is not without a verdict.
func (l *orderLog) otherLayer(c Check) bool {
	return len(l.orders) >= c.Evidence && (l.lostThenReturned() > 0 || len(l.r.wantedPositions()) > 0)
}

func (ids identities) describe() string {
	switch {
	case ids.usable+ids.tagged+ids.unnamed == 0:
		return "no order was sent"
	case ids.usable == 0 && ids.tagged > 0:
		return fmt.Sprintf("no identity: the reference of %s is a strategy's name", count(ids.tagged, "orders"))
	case ids.usable == 0:
		return fmt.Sprintf("no identity: %s without an orderRef", count(ids.unnamed, "orders"))
	}
	detail := fmt.Sprintf("by identity: %s with the orderRef of an intent", count(ids.usable, "orders"))
	if ids.tagged > 0 {
		detail += fmt.Sprintf(", %d with a strategy's name", ids.tagged)
	}
	if ids.unnamed > 0 {
		detail += fmt.Sprintf(", %d without one cannot be told apart", ids.unnamed)
	}
	return detail
}

// identities looks at the orders that reached the books, one reference after the other.
func (l *orderLog) identities() identities {
	out := identities{strategies: map[string]bool{}}
	byRef := map[string][]*sentOrder{}
	said := l.r.Header.Scenario.Subject.Reference
	for _, o := range l.orders {
		switch {
		case o.book == nil:
		case o.book.OrderRef == "" || said == RefNone:
			out.unnamed++
		case said == RefStrategy:
			out.tagged++
			out.strategies[o.book.OrderRef] = true
		default:
			byRef[o.book.OrderRef] = append(byRef[o.book.OrderRef], o)
		}
	}
	for _, ref := range sortedKeys(byRef) {
		l.judgeReference(ref, byRef[ref], &out)
	}
	return out
}

// judgeReference judges the orders under one reference. Whether it is an intent's is inferred
// where the author has not said it, and only from pairs that no duplicate could be: the client
// knew how the first had ended and nothing had been lost when it sent the second.
func (l *orderLog) judgeReference(ref string, orders []*sentOrder, out *identities) {
	kinds := map[pairing][]Example{}
	for i, later := range orders {
		for j := max(0, i-pairedWith); j < i; j++ {
			earlier := orders[j]
			kind := l.pair(earlier, later, orders[j+1:i])
			kinds[kind] = append(kinds[kind], Example{
				Life: later.Life, Connection: later.Connection, At: later.At,
				What: fmt.Sprintf("orderRef %q: %s, permId %d, beside permId %d%s", ref, later.describe(),
					later.book.PermID, earlier.book.PermID, kind.why()),
			})
		}
	}
	strategy := len(kinds[pairSerial])+len(kinds[pairRound]) > 0 && l.r.Header.Scenario.Subject.Reference != RefIntent
	convicts := []pairing{pairBlind}
	if !strategy {
		convicts = append(convicts, pairAtOnce, pairRepeated, pairBelieved)
		out.usable += len(orders)
	} else {
		out.tagged += len(orders)
		out.strategies[ref] = true
	}
	if l.r.Header.Scenario.Subject.Reference == RefIntent {
		convicts = append(convicts, pairSerial, pairRound, pairAcross, pairBeside, pairUncertain)
	} else if !strategy {
		out.doubtful = slices.Concat(out.doubtful, kinds[pairAcross], kinds[pairBeside], kinds[pairUncertain])
	}
	for _, kind := range convicts {
		out.convicted = append(out.convicted, kinds[kind]...)
	}
}

// why says what was known when the second order was sent.
func (p pairing) why() string {
	switch p {
	case pairBlind:
		return ", whose end the client did not know and whose session was lost"
	case pairRepeated:
		return ", whose acknowledgement was lost"
	case pairAtOnce:
		return ", which had not ended"
	case pairBelieved:
		return ", which was told as cancelled and had filled"
	case pairAcross:
		return ", with a session lost in between"
	case pairBeside:
		return ", which its client knew to work"
	case pairUncertain:
		return ", whose end the client did not know"
	case pairApart, pairSerial, pairRound:
	}
	return ""
}

// pair says what two orders of one reference are to each other; between are the reference's
// orders that were sent after the first and before the second.
func (l *orderLog) pair(a, b *sentOrder, between []*sentOrder) pairing {
	switch {
	case !a.sameSide(b), l.together(a, b), a.book.Rejected, b.book.Rejected,
		a.book.dead() && l.over(a, b), l.continues(a, b, between):
		return pairApart
	case a.settled(b.knew):
		return l.pairSettled(a, b)
	case a.Connection == b.Connection, l.heldAlive(a, b):
		kind := l.pairAlive(a, b)
		if kind == pairAtOnce && a.Connection != b.Connection && !l.lost(a, b) {
			return pairUncertain // it was left at work on purpose
		}
		if kind == pairAtOnce && l.calm(a, b) {
			return pairBeside
		}
		return kind
	case !a.equal(b), !l.lost(a, b):
		return pairUncertain
	}
	return pairBlind
}

// calm reports that the client of both orders had heard of the first on their session when it sent the second,
// and that no fault had met that session nor ended another since the first.
func (l *orderLog) calm(a, b *sentOrder) bool {
	return a.Connection == b.Connection && a.Life == b.Life && a.heard(b.knew) && !l.disturbed(a, b) &&
		!slices.ContainsFunc(l.r.receiptsOn(b.Connection), func(r Receipt) bool { return r.At <= b.At })
}

// pairAlive is for a first order that worked, as far as the client knew, when it sent the second.
func (l *orderLog) pairAlive(a, b *sentOrder) pairing {
	switch {
	case a.equal(b) && sameNumber(a.LmtPrice, b.LmtPrice) && sameNumber(a.AuxPrice, b.AuxPrice):
		return pairAtOnce
	case a.book.Filled.IsPos() && a.cancelling(b.place):
		return pairUncertain // in its place before the cancel was answered, and the cancel came too late
	}
	return pairApart // steps of a ladder
}

// heldAlive reports that the client had heard of the first order in a session after its own.
func (l *orderLog) heldAlive(a, b *sentOrder) bool {
	return slices.ContainsFunc(a.told, func(t telling) bool {
		m := t.message
		return t.place < b.knew && m.Kind != "errMsg" && l.conns[m.Connection].Accepted > l.conns[a.Connection].Accepted
	})
}

func (l *orderLog) pairSettled(a, b *sentOrder) pairing {
	switch {
	case l.movedBack(a, b):
		return pairRound
	case a.misled(b.knew):
		return pairBelieved
	case a.equal(b) && !a.acknowledged():
		return pairRepeated
	case l.disturbed(a, b):
		return pairAcross
	}
	return pairSerial
}

// together reports orders of one side that belong together at the exchange: a group of which one cancels the
// others, or children on the other side of their parent. They do for as long as both of them and what came
// before move no more than the largest of them, or the parent, was for.
func (l *orderLog) together(a, b *sentOrder) bool {
	group := func(o *sentOrder) bool { return a.book.OCAGroup != "" && o.book.OCAGroup == a.book.OCAGroup }
	siblings := func(o *sentOrder) bool {
		return a.book.ParentID != 0 && o.book.ParentID == a.book.ParentID && o.client == a.client
	}
	var most, sum decimal.Decimal
	member := group
	if siblings(b) {
		parent := l.byID[orderKey{a.client, int(a.book.ParentID)}]
		switch {
		case parent == nil, parent.book == nil, !sameContract(parent.Message, a.Message):
			return true // what they are for is not known
		case !parent.sameSide(a):
			member, most = siblings, parent.largest()
		}
	}
	if !member(b) {
		return false
	}
	if a.book.Filled.IsZero() || b.book.Filled.IsZero() {
		return true
	}
	var err error
	for _, o := range l.orders[max(0, a.index-pairedWith):min(len(l.orders), b.index+pairedWith)] {
		if o.book == nil || !o.sameSide(a) || !member(o) ||
			o.book.OrderRef != a.book.OrderRef && o.book.OrderRef != b.book.OrderRef {
			continue
		}
		most = most.Max(o.largest())
		if o.index <= b.index && err == nil {
			sum, err = sum.Add(o.book.Filled)
		}
	}
	return err != nil || sum.Cmp(most) <= 0
}

// largest is the largest size that an order ever had: a group reduces it in the books.
func (o *sentOrder) largest() decimal.Decimal {
	most := o.book.Quantity
	for _, said := range o.asked() {
		if quantity, err := decimal.Parse(said.Quantity); err == nil {
			most = most.Max(quantity)
		}
	}
	return most
}

// asked are what was asked for: first, and in each change.
func (o *sentOrder) asked() []sentChange {
	return append([]sentChange{{o.Message, o.place}}, o.changes...)
}

// over reports that the first order had ended, or was being cancelled, when the second was sent.
func (l *orderLog) over(a, b *sentOrder) bool {
	return a.cancelling(b.place) || a.settled(b.knew) || a.book.DoneAt != 0 && a.book.DoneAt <= b.At
}

// cancelling reports that the client had asked, before the place, to cancel the order.
func (o *sentOrder) cancelling(place int) bool {
	return slices.ContainsFunc(o.cancels, func(at int) bool { return at < place })
}

// continues reports that the second order is no more than what the first has left open: it ended
// in part, and both together move no more than the first was for.
func (l *orderLog) continues(a, b *sentOrder, between []*sentOrder) bool {
	if !l.over(a, b) || a.book.Status == "Filled" {
		return false
	}
	sum, err := a.book.Filled.Add(b.book.Quantity)
	for _, o := range between {
		if err == nil && o.sameSide(a) && o.book != nil {
			sum, err = sum.Add(o.book.Filled)
		}
	}
	return err == nil && sum.Cmp(a.book.Quantity) <= 0
}

// movedBack reports that what the first order had moved was moved back by others of the subject's
// before it sent the second.
func (l *orderLog) movedBack(a, b *sentOrder) bool {
	var back decimal.Decimal
	for _, o := range l.orders[a.index+1 : b.index] {
		opposite := o.book != nil && o.book.Action != a.book.Action &&
			sameAccount(o.Account, a.Account) && sameContract(o.Message, a.Message)
		if opposite && o.settled(b.knew) {
			back, _ = back.Add(o.book.Filled)
		}
	}
	return back.IsPos() && back.Cmp(a.book.Filled) >= 0
}

// disturbed reports that a session ended by no choice of the client's from the first order's to
// the second's.
func (l *orderLog) disturbed(a, b *sentOrder) bool {
	for _, c := range l.r.subjects() {
		within := c.Accepted <= b.At && (c.ended() == 0 || c.ended() >= a.At)
		if within && c.ID != b.Connection && l.r.broken(c) {
			return true
		}
	}
	return l.crashed(a, b)
}

// crashed reports that a life from the first order's to the one before the second's ended badly.
func (l *orderLog) crashed(a, b *sentOrder) bool {
	for _, life := range l.r.Lives {
		if life.Number >= a.Life && life.Number < b.Life && (life.ExitCode != 0 || life.Signal != "") {
			return true
		}
	}
	return false
}
