package account

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
	"ibsoak/internal/wire"
)

const (
	codeUnsubscribed = 2100
	textUnsubscribed = "API client has been unsubscribed from account data."
	codeOtherAccount = 2101
	textOtherAccount = "Unable to subscribe to account as the following clients are subscribed to a " +
		"different account: %s"
)

// updates is the one reqAccountUpdates subscription of a client.
type updates struct {
	scope scope // without a name: none
	due   time.Time
	sent  map[value]bool
}

// ReqAccountUpdates starts the account subscription with everything and an end, or stops it with
// 2100, as captured at 225. All clients of a Gateway follow the same account: another one is
// refused while others follow theirs (2101), and takes the place of the client's own (2100).
func (s *Session) ReqAccountUpdates(m *protobuf.AccountDataRequest) {
	if !m.GetSubscribe() {
		s.login.followers.leave(s)
		s.client.Lock()
		defer s.client.Unlock()
		s.unsubscribeUpdates()
		return
	}
	c, ok := s.scope(client.NoRequest, m.GetAcctCode())
	if !ok {
		return
	}
	if others := s.login.followers.join(s, c.name); len(others) > 0 {
		s.client.Fail(client.NoRequest, codeOtherAccount,
			fmt.Sprintf(textOtherAccount, strings.Join(others, ", ")))
		return
	}
	s.login.exchange.View(s.client.Now(), func(v *exchange.View) {
		s.client.Lock()
		defer s.client.Unlock()
		if s.updates.scope.name != c.name {
			s.unsubscribeUpdates()
		}
		s.updates = updates{scope: c}
		s.sendAccountValues(v)
		for _, account := range c.accounts {
			s.sendPortfolios(v, account)
		}
		s.sendUpdateTime(v)
		s.client.Send(wire.AccountDownloadEnd, &protobuf.AccountDataEnd{AccountName: proto.String(c.name)})
	})
}

// unsubscribeUpdates ends the subscription, if there is one.
func (s *Session) unsubscribeUpdates() {
	if s.updates.scope.name != "" {
		s.client.Fail(client.NoRequest, codeUnsubscribed, textUnsubscribed)
	}
	s.updates = updates{}
}

// sendAccountValues sends the values that the client does not have yet, by key and then by
// currency, as captured, and plans the next look.
func (s *Session) sendAccountValues(v *exchange.View) {
	sub := &s.updates
	for _, row := range news(s.accountValues(v, sub.scope), &sub.sent) {
		s.client.Send(wire.AccountValue, &protobuf.AccountValue{
			Key: proto.String(row.key), Value: proto.String(row.value),
			Currency: currencyField(row), AccountName: proto.String(row.account),
		})
	}
	sub.due = v.Now().Add(accountEvery)
	v.WakeAt(sub.due)
}

// accountValues are all values of an account: its tags, and its ledgers where no tag is the same.
func (s *Session) accountValues(v *exchange.View, c scope) []value {
	b := c.balances(v)
	rows := s.accountTags(v, c, b)
	for _, row := range s.ledgers(v, c, b) {
		if !slices.ContainsFunc(rows, func(have value) bool {
			return have.key == row.key && have.currency == row.currency
		}) {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b value) int {
		if a.key != b.key {
			return byKey(a, b)
		}
		return strings.Compare(a.currency, b.currency)
	})
	return rows
}

func (s *Session) sendPortfolios(v *exchange.View, account string) {
	today := s.profits(v, account)
	for _, p := range v.Positions(account) {
		s.sendPortfolio(v, p, today[p.ConID])
	}
}

// sendPortfolio sends one position at the market, in the instrument's currency, with what it has
// earned, and then the time, as captured at 225. What it has realized is today's.
func (s *Session) sendPortfolio(v *exchange.View, p exchange.Position, earned *profit) {
	if earned == nil { // taken back by a bust
		earned = &profit{}
	}
	c := contract.Of(p.Instrument, "")
	// The listing is the contract's exchange, as captured at 225, and its primary one in text.
	if wire.FormAt(wire.PortfolioValue, s.client.Version()) == wire.Protobuf {
		c.Exchange = proto.String(contract.Listing(p.Instrument))
	} else {
		c.PrimaryExch = proto.String(contract.Listing(p.Instrument))
	}
	s.client.Send(wire.PortfolioValue, &protobuf.PortfolioValue{
		Contract: c, Position: proto.String(client.Whole(p.Quantity)),
		MarketPrice: client.Float(marketPrice(p.Instrument, v.Mark(p).Price)),
		MarketValue: client.Float(earned.value),
		AverageCost: client.Float(p.AverageCost), UnrealizedPNL: client.Float(earned.unrealized),
		RealizedPNL: client.Float(earned.realized), AccountName: proto.String(p.Account),
	})
	s.sendUpdateTime(v)
}

// marketPrice is the price of a position in its currency, as a portfolio shows it: that of a stock
// which is quoted in pence is in pounds (https://github.com/bankroll-py/bankroll/issues/31).
func marketPrice(i market.Instrument, price decimal.Decimal) decimal.Decimal {
	if i.PriceMagnifier > 1 {
		return client.Must(price.Quo(decimal.MustNew(int64(i.PriceMagnifier), 0)))
	}
	return price
}

func (s *Session) sendUpdateTime(v *exchange.View) {
	s.client.Send(wire.AccountUpdateTime, &protobuf.AccountUpdateTime{
		TimeStamp: proto.String(v.Now().In(market.Eastern).Format("15:04")),
	})
}
