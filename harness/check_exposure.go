package harness

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/govalues/decimal"
)

// exposure is the third layer: what the trader wants to hold, against the books. It needs neither
// references nor a fault.
func exposure(r *Record, c Check) Finding {
	f := open(c, "orders", 1)
	if !r.Books.Taken {
		return f.undecided("the Gateway's books were not read")
	}
	wanted := r.wantedPositions()
	if len(wanted) == 0 {
		f.Informational = c.Evidence == 0
		return f.undecided("not said what is wanted: give subject.positions or --expect-position SYMBOL=N " +
			"--max-position SYMBOL=N")
	}
	log := ordersOf(r)
	if why := log.unseen(); why != "" {
		return f.undecided("%s", why)
	}
	var largest decimal.Decimal
	unquiet := false
	for _, want := range wanted {
		for _, account := range r.accountsWith(want.Symbol) {
			h := log.holding(account, want.Symbol)
			f.Evidence += len(h.orders)
			peak, examples, err := h.judge(want)
			if err != nil {
				return f.broken("add up the exposure in %s: %v", want.Symbol, err)
			}
			if peak.Cmp(largest) > 0 {
				largest = peak
			}
			for _, e := range examples {
				f.violated(e)
			}
			if want.Want != nil && h.final.Cmp(*want.Want) != 0 {
				if h.quiet() {
					f.violated(Example{What: fmt.Sprintf("%s holds %s %s at the end, %s is wanted",
						h.account, h.final, h.symbol, want.Want)})
				}
				unquiet = unquiet || !h.quiet()
			}
		}
	}
	if unquiet && f.Outcome != Fail {
		return f.undecided("an order was still working when the run ended: what is wanted may yet come")
	}
	return f.conclude("largest exposure %s, working orders included", largest)
}

// wantedPositions are those that say anything.
func (r *Record) wantedPositions() []WantedPosition {
	return slices.DeleteFunc(slices.Clone(r.Header.Scenario.Subject.Positions), func(w WantedPosition) bool {
		return w.Want == nil && w.Max == nil
	})
}

// accountsWith are the accounts with an order in a symbol, in order. Each is to hold what is wanted.
func (r *Record) accountsWith(symbol string) []string {
	var accounts []string
	for _, place := range r.traded() {
		if place[1] == symbol {
			accounts = append(accounts, place[0])
		}
	}
	slices.Sort(accounts)
	return accounts
}

// derived reports a contract that only bears the symbol of what lies under it.
func derived(secType string) bool {
	return secType == "OPT" || secType == "FOP" || secType == "BAG" || secType == "WAR"
}

// holding is what happened to one symbol in one account.
type holding struct {
	account, symbol string
	opening, final  decimal.Decimal
	orders          []*sentOrder // the subject's, in the books
	fills           []Fill       // of everybody's, by time
}

func (l *orderLog) holding(account, symbol string) holding {
	h := holding{account: account, symbol: symbol}
	for _, p := range l.r.Books.Positions {
		if p.Account == account && p.Symbol == symbol && !derived(p.SecType) {
			h.opening, h.final = p.Opening, p.Shares
		}
	}
	for _, o := range l.orders {
		if o.book != nil && o.book.Account == account && o.book.Symbol == symbol && !derived(o.book.SecType) {
			h.orders = append(h.orders, o)
		}
	}
	for _, fill := range l.r.Books.Fills {
		if fill.Account == account && fill.Symbol == symbol && !derived(fill.SecType) {
			h.fills = append(h.fills, fill)
		}
	}
	slices.SortStableFunc(h.fills, func(a, b Fill) int { return cmp.Compare(a.At, b.At) })
	return h
}

// judge looks at the moments when the subject asked for more: each of its orders and each change
// of one. Between them nothing grows that was not asked for then. A position that was there before,
// or that somebody else made, is not the subject's doing.
func (h holding) judge(want WantedPosition) (peak decimal.Decimal, examples []Example, err error) {
	least, most, bounded := want.Bounds()
	lowest, highest := least.Min(h.opening), most.Max(h.opening)
	w := h.walk()
	for _, sent := range h.sends() {
		o := sent.order
		if err := w.advance(sent.at, o); err != nil {
			return peak, nil, err
		}
		reach, err := w.reach(sent.at, o.book.Action)
		if err != nil {
			return peak, nil, err
		}
		sells, beyond := o.book.Action == "SELL", ""
		if sells == reach.IsNeg() { // else it still reduces
			peak = peak.Max(reach.Abs())
		}
		switch {
		case bounded && sells && reach.Cmp(lowest) < 0:
			beyond = fmt.Sprintf("%s is the least wanted", least)
		case bounded && !sells && reach.Cmp(highest) > 0:
			beyond = fmt.Sprintf("%s is the most wanted", most)
		}
		if beyond != "" {
			examples = append(examples, Example{
				Life: sent.Life, Connection: sent.Connection, At: sent.at,
				What: fmt.Sprintf("%s %s, order id %d: %s of %s could be held, %s",
					o.book.Action, sent.Quantity, o.OrderID, reach, h.symbol, beyond),
			})
		}
	}
	return peak, examples, nil
}

