package harness

import (
	"fmt"
	"slices"

	"github.com/govalues/decimal"
)

// orderDetectors are the checks of orders and books.
var orderDetectors = []Detector{
	{
		Name: "no-duplicate-orders", Group: GroupOrders, judge: noDuplicateOrders,
		Doc: "The Gateway's books hold two orders with one orderRef that were not rejected. " +
			"Without an order it is informational, unless the scenario sets Evidence.",
		Least: "one order with an orderRef",
		Do: "Give each intent an orderRef of its own, keep it on disk before you send, and ask " +
			"for open orders, executions and completed orders before you send it again.",
		Page: "your-trader.md#orders",
	},
	{
		Name: "books-add-up", Group: GroupOrders, judge: booksAddUp,
		Doc: "The Gateway's positions or cash are not the sum of its fills, or an order is filled " +
			"beyond its quantity: a harness error, for the books are the exchange's.",
		Least: "one account",
		Do:    "Nothing: the fake exchange is at fault, please report it with the record.",
		Page:  "your-trader.md#record",
	},
}

func noDuplicateOrders(r *Record, c Check) Finding {
	f := open(c, "orders", 1)
	if !r.Books.Taken {
		return f.undecided("the Gateway's books were not read")
	}
	byRef := map[string][]Order{}
	unnamed := 0
	for _, o := range r.Books.Orders {
		if o.OrderRef == "" {
			unnamed++
			continue
		}
		f.Evidence++
		if !o.Rejected {
			byRef[o.OrderRef] = append(byRef[o.OrderRef], o)
		}
	}
	for _, ref := range sortedKeys(byRef) {
		if orders := byRef[ref]; len(orders) > 1 {
			f.violated(Example{What: fmt.Sprintf("orderRef %q has %d orders: %s %s %s, permIds %v",
				ref, len(orders), orders[0].Action, orders[0].Quantity, orders[0].Symbol, permIDs(orders))})
		}
	}
	detail := fmt.Sprintf("%s by %s", count(len(r.Books.Orders), "orders"), count(len(byRef), "intents"))
	if unnamed > 0 {
		detail += fmt.Sprintf("; %d without an orderRef cannot be told apart", unnamed)
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0
	return f.conclude("%s", detail)
}

func permIDs(orders []Order) []int64 {
	ids := make([]int64, len(orders))
	for i, o := range orders {
		ids[i] = o.PermID
	}
	return ids
}

// booksAddUp checks the exchange, not the subject: every other statement about orders rests on
// these books.
func booksAddUp(r *Record, c Check) Finding {
	f := open(c, "accounts", 1)
	if !r.Books.Taken {
		return f.undecided("the Gateway's books were not read")
	}
	f.Evidence = len(r.Books.Cash)
	wrong, err := r.Books.wrong()
	if err != nil {
		return f.broken("add up the Gateway's books: %v", err)
	}
	if len(wrong) > 0 {
		for _, w := range wrong {
			f.violated(Example{What: w})
		}
		return f.broken("the Gateway's books do not add up: %s", wrong[0])
	}
	return f.conclude("%s, %s, %s", count(len(r.Books.Orders), "orders"),
		count(len(r.Books.Fills), "fills"), count(len(r.Books.Positions), "positions"))
}

// wrong lists what in the books is not the sum of the fills. The error is an overflow.
func (b Books) wrong() ([]string, error) {
	filled, shares, cash := map[string]decimal.Decimal{}, map[string]decimal.Decimal{}, map[string]decimal.Decimal{}
	for _, f := range b.Fills {
		if err := f.addTo(filled, shares, cash); err != nil {
			return nil, fmt.Errorf("fill %s: %w", f.ExecID, err)
		}
	}
	var wrong []string
	for _, o := range b.Orders {
		if sum := filled[fmt.Sprint(o.PermID)]; sum.Cmp(o.Filled) != 0 {
			wrong = append(wrong, fmt.Sprintf("order %d says %s filled, its fills say %s", o.PermID, o.Filled, sum))
		}
		if o.Filled.Cmp(o.Quantity) > 0 {
			wrong = append(wrong, fmt.Sprintf("order %d of %s is filled by %s", o.PermID, o.Quantity, o.Filled))
		}
	}
	for _, p := range b.Positions {
		sum, err := p.Opening.Add(shares[p.Account+" "+p.Symbol])
		if err != nil {
			return nil, err
		}
		if sum.Cmp(p.Shares) != 0 {
			wrong = append(wrong, fmt.Sprintf("%s holds %s %s, the fills give %s", p.Account, p.Shares, p.Symbol, sum))
		}
	}
	for _, held := range b.Cash {
		sum, err := held.Opening.Add(cash[held.Account])
		if err != nil {
			return nil, err
		}
		if sum.Cmp(held.Balance) != 0 {
			wrong = append(wrong, fmt.Sprintf("%s has %s, the fills give %s", held.Account, held.Balance, sum))
		}
	}
	return append(wrong, b.unheld(shares)...), nil
}

// unheld lists fills in symbols for which the books have no position.
func (b Books) unheld(shares map[string]decimal.Decimal) []string {
	var wrong []string
	for _, key := range sortedKeys(shares) {
		listed := slices.ContainsFunc(b.Positions, func(p Position) bool {
			return p.Account+" "+p.Symbol == key
		})
		if !listed && !shares[key].IsZero() {
			wrong = append(wrong, fmt.Sprintf("fills of %s in %s, and no position", shares[key], key))
		}
	}
	return wrong
}

// addTo books the fill into the sums by order, by position and by account.
func (f Fill) addTo(filled, shares, cash map[string]decimal.Decimal) error {
	signed, price := f.Shares, f.Price
	if f.Side == "SLD" {
		signed = signed.Neg()
	}
	paid, err := signed.Mul(price)
	if err != nil {
		return err
	}
	if paid, err = paid.Add(f.Commission); err != nil {
		return err
	}
	order, position := fmt.Sprint(f.PermID), f.Account+" "+f.Symbol
	if filled[order], err = filled[order].Add(f.Shares); err != nil {
		return err
	}
	if shares[position], err = shares[position].Add(signed); err != nil {
		return err
	}
	cash[f.Account], err = cash[f.Account].Sub(paid)
	return err
}
