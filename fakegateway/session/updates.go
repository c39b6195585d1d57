package session

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
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

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqAccountUpdates: on((*Session).reqAccountUpdates),
	})
}

// reqAccountUpdates starts the account subscription with everything and an end, or stops it with
// 2100, as captured at 225. All clients of a Gateway follow the same account: another one is
// refused while others follow theirs (2101), and takes the place of the client's own (2100).
func (s *Session) reqAccountUpdates(m *protobuf.AccountDataRequest) {
	if !m.GetSubscribe() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.unsubscribeUpdates()
		return
	}
	c, ok := s.scope(noRequest, m.GetAcctCode())
	if !ok {
		return
	}
	if others := s.followersOfOthers(c.name); len(others) > 0 {
		s.fail(noRequest, codeOtherAccount, fmt.Sprintf(textOtherAccount, strings.Join(others, ", ")))
		return
	}
	s.login.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.accounts.updates.scope.name != c.name {
			s.unsubscribeUpdates()
		}
		s.accounts.updates = updates{scope: c}
		s.sendAccountValues(v)
		for _, account := range c.accounts {
			s.sendPortfolios(v, account)
		}
		s.sendUpdateTime(v)
		s.send(wire.AccountDownloadEnd, &protobuf.AccountDataEnd{AccountName: proto.String(c.name)})
	})
}

// unsubscribeUpdates ends the subscription, if there is one.
func (s *Session) unsubscribeUpdates() {
	if s.accounts.updates.scope.name != "" {
		s.fail(noRequest, codeUnsubscribed, textUnsubscribed)
	}
	s.accounts.updates = updates{}
}

// followersOfOthers lists the other clients that follow another account.
func (s *Session) followersOfOthers(account string) []string {
	var clients []string
	for _, other := range s.login.sessions.all() {
		if other == s {
			continue
		}
		other.mu.Lock()
		theirs := other.accounts.updates.scope.name
		other.mu.Unlock()
		if theirs != "" && theirs != account {
			clients = append(clients, strconv.Itoa(other.clientID))
		}
	}
	return clients
}

// sendAccountValues sends the values that the client does not have yet, by key and then by
// currency, as captured, and plans the next look.
func (s *Session) sendAccountValues(v *exchange.View) {
	sub := &s.accounts.updates
	for _, row := range news(s.accountValues(v, sub.scope), &sub.sent) {
		s.send(wire.AccountValue, &protobuf.AccountValue{
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
	c := contractOf(p.Instrument, "")
	// The listing is the contract's exchange, as captured at 225, and its primary one in text.
	if wire.FormAt(wire.PortfolioValue, s.version) == wire.Protobuf {
		c.Exchange = proto.String(listing(p.Instrument))
	} else {
		c.PrimaryExch = proto.String(listing(p.Instrument))
	}
	s.send(wire.PortfolioValue, &protobuf.PortfolioValue{
		Contract: c, Position: proto.String(whole(p.Quantity)),
		MarketPrice: float(marketPrice(p.Instrument, v.Mark(p).Price)), MarketValue: float(earned.value),
		AverageCost: float(p.AverageCost), UnrealizedPNL: float(earned.unrealized),
		RealizedPNL: float(earned.realized), AccountName: proto.String(p.Account),
	})
	s.sendUpdateTime(v)
}

// marketPrice is the price of a position in its currency, as a portfolio shows it: that of a stock
// which is quoted in pence is in pounds (https://github.com/bankroll-py/bankroll/issues/31).
func marketPrice(i market.Instrument, price decimal.Decimal) decimal.Decimal {
	if i.PriceMagnifier > 1 {
		return must(price.Quo(decimal.MustNew(int64(i.PriceMagnifier), 0)))
	}
	return price
}

// listing is where an instrument is listed.
func listing(i market.Instrument) string {
	if i.PrimaryExchange != "" {
		return i.PrimaryExchange
	}
	return i.Exchange
}

func (s *Session) sendUpdateTime(v *exchange.View) {
	s.send(wire.AccountUpdateTime, &protobuf.AccountUpdateTime{
		TimeStamp: proto.String(v.Now().In(market.Eastern).Format("15:04")),
	})
}
