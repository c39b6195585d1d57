package market

import "regexp"

// Instrument is a US stock or fund that the exchange lists. All trade in US dollars with a tick
// of one cent.
type Instrument struct {
	ConID           int    `json:"conId"`
	Symbol          string `json:"symbol"`
	LongName        string `json:"longName"`
	PrimaryExchange string `json:"primaryExchange"` // "NASDAQ", "NYSE", "ARCA"
	TradingClass    string `json:"tradingClass"`    // "NMS" on NASDAQ, else the symbol
	StockType       string `json:"stockType"`       // "COMMON" or "ETF"
	Industry        string `json:"industry,omitempty"`
	Category        string `json:"category,omitempty"`

	baseTicks int64 // the price around which the path wanders
}

// listed are instruments with the contract ids that IBKR gives them, so that a client which
// remembers an id from a real Gateway finds the same stock here.
var listed = map[string]Instrument{}

func init() {
	nms := func(conID int, symbol, name, industry, category string, dollars int64) Instrument {
		return Instrument{
			ConID: conID, Symbol: symbol, LongName: name, PrimaryExchange: "NASDAQ",
			TradingClass: "NMS", StockType: "COMMON",
			Industry: industry, Category: category, baseTicks: dollars * ticksPerDollar,
		}
	}
	fund := func(conID int, symbol, name, exchange, class string, dollars int64) Instrument {
		return Instrument{
			ConID: conID, Symbol: symbol, LongName: name, PrimaryExchange: exchange,
			TradingClass: class, StockType: "ETF", baseTicks: dollars * ticksPerDollar,
		}
	}
	for _, i := range []Instrument{
		nms(265598, "AAPL", "APPLE INC", "Technology", "Computers", 260),
		nms(4815747, "NVDA", "NVIDIA CORP", "Technology", "Semiconductors", 180),
		nms(272093, "MSFT", "MICROSOFT CORP", "Technology", "Software", 480),
		nms(3691937, "AMZN", "AMAZON.COM INC", "Communications", "Internet", 220),
		nms(76792991, "TSLA", "TESLA INC", "Consumer, Cyclical", "Auto Manufacturers", 400),
		nms(4391, "AMD", "ADVANCED MICRO DEVICES", "Technology", "Semiconductors", 160),
		fund(756733, "SPY", "STATE STREET SPDR S&P 500 ETF", "ARCA", "SPY", 660),
		fund(320227571, "QQQ", "INVESCO QQQ TRUST SERIES 1", "NASDAQ", "NMS", 600),
	} {
		listed[i.Symbol] = i
	}
}

const (
	ticksPerDollar = 100

	// Hashed contract ids lie above those of the listed instruments above, all but QQQ.
	firstHashedConID = 400_000_000
	hashedConIDs     = 500_000_000
)

var symbolForm = regexp.MustCompile(`^[A-Z]{1,6}$`)

// unlistedPrefix marks symbols that the exchange never lists, so that a scenario can ask for a
// stock that does not exist.
const unlistedPrefix = "ZZZ"

// LookupSymbol finds a stock. Every symbol of 1 to 6 capital letters is listed, with a contract
// id that depends on nothing but the symbol, except those that start with "ZZZ".
func LookupSymbol(symbol string) (Instrument, bool) {
	if i, ok := listed[symbol]; ok {
		return i, true
	}
	if !symbolForm.MatchString(symbol) ||
		len(symbol) >= len(unlistedPrefix) && symbol[:len(unlistedPrefix)] == unlistedPrefix {
		return Instrument{}, false
	}
	h := hashString(symbol)
	i := Instrument{
		ConID:    firstHashedConID + int(h%hashedConIDs),
		Symbol:   symbol,
		LongName: symbol + " HOLDINGS INC", PrimaryExchange: "NYSE", TradingClass: symbol,
		StockType: "COMMON", Industry: "Industrial", Category: "Miscellaneous Manufactur",
		baseTicks: (20 + int64(mix(h, 1)%480)) * ticksPerDollar,
	}
	if h>>63 == 1 {
		i.PrimaryExchange, i.TradingClass = "NASDAQ", "NMS"
	}
	return i, true
}

// LookupConID finds a listed instrument by IBKR's contract id.
func LookupConID(conID int) (Instrument, bool) {
	for _, i := range listed {
		if i.ConID == conID {
			return i, true
		}
	}
	return Instrument{}, false
}

// Venue names the listing as Gateways do in messages: "NASDAQ.NMS", "ARCA", "NYSE".
func (i Instrument) Venue() string {
	if i.TradingClass == "NMS" {
		return i.PrimaryExchange + ".NMS"
	}
	return i.PrimaryExchange
}
