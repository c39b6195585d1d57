package account

import (
	"slices"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
)

// profit is what an account has earned with one instrument, in its currency. Nothing is rounded,
// as in what Gateways send.
type profit struct {
	instrument market.Instrument
	quantity   int64           // held now
	opened     int64           // held when the day began
	value      decimal.Decimal // of what is held now
	daily      decimal.Decimal // since the day began, without fees
	unrealized decimal.Decimal
	realized   decimal.Decimal // since the day began
	fees       decimal.Decimal // since the day began, in the base currency
	traded     bool            // since the day began
	closed     bool            // some of it, since the day began
}

// dayStart is when the accounts' day began: midnight in New York. What is held then counts with
// its last price, and realized profits begin at 0.
func dayStart(now time.Time) time.Time {
	y, m, d := now.In(market.Eastern).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, market.Eastern)
}

// profits are an account's, by contract id: of all that it holds or has traded today.
func (s *Session) profits(v *exchange.View, account string) map[int]*profit {
	prices, now, start := s.login.exchange.Market(), v.Now(), dayStart(v.Now())
	found := make(map[int]*profit)
	for _, p := range v.Positions(account) {
		value := worth(p.Instrument, prices.Quote(p.Instrument, now).Last, p.Quantity)
		found[p.ConID] = &profit{
			instrument: p.Instrument, quantity: p.Quantity, opened: p.Quantity, value: value,
			daily: value, unrealized: client.Must(value.Sub(p.CostBasis)),
		}
	}
	rates := rates(v.Balances(account))
	for _, e := range executionsSince(v, start) {
		if e.Account != account || e.Summary() {
			continue
		}
		if found[e.ConID] == nil {
			found[e.ConID] = &profit{instrument: e.Instrument}
		}
		found[e.ConID].book(e, rates)
	}
	for _, p := range found {
		if p.opened != 0 {
			began := worth(p.instrument, prices.Quote(p.instrument, start).Last, p.opened)
			p.daily = client.Must(p.daily.Sub(began))
		}
	}
	return found
}

// executionsSince are those of the day: the books have them in order of time.
func executionsSince(v *exchange.View, start time.Time) []exchange.Execution {
	list := v.Executions()
	first, _ := slices.BinarySearchFunc(list, start, func(e exchange.Execution, t time.Time) int {
		return e.At.Compare(t)
	})
	return list[first:]
}

// book takes today's execution into account.
func (p *profit) book(e exchange.Execution, rates map[string]decimal.Decimal) {
	signed := e.Shares
	if e.Action == exchange.Sell {
		signed = -signed
	}
	p.opened -= signed
	p.daily = client.Must(p.daily.Sub(worth(e.Instrument, e.Price, signed)))
	p.realized = client.Must(p.realized.Add(e.RealizedPnL))
	p.fees = client.Must(p.fees.Add(convert(e.Commission, rates[e.CommissionCurrency])))
	p.traded, p.closed = true, p.closed || e.Closed != 0
}

// worth is what units are worth at a price, in the instrument's currency.
func worth(i market.Instrument, price decimal.Decimal, units int64) decimal.Decimal {
	return i.Value(price, units)
}

// rates are what a unit of each of an account's currencies is worth in the base currency.
func rates(b exchange.Balances) map[string]decimal.Decimal {
	rates := make(map[string]decimal.Decimal)
	for _, c := range b.Currencies {
		rates[c.Currency] = c.Rate
	}
	return rates
}

func convert(d, rate decimal.Decimal) decimal.Decimal { return client.Must(d.Mul(rate)) }

// inBase is the profit in the base currency, with its fees taken off the day's.
func (p profit) inBase(rate decimal.Decimal) profit {
	p.value, p.unrealized = convert(p.value, rate), convert(p.unrealized, rate)
	p.realized = convert(p.realized, rate)
	p.daily = client.Must(convert(p.daily, rate).Sub(p.fees))
	return p
}

// afterFees is the profit in its own currency, with its fees taken off the day's.
func (p profit) afterFees(rate decimal.Decimal) profit {
	if rate.IsPos() {
		p.daily = client.Must(p.daily.Sub(client.Must(p.fees.Quo(rate))))
	}
	return p
}

// profit sums up a scope's accounts: all that they hold and have traded in the base currency, or
// one contract in its own, as captured at 225.
func (s *Session) profit(v *exchange.View, c scope, conID int) profit {
	var sum profit
	for _, account := range c.accounts {
		rates, all := rates(v.Balances(account)), s.profits(v, account)
		for _, id := range client.SortedKeys(all) {
			p := all[id]
			rate := rates[p.instrument.Currency]
			switch conID {
			case 0:
				sum.add(p.inBase(rate))
			case id:
				sum.add(p.afterFees(rate))
			}
		}
	}
	return sum
}

func (p *profit) add(o profit) {
	p.quantity += o.quantity
	p.value, p.daily = client.Must(p.value.Add(o.value)), client.Must(p.daily.Add(o.daily))
	p.unrealized = client.Must(p.unrealized.Add(o.unrealized))
	p.realized = client.Must(p.realized.Add(o.realized))
	p.traded, p.closed = p.traded || o.traded, p.closed || o.closed
}
