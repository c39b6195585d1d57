package marketdata

import (
	"fmt"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/feed"
	"ibsoak/internal/wire"
)

// IBKR's numbers of the types of market data.
const (
	liveData          = 1
	frozenData        = 2
	delayedData       = 3
	delayedFrozenData = 4
)

const (
	codeNoTicker  = 300
	codeNotListed = 354

	textSnapshotGeneric = "Snapshot market data subscription is not applicable to generic ticks"
)

// ReqMarketDataType has no answer; it is about later requests.
func (s *Session) ReqMarketDataType(m *protobuf.MarketDataTypeRequest) {
	s.client.Lock()
	defer s.client.Unlock()
	s.dataType = int(m.GetMarketDataType())
}

// ReqMktData sends live data to a login that is subscribed, delayed data to a client that has
// asked for that, and else the error of a login without market data subscriptions.
func (s *Session) ReqMktData(m *protobuf.MarketDataRequest) {
	id := int(m.GetReqId())
	priced, ok := s.priced(id, m.GetContract())
	if !ok {
		return
	}
	generic, bad := genericTicks(m, priced.instrument)
	if bad != nil {
		s.client.Refuse(id, bad)
		return
	}
	key := feed.Key{Kind: feed.Quotes, ID: id}
	switch {
	case s.feeds.Get(key) != nil:
		s.client.Fail(id, client.CodeProcessing, client.TextDuplicateTicker)
		return
	case m.GetRegulatorySnapshot():
		s.client.Fail(id, codeNotListed, textNotSubscribed)
		return
	case priced.instrument.Rerouted() && len(priced.legs) == 0:
		s.reroute(wire.RerouteMktDataReq, id, priced.instrument)
		return
	}
	sub := &quotes{s: s, id: id, priced: priced, generic: generic, snapshot: m.GetSnapshot()}
	s.client.Lock()
	dataType := s.dataType
	s.client.Unlock()
	if !s.entitled(priced.instrument) {
		sub.delayed = dataType >= delayedData
		if !s.admitUnsubscribed(sub) {
			return
		}
	}
	sub.frozen = dataType == frozenData || dataType == delayedFrozenData
	if !s.takeLine(id) {
		return
	}
	s.feeds.Subscribe(key, sub)
	if sub.snapshot {
		s.releaseLines(1)
	}
}

// entitled reports whether the login has live data of an instrument. Currencies are free.
func (s *Session) entitled(i market.Instrument) bool {
	return s.login.cfg.LiveMarketData || i.SecType.FreeData()
}

// admitUnsubscribed answers what a login without the subscription gets: delayed data with
// notice 10167 (not before a snapshot, as captured at 206 and 225), the ticks that need no
// subscription, or nothing. It reports whether anything is to follow.
func (s *Session) admitUnsubscribed(q *quotes) bool {
	i, denial := q.priced.instrument, denials[s.login.cfg.MarketDataDenial]
	switch {
	case q.delayed && !denial.noDelayed:
		if !q.snapshot {
			s.client.Fail(q.id, 10167, "Requested market data is not subscribed. "+
				"Displaying delayed market data.")
		}
		return true
	case q.generic.free():
		q.delayed, q.freeOnly = false, true
		s.sendTickParameters(q.id, i)
		s.client.Fail(q.id, denial.part.Code, denial.text(denial.part, i))
		return true
	default:
		s.sendTickParameters(q.id, i)
		s.client.Fail(q.id, denial.all.Code, denial.text(denial.all, i))
		return false
	}
}

// CancelMktData has no answer when there is something to cancel.
func (s *Session) CancelMktData(m *protobuf.CancelMarketData) {
	id := int(m.GetReqId())
	if s.feeds.Unsubscribe(feed.Key{Kind: feed.Quotes, ID: id}) == nil {
		s.client.Fail(id, codeNoTicker, fmt.Sprintf("Can't find EId with tickerId:%d", id))
		return
	}
	s.releaseLines(1)
}

// reroute sends the client of a contract for difference to its underlying, whose data it shall ask
// for.
func (s *Session) reroute(k wire.Kind, id int, i market.Instrument) {
	under, ok := s.login.exchange.Market().Lookup(i.UnderConID)
	if !ok {
		s.client.Fail(id, client.CodeNoSecurity, client.TextNoSecurity)
		return
	}
	conID, exchange := client.Num(under.ConID), proto.String(under.Exchange)
	if k == wire.RerouteMktDataReq {
		s.client.Send(k, &protobuf.RerouteMarketDataRequest{
			ReqId: client.Num(id), ConId: conID, Exchange: exchange,
		})
		return
	}
	s.client.Send(k, &protobuf.RerouteMarketDepthRequest{
		ReqId: client.Num(id), ConId: conID, Exchange: exchange,
	})
}

// sendTickParameters says how finely prices come. bboExchange names the map of smart components.
func (s *Session) sendTickParameters(id int, i market.Instrument) {
	s.client.Send(wire.TickReqParams, &protobuf.TickReqParams{
		ReqId: client.Num(id), MinTick: proto.String(i.MinTick.String()),
		BboExchange: proto.String(bboExchange(i)), SnapshotPermissions: client.Num(snapshotPermissions),
	})
}

// snapshotPermissions of a paper account, as captured.
const snapshotPermissions = 4

// bboExchange names the exchanges whose quotes are joined in an instrument's: only those of stocks
// are.
func bboExchange(i market.Instrument) string {
	if i.SecType == market.Stock {
		return market.BBOExchange
	}
	return ""
}
