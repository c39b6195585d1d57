package fakegateway

import (
	"slices"
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqMktDepthExchanges: on((*session).reqMktDepthExchanges),
	})
}

// The services that IBKR offers a book of.
const (
	deep           = "Deep"
	deepWithMakers = "Deep2"
)

// depthExchange is a venue that shows its book.
type depthExchange struct {
	exchange string
	secType  market.SecType
	listing  string // of the stocks that it has the book of; "": all
	service  string
	aggGroup int32
}

// depthExchanges are the venues with a book of what is listed here.
var depthExchanges = []depthExchange{
	{"ARCA", market.Stock, "", deepWithMakers, stockGroup},
	{"BATS", market.Stock, "", deepWithMakers, stockGroup},
	{"BEX", market.Stock, "", deepWithMakers, stockGroup},
	{"IEX", market.Stock, "", deepWithMakers, stockGroup},
	{"NASDAQ", market.Stock, "", deepWithMakers, stockGroup},
	{"NYSE", market.Stock, "NYSE", deepWithMakers, stockGroup},
	{"CME", market.Future, "", deep, noAggGroup},
	{"CBOT", market.Future, "", deep, noAggGroup},
	{"NYMEX", market.Future, "", deep, noAggGroup},
	{"COMEX", market.Future, "", deep, noAggGroup},
	{"EUREX", market.Future, "", deep, noAggGroup},
	{"IDEALPRO", market.Cash, "", deep, idealGroup},
	{"CBOE", market.Option, "", deep, optionGroup},
}

const (
	noAggGroup  = 2147483647 // unset
	stockGroup  = 1
	idealGroup  = 4
	optionGroup = 2

	nasdaqAlias, nasdaqName = "ISLAND", "NASDAQ"
)

// reqMktDepthExchanges lists them.
func (s *session) reqMktDepthExchanges(*protobuf.MarketDepthExchangesRequest) {
	answer := &protobuf.MarketDepthExchanges{}
	for _, e := range depthExchanges {
		answer.DepthMarketDataDescriptions = append(answer.DepthMarketDataDescriptions,
			&protobuf.DepthMarketDataDescription{
				Exchange: proto.String(e.exchange), SecType: proto.String(string(e.secType)),
				ListingExch: proto.String(e.listing), ServiceDataType: proto.String(e.service),
				AggGroup: proto.Int32(e.aggGroup),
			})
	}
	s.send(wire.MktDepthExchanges, answer)
}

// depthService is what an exchange offers of an instrument's book.
func depthService(i market.Instrument, exchange string) (service string, ok bool) {
	exchange = strings.ToUpper(exchange)
	if exchange == nasdaqAlias {
		exchange = nasdaqName
	}
	for _, e := range depthExchanges {
		if e.exchange == exchange && e.secType == i.SecType &&
			(e.listing == "" || e.listing == i.PrimaryExchange) {
			return e.service, true
		}
	}
	return "", false
}

// depthVenues is the notice of a smart book: whose books it has, of whom only the best price, and
// which need a subscription.
func (s *session) depthVenues(i market.Instrument) string {
	var books, tops, missing []string
	for venue := range strings.SplitSeq(i.ValidExchanges, ",") {
		_, deep := depthService(i, venue)
		switch {
		case venue == exchSMART:
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
