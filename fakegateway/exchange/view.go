package exchange

import "time"

// View reads the books while the exchange is locked. What is sent from it therefore keeps the order
// of the events. It is valid only during the call that it was passed to.
type View struct{ x *Exchange }

// View brings the books up to now and shows them. f must not call the exchange or block.
func (x *Exchange) View(now time.Time, f func(*View)) {
	defer x.begin(now, NoClient)()
	f(&x.view)
}

// Now is the time of the books.
func (v *View) Now() time.Time { return v.x.now }

// Accounts lists the accounts' ids.
func (v *View) Accounts() []string { return v.x.cfg.Accounts }

// NextOrderID is one more than the highest order id that a client has used; ids outlive sessions.
func (v *View) NextOrderID(client int) int { return v.x.lastID[client] + 1 }

// WakeAt plans a Woken event.
func (v *View) WakeAt(t time.Time) { v.x.wakeAt(t) }

// OpenOrders lists the transmitted orders that are not done, by permanent id.
func (v *View) OpenOrders() []Order {
	var open []Order
	for _, o := range v.x.live {
		if !o.staged() && !o.Status.Done() {
			v.x.follow(o)
			open = append(open, o.Order)
		}
	}
	return open
}

// CompletedOrders lists the orders that are done, by permanent id.
func (v *View) CompletedOrders() []Order {
	var done []Order
	for _, o := range v.x.orders {
		if o.Status.Done() {
			done = append(done, o.Order)
		}
	}
	return done
}

// Executions lists every fill that still counts, in order of time; a correction has the time of
// what it corrects.
func (v *View) Executions() []Execution {
	all := make([]Execution, len(v.x.executions))
	for i, e := range v.x.executions {
		all[i] = *e
	}
	return all
}

// Positions lists what an account holds. A position that is closed is not in it.
func (v *View) Positions(account string) []Position {
	var held []Position
	for _, p := range v.x.positions {
		if p.Account == account && p.Quantity != 0 {
			held = append(held, *p)
		}
	}
	return held
}
