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

// account is what the broker says of the account's money, and what the books make of it. The cycle
// goroutine owns it.
type account struct {
	cash     *decimal.Decimal // in the traded currency; nil when there is none to compare
	askedAt  time.Time
	refused  bool            // was told
	unlike   decimal.Decimal // the difference that lasts
	since    time.Time       // which, or zero
	othersAt time.Time       // when an execution of others last moved the cash
}

// askAccountEvery is the least time between two questions for the account's values, which are some
// hundreds and change little.
const askAccountEvery = time.Minute

// codeOtherAccount refuses account values because other clients follow another account (IBKR's message
// code list).
const codeOtherAccount = 2101

// askAccount asks for the account's values. A Gateway whose other clients follow another account refuses:
// the books then go without them, and that is said once.
func (s *session) askAccount(ctx context.Context) error {
	m := &s.money
	if !m.askedAt.IsZero() && s.e.since(m.askedAt) < askAccountEvery {
		return nil
	}
	r, err := insist(ctx, s, "account values", s.b.AccountValues)
	if refusal, ok := errors.AsType[*broker.Error](err); ok && refusal.Code == codeOtherAccount {
		m.askedAt, m.cash = s.e.now(), nil
		s.marks.portfolio = map[int64]mark{}
		if !m.refused {
			m.refused = true
			s.log.Warn("the Gateway refuses the account's values: cash and prices of holdings are not compared",
				"code", refusal.Code, "message", oneLine(refusal.Message))
		}
		return nil
	}
	if err != nil {
		return err
	}
	m.askedAt, m.cash = s.e.now(), s.cashIn(r.Values)
	s.marks.portfolio = map[int64]mark{}
	for _, p := range r.Portfolio {
		if p.Account == s.account && p.Price != nil && p.Price.IsPos() && !p.Quantity.IsZero() {
			s.marks.portfolio[p.Contract.ConID] = mark{*p.Price, s.e.now()}
		}
	}
	return nil
}

// cashIn is the account's cash in the traded currency, nil when it is not among the values.
func (s *session) cashIn(values []broker.AccountValue) *decimal.Decimal {
	currency, one := s.e.cfg.currency()
	for _, v := range values {
		if one && v.Account == s.account && v.Key == "CashBalance" && v.Currency == currency {
			return &v.Amount
		}
	}
	return nil
}

// compareCash sets the broker's cash beside the books'. A difference that lasts is booked and told, and
// above the limit it halts. Whatever moves while others trade in the account is theirs.
func (s *session) compareCash(ctx context.Context) error {
	currency, one := s.e.cfg.currency()
	cash := s.money.cash
	s.money.cash = nil // what is compared later must be told later
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
		m.othersAt = s.e.now()
	}
	switch settling := s.e.since(m.othersAt) < cashSettles; {
	case settling:
		m.since = time.Time{}
		return s.setCash(ctx, currency, *cash, decimal.Zero)
	case amount.Abs().Cmp(cent) <= 0:
		m.since = time.Time{}
		return nil
	case m.since.IsZero() || m.unlike.Cmp(amount) != 0:
		m.since, m.unlike = s.e.now(), amount
		return nil
	case s.e.since(m.since) < cashSettles:
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
		Limit: "max-unexplained",
		Detail: fmt.Sprintf("the account's cash changed by %s %s that no execution explains, limit %s",
			difference, currency, limit),
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
