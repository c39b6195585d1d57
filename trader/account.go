package trader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/risk"
)

// cashSettles is how long a difference in cash must last before it counts: Gateways bring values up to
// date every three minutes (IBKR's documentation of account updates), and commissions come later than
// fills.
const cashSettles = 5 * time.Minute

// account is what the broker says of the account's money. session.mu guards it: pump writes it.
type account struct {
	cash   *decimal.Decimal // in the traded currency; nil until it is told
	netted *decimal.Decimal // NetLiquidation, in the account's base currency
	lost   bool             // by a 1101, the subscription to them

	// The cycle goroutine's own.
	asked    bool            // on this session
	refused  bool            // was told
	unlike   decimal.Decimal // the difference that lasts
	since    time.Time       // which, or zero
	othersAt time.Time       // when an execution of others last moved the cash
}

// accountValue takes a value that the books are compared with.
func (s *session) accountValue(v broker.AccountValue) {
	currency, one := s.e.cfg.currency()
	if v.Account != s.account || !one {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case v.Key == "CashBalance" && v.Currency == currency:
		s.money.cash = &v.Amount
	case v.Key == "NetLiquidation":
		s.money.netted = &v.Amount
	}
}

// codeOtherAccount refuses account values because other clients follow another account (IBKR's message
// code list).
const codeOtherAccount = 2101

// askAccount asks for the account's values once a session, and again after IBKR lost the subscription.
// They stream from then on. A Gateway whose other clients follow another account refuses: the books then
// go without them, and that is said once.
func (s *session) askAccount(ctx context.Context) error {
	s.mu.Lock()
	lost := s.money.lost
	s.money.lost = false
	s.mu.Unlock()
	if s.money.asked && !lost {
		return nil
	}
	s.money.asked = false
	r, err := insist(ctx, s, "account values", s.b.AccountValues)
	if refusal, ok := errors.AsType[*broker.Error](err); ok && refusal.Code == codeOtherAccount {
		if !s.money.refused {
			s.money.refused = true
			s.log.Warn("the Gateway refuses the account's values: cash and prices of holdings are not compared",
				"code", refusal.Code, "message", oneLine(refusal.Message))
		}
		return nil
	}
	if err != nil {
		return err
	}
	s.money.asked = true
	for _, v := range r.Values {
		s.accountValue(v)
	}
	for _, p := range r.Portfolio {
		s.portfolio(p)
	}
	return nil
}

// compareCash sets the broker's cash beside the books'. A difference that lasts is booked and told, and
// above the limit it halts. Whatever moves while others trade in the account is theirs.
func (s *session) compareCash(ctx context.Context) error {
	currency, one := s.e.cfg.currency()
	s.mu.Lock()
	cash := s.money.cash
	s.mu.Unlock()
	if !one || cash == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	amount, known, err := s.e.journal.CashBeside(ctx, s.account, currency, *cash)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	m := &s.money
	if !known {
		m.othersAt = time.Now()
	}
	switch settling := time.Since(m.othersAt) < cashSettles; {
	case settling:
		m.since = time.Time{}
		return s.setCash(ctx, currency, *cash, decimal.Zero)
	case amount.Abs().Cmp(cent) <= 0:
		m.since = time.Time{}
		return nil
	case m.since.IsZero() || m.unlike.Cmp(amount) != 0:
		m.since, m.unlike = time.Now(), amount
		return nil
	case time.Since(m.since) < cashSettles:
		return nil
	}
	m.since = time.Time{}
	return s.setCash(ctx, currency, *cash, amount)
}

// cent is what the broker's rounding may take from both numbers together.
var cent = decimal.MustNew(1, 2)

func (s *session) setCash(ctx context.Context, currency string, cash, difference decimal.Decimal) error {
	why := "no execution explains it"
	if err := s.e.journal.SetCash(ctx, s.account, currency, cash, difference, why); err != nil {
		return exit.Because(exit.State, err)
	}
	if difference.IsZero() {
		return nil
	}
	s.log.Warn("the account's cash changed, and no execution explains it", "by", difference, "currency", currency,
		"do", "look for dividends, interest, fees and transfers in the account's statement")
	limit := s.e.cfg.Limits.MaxUnexplained
	if limit.IsNeg() || difference.Abs().Cmp(limit) <= 0 {
		return nil
	}
	return s.haltFor(ctx, &risk.Refusal{
		Limit:  "max-unexplained",
		Detail: fmt.Sprintf("the account's cash changed by %s %s that no execution explains, limit %s", difference, currency, limit),
	}, false)
}

// currency is the one that all symbols are traded in; one is false when there are several.
func (c Config) currency() (currency string, one bool) {
	for i, symbol := range c.Symbols {
		contract, err := ParseSymbol(symbol, c.Exchange, c.Currency)
		if err != nil || i > 0 && contract.Currency != currency {
			return "", false
		}
		currency = contract.Currency
	}
	return currency, currency != ""
}
