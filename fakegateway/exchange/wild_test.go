package exchange

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

// wild are numbers that no sensible client sends.
func wild(t *rapid.T, name string) decimal.Decimal {
	if rapid.IntRange(0, 9).Draw(t, name+" is sensible") > 0 {
		return shares(rapid.SampledFrom([]int64{0, 0, 1, 200, 250, 300}).Draw(t, name))
	}
	d, err := decimal.NewFromFloat64(rapid.SampledFrom([]float64{
		0.01, 250.01, 1e-9, 1e-17, -1, 999_999.99, 1_000_000, 1e12, 9e17, -9e17,
	}).Draw(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return d
}

func wildTime(t *rapid.T, name string) time.Time {
	return rapid.SampledFrom([]time.Time{
		{},
		{},
		{},
		{},
		monday.Add(time.Hour),
		monday, monday.Add(time.Nanosecond), monday.AddDate(99, 0, 0),
		time.Unix(math.MinInt32, 0), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC),
	}).Draw(t, name)
}

// Whatever an order says, the exchange refuses it with a *Reject or keeps books that add up.
func TestWildOrders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := open(t, Config{
			Seed: 1, AllowShort: rapid.Bool().Draw(t, "short"),
			MaxFillShares: rapid.SampledFrom([]int64{0, 1_000}).Draw(t, "clip"),
		})
		for n := range 3 {
			r := OrderRequest{
				ClientID: 1, Account: DefaultAccount, OrderID: n + 1,
				Instrument: rapid.SampledFrom(traded).Draw(t, "instrument"),
				Action:     rapid.SampledFrom([]Action{Buy, Sell}).Draw(t, "action"),
				Type:       rapid.SampledFrom(machineTypes).Draw(t, "type"),
				TIF:        rapid.SampledFrom([]TIF{DAY, GTC, IOC, FOK, GTD, OPG}).Draw(t, "tif"),
				Quantity: rapid.SampledFrom([]int64{
					1, 100, MaxQuantity, MaxQuantity + 1, math.MaxInt64, math.MinInt64,
				}).Draw(t, "quantity"),
				ParentID: rapid.IntRange(0, n).Draw(t, "parent"),
				Terms: Terms{
					LimitPrice: wild(t, "limit"), StopPrice: wild(t, "stop"), Offset: wild(t, "offset"),
					TrailAmount: wild(t, "trail"), TrailPercent: wild(t, "percent"),
					LimitOffset: wild(t, "limit offset"), GoodAfter: wildTime(t, "after"),
					GoodTill: wildTime(t, "till"), AutoCancel: wildTime(t, "auto"),
				},
				Conditions: []Condition{{
					Kind: ConditionKind(rapid.IntRange(1, 7).Draw(t, "kind")), Instrument: aapl,
					More: rapid.Bool().Draw(t, "more"), Price: wild(t, "price"),
					Percent: wild(t, "change"), Time: wildTime(t, "at"),
					Volume: rapid.SampledFrom([]int64{math.MinInt64, 0, math.MaxInt64}).Draw(t, "volume"),
				}}[rapid.IntRange(0, 1).Draw(t, "unconditional"):],
			}
			_, previewed := d.Preview(d.now, r)
			_, placed := d.Place(d.now, r)
			for _, err := range []error{previewed, placed} {
				var reject *Reject
				if err != nil && !errors.As(err, &reject) {
					t.Fatalf("refused with %v", err)
				}
			}
		}
		d.pass(3 * 24 * time.Hour)
		d.check()
		checkSums(t, d.Exchange)
	})
}
