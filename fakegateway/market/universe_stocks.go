package market

import "strings"

// listedStocks have the contract ids that IBKR gives them, so that a client which remembers an id
// from a real Gateway finds the same stock here. Options and contracts for difference are listed on
// them; their place here is part of those contract ids, so new ones go to the end.
var listedStocks = func() []Instrument {
	nms := func(conID int, symbol, name, industry, category string, dollars int64) Instrument {
		return asStock(Instrument{
			ConID: conID, Symbol: symbol, LongName: name, PrimaryExchange: nasdaq,
			TradingClass: "NMS", StockType: "COMMON",
			Industry: industry, Category: category, baseTicks: dollars * ticksPerDollar,
		})
	}
	fund := func(conID int, symbol, name, exchange, class string, dollars int64) Instrument {
		return asStock(Instrument{
			ConID: conID, Symbol: symbol, LongName: name, PrimaryExchange: exchange,
			TradingClass: class, StockType: "ETF", baseTicks: dollars * ticksPerDollar,
		})
	}
	return []Instrument{
		nms(265598, "AAPL", "APPLE INC", "Technology", "Computers", 260),
		nms(4815747, "NVDA", "NVIDIA CORP", "Technology", "Semiconductors", 180),
		nms(272093, "MSFT", "MICROSOFT CORP", "Technology", "Software", 480),
		nms(3691937, "AMZN", "AMAZON.COM INC", "Communications", "Internet", 220),
		nms(76792991, "TSLA", "TESLA INC", "Consumer, Cyclical", "Auto Manufacturers", 400),
		nms(4391, "AMD", "ADVANCED MICRO DEVICES", "Technology", "Semiconductors", 160),
		fund(756733, "SPY", "STATE STREET SPDR S&P 500 ETF", "ARCA", "SPY", 660),
		fund(320227571, "QQQ", "INVESCO QQQ TRUST SERIES 1", nasdaq, "NMS", 600),
	}
}()

// listed are the listed stocks by symbol.
var listed = func() map[string]Instrument {
	by := make(map[string]Instrument, len(listedStocks))
	for _, i := range listedStocks {
		by[i.Symbol] = i
	}
	for _, i := range listingsOf(Listing.american) {
		by[i.Symbol] = i
	}
	return by
}()

// asStock adds what all US stocks have in common.
func asStock(i Instrument) Instrument {
	i.SecType, i.Currency, i.Exchange, i.ISIN = Stock, "USD", smart, isins[i.Symbol]
	i.FIGI = figis[i.Symbol]
	if i.ISIN != "" {
		i.CUSIP = i.ISIN[2:11]
	}
	return usStock.dress(i)
}

// isins are public; the nine digits after "US" are the CUSIP.
var isins = map[string]string{
	"AAPL": "US0378331005", "NVDA": "US67066G1040", "MSFT": "US5949181045",
	"AMZN": "US0231351067", "TSLA": "US88160R1014", "AMD": "US0079031078",
	"SPY": "US78462F1030", "QQQ": "US46090E1038",
}

// figis are the composite ones of the United States, from https://www.openfigi.com; AAPL's is that of
// IBKR's ContractSamples.
var figis = map[string]string{
	"AAPL": "BBG000B9XRY4", "NVDA": "BBG000BBJQV0", "MSFT": "BBG000BPH459",
	"AMZN": "BBG000BVPV84", "TSLA": "BBG000N9MNX3", "AMD": "BBG000BBQCY0",
	"SPY": "BBG000BDTBL9", "QQQ": "BBG000BSWKH7",
}

const (
	ticksPerDollar = 100
	smart          = "SMART"
)

// unlistedPrefix marks symbols that the exchange never lists, so that a scenario can ask for a
// stock that does not exist.
const unlistedPrefix = "ZZZ"

// usualOf is the price of a stock that is known by its symbol alone, in cents.
func usualOf(symbol string) int64 {
	return (20 + int64(mix(hashString(symbol), 1)%480)) * ticksPerDollar
}

// LookupSymbol finds a US stock. Every symbol of 1 to 6 capital letters is listed, with a contract
// id that depends on nothing but the symbol, except those that start with "ZZZ".
func LookupSymbol(symbol string) (Instrument, bool) {
	if i, ok := listed[symbol]; ok {
		return i, true
	}
	conID, ok := symbolToConID(symbol)
	if !ok || strings.HasPrefix(symbol, unlistedPrefix) {
		return Instrument{}, false
	}
	h := hashString(symbol)
	i := Instrument{
		ConID:    conID,
		Symbol:   symbol,
		LongName: symbol + " HOLDINGS INC", PrimaryExchange: "NYSE", TradingClass: symbol,
		StockType: "COMMON", Industry: "Industrial", Category: "Miscellaneous Manufactur",
		baseTicks: usualOf(symbol),
	}
	if h>>63 == 1 {
		i.PrimaryExchange, i.TradingClass = "NASDAQ", "NMS"
	}
	return asStock(i), true
}
