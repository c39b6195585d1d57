package marketdata

import (
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// sendOptionTicks sends what an option's quotes imply: volatility and greeks at the bid, the ask and
// the last trade when they change, and the model's, which follows the underlying.
func (q *quotes) sendOptionTicks(s *Session, types *tickTypes, now state, first bool, at time.Time) {
	i := q.priced.instrument
	if !i.SecType.IsOption() || !now.open && !q.frozen {
		return
	}
	m, was := s.login.exchange.Market(), &q.sent
	model, ok := m.Greeks(i, at)
	if !ok {
		return
	}
	one := func(tick int32, p, before decimal.Decimal) {
		if !first && p == before {
			return
		}
		g, ok := m.ImpliedVolatility(i, at, client.PriceOf(p), model.UnderPrice)
		if !ok {
			s.client.Send(wire.TickOptionComputation, unknownComputation(q.id, int(tick)))
			return
		}
		g.Price = client.PriceOf(p)
		s.client.Send(wire.TickOptionComputation, computation(q.id, int(tick), g))
	}
	one(types.bidOption, now.bid, was.bid)
	one(types.askOption, now.ask, was.ask)
	one(types.lastOption, now.last, was.last)
	if first || model != q.model {
		q.model = model
		s.client.Send(wire.TickOptionComputation, computation(q.id, int(types.model), model))
	}
}
