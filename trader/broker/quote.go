package broker

import (
	"context"
	"fmt"

	"github.com/scmhub/ibapi"
)

// MarketData is which market data a session gets (IBKR's market data types).
type MarketData int64

// The kinds of market data.
const (
	LiveData          MarketData = 1
	FrozenData        MarketData = 2
	DelayedData       MarketData = 3
	DelayedFrozenData MarketData = 4
)

// String names the kind.
func (m MarketData) String() string {
	if m < LiveData || m > DelayedFrozenData {
		return fmt.Sprintf("type %d", int64(m))
	}
	return [...]string{"live", "frozen", "delayed", "delayed frozen"}[m-1]
}

// MarketData asks which kind of data there is for a contract: live if this login has it, else delayed. It
// subscribes to the contract's quotes until the Gateway has said the kind, or sent one. A login without any
// is an *Error.
func (s *Session) MarketData(ctx context.Context, c Contract) (MarketData, error) {
	if err := c.check(); err != nil {
		return 0, fmt.Errorf("market data: %w", err)
	}
	if _, err := s.link.Submit(ctx, func() { s.client.ReqMarketDataType(int64(DelayedData)) }); err != nil {
		return 0, fmt.Errorf("market data: %w: %w", ErrIncomplete, overError(err))
	}
	id := s.nextRequestID()
	kinds, err := ask[MarketData](ctx, s, "market data", request{
		id:      id,
		send:    func(id int64) { s.client.ReqMktData(id, c.toAPI(), "", false, false, nil) },
		abandon: s.client.CancelMktData,
	})
	if err != nil {
		return 0, err
	}
	s.forget(ctx, func() { s.client.CancelMktData(id) })
	if len(kinds) == 0 {
		return 0, fmt.Errorf("market data: %w", ErrIncomplete)
	}
	return kinds[0], nil
}

// tells completes a MarketData.
func (s *Session) tells(id int64, kind MarketData) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.calls[id].(*answer[MarketData]); ok { // later quotes are nobody's
		a.add(kind)
		a.finish(nil)
	}
}

// MarketDataType says the kind of a subscription's data.
func (c *callbacks) MarketDataType(id, kind int64) { c.session.tells(id, MarketData(kind)) }

// TickPrice is a quote. Its number says whether it is delayed (IBKR's tick types 66 to 76).
func (c *callbacks) TickPrice(id int64, tick ibapi.TickType, _ float64, _ ibapi.TickAttrib) {
	const firstDelayed, lastDelayed = 66, 76
	kind := LiveData
	if tick >= firstDelayed && tick <= lastDelayed {
		kind = DelayedData
	}
	c.session.tells(id, kind)
}
