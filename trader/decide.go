package trader

import (
	"context"

	"github.com/govalues/decimal"

	"ibsoak/trader/exit"
	"ibsoak/trader/strategy"
)

// decide asks the symbol's strategy. The strategy reads the bars that it has not had; its reader lives
// as long as the engine, and a gap in the bars begins a new one.
func (s *session) decide(ctx context.Context, v view) (strategy.Decision, error) {
	of := s.e.cfg.strategyOf(v.symbol)
	r := s.e.readers[v.symbol]
	if r == nil {
		r = of.Start()
		s.e.readers[v.symbol] = r
	}
	if err := r.Read(v.bars); err != nil {
		delete(s.e.readers, v.symbol)
		return strategy.Decision{}, err
	}
	s.e.closes[v.instrument.conID()] = v.last.Close
	var equity decimal.Decimal
	if of.ByEquity() {
		var err error
		if equity, err = s.equity(ctx); err != nil {
			return strategy.Decision{}, err
		}
	}
	return r.Decide(v.held, equity)
}

// equity is what the trader is worth by its own books: its capital, the cash that its trades have left
// and its own shares at their last closes. What else the account holds is none of its money. Shares that
// have not been decided on in this life count nothing, which errs on the side of smaller orders.
func (s *session) equity(ctx context.Context) (decimal.Decimal, error) {
	ctx = context.WithoutCancel(ctx)
	cash, err := s.e.journal.Cash(ctx, s.account)
	if err != nil {
		return cash, exit.Because(exit.State, err)
	}
	positions, err := s.e.journal.Positions(ctx, s.account)
	if err != nil {
		return cash, exit.Because(exit.State, err)
	}
	worth, err := s.e.cfg.Capital.Add(cash)
	for _, p := range positions {
		if err != nil {
			return worth, err
		}
		price, known := s.e.closes[p.ConID]
		if !known {
			continue
		}
		var value decimal.Decimal
		if value, err = p.Held().Mul(price); err == nil {
			worth, err = worth.Add(value)
		}
	}
	return worth, err
}
