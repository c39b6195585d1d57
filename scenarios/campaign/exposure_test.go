package campaign_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ibsoak/fakegateway/exchange"
)

// holding is one account's position in one contract, walked through time.
type holding struct {
	orders   []exchange.Order
	fills    []exchange.Execution
	position int64
	filled   map[int64]int64 // by permanent id
}

// exposure lists the moments at which more than the wanted shares, or less than none, could have been held
// if everything that worked then had filled.
func exposure(truth exchange.Books, account, symbol string, wanted int64) (bad []string) {
	h := holding{filled: map[int64]int64{}}
	for _, p := range truth.Positions {
		if p.Account == account && p.Symbol == symbol {
			h.position = p.Opening.Quantity
		}
	}
	for _, o := range truth.Orders {
		if o.Account == account && o.Symbol == symbol && o.OrderID != 0 {
			h.orders = append(h.orders, o)
		}
	}
	for _, x := range truth.Executions {
		if x.Account == account && x.Symbol == symbol {
			h.fills = append(h.fills, x)
		}
	}
	slices.SortStableFunc(h.fills, func(a, b exchange.Execution) int { return a.At.Compare(b.At) })
	moments := make([]time.Time, 0, len(h.orders)+len(h.fills))
	for _, o := range h.orders {
		moments = append(moments, o.PlacedAt)
	}
	for _, x := range h.fills {
		moments = append(moments, x.At)
	}
	slices.SortFunc(moments, time.Time.Compare)
	for _, at := range moments {
		h.advance(at)
		if most := h.position + h.reach(exchange.Buy, at); most > wanted {
			bad = append(bad, fmt.Sprintf("exposure: %d %s could be held at %s, %d are wanted", most, symbol, at.Format(time.RFC3339Nano), wanted))
		}
		if least := h.position - h.reach(exchange.Sell, at); least < 0 {
			bad = append(bad, fmt.Sprintf("exposure: %d %s could be held at %s: below none", least, symbol, at.Format(time.RFC3339Nano)))
		}
	}
	return bad
}

// advance books the fills up to a moment.
func (h *holding) advance(to time.Time) {
	for ; len(h.fills) > 0 && !h.fills[0].At.After(to); h.fills = h.fills[1:] {
		x := h.fills[0]
		h.filled[x.PermID] += x.Shares
		if x.Action == exchange.Buy {
			h.position += x.Shares
		} else {
			h.position -= x.Shares
		}
	}
}

// reach is how many shares the orders that work on one side at a moment may still move. Of those that
// cancel each other the largest counts; a child counts when its parent has filled.
func (h *holding) reach(action exchange.Action, at time.Time) (sum int64) {
	groups := map[string]int64{}
	for _, o := range h.orders {
		works := !o.PlacedAt.After(at) && (o.DoneAt.IsZero() || o.DoneAt.After(at))
		if !works || o.Action != action || h.waits(o) {
			continue
		}
		rest := o.Quantity - h.filled[o.PermID]
		if protective(o) && o.Modifications > 0 { // the books have its last size only: guard samples the others
			rest = min(rest, max(h.position, 0))
		}
		group := cmp.Or(o.OCAGroup, fmt.Sprint(o.PermID))
		groups[group] = max(groups[group], rest)
	}
	for _, rest := range groups {
		sum += rest
	}
	return sum
}

func (h *holding) waits(child exchange.Order) bool {
	return child.ParentPermID != 0 && h.filled[child.ParentPermID] == 0
}
