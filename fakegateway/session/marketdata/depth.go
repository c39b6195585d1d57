package marketdata

import (
	"fmt"
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
	"ibsoak/fakegateway/session/feed"
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

// depth is a reqMktDepth.
type depth struct {
	s          *Session
	id         int
	instrument market.Instrument
	rows       int
	smart      bool
	makers     bool // rows say whose they are: updateMktDepthL2

	bids, asks []market.Level // as the client knows them
	paused     bool           // the farm was away: the client's book is worth nothing
	session    market.Window  // of the last look
}

// ReqMktDepth sends an order book and keeps it right. What is refused locally, and in which order,
// is a Gateway's: the request itself, a live id, the limit, the venue, the subscription.
func (s *Session) ReqMktDepth(m *protobuf.MarketDepthRequest) {
	id, c := int(m.GetReqId()), m.GetContract()
	if bad := depthRequest(m); bad != nil {
		s.client.Refuse(id, bad)
		return
	}
	i, ok := s.contracts.Instrument(id, c)
	if !ok {
		return
	}
	if i.Rerouted() {
		s.reroute(wire.RerouteMktDepthReq, id, i)
		return
	}
	d := &depth{s: s, id: id, instrument: i, rows: int(m.GetNumRows()), smart: m.GetIsSmartDepth()}
	key := depthKey(id, d.smart)
	if s.feeds.Get(key) != nil {
		s.client.Fail(id, client.CodeProcessing, client.TextDuplicateTicker)
		return
	}
	if most := s.login.deepLines(); !s.login.mayReadDepth(i.ConID, most) {
		s.client.Fail(id, codeMaxDepth,
			fmt.Sprintf("Max number (%d) of market depth requests has been reached", most))
		return
	}
	service, listed := depthService(i, c.GetExchange())
	d.makers = d.smart || service == deepWithMakers
	switch {
	case !d.smart && !listed, d.smart && i.SecType != market.Stock:
		s.client.Fail(id, codeDeepNotServed, textDeepNotServed)
	case d.smart:
		s.client.Fail(id, codeDepthVenues, s.depthVenues(i))
		if s.entitled(i) {
			s.feeds.Subscribe(key, d)
		}
	case !s.entitled(i):
		s.client.Fail(id, codeNotListed, textNotSubscribed)
	default:
		s.feeds.Subscribe(key, d)
	}
}

func depthKey(id int, smart bool) feed.Key {
	if smart {
		return feed.Key{Kind: feed.SmartDepth, ID: id}
	}
	return feed.Key{Kind: feed.Depth, ID: id}
}

// depthRequest is what is wrong with a request whatever its contract.
func depthRequest(m *protobuf.MarketDepthRequest) *client.Refusal {
	switch c := m.GetContract(); {
	case strings.TrimSpace(c.GetExchange()) == "":
		return client.Invalid("Please enter exchange.")
	case contract.IsCombo(c):
		return client.Invalid("Market depth does not support combos.")
	case m.GetNumRows() <= 0:
		return client.Invalid("Market depth rows requested must be greater than zero.")
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
	l.feeds(func(f *feed.Feeds) {
		f.Each(func(one feed.Feed) {
			if d, ok := one.(*depth); ok {
				books[d.instrument.ConID] = true
			}
		})
	})
	return books[conID] || len(books) < most
}

// Wake implements feed.Feed. When the market opens again, and after a farm was away, the client is to
// empty its book; a halt ends the subscription.
func (d *depth) Wake(v *exchange.View) time.Time {
	s := d.s
	m := s.login.exchange.Market()
	if m.Halted(d.instrument, v.Now()) {
		s.client.Fail(d.id, codeDepthHalted, textDepthHalted)
		return time.Time{}
	}
	session := m.Next(d.instrument, v.Now(), true)
	if !d.session.Open.IsZero() && (d.paused || d.reopened(session)) {
		s.client.Fail(d.id, codeDepthReset, textDepthReset)
		d.bids, d.asks = nil, nil
	}
	d.session, d.paused = session, false
	bids, asks := m.Depth(d.instrument, v.Now(), d.rows)
	d.send(bidSide, d.bids, bids)
	d.send(askSide, d.asks, asks)
	d.bids, d.asks = bids, asks
	return nextLook(v.Now(), m.NextTick(d.instrument, v.Now()))
}

// Pause implements feed.Pauser.
func (d *depth) Pause() { d.paused = true }

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

func (d *depth) send(side int, was, is []market.Level) {
	for c := range bookChanges(was, is, side == bidSide) {
		data := &protobuf.MarketDepthData{
			Position: client.Num(c.row), Operation: client.Num(c.operation), Side: client.Num(side),
			Price: proto.Float64(client.PriceOf(c.level.Price)), Size: proto.String(client.Whole(c.level.Size)),
		}
		if c.operation == deleteRow {
			data.Price, data.Size = proto.Float64(0), proto.String("0")
		}
		if !d.makers {
			d.s.client.Send(wire.UpdateMktDepth, &protobuf.MarketDepth{
				ReqId: client.Num(d.id), MarketDepthData: data,
			})
			continue
		}
		data.MarketMaker, data.IsSmartDepth = proto.String(c.level.Maker), proto.Bool(d.smart)
		d.s.client.Send(wire.UpdateMktDepthL2, &protobuf.MarketDepthL2{
			ReqId: client.Num(d.id), MarketDepthData: data,
		})
	}
}

// CancelMktDepth has no answer when there is something to cancel.
func (s *Session) CancelMktDepth(m *protobuf.CancelMarketDepth) {
	id := int(m.GetReqId())
	if s.feeds.Unsubscribe(depthKey(id, m.GetIsSmartDepth())) == nil {
		s.client.Fail(id, codeNoDepth,
			fmt.Sprintf("Can't find the subscribed market depth with tickerId:%d", id))
	}
}
