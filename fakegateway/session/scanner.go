package session

import (
	"fmt"
	"slices"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
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

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqScannerParameters:      on((*Session).reqScannerParameters),
		wire.ReqScannerSubscription:    on((*Session).reqScannerSubscription),
		wire.CancelScannerSubscription: on((*Session).cancelScannerSubscription),
	})
}

func (s *Session) reqScannerParameters(*protobuf.ScannerParametersRequest) {
	s.send(wire.ScannerParameters, &protobuf.ScannerParameters{Xml: proto.String(scannerDocument())})
}

// scanner is a reqScannerSubscription.
type scanner struct {
	id    int
	scan  scan
	query *protobuf.ScannerSubscription
	rows  int
	past  map[int]pastDays
	sent  []int // contract ids by rank
	ran   bool
}

// reqScannerSubscription ranks the listed stocks, and does so again while it lasts.
func (s *Session) reqScannerSubscription(m *protobuf.ScannerSubscriptionRequest) {
	id, q := int(m.GetReqId()), m.GetScannerSubscription()
	key := feedKey{scannerFeed, id}
	s.mu.Lock()
	known, running := s.data.get(key) != nil, s.data.count(scannerFeed)
	s.mu.Unlock()
	scan, ok := scanByCode(q.GetScanCode())
	filter := disabledFilter(q)
	switch {
	case known:
		s.fail(id, codeProcessing, textDuplicateTicker)
		return
	case running >= maxScanners:
		s.fail(id, codeProcessing, fmt.Sprintf("Error processing request.-'bG' : cause - "+
			"Only %d simultaneous API scanner subscriptions allowed.", maxScanners))
		return
	case q.GetInstrument() != string(market.Stock) || !slices.Contains(scanLocations, q.GetLocationCode()):
		s.fail(id, codeHistory, fmt.Sprintf("%sInvalid instrument or location: %s %s",
			textHistory, q.GetInstrument(), q.GetLocationCode()))
		return
	case !ok:
		s.fail(id, codeHistory, fmt.Sprintf("%sScanner type with code %s is disabled.", textHistory, q.GetScanCode()))
		return
	case filter != "":
		s.fail(id, codeHistory, fmt.Sprintf("%sScanner filter %s is disabled.", textHistory, filter))
		return
	}
	rows := int(q.GetNumberOfRows())
	if rows <= 0 || rows > maxScannerRows {
		rows = maxScannerRows
	}
	s.subscribe(key, &scanner{
		id: id, scan: scan, query: q, rows: rows, past: make(map[int]pastDays),
	})
}

// wake implements feed.
func (c *scanner) wake(s *Session, v *exchange.View) time.Time {
	found := c.ranking(s.login, v)
	found = found[:min(len(found), c.rows)]
	ids := make([]int, len(found))
	for rank, f := range found {
		ids[rank] = f.instrument.ConID
	}
	if !c.ran || !slices.Equal(ids, c.sent) {
		c.send(s, found)
	}
	c.ran, c.sent = true, ids
	return v.Now().Truncate(scanEvery).Add(scanEvery)
}

// send sends ranks from 0; clients take the end of the message for the end of the scan.
func (c *scanner) send(s *Session, found []scanned) {
	if len(found) == 0 {
		s.fail(c.id, codeScannerEmpty, "Historical Market Data Service query message:no items retrieved")
	}
	answer := &protobuf.ScannerData{ReqId: num(c.id)}
	for rank, f := range found {
		answer.ScannerDataElement = append(answer.ScannerDataElement, &protobuf.ScannerDataElement{
			Rank: num(rank), Contract: contractOf(f.instrument, f.instrument.Exchange),
			MarketName: proto.String(f.instrument.TradingClass), Distance: proto.String(""),
			Benchmark: proto.String(""), Projection: proto.String(""), ComboKey: proto.String(""),
		})
	}
	s.send(wire.ScannerData, answer)
}

// cancelScannerSubscription is answered by the history service, which runs the scans.
func (s *Session) cancelScannerSubscription(m *protobuf.CancelScannerSubscription) {
	id := int(m.GetReqId())
	if s.unsubscribe(feedKey{scannerFeed, id}) == nil {
		s.fail(id, codeNoScanner, fmt.Sprintf("No scanner subscription found for ticker id:%d", id))
		return
	}
	s.fail(id, codeHistory, fmt.Sprintf("%sAPI scanner subscription cancelled: %d", textHistory, id))
}
