package session

import (
	"fmt"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqMarketDataType: on((*Session).reqMarketDataType),
		wire.ReqMktData:        on((*Session).reqMktData),
		wire.CancelMktData:     on((*Session).cancelMktData),
	})
}

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

// reqMarketDataType has no answer; it speaks of later requests.
func (s *Session) reqMarketDataType(m *protobuf.MarketDataTypeRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data.dataType = int(m.GetMarketDataType())
}

// reqMktData sends live data to a login that is subscribed, delayed data to a client that has
// asked for that, and else the error of a login without market data subscriptions.
func (s *Session) reqMktData(m *protobuf.MarketDataRequest) {
	id := int(m.GetReqId())
	priced, ok := s.priced(id, m.GetContract())
	if !ok {
		return
	}
	generic, bad := genericTicks(m, priced.instrument)
	if bad != nil {
		s.refuse(id, bad)
		return
	}
	key := feedKey{quoteFeed, id}
	s.mu.Lock()
	dataType, known := s.data.dataType, s.data.get(key) != nil
	s.mu.Unlock()
	switch {
	case known:
		s.fail(id, codeProcessing, textDuplicateTicker)
		return
	case m.GetRegulatorySnapshot():
		s.fail(id, codeNotListed, textNotSubscribed)
		return
	case priced.instrument.Rerouted() && len(priced.legs) == 0:
		s.reroute(wire.RerouteMktDataReq, id, priced.instrument)
		return
	}
	sub := &quotes{id: id, priced: priced, generic: generic, snapshot: m.GetSnapshot()}
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
	s.subscribe(key, sub)
	if sub.snapshot {
		s.releaseLines(1)
	}
}

// entitled reports whether the login has live data of an instrument. Currencies are free.
func (s *Session) entitled(i market.Instrument) bool {
	return s.login.cfg.LiveMarketData || i.SecType == market.Cash
}

// admitUnsubscribed tells a client what a login without the subscription gets: delayed data with
// notice 10167 (not before a snapshot, as captured at 206 and 225), the ticks that need no
// subscription, or nothing. It reports whether anything is to follow.
func (s *Session) admitUnsubscribed(q *quotes) bool {
	i, denial := q.priced.instrument, denials[s.login.cfg.MarketDataDenial]
	switch {
	case q.delayed && !denial.noDelayed:
		if !q.snapshot {
			s.fail(q.id, 10167, "Requested market data is not subscribed. "+
				"Displaying delayed market data.")
		}
		return true
	case q.generic.free():
		q.delayed, q.freeOnly = false, true
		s.sendTickParameters(q.id, i)
		s.fail(q.id, denial.part.Code, denial.text(denial.part, i))
		return true
	default:
		s.sendTickParameters(q.id, i)
		s.fail(q.id, denial.all.Code, denial.text(denial.all, i))
		return false
	}
}

// cancelMktData has no answer when there is something to cancel.
func (s *Session) cancelMktData(m *protobuf.CancelMarketData) {
	id := int(m.GetReqId())
	if s.unsubscribe(feedKey{quoteFeed, id}) == nil {
		s.fail(id, codeNoTicker, fmt.Sprintf("Can't find EId with tickerId:%d", id))
		return
	}
	s.releaseLines(1)
}

// reroute sends the client of a contract for difference to its underlying, whose data it shall ask
// for.
func (s *Session) reroute(k wire.Kind, id int, i market.Instrument) {
	under, ok := s.login.exchange.Market().Lookup(i.UnderConID)
	if !ok {
		s.fail(id, codeNoSecurity, textNoSecurity)
		return
	}
	conID, exchange := num(under.ConID), proto.String(under.Exchange)
	if k == wire.RerouteMktDataReq {
		s.send(k, &protobuf.RerouteMarketDataRequest{
			ReqId: num(id), ConId: conID, Exchange: exchange,
		})
		return
	}
	s.send(k, &protobuf.RerouteMarketDepthRequest{ReqId: num(id), ConId: conID, Exchange: exchange})
}

// sendTickParameters says how finely prices come. bboExchange names the map of smart components.
func (s *Session) sendTickParameters(id int, i market.Instrument) {
	s.send(wire.TickReqParams, &protobuf.TickReqParams{
		ReqId: num(id), MinTick: proto.String(i.MinTick.String()),
		BboExchange: proto.String(bboExchange(i)), SnapshotPermissions: num(snapshotPermissions),
	})
}

// snapshotPermissions of a paper account, as captured.
const snapshotPermissions = 4
