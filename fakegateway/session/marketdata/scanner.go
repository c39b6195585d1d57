package marketdata

import (
	"fmt"
	"slices"
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
	codeScannerEmpty = 165
	codeNoScanner    = 365

	// maxScanners and maxScannerRows are IBKR's limits of a client and of an answer.
	maxScanners    = 10
	maxScannerRows = 50
	// scanEvery is how often a scan is repeated; what is new of it is sent.
	scanEvery = 30 * time.Second
)

// ReqScannerParameters sends the document of what can be scanned.
func (s *Session) ReqScannerParameters(*protobuf.ScannerParametersRequest) {
	s.client.Send(wire.ScannerParameters, &protobuf.ScannerParameters{Xml: proto.String(scannerDocument())})
}

// scanner is a reqScannerSubscription.
type scanner struct {
	s     *Session
	id    int
	scan  scan
	query *protobuf.ScannerSubscription
	rows  int
	past  map[int]pastDays
	sent  []int // contract ids by rank
	ran   bool
}

// ReqScannerSubscription ranks the listed stocks, and does so again while it lasts.
func (s *Session) ReqScannerSubscription(m *protobuf.ScannerSubscriptionRequest) {
	id, q := int(m.GetReqId()), m.GetScannerSubscription()
	key := feed.Key{Kind: feed.Scanner, ID: id}
	known, running := s.feeds.Get(key) != nil, s.feeds.Count(feed.Scanner)
	scan, ok := scanByCode(q.GetScanCode())
	filter := disabledFilter(q)
	switch {
	case known:
		s.client.Fail(id, client.CodeProcessing, client.TextDuplicateTicker)
		return
	case running >= maxScanners:
		s.client.Fail(id, client.CodeProcessing, fmt.Sprintf("Error processing request.-'bG' : cause - "+
			"Only %d simultaneous API scanner subscriptions allowed.", maxScanners))
		return
	case q.GetInstrument() != string(market.Stock) || !slices.Contains(scanLocations, q.GetLocationCode()):
		s.client.Fail(id, client.CodeHistory, fmt.Sprintf("%sInvalid instrument or location: %s %s",
			client.TextHistory, q.GetInstrument(), q.GetLocationCode()))
		return
	case !ok:
		s.client.Fail(id, client.CodeHistory,
			fmt.Sprintf("%sScanner type with code %s is disabled.", client.TextHistory, q.GetScanCode()))
		return
	case filter != "":
		s.client.Fail(id, client.CodeHistory,
			fmt.Sprintf("%sScanner filter %s is disabled.", client.TextHistory, filter))
		return
	}
	rows := int(q.GetNumberOfRows())
	if rows <= 0 || rows > maxScannerRows {
		rows = maxScannerRows
	}
	s.feeds.Subscribe(key, &scanner{
		s: s, id: id, scan: scan, query: q, rows: rows, past: make(map[int]pastDays),
	})
}

// Wake implements feed.Feed.
func (c *scanner) Wake(v *exchange.View) time.Time {
	found := c.ranking(c.s.login, v)
	found = found[:min(len(found), c.rows)]
	ids := make([]int, len(found))
	for rank, f := range found {
		ids[rank] = f.instrument.ConID
	}
	if !c.ran || !slices.Equal(ids, c.sent) {
		c.send(found)
	}
	c.ran, c.sent = true, ids
	return v.Now().Truncate(scanEvery).Add(scanEvery)
}

// send sends ranks from 0; clients take the end of the message for the end of the scan.
func (c *scanner) send(found []scanned) {
	if len(found) == 0 {
		c.s.client.Fail(c.id, codeScannerEmpty, "Historical Market Data Service query message:no items retrieved")
	}
	answer := &protobuf.ScannerData{ReqId: client.Num(c.id)}
	for rank, f := range found {
		answer.ScannerDataElement = append(answer.ScannerDataElement, &protobuf.ScannerDataElement{
			Rank: client.Num(rank), Contract: contract.Of(f.instrument, f.instrument.Exchange),
			MarketName: proto.String(f.instrument.TradingClass), Distance: proto.String(""),
			Benchmark: proto.String(""), Projection: proto.String(""), ComboKey: proto.String(""),
		})
	}
	c.s.client.Send(wire.ScannerData, answer)
}

// CancelScannerSubscription is answered by the history service, which runs the scans.
func (s *Session) CancelScannerSubscription(m *protobuf.CancelScannerSubscription) {
	id := int(m.GetReqId())
	if s.feeds.Unsubscribe(feed.Key{Kind: feed.Scanner, ID: id}) == nil {
		s.client.Fail(id, codeNoScanner, fmt.Sprintf("No scanner subscription found for ticker id:%d", id))
		return
	}
	s.client.Fail(id, client.CodeHistory,
		fmt.Sprintf("%sAPI scanner subscription cancelled: %d", client.TextHistory, id))
}
