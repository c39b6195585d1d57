package harness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/govalues/decimal"
)

// wrong lists what in the books is not the sum of the fills. The error is an overflow.
func (b Books) wrong() ([]string, error) {
	t := b.tally()
	var wrong []string
	differs := func(sum, booked decimal.Decimal, format string, args ...any) {
		if sum.Cmp(booked) != 0 {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	for _, o := range b.Orders {
		sum := t.filled[o.PermID]
		differs(sum, o.Filled, "order %d says %s filled, its fills say %s", o.PermID, o.Filled, sum)
		if o.Filled.Cmp(o.Quantity) > 0 {
			wrong = append(wrong, fmt.Sprintf("order %d of %s is filled by %s", o.PermID, o.Quantity, o.Filled))
		}
	}
	for _, p := range b.Positions {
		key := holdingKey(p.Account, p.Symbol, p.ConID)
		what, sum := strings.TrimSpace(p.Symbol+" "+p.SecType), t.shares[key]
		differs(sum, p.Shares, "%s holds %s %s, the fills give %s", p.Account, p.Shares, what, sum)
		delete(t.shares, key)
	}
	for _, held := range b.Cash {
		key := cashKey(held.Account, held.Currency)
		has, sum := strings.TrimSpace(held.Balance.String()+" "+held.Currency), t.plus(held.Opening, t.cash[key])
		differs(sum, held.Balance, "%s has %s, the fills give %s", held.Account, has, sum)
		delete(t.cash, key)
	}
	for _, key := range sortedKeys(t.shares) {
		differs(t.shares[key], decimal.Decimal{}, "fills of %s in %s, and no position", t.shares[key], key)
	}
	if len(b.Cash) == 0 { // no account was read: there is no evidence
		t.cash = nil
	}
	for _, key := range sortedKeys(t.cash) {
		differs(t.cash[key], decimal.Decimal{}, "fills for %s in %s, and no cash", t.cash[key], key)
	}
	return wrong, t.err
}

// basisScale is how many digits of a part the exchange keeps.
const basisScale = 8

// tally is what fills and transfers come to, by the exchange's rules and none of its sums.
type tally struct {
	terms  map[string]Position        // by account and contract: what a share is
	filled map[int64]decimal.Decimal  // by order
	shares map[string]decimal.Decimal // by account and contract
	// unpaid is what open shares on margin, futures and CFDs, were traded at. No cash is paid for
	// it: cash has what they earned when they are closed, at their average.
	unpaid map[string]decimal.Decimal
	cash   map[string]decimal.Decimal // by account and currency
	err    error                      // the first
}

// Older records tell contracts apart by their symbols, and have one currency.
func holdingKey(account, symbol string, conID int) string {
	if conID == 0 {
		return account + " " + symbol
	}
	return fmt.Sprint(account, " ", symbol, " ", conID)
}

func cashKey(account, currency string) string { return strings.TrimSpace(account + " " + currency) }

// tally goes through fills and transfers as they came: the average needs their order, which a
// correction's place in the record does not have.
func (b Books) tally() *tally {
	t := &tally{
		terms: map[string]Position{}, filled: map[int64]decimal.Decimal{}, shares: map[string]decimal.Decimal{},
		unpaid: map[string]decimal.Decimal{}, cash: map[string]decimal.Decimal{},
	}
	for _, p := range b.Positions {
		key := holdingKey(p.Account, p.Symbol, p.ConID)
		t.terms[key], t.shares[key], t.unpaid[key] = p, p.Opening, p.OpeningUnpaid
	}
	transfers := b.Transfers
	fills := slices.Clone(b.Fills)
	slices.SortStableFunc(fills, func(a, b Fill) int { return cmp.Compare(a.At, b.At) })
	for _, f := range fills {
		for len(transfers) > 0 && transfers[0].At < f.At {
			t.transfer(transfers[0])
			transfers = transfers[1:]
		}
		if t.fill(f); t.err != nil {
			t.err = fmt.Errorf("fill %s: %w", f.ExecID, t.err)
			return t
		}
	}
	for _, m := range transfers {
		t.transfer(m)
	}
	return t
}

func (t *tally) fill(f Fill) {
	if f.Leg == 0 {
		t.filled[f.PermID] = t.plus(t.filled[f.PermID], f.Shares)
	}
	if f.SecType == "BAG" {
		return
	}
	signed := f.Shares
	if f.Side == "SLD" {
		signed = signed.Neg()
	}
	key := holdingKey(f.Account, f.Symbol, f.ConID)
	p := t.terms[key]
	paid := t.value(p, f.Price, signed)
	if p.margined() {
		unpaid := t.borrowed(key, paid, signed)
		t.unpaid[key], paid = t.plus(t.unpaid[key], unpaid), t.plus(paid, unpaid.Neg())
	}
	t.shares[key] = t.plus(t.shares[key], signed)
	t.pay(f.Account, p.Currency, paid)
	if p.SecType == "CASH" && p.Currency != "" {
		t.pay(f.Account, p.Symbol, signed.Neg())
	}
	t.pay(f.Account, f.CommissionCurrency, f.Commission)
}

func (t *tally) transfer(m Transfer) {
	t.pay(m.Account, m.Currency, m.Cash.Neg())
	if m.ConID == 0 {
		return
	}
	key := holdingKey(m.Account, m.Symbol, m.ConID)
	switch p := t.terms[key]; {
	case !p.margined():
	case m.Shares.IsPos():
		t.unpaid[key] = t.plus(t.unpaid[key], t.value(p, m.Price, m.Shares))
	default:
		t.unpaid[key] = t.plus(t.unpaid[key], t.part(t.unpaid[key], m.Shares, t.shares[key]))
	}
	t.shares[key] = t.plus(t.shares[key], m.Shares)
}

// borrowed is how a fill on margin changes what is unpaid: what it opens is not paid, and what it
// closes takes its part of that along.
func (t *tally) borrowed(key string, value, signed decimal.Decimal) decimal.Decimal {
	have := t.shares[key]
	if have.Sign()*signed.Sign() >= 0 {
		return value
	}
	closed := have.Neg()
	if signed.CmpAbs(have) < 0 {
		closed = signed
	}
	opened := t.plus(value, t.part(value, closed, signed).Neg())
	return t.plus(opened, t.part(t.unpaid[key], closed, have))
}

// part is n / whole of an amount, in the digits that the exchange keeps, and below 0 when one of them is.
func (t *tally) part(amount, n, whole decimal.Decimal) decimal.Decimal {
	switch {
	case n.Cmp(whole) == 0:
		return amount
	case n.CmpAbs(whole) == 0:
		return amount.Neg()
	}
	return t.ok(t.ok(amount.Mul(n)).Quo(whole)).Round(basisScale)
}

// value is what shares are worth at a price.
func (t *tally) value(p Position, price, shares decimal.Decimal) decimal.Decimal {
	units := t.ok(shares.Mul(t.ok(decimal.New(max(p.Multiplier, 1), 0))))
	value := t.ok(price.Mul(units))
	if p.PriceMagnifier > 1 {
		value = t.ok(value.Quo(t.ok(decimal.New(int64(p.PriceMagnifier), 0)))).Round(basisScale)
	}
	return value
}

func (p Position) margined() bool { return p.SecType == "FUT" || p.SecType == "CFD" }

// pay takes an amount out of an account's cash.
func (t *tally) pay(account, currency string, amount decimal.Decimal) {
	key := cashKey(account, currency)
	t.cash[key] = t.plus(t.cash[key], amount.Neg())
}

func (t *tally) plus(a, b decimal.Decimal) decimal.Decimal { return t.ok(a.Add(b)) }

// ok keeps the first error.
func (t *tally) ok(d decimal.Decimal, err error) decimal.Decimal {
	if t.err == nil {
		t.err = err
	}
	return d
}
