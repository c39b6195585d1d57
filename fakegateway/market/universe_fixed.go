package market

import "slices"

// fixed are the instruments that always exist, apart from US stocks, in the order of their computed
// contract ids: new ones go to the end of their kind. Ids of IBKR's own are given where they are
// well known.
var fixed []Instrument

// byConID finds fixed instruments and the listed stocks.
var byConID = map[int]Instrument{}

func init() {
	fixed = append(fixed, pairs()...)
	fixed = append(fixed, indexList()...)
	fixed = append(fixed, foreignStocks()...)
	fixed = append(fixed, bonds()...)
	fixed = append(fixed, cryptos()...)
	fixed = append(fixed, differences()...)
	for n, p := range products {
		under := p.underlying(n)
		// The DAX stands for three products.
		if !slices.ContainsFunc(fixed, func(i Instrument) bool { return i.ConID == under.ConID }) {
			fixed = append(fixed, under)
		}
	}
	fixed = append(fixed, listingsOf(func(Listing) bool { return true })...)
	for _, i := range fixed {
		byConID[i.ConID] = i
	}
	for _, i := range listedStocks {
		byConID[i.ConID] = i
	}
}

// numbered gives instruments without a well-known contract id computed ones.
func numbered(first int, list []Instrument) []Instrument {
	for n := range list {
		if list[n].ConID == 0 {
			list[n].ConID = first + n
		}
	}
	return list
}

const (
	cashOrders = "ACTIVETIM,AD,ADJUST,ALERT,ALLOC,AVGCOST,BASKET,CASHQTY,COND,CONDORDER,DAY,DEACT," +
		"DEACTDIS,DEACTEOD,GAT,GTC,GTD,GTT,HID,IOC,LIT,LMT,MIT,MKT,NONALGO,OCA,REL,RELPCTOFS," +
		"SCALE,SCALERST,STP,STPLMT,TRAIL,TRAILLIT,TRAILLMT,TRAILMIT,WHATIF"
	bondOrders = "ACTIVETIM,AD,ALERT,ALLOC,AVGCOST,BASKET,COND,CONDORDER,DAY,DEACT,GAT,GTC,GTD," +
		"GTT,HID,IOC,LMT,MKT,NONALGO,OCA,SCALE,WHATIF"
	cryptoOrders = "CASHQTY,COND,DAY,GTC,GTD,IOC,LMT,MKT,NONALGO,WHATIF"
)

var (
	cashKind = kind{
		unit: 5, scale: 5, rule: euroRule, sessions: interbank, spread: 2, volume: 2_000_000,
		lot: 500_000, orderTypes: cashOrders, aggGroup: 4, minSize: parse("0.01"), suggested: parse("100"),
	}
	yenKind = kind{
		unit: 5, scale: 3, rule: yenRule, sessions: interbank, spread: 2, volume: 2_000_000,
		lot: 500_000, orderTypes: cashOrders, aggGroup: 4, minSize: parse("0.01"), suggested: parse("100"),
	}
	indexKind = kind{
		unit: 1, scale: 2, rule: centRule, sessions: indices, spread: 2, volume: 200, lot: 1,
		minSize: parse("1"), suggested: parse("1"),
	}
	bondKind = kind{
		unit: 1, scale: 3, rule: bondRule, sessions: bondDesk, spread: 30, volume: 200, lot: 10,
		exchanges: "SMART,BONDDESK,BONDDESK2,VALUBOND,VALUBOND2", orderTypes: bondOrders,
		minSize: parse("1"), suggested: parse("1"), aggGroup: 7,
	}
	cryptoKind = kind{
		unit: 25, scale: 2, rule: quarterRule, sessions: coins, spread: 4, volume: 300, lot: 1,
		orderTypes: cryptoOrders, minSize: parse("0.00000001"), suggested: parse("0.00000001"), aggGroup: 8,
	}
	cfdKind = kind{
		unit: 1, scale: 2, rule: centRule, sessions: newYork, spread: 2, volume: 3_000, lot: 100,
		orderTypes: stockOrders, minSize: parse("1"), suggested: parse("100"), aggGroup: 1,
	}
)

// pairs are the currency pairs of IDEALPRO.
func pairs() []Instrument {
	pair := func(conID int, base, quote, name string, k *kind, ticks int64) Instrument {
		return k.dress(Instrument{
			ConID: conID, Symbol: base, SecType: Cash, Currency: quote, LongName: name,
			Exchange: "IDEALPRO", LocalSymbol: base + "." + quote, TradingClass: base + "." + quote,
			source: "CASH:" + base + "." + quote, baseTicks: ticks,
		})
	}
	return []Instrument{
		pair(12087792, "EUR", "USD", "European Monetary Union Euro", &cashKind, 21_600),
		pair(12087797, "GBP", "USD", "British pound", &cashKind, 26_000),
		pair(15016059, "USD", "JPY", "United States dollar", &yenKind, 30_000),
		pair(14433401, "AUD", "USD", "Australian dollar", &cashKind, 13_200),
		pair(15016062, "USD", "CAD", "United States dollar", &cashKind, 27_600),
		pair(12087820, "USD", "CHF", "United States dollar", &cashKind, 16_400),
		pair(12087807, "EUR", "GBP", "European Monetary Union Euro", &cashKind, 17_200),
		pair(12087817, "EUR", "CHF", "European Monetary Union Euro", &cashKind, 18_800),
	}
}

