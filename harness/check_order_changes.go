package harness

import (
	"fmt"
	"strings"

	"github.com/govalues/decimal"
)

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
	if cash, raised := raise(o.CashQty, change.CashQty); raised {
		return fmt.Sprintf("raised to %s of money", cash)
	}
	now, raised := raise(o.Quantity, change.Quantity)
	if !raised {
		return ""
	}
	if o.book != nil && l.reduces(o, now, change.At) {
		return ""
	}
	return fmt.Sprintf("raised to %s", now)
}

// raise is the later one of two decimals, and whether it is more than the first.
func raise(first, now string) (decimal.Decimal, bool) {
	from, err := decimal.Parse(first)
	to, toErr := decimal.Parse(now)
	return to, err == nil && toErr == nil && to.Cmp(from) > 0
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