// quiet reports that none of the subject's orders could fill any more.
func (h holding) quiet() bool {
	return !slices.ContainsFunc(h.orders, func(o *sentOrder) bool { return !o.book.Rejected && !final(o.book.Status) })
}

// sentAt is one message that placed or changed an order, and when the exchange had it.
type sentAt struct {
	Message
	order    *sentOrder
	at       Moment
	quantity decimal.Decimal
}

// sends are the messages that made the orders what they became, by time.
func (h holding) sends() []sentAt {
	var out []sentAt
	for _, o := range h.orders {
		out = append(out, o.sends()...)
	}
	slices.SortStableFunc(out, func(a, b sentAt) int { return cmp.Compare(a.at, b.at) })
	return out
}

// sends are the messages that made an order what it became.
func (o *sentOrder) sends() []sentAt {
	first := sentAt{Message: o.Message, order: o, at: cmp.Or(o.book.PlacedAt, o.At)}
	out := []sentAt{first}
	for _, change := range o.changes {
		out = append(out, sentAt{Message: change.Message, order: o, at: max(change.At, first.at)})
	}
	for i := range out {
		out[i].quantity = o.book.Quantity
		if quantity, err := decimal.Parse(out[i].Quantity); err == nil && o.book.Modifications == len(o.changes) {
			out[i].quantity = quantity // or one of the changes was refused
		}
	}
	return out
}

// walk is a holding at a moment that moves on.
type walk struct {
	holding
	position decimal.Decimal
	filled   map[int64]decimal.Decimal // by order
	ahead    []Fill                    // not looked at yet
	working  []*sentOrder              // those that have not ended, as far as the walk has met them
}

func (h holding) walk() *walk {
	return &walk{holding: h, position: h.opening, filled: map[int64]decimal.Decimal{}, ahead: h.fills}
}

// advance goes on to a moment, at which the order was sent; nil: none was.
func (w *walk) advance(to Moment, sent *sentOrder) error {
	for ; len(w.ahead) > 0 && w.ahead[0].At <= to; w.ahead = w.ahead[1:] {
		fill := w.ahead[0]
		var err error
		if w.filled[fill.PermID], err = w.filled[fill.PermID].Add(fill.Shares); err != nil {
			return err
		}
		shares := fill.Shares
		if fill.Side == "SLD" {
			shares = shares.Neg()
		}
		if w.position, err = w.position.Add(shares); err != nil {
			return err
		}
	}
	w.working = slices.DeleteFunc(w.working, func(o *sentOrder) bool { return !o.works(to) })
	if sent != nil && sent.works(to) && !slices.Contains(w.working, sent) {
		w.working = append(w.working, sent)
	}
	return nil
}

// reach is the position if everything that works at that moment on one side fills: the rest of each
// order. Orders of which one cancels the others count once, with the largest; a child counts when its
// parent has filled.
func (w *walk) reach(at Moment, action string) (decimal.Decimal, error) {
	position := w.position
	groups := map[string]decimal.Decimal{}
	for _, o := range w.working {
		if o.book.Action != action || w.waits(o, w.filled) {
			continue
		}
		rest, err := o.quantityAt(at).Sub(w.filled[o.book.PermID])
		if err != nil {
			return position, err
		}
		if group := o.group(); rest.Cmp(groups[group]) > 0 {
			groups[group] = rest
		}
	}
	var err error
	for _, rest := range groups {
		if action == "SELL" {
			rest = rest.Neg()
		}
		if position, err = position.Add(rest); err != nil {
			return position, err
		}
	}
	return position, nil
}

// works reports that an order could fill at that moment.
func (o *sentOrder) works(at Moment) bool {
	return !o.book.Rejected && cmp.Or(o.book.PlacedAt, o.At) <= at && (o.book.DoneAt == 0 || o.book.DoneAt > at)
}

func (o *sentOrder) quantityAt(at Moment) decimal.Decimal {
	quantity := o.book.Quantity
	for _, sent := range o.sends() {
		if sent.at <= at {
			quantity = sent.quantity
		}
	}
	return quantity
}

// group is what an order shares with those of which only one can fill.
func (o *sentOrder) group() string {
	switch {
	case o.book.OCAGroup != "":
		return "group " + o.book.OCAGroup
	case o.book.ParentID != 0:
		return fmt.Sprintf("children of %d/%d", o.client, o.book.ParentID)
	}
	return fmt.Sprintf("order %d", o.book.PermID)
}

// waits reports a child whose parent has not filled.
func (h holding) waits(child *sentOrder, filled map[int64]decimal.Decimal) bool {
	for _, parent := range h.orders {
		if child.book.ParentID != 0 && parent.client == child.client && parent.book.OrderID == child.book.ParentID {
			return filled[parent.book.PermID].IsZero()
		}
	}
	return false
}
