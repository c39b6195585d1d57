package lots

import (
	"testing"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

func d(s string) decimal.Decimal { return decimal.MustParse(s) }

func must(v decimal.Decimal, err error) decimal.Decimal {
	if err != nil {
		panic(err)
	}
	return v
}

type trade struct{ shares, price, fee string }

func TestFirstInFirstOut(t *testing.T) {
	for name, c := range map[string]struct {
		trades                                []trade
		held, realised, unrealised, feesAtAll string // unrealised at 20
	}{
		"nothing":     {nil, "0", "0", "0", "0"},
		"bought":      {[]trade{{"10", "19", "1"}}, "10", "0", "10", "1"},
		"oldest sold": {[]trade{{"10", "10", "1"}, {"10", "12", "1"}, {"-15", "14.005", "1"}}, "5", "50.075", "40", "3"},
		"through zero": {
			[]trade{{"10", "10", "0"}, {"-15", "12", "0"}}, "-5", "20", "-40", "0",
		},
		"short, bought back": {[]trade{{"-5", "12", "0"}, {"5", "11", "0.35"}}, "0", "5", "0", "0.35"},
		"a hundredth of a cent": {
			[]trade{{"0.3", "10.0001", "0"}, {"-0.3", "10.0002", "0"}}, "0", "0.00003", "0", "0",
		},
	} {
		var b Book
		for _, x := range c.trades {
			if err := b.Trade(d(x.shares), d(x.price), d(x.fee)); err != nil {
				t.Fatal(err)
			}
		}
		got := []decimal.Decimal{must(b.Held()), b.Realised(), must(b.Unrealised(d("20"))), b.Fees()}
		for i, want := range []string{c.held, c.realised, c.unrealised, c.feesAtAll} {
			if got[i].Cmp(d(want)) != 0 {
				t.Errorf("%s: got %s, want %v", name, got, c)
				break
			}
		}
	}
}

// TestEquityIsWhatWasEarned holds the package's identity for random trades, shares of thousandths and
// prices of hundredths of cents.
func TestEquityIsWhatWasEarned(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var b Book
		var cash, held decimal.Decimal
		for range rapid.IntRange(0, 30).Draw(rt, "trades") {
			shares := decimal.MustNew(rapid.Int64Range(-1_000_000, 1_000_000).Draw(rt, "shares"), 3)
			price := decimal.MustNew(rapid.Int64Range(1, 10_000_000).Draw(rt, "price"), 4)
			fee := decimal.MustNew(rapid.Int64Range(-500, 500).Draw(rt, "fee"), 2)
			if err := b.Trade(shares, price, fee); err != nil {
				rt.Fatal(err)
			}
			cash = must(must(cash.Sub(must(shares.Mul(price)))).Sub(fee))
			held = must(held.Add(shares))
			mark := decimal.MustNew(rapid.Int64Range(1, 10_000_000).Draw(rt, "mark"), 4)
			equity := must(cash.Add(must(held.Mul(mark))))
			earned := must(must(b.Realised().Add(must(b.Unrealised(mark)))).Sub(b.Fees()))
			if equity.Cmp(earned) != 0 || must(b.Held()).Cmp(held) != 0 {
				rt.Fatalf("cash %s and %s at %s are %s, the lots say %s of %s", cash, held, mark, equity, earned,
					must(b.Held()))
			}
		}
	})
}
