package session

import (
	"fmt"
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

const (
	codeMaxDepth      = 309
	codeNoDepth       = 310
	codeDepthHalted   = 316
	codeDepthReset    = 317
	codeDepthVenues   = 2152
	codeDeepNotServed = 10092

	textDepthHalted = "Market depth data has been HALTED. Please re-subscribe."
	textDepthReset  = "Market depth data has been RESET. Please empty deep book contents before " +
		"applying any new entries."
	textDeepNotServed = "Deep market data is not supported for this combination of security " +
		"type/exchange"
	textNotSubscribed = "Requested market data is not subscribed."
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqMktDepth:    on((*Session).reqMktDepth),
		wire.CancelMktDepth: on((*Session).cancelMktDepth),
	})
}

// depth is a reqMktDepth.
type depth struct {
	id         int
	instrument market.Instrument
	rows       int
	smart      bool
	makers     bool // rows say whose they are: updateMktDepthL2

	bids, asks []market.Level // as the client knows them
	paused     bool           // the farm was away: the client's book is worth nothing
	session    market.Window  // of the last look
}

// reqMktDepth sends an order book and keeps it right. What is refused locally, and in which order,
// is a Gateway's: the request itself, a live id, the limit, the venue, the subscription.
func (s *Session) reqMktDepth(m *protobuf.MarketDepthRequest) {
	id, c := int(m.GetReqId()), m.GetContract()
	if bad := depthRequest(m); bad != nil {
		s.refuse(id, bad)
		return
	}
	i, ok := s.instrument(id, c)
	if !ok {
		return
	}
	if i.Rerouted() {
		s.reroute(wire.RerouteMktDepthReq, id, i)
		return
	}
	d := &depth{id: id, instrument: i, rows: int(m.GetNumRows()), smart: m.GetIsSmartDepth()}
	key := depthKey(id, d.smart)
	if s.subscribed(key) != nil {
		s.fail(id, codeProcessing, textDuplicateTicker)
		return
	}
	if most := s.login.deepLines(); !s.login.mayReadDepth(i.ConID, most) {
		s.fail(id, codeMaxDepth,
			fmt.Sprintf("Max number (%d) of market depth requests has been reached", most))
		return
	}
	service, listed := depthService(i, c.GetExchange())
	d.makers = d.smart || service == deepWithMakers
	switch {
	case !d.smart && !listed, d.smart && i.SecType != market.Stock:
		s.fail(id, codeDeepNotServed, textDeepNotServed)
	case d.smart:
		s.fail(id, codeDepthVenues, s.depthVenues(i))
		if s.entitled(i) {
			s.subscribe(key, d)
		}
	case !s.entitled(i):
		s.fail(id, codeNotListed, textNotSubscribed)
	default:
		s.subscribe(key, d)
	}
}

func depthKey(id int, smart bool) feedKey {
	if smart {
		return feedKey{smartDepthFeed, id}
	}
	return feedKey{depthFeed, id}
}

// depthRequest is what is wrong with a request whatever its contract.
func depthRequest(m *protobuf.MarketDepthRequest) *refusal {
	switch c := m.GetContract(); {
	case strings.TrimSpace(c.GetExchange()) == "":
		return refuse("Please enter exchange.")
	case c.GetSecType() == secTypeCombo:
		return refuse("Market depth does not support combos.")
	case m.GetNumRows() <= 0:
		return refuse("Market depth rows requested must be greater than zero.")
	}
	return nil
}

// deepLines is how many contracts a login may have the depth of, and as many tick-by-tick
// subscriptions: one for every 100 market data lines, as IBKR documents.
func (l *Login) deepLines() int {
	const least, most, lines = 3, 60, 100
	return min(max(l.cfg.MarketDataLines/lines, least), most)
}

// mayReadDepth reports whether the login may read one more order book. All requests of a contract
// are one.
func (l *Login) mayReadDepth(conID, most int) bool {
	books := make(map[int]bool)
	l.eachFeed(func(f feed) {
		if d, ok := f.(*depth); ok {
			books[d.instrument.ConID] = true
		}
	})
	return books[conID] || len(books) < most
}

// wake implements feed. When the market opens again, and after a farm was away, the client is to
// empty its book; a halt ends the subscription.
func (d *depth) wake(s *Session, v *exchange.View) time.Time {
	m := s.login.exchange.Market()
	if m.Halted(d.instrument, v.Now()) {
		s.fail(d.id, codeDepthHalted, textDepthHalted)
		return time.Time{}
	}
	session := m.Next(d.instrument, v.Now(), true)
	if !d.session.Open.IsZero() && (d.paused || d.reopened(session)) {
		s.fail(d.id, codeDepthReset, textDepthReset)
		d.bids, d.asks = nil, nil
	}
	d.session, d.paused = session, false
	bids, asks := m.Depth(d.instrument, v.Now(), d.rows)
	d.send(s, bidSide, d.bids, bids)
	d.send(s, askSide, d.asks, asks)
	d.bids, d.asks = bids, asks
	return nextLook(v.Now(), m.NextTick(d.instrument, v.Now()))
}

// pause implements pauser.
func (d *depth) pause() { d.paused = true }

// reopened reports whether the market was closed since the last look.
func (d *depth) reopened(session market.Window) bool {
	return session.Open.After(d.session.Close)
}

// The sides and operations of a row of a book.
const (
	askSide = 0
	bidSide = 1

	insertRow = 0
	updateRow = 1
	deleteRow = 2
)

func (d *depth) send(s *Session, side int, was, is []market.Level) {
	for c := range bookChanges(was, is, side == bidSide) {
		data := &protobuf.MarketDepthData{
			Position: num(c.row), Operation: num(c.operation), Side: num(side),
			Price: proto.Float64(priceOf(c.level.Price)), Size: proto.String(whole(c.level.Size)),
		}
		if c.operation == deleteRow {
			data.Price, data.Size = proto.Float64(0), proto.String("0")
		}
		if !d.makers {
			s.send(wire.UpdateMktDepth, &protobuf.MarketDepth{
				ReqId: num(d.id), MarketDepthData: data,
			})
			continue
		}
		data.MarketMaker, data.IsSmartDepth = proto.String(c.level.Maker), proto.Bool(d.smart)
		s.send(wire.UpdateMktDepthL2, &protobuf.MarketDepthL2{
			ReqId: num(d.id), MarketDepthData: data,
		})
	}
}

// cancelMktDepth has no answer when there is something to cancel.
func (s *Session) cancelMktDepth(m *protobuf.CancelMarketDepth) {
	id := int(m.GetReqId())
	if s.unsubscribe(depthKey(id, m.GetIsSmartDepth())) == nil {
		s.fail(id, codeNoDepth,
			fmt.Sprintf("Can't find the subscribed market depth with tickerId:%d", id))
	}
}
