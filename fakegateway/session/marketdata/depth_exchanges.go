package marketdata

import (
	"slices"
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
	"ibsoak/internal/wire"
)

// deepWithMakers is IBKR's name of a book whose rows say whose they are.
const deepWithMakers = "Deep2"

// The older and the newer name of an exchange; texts about permissions have the older one.
const nasdaqAlias, nasdaqName = "ISLAND", "NASDAQ"

// ReqMktDepthExchanges lists the venues that show their books.
func (s *Session) ReqMktDepthExchanges(*protobuf.MarketDepthExchangesRequest) {
	answer := &protobuf.MarketDepthExchanges{}
	for _, e := range market.DepthExchanges() {
		d := &protobuf.DepthMarketDataDescription{
			Exchange: proto.String(e.Exchange), SecType: proto.String(string(e.SecType)),
			ListingExch: proto.String(e.ListingExchange), ServiceDataType: proto.String(e.ServiceDataType),
		}
		if e.AggGroup != 0 {
			d.AggGroup = client.Num(e.AggGroup)
		}
		answer.DepthMarketDataDescriptions = append(answer.DepthMarketDataDescriptions, d)
	}
	s.client.Send(wire.MktDepthExchanges, answer)
}

// depthService is what an exchange offers of an instrument's book.
func depthService(i market.Instrument, exchange string) (service string, ok bool) {
	exchange = strings.ToUpper(exchange)
	if exchange == nasdaqAlias {
		exchange = nasdaqName
	}
	for _, e := range market.DepthExchanges() {
		if e.Exchange == exchange && e.SecType == i.SecType {
			return e.ServiceDataType, true
		}
	}
	return "", false
}

// depthVenues is the notice of a smart book: whose books it has, of whom only the best price, and
// which need a subscription.
func (s *Session) depthVenues(i market.Instrument) string {
	var books, tops, missing []string
	for venue := range strings.SplitSeq(i.ValidExchanges, ",") {
		_, deep := depthService(i, venue)
		switch {
		case venue == contract.SMART:
		case deep && s.entitled(i):
			books = append(books, venue)
		case deep:
			missing = append(missing, venue)
		default:
			tops = append(tops, venue)
		}
	}
	text := "Exchanges - " + venueList("Depth", books) + venueList("Top", tops)
	if len(missing) > 0 {
		text += "Need additional market data permissions - " + venueList("Depth", missing)
	}
	return text
}

func venueList(what string, venues []string) string {
	if len(venues) == 0 {
		return ""
	}
	slices.Sort(venues)
	return what + ": " + strings.Join(venues, "; ") + "; "
}
