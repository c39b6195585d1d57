package trader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/market"
)

// instrument is a contract that the Gateway knows, with its hours.
type instrument struct {
	symbol  string // as configured
	details broker.ContractDetails
	hours   market.Hours
}

func (i instrument) conID() int64 { return i.details.Contract.ConID }

// codeNoSuchContract says that IBKR knows no such contract (its message code list).
const codeNoSuchContract = 200

// refused is a contract that IBKR does not know; it is asked for again after askAgain, or when the Gateway has
// lost or regained IBKR: while it is away a Gateway knows none, and says the same.
type refused struct {
	err   error
	at    time.Time
	epoch uint64
}

const askAgain = 10 * time.Minute

// instrument is the symbol's contract: asked for once a session, and it must be the one that every
// earlier session named. An answer about another symbol is an error: acting on one has cost money.
func (s *session) instrument(ctx context.Context, symbol string) (instrument, error) {
	if i, ok := s.verified[symbol]; ok {
		return i, nil
	}
	epoch := s.b.Epoch()
	if no := s.unknown[symbol]; no.err != nil && no.epoch == epoch && s.e.since(no.at) < askAgain {
		return instrument{}, no.err
	}
	c, err := ParseSymbol(symbol, s.e.cfg.Exchange, s.e.cfg.Currency)
	if err != nil {
		return instrument{}, exit.Because(exit.Usage, err)
	}
	found, err := ask(ctx, s, "contract "+symbol, func(ctx context.Context) ([]broker.ContractDetails, error) {
		return s.b.ContractDetails(ctx, c)
	})
	if refusal, ok := errors.AsType[*broker.Error](err); ok && refusal.Code == codeNoSuchContract {
		s.unknown[symbol] = refused{err, s.e.now(), epoch}
	}
	if err != nil {
		return instrument{}, err
	}
	if len(found) != 1 || found[0].Contract.Symbol != c.Symbol || found[0].Contract.ConID <= 0 {
		return instrument{}, exit.Because(exit.Incomplete, fmt.Errorf(
			"contract %s: the Gateway names %d contracts%s, want exactly this one",
			symbol, len(found), firstSymbol(found)))
	}
	i := instrument{symbol: symbol, details: found[0]}
	i.details.Contract.Exchange = c.Exchange // where its orders go
	if known, ok := s.e.contracts[symbol]; ok && known.conID() != i.conID() {
		return instrument{}, exit.Because(exit.Incomplete, fmt.Errorf(
			"contract %s: was %d, is %d on this session", symbol, known.conID(), i.conID()))
	}
	i.hours = readHours(i.details, s.log)
	s.e.contracts[symbol] = i
	s.verified[symbol] = i
	return i, nil
}

func firstSymbol(found []broker.ContractDetails) string {
	if len(found) == 0 {
		return ""
	}
	return fmt.Sprintf(" (first %s %d)", found[0].Contract.Symbol, found[0].Contract.ConID)
}

// readHours takes the regular hours. Hours that cannot be read are unknown, and freshness decides.
func readHours(d broker.ContractDetails, log *slog.Logger) market.Hours {
	hours, err := market.ParseHours(d.LiquidHours, d.TimeZone)
	if err != nil {
		log.Debug("trading hours unknown", "symbol", d.Contract.Symbol, "error", err)
	}
	return hours
}