// indexList are indices, which have data and cannot be traded.
func indexList() []Instrument {
	index := func(conID int, symbol, name, exchange string, points int64) Instrument {
		return indexKind.dress(Instrument{
			ConID: conID, Symbol: symbol, SecType: Index, Currency: "USD", LongName: name,
			Exchange: exchange, TradingClass: symbol, source: "IND:" + symbol, baseTicks: points * 100,
			Industry: "Indices", Category: "Broad Range Equity Index", Subcategory: "*",
		})
	}
	return []Instrument{
		index(416904, "SPX", "S&P 500 Stock Index", "CBOE", 6_600),
		index(416843, "NDX", "NASDAQ 100 Stock Index", "NASDAQ", 24_000),
		index(416888, "RUT", "Russell 2000 Stock Index", "RUSSELL", 2_400),
		index(13455763, "VIX", "CBOE Volatility Index", "CBOE", 18),
	}
}

// foreignStocks share their symbols with US stocks: a query without a currency finds several.
func foreignStocks() []Instrument {
	stock := func(conID int, symbol, name, exchange, currency string, s *sessions, price int64) Instrument {
		k := usStock
		k.sessions, k.exchanges, k.makers = s, "SMART,"+exchange, []string{exchange}
		if exchange == "LSE" {
			k = k.inHundredths()
		}
		return k.dress(Instrument{
			ConID: conID, Symbol: symbol, SecType: Stock, Currency: currency, LongName: name,
			Exchange: smart, PrimaryExchange: exchange, TradingClass: symbol, StockType: "COMMON",
			source: symbol + "@" + exchange, baseTicks: price * ticksPerDollar,
		})
	}
	return numbered(firstForeignConID, []Instrument{
		stock(38708077, "AAPL", "APPLE INC", "MEXI", "MXN", mexicoCity, 4_800),
		stock(273982664, "AAPL", "APPLE INC", "EBS", "CHF", swiss, 210),
		stock(0, "MSFT", "MICROSOFT CORP", "MEXI", "MXN", mexicoCity, 8_900),
		stock(0, "VOD", "VODAFONE GROUP PLC", "LSE", "GBP", londonDesk, 90), // pence
		stock(0, "BMW", "BAYERISCHE MOTOREN WERKE AG", "IBIS", "EUR", frankfurt, 85),
	})
}

// bonds are quoted in percent of their face value; a unit is 1,000 dollars of it.
func bonds() []Instrument {
	bond := func(cusip, symbol, name, coupon, issued, matures string, price int64) Instrument {
		i := bondKind.dress(Instrument{
			Symbol: symbol, SecType: Bond, Currency: "USD", LongName: name, Exchange: smart,
			CUSIP: cusip, LocalSymbol: "IBCID" + cusip, TradingClass: symbol, Multiplier: 10,
			LastTradeDate: matures, IssueDate: issued, Coupon: parse(coupon),
			source: "BOND:" + cusip, baseTicks: price * 1000,
		})
		return i
	}
	return numbered(firstBondConID, []Instrument{
		bond("912810TM0", "US-T", "US TREASURY N/B", "4", "20221115", "20521115", 88),
		bond("91282CJZ5", "US-T", "US TREASURY N/B", "4", "20240215", "20340215", 99),
		bond("037833AK6", "AAPL", "APPLE INC", "2.4", "20130503", "20330503", 90),
		bond("594918BY9", "MSFT", "MICROSOFT CORP", "3.3", "20170206", "20370206", 92),
		bond("459200KA8", "IBM", "INTL BUSINESS MACHINES", "3.5", "20190515", "20390515", 87),
	})
}

func cryptos() []Instrument {
	coin := func(conID int, symbol, name string, dollars int64) Instrument {
		return cryptoKind.dress(Instrument{
			ConID: conID, Symbol: symbol, SecType: Crypto, Currency: "USD", LongName: name,
			Exchange: "PAXOS", LocalSymbol: symbol + ".USD", TradingClass: symbol,
			source: "CRYPTO:" + symbol, baseTicks: dollars * 4,
		})
	}
	return []Instrument{
		coin(479624278, "BTC", "Bitcoin cryptocurrency", 90_000),
		coin(495759171, "ETH", "Ethereum cryptocurrency", 3_000),
	}
}

// differences are contracts for difference on the listed stocks. Their market data is their
// underlying's, to which Gateways send a client on.
func differences() []Instrument {
	list := make([]Instrument, len(listedStocks))
	for n, s := range listedStocks {
		list[n] = cfdKind.dress(Instrument{
			Symbol: s.Symbol, SecType: CFD, Currency: s.Currency, LongName: s.LongName,
			Exchange: smart, TradingClass: s.Symbol, Industry: s.Industry, Category: s.Category,
			UnderConID: s.ConID, UnderSymbol: s.Symbol, UnderSecType: Stock,
			source: s.source, baseTicks: s.baseTicks,
		})
	}
	return numbered(firstCFDConID, list)
}
