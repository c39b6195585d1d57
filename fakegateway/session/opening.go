package session

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/contract"
)

// OpeningPosition is something that an account holds when the Gateway starts: a contract as a
// client would describe it, of which there must be one.
type OpeningPosition struct {
	Account string `yaml:"account"` // "": the first

	ConID    int             `yaml:"conId"`
	Symbol   string          `yaml:"symbol"`
	SecType  string          `yaml:"secType"` // "": STK
	Exchange string          `yaml:"exchange"`
	Currency string          `yaml:"currency"` // "": USD
	Expiry   string          `yaml:"expiry"`   // "20261218"
	Strike   decimal.Decimal `yaml:"strike"`
	Right    string          `yaml:"right"`

	Quantity int64           `yaml:"quantity"` // below 0: short
	Price    decimal.Decimal `yaml:"price"`    // that was paid for one
}

// opening finds the instruments of the positions that accounts start with.
func (c Config) opening() ([]exchange.OpeningPosition, []error) {
	start := c.startTime()
	var list []exchange.OpeningPosition
	var problems []error
	for n, p := range c.Positions {
		o, err := p.resolve(c.Accounts, c.market(), start)
		if err != nil {
			problems = append(problems, wrong(fmt.Sprintf("positions[%d]", n), "%v", err))
			continue
		}
		list = append(list, o)
	}
	return list, problems
}

// Locate finds the one instrument that p names at now, and its account among the login's.
func (l *Login) Locate(p OpeningPosition, now time.Time) (exchange.OpeningPosition, error) {
	return p.resolve(l.Accounts(), l.exchange.Market(), now)
}

func (p OpeningPosition) resolve(accounts []string, m market.Market, start time.Time,
) (exchange.OpeningPosition, error) {
	o := exchange.OpeningPosition{Account: p.Account, Quantity: p.Quantity, Price: p.Price}
	if o.Account == "" {
		o.Account = accounts[0]
	}
	q := market.Query{
		ConID: p.ConID, Symbol: p.Symbol, SecType: p.SecType, Exchange: p.Exchange,
		Currency: p.Currency, LastTradeDateOrMonth: p.Expiry, Strike: &p.Strike, Right: p.Right,
	}
	if q.ConID == 0 {
		q.SecType = cmp.Or(q.SecType, string(market.Stock))
		q.Currency = cmp.Or(q.Currency, contract.USD)
	}
	found := m.Find(start, q)
	switch {
	case !slices.Contains(accounts, o.Account):
		return o, fmt.Errorf("account %q: want one of %v", o.Account, accounts)
	case len(found) != 1:
		return o, fmt.Errorf("%d contracts match: want one", len(found))
	case !found[0].Tradable():
		return o, fmt.Errorf("a %s cannot be held", found[0].SecType)
	case p.Quantity == 0 || p.Quantity > exchange.MaxQuantity || p.Quantity < -exchange.MaxQuantity:
		return o, fmt.Errorf("quantity %d: want 1..%d, or below 0", p.Quantity, exchange.MaxQuantity)
	case p.Price.IsNeg() || exchange.MaxPrice.Less(p.Price):
		return o, fmt.Errorf("price %s: want 0..%s", p.Price, exchange.MaxPrice)
	}
	o.Instrument = found[0]
	return o, nil
}
