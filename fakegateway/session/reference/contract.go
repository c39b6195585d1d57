package reference

import (
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
	"ibsoak/internal/wire"
)

// ReqContractDetails sends every contract that a description can mean, and their end. Of a stock
// without an exchange, there is one at each, as captured from a Gateway.
func (s *Session) ReqContractDetails(m *protobuf.ContractDataRequest) {
	asked := m.GetContract()
	found, r := s.contracts.Find(asked)
	if r != nil {
		s.client.Refuse(int(m.GetReqId()), r)
		return
	}
	sessions := make(hours)
	for _, i := range found {
		for _, venue := range venuesOf(i, asked) {
			s.sendContract(m.ReqId, i, venue, sessions)
		}
	}
	s.client.Send(wire.ContractDataEnd, &protobuf.ContractDataEnd{ReqId: m.ReqId})
}

// venuesOf are the exchanges at which an instrument answers a description.
func venuesOf(i market.Instrument, asked *protobuf.Contract) []string {
	switch {
	case asked.GetExchange() != "":
		return []string{strings.ToUpper(asked.GetExchange())}
	case i.SecType == market.Stock && asked.GetConId() == 0:
		return strings.Split(i.ValidExchanges, ",")
	}
	return []string{i.Exchange}
}

func (s *Session) sendContract(id *int32, i market.Instrument, venue string, sessions hours) {
	kind := wire.ContractData
	c, d := contract.Of(i, venue), s.details(i, sessions)
	if i.PrimaryExchange != "" {
		c.PrimaryExch = proto.String(i.PrimaryExchange)
	}
	if i.LastTradeDate != "" {
		c.LastTradeDate = proto.String(i.LastTradeDate)
		c.LastTradeDateOrContractMonth = c.LastTradeDate
		if !s.cfg.LastTradeDateOnly {
			c.LastTradeDateOrContractMonth = proto.String(lastTrade(i))
		}
	}
	if i.SecType == market.Bond {
		kind = wire.BondContractData
		bondDetails(i, c, d)
	}
	s.client.Send(kind, &protobuf.ContractData{ReqId: id, Contract: c, ContractDetails: d})
}

// lastTrade is when an instrument can last be traded, "20261218 08:30:00 US/Central", as captured
// from a Gateway at 225.
func lastTrade(i market.Instrument) string {
	const atTheOpen, atTheClose = "08:30:00", "16:00:00"
	switch i.SecType {
	case market.Future, market.ContinuousFuture:
		return i.LastTradeDate + " " + atTheOpen + " " + i.ZoneID
	case market.Option, market.FutureOption:
		return i.LastTradeDate + " " + atTheClose + " " + i.ZoneID
	default:
		return i.LastTradeDate
	}
}

// hours are the trading and the liquid hours of the classes of one answer.
type hours map[string][2]string

// of are the hours of an instrument; contracts of one class at one exchange share them.
func (h hours) of(i market.Instrument, prices market.Market, now time.Time) [2]string {
	class := strings.Join([]string{string(i.SecType), i.TradingClass, i.PrimaryExchange, i.ZoneID}, " ")
	if _, ok := h[class]; !ok {
		h[class] = [2]string{prices.TradingHours(i, now), prices.LiquidHours(i, now)}
	}
	return h[class]
}

// details are what a Gateway says of an instrument. What does not apply is left out, as captured
// at 225; text has numbers there, as captured at 200.
func (s *Session) details(i market.Instrument, sessions hours) *protobuf.ContractDetails {
	open := sessions.of(i, s.exchange.Market(), s.client.Now())
	d := &protobuf.ContractDetails{
		MarketName: proto.String(marketName(i)), MinTick: proto.String(i.MinTick.String()),
		OrderTypes: proto.String(i.OrderTypes), ValidExchanges: proto.String(i.ValidExchanges),
		PriceMagnifier: client.Num(i.PriceMagnifier), LongName: proto.String(i.LongName),
		TimeZoneId:   proto.String(i.ZoneID),
		TradingHours: proto.String(open[0]), LiquidHours: proto.String(open[1]),
		MarketRuleIds: proto.String(i.MarketRuleIDs), SecIdList: securityIDs(i),
		MinSize: proto.String(i.MinSize.String()), SizeIncrement: proto.String(i.SizeIncrement.String()),
		SuggestedSizeIncrement: proto.String(i.SuggestedSizeIncrement.String()),
		MinAlgoSize:            proto.String("0"),
	}
	for _, f := range []struct {
		field **string
		text  string
	}{
		{&d.ContractMonth, i.ContractMonth},
		{&d.Industry, i.Industry},
		{&d.Category, i.Category},
		{&d.Subcategory, i.Subcategory},
		{&d.StockType, i.StockType},
		{&d.UnderSymbol, i.UnderSymbol},
		{&d.UnderSecType, string(i.UnderSecType)},
		{&d.RealExpirationDate, i.LastTradeDate},
	} {
		if f.text != "" {
			*f.field = proto.String(f.text)
		}
	}
	text := wire.FormAt(wire.ContractData, s.client.Version()) != wire.Protobuf
	if i.AggGroup != 0 && (i.AggGroup != noAggGroup || text) {
		d.AggGroup = client.Num(i.AggGroup)
	}
	if i.UnderConID != 0 || text {
		d.UnderConId = client.Num(i.UnderConID)
	}
	if text {
		d.EvMultiplier = proto.Float64(0)
	}
	return d
}

// noAggGroup is how text spells that there is none: Java's largest int.
const noAggGroup = 1<<31 - 1

// marketName is the trading class, or what else the instrument is called.
func marketName(i market.Instrument) string {
	if i.TradingClass != "" {
		return i.TradingClass
	}
	return i.LocalSymbol
}

// securityIDs are the ids of a security outside of IBKR; only bonds are shown with a CUSIP.
func securityIDs(i market.Instrument) map[string]string {
	ids := make(map[string]string)
	if i.ISIN != "" {
		ids["ISIN"] = i.ISIN
	}
	if i.CUSIP != "" && i.SecType == market.Bond {
		ids["CUSIP"] = i.CUSIP
	}
	return ids
}

// bondDetails is what is different about a bond: of its terms there are only the month and a
// description that ends in coupon and maturity, as captured at 225 from a login without licence
// for more.
func bondDetails(i market.Instrument, c *protobuf.Contract, d *protobuf.ContractDetails) {
	c.Symbol, c.Currency, d.MarketName, d.LongName = nil, nil, nil, nil
	c.LastTradeDate, c.LastTradeDateOrContractMonth, d.RealExpirationDate = nil, nil, nil
	d.Cusip = proto.String(i.LocalSymbol)
	if maturity := i.LastTradeDate; len(maturity) == len(client.DayForm) {
		year, month, day := maturity[:4], maturity[4:6], maturity[6:]
		d.ContractMonth = proto.String(year + month)
		d.DescAppend = proto.String(strings.Join([]string{
			i.Symbol, i.Coupon.Trim(0).String(), month + "/" + day + "/" + year[2:],
		}, " "))
	}
}
