package trader

import (
	"fmt"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
)

// changed takes an order whose id is live for a change of it, as a Gateway does.
func (s *fakeSession) changed(order broker.Order) bool {
	for _, o := range s.w.orders {
		if o.ID != order.ID || o.client != 1 || !live(o.status) {
			continue
		}
		s.w.changes++
		switch {
		case s.w.deaf: // nothing comes of it
		case order.Quantity.Cmp(o.filled) <= 0:
			s.say(broker.Notice{ID: order.ID, Code: 105, Class: broker.ClassRequest, Message: "does not match"})
		default:
			more := order.Quantity.Cmp(o.Quantity) > 0
			if o.Order = order; more { // what becomes smaller is not what sells too much
				s.w.measure()
			}
			s.say(o.described())
			s.status(o)
		}
		return true
	}
	return false
}

// reduceGroup does what IBKR's OCA type 2 does to the others when an order of a group fills.
func (w *world) reduceGroup(filled *worldOrder, before decimal.Decimal) {
	after, _ := filled.Quantity.Sub(filled.filled)
	for _, o := range w.orders {
		if o == filled || filled.OCAGroup == "" || o.OCAGroup != filled.OCAGroup || !live(o.status) {
			continue
		}
		if after.IsZero() {
			o.status = "Cancelled"
			w.session.status(o)
			continue
		}
		rest, _ := o.Quantity.Sub(o.filled)
		rest, _ = rest.Mul(after)
		rest, _ = rest.Quo(before)
		o.Quantity, _ = o.filled.Add(rest.Ceil(0))
		w.session.say(o.described())
	}
}

// measure notes the most shares that live sell orders could ever have sold beyond what there was, at the
// moments at which the trader sent one. Orders of a group count once.
func (w *world) measure() {
	groups := map[string]decimal.Decimal{}
	for _, o := range w.orders {
		if !live(o.status) || o.Action != broker.Sell {
			continue
		}
		left, _ := o.Quantity.Sub(o.filled)
		key := o.OCAGroup
		if key == "" {
			key = o.IntentID
		}
		groups[key] = groups[key].Max(left)
	}
	over := w.positions["AAPL"].Neg()
	for _, left := range groups {
		over, _ = over.Add(left)
	}
	w.oversold = w.oversold.Max(over)
}

// resting are the orders that wait for their price.
func (w *world) resting() (all []*worldOrder) {
	for _, o := range w.orders {
		if live(o.status) && o.TIF == "GTC" {
			all = append(all, o)
		}
	}
	return all
}

// restingNow are copies of them, for a test that does not hold the world.
func (w *world) restingNow() (all []worldOrder) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.resting() {
		all = append(all, *o)
	}
	return all
}

// protection is what the live stops and targets are, as text: "SELL 10 STP".
func (w *world) protection() (all []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.resting() {
		left, _ := o.Quantity.Sub(o.filled)
		all = append(all, o.Action+" "+left.String()+" "+o.Type)
	}
	return all
}

// meet fills shares of the first live order of a type: its price has come. tell says whether the session
// hears of it.
func (w *world) meet(kind, shares string, tell bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.resting() {
		if o.Type != kind {
			continue
		}
		x := w.execute(o, d(shares))
		if tell {
			w.session.say(x)
			w.session.status(o)
		}
		return
	}
}

// cancelOutside cancels what rests, as a person or the exchange does.
func (w *world) cancelOutside() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.resting() {
		o.status = "Cancelled"
		w.session.status(o)
	}
}

// rest takes an order that waits for its price.
func (s *fakeSession) rest(order broker.Order) error {
	how := acknowledge
	if len(s.w.restingAnswers) > 0 {
		how, s.w.restingAnswers = s.w.restingAnswers[0], s.w.restingAnswers[1:]
	}
	switch {
	case how == leave:
		return fmt.Errorf("pacing: %w", broker.ErrNotSent)
	case s.w.refuseResting:
		s.say(broker.Notice{ID: order.ID, Code: 201, Class: broker.ClassRequest, Message: "no"})
	}
	s.w.nextID = max(s.w.nextID, order.ID+1)
	if s.w.refuseResting || s.lost(how) {
		return nil
	}
	o := &worldOrder{Order: order, permID: 9000 + int64(len(s.w.orders)), client: 1, status: "PreSubmitted"}
	s.w.orders = append(s.w.orders, o)
	s.w.measure()
	return s.respond(o, how)
}
