package journal

import (
	"fmt"
	"testing"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

// model is the books as anybody would keep them: the latest revision of each execution.
type model struct {
	live map[int]Execution
	rev  map[int]int
	fee  map[int]decimal.Decimal
}

func must(v decimal.Decimal, err error) decimal.Decimal {
	if err != nil {
		panic(err)
	}
	return v
}

func (m model) books() (own, cash decimal.Decimal) {
	for k, e := range m.live {
		if e.Shares.IsZero() { // busted
			continue
		}
		shares := e.Shares
		if e.Side == Sold {
			shares = shares.Neg()
		}
		own = must(own.Add(shares))
		cash = must(cash.Sub(must(shares.Mul(e.Price))))
		cash = must(cash.Sub(m.fee[k]))
	}
	return own, cash
}

// money is the equity at a mark, and what the lots say of it.
func money(rt *rapid.T, j *Journal, mark decimal.Decimal) (equity, earned decimal.Decimal) {
	ctx := rt.Context()
	equity = must(j.Equity(ctx, account, map[int64]decimal.Decimal{apple: mark}))
	profits, err := j.Profits(ctx, account)
	if err != nil {
		rt.Fatal(err)
	}
	b := profits[apple]
	if b == nil {
		return equity, earned
	}
	return equity, must(must(b.Realised().Add(must(b.Unrealised(mark)))).Sub(b.Fees()))
}

// TestBooksAlwaysAddUp books executions, replays, corrections and commissions in any order and
// compares with the model, with the journal's own audit, and with its lots.
func TestBooksAlwaysAddUp(t *testing.T) {
	fewChecks(t)
	rapid.Check(t, func(rt *rapid.T) {
		j := open(t, t.TempDir())
		big := intent("a", 1)
		big.Quantity = decimal.MustNew(1_000_000, 0)
		prepare(t, j, big)
		m := model{map[int]Execution{}, map[int]int{}, map[int]decimal.Decimal{}}
		side := rapid.SampledFrom([]Side{Bought, Sold})
		rt.Repeat(map[string]func(*rapid.T){
			"execution": func(rt *rapid.T) {
				k, rev := rapid.IntRange(0, 4).Draw(rt, "execution"), rapid.IntRange(1, 3).Draw(rt, "revision")
				e := fill(fmt.Sprintf("X.%d.%02d", k, rev), "a", side.Draw(rt, "side"), "1", "1")
				e.Shares = decimal.MustNew(int64(rapid.IntRange(0, 1000).Draw(rt, "shares")), 0)
				e.Price = decimal.MustNew(int64(rapid.IntRange(1, 100_000).Draw(rt, "price")), 2)
				book(t, j, e, rev > m.rev[k])
				if rev > m.rev[k] {
					m.live[k], m.rev[k] = e, rev
				}
			},
			"commission": func(rt *rapid.T) {
				k := rapid.IntRange(0, 4).Draw(rt, "execution")
				amount := decimal.MustNew(int64(rapid.IntRange(0, 500).Draw(rt, "amount")), 2)
				c := Commission{ExecID: fmt.Sprintf("X.%d.01", k), Amount: amount, Currency: "USD"}
				if err := j.Commission(t.Context(), c); err != nil {
					rt.Fatal(err)
				}
				m.fee[k] = amount
			},
			"": func(rt *rapid.T) {
				own, cash := m.books()
				p, err := j.Position(t.Context(), account, apple)
				if err != nil {
					rt.Fatal(err)
				}
				c, err := j.Cash(t.Context(), account)
				if err != nil {
					rt.Fatal(err)
				}
				if p.Own.Cmp(own) != 0 || c.Cmp(cash) != 0 {
					rt.Fatalf("own %s cash %s, the model says %s and %s", p.Own, c, own, cash)
				}
				if err := j.Audit(t.Context()); err != nil {
					rt.Fatal(err)
				}
				mark := decimal.MustNew(rapid.Int64Range(1, 100_000).Draw(rt, "mark"), 2)
				if equity, earned := money(rt, j, mark); equity.Cmp(must(cash.Add(must(own.Mul(mark))))) != 0 ||
					equity.Cmp(earned) != 0 {
					rt.Fatalf("equity %s, the lots say %s, the model %s and %s at %s", equity, earned, cash, own, mark)
				}
			},
		})
	})
}
