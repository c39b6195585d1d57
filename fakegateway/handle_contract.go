package fakegateway

import (
	"slices"
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

const (
	secTypeStock = "STK"
	currencyUSD  = "USD"
	exchSMART    = "SMART"

	minTick        = "0.01"
	aggGroupStocks = 1
	marketRule     = "26" // a cent at every price
	orderTypes     = "ACTIVETIM,AD,ADJUST,ALERT,ALGO,ALLOC,AON,AVGCOST,BASKET,CASHQTY,COND," +
		"CONDORDER,DAY,DEACT,DEACTDIS,DEACTEOD,GAT,GTC,GTD,GTT,IOC,LIT,LMT,MIT,MKT,MTL,NGCOMB," +
		"NONALGO,OCA,OPENCLOSE,PEGMKT,SCALE,STP,STPLMT,TRAIL,TRAILLIT,TRAILLMT,TRAILMIT,WHATIF"
)

// venues are the exchanges that a US stock can be asked for at.
var venues = []string{
	exchSMART, "AMEX", "NYSE", "CBOE", "PHLX", "ISE", "CHX", "ARCA", "NASDAQ", "DRCTEDGE", "BEX",
	"BATS", "EDGEA", "BYX", "IEX", "EDGX", "FOXRIVER", "PEARL", "NYSENAT", "LTSE", "MEMX",
	"IBEOS", "OVERNIGHT", "TPLUS0", "PSX",
}

func (s *session) reqContractDetails(m *protobuf.ContractDataRequest) {
	i, ok := s.lookup(m.GetContract())
	if !ok {
		s.fail(int(m.GetReqId()), codeNoSecurity, textNoSecurity)
		return
	}
	venue := m.GetContract().GetExchange()
	if venue == "" {
		venue = exchSMART
	}
	contract := contractOf(i, venue)
	contract.PrimaryExch = proto.String(i.PrimaryExchange)
	s.send(wire.ContractData, &protobuf.ContractData{
		ReqId: m.ReqId, Contract: contract, ContractDetails: s.details(i),
	})
	s.send(wire.ContractDataEnd, &protobuf.ContractDataEnd{ReqId: m.ReqId})
}

// lookup finds the instrument that a client's contract names. What is left empty matches.
func (s *session) lookup(c *protobuf.Contract) (market.Instrument, bool) {
	matches := func(have string, want ...string) bool {
		return have == "" || slices.Contains(want, strings.ToUpper(have))
	}
	conID := int(c.GetConId())
	typed := c.GetSecType() != "" || conID != 0 // a contract id says what it is
	if !typed || !matches(c.GetSecType(), secTypeStock) || !matches(c.GetCurrency(), currencyUSD) ||
		!matches(c.GetExchange(), venues...) {
		return market.Instrument{}, false
	}
	symbol := c.GetSymbol()
	if symbol == "" {
		symbol = c.GetLocalSymbol()
	}
	i, ok := s.srv.exchange.Lookup(conID, symbol)
	ok = ok && matches(c.GetLocalSymbol(), i.Symbol) && matches(c.GetTradingClass(), i.TradingClass) &&
		matches(c.GetPrimaryExch(), i.PrimaryExchange, venueAlias(i.PrimaryExchange))
	return i, ok
}

// venueAlias is the older name that clients still use for NASDAQ.
func venueAlias(venue string) string {
	if venue == "NASDAQ" {
		return "ISLAND"
	}
	return venue
}

// contractOf is an instrument as Gateways write it in most messages.
func contractOf(i market.Instrument, venue string) *protobuf.Contract {
	return &protobuf.Contract{
		ConId: num(i.ConID), Symbol: proto.String(i.Symbol), SecType: proto.String(secTypeStock),
		Strike: proto.Float64(0), Exchange: proto.String(venue),
		Currency: proto.String(currencyUSD), LocalSymbol: proto.String(i.Symbol),
		TradingClass: proto.String(i.TradingClass),
	}
}

func (s *session) details(i market.Instrument) *protobuf.ContractDetails {
	hours := s.srv.exchange.Market().Hours
	now := s.conn.Now()
	rules := strings.TrimSuffix(strings.Repeat(marketRule+",", len(venues)), ",")
	return &protobuf.ContractDetails{
		MarketName: proto.String(i.TradingClass), MinTick: proto.String(minTick),
		OrderTypes:     proto.String(orderTypes),
		ValidExchanges: proto.String(strings.Join(venues, ",")),
		PriceMagnifier: num(1), UnderConId: num(0), LongName: proto.String(i.LongName),
		Industry: proto.String(i.Industry), Category: proto.String(i.Category),
		TimeZoneId:   proto.String(market.ZoneName),
		TradingHours: proto.String(hours.Format(now, true)),
		LiquidHours:  proto.String(hours.Format(now, false)),
		EvMultiplier: proto.Float64(0), AggGroup: num(aggGroupStocks),
		MarketRuleIds: proto.String(rules), StockType: proto.String(i.StockType),
		MinSize: proto.String("0.0001"), SizeIncrement: proto.String("0.0001"),
		SuggestedSizeIncrement: proto.String("100"),
	}
}
