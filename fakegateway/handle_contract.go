package fakegateway

import (
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

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqContractDetails: on((*session).reqContractDetails),
	})
}

func (s *session) reqContractDetails(m *protobuf.ContractDataRequest) {
	i, ok := s.instrument(int(m.GetReqId()), m.GetContract())
	if !ok {
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
