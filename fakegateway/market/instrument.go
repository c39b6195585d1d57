package market

import (
	"time"

	"github.com/govalues/decimal"
)

// SecType is IBKR's name of a kind of instrument.
type SecType string

// The kinds that are listed.
const (
	Stock            SecType = "STK" // funds too
	Option           SecType = "OPT"
	Future           SecType = "FUT"
	ContinuousFuture SecType = "CONTFUT"
	Cash             SecType = "CASH"
	Index            SecType = "IND"
	Bond             SecType = "BOND"
	CFD              SecType = "CFD"
	Crypto           SecType = "CRYPTO"
	FutureOption     SecType = "FOP"   // an option on a future, which it delivers
	Commodity        SecType = "CMDTY" // a spot metal
	Fund             SecType = "FUND"  // a mutual fund
	Warrant          SecType = "WAR"
	Structured       SecType = "IOPT" // a structured product, by IBKR's name a Dutch warrant
)

// IsOption reports options of both kinds, on stocks and indices and on futures.
func (t SecType) IsOption() bool { return t == Option || t == FutureOption }

// The sides of an option, as IBKR writes Instrument.Right.
const (
	Call = "C"
	Put  = "P"
)

// Instrument is one contract that the exchange lists, with what IBKR calls its details. Two
// instruments of the same contract are equal. Lists are separated by commas, as IBKR writes them.
type Instrument struct {
	ConID           int     `json:"conId"`
	Symbol          string  `json:"symbol"`
	SecType         SecType `json:"secType"`
	Currency        string  `json:"currency"`
	LocalSymbol     string  `json:"localSymbol"`
	LongName        string  `json:"longName"`
	Exchange        string  `json:"exchange"`        // where it is routed: "SMART", "CME", "IDEALPRO"
	PrimaryExchange string  `json:"primaryExchange"` // "NASDAQ", "NYSE", "ARCA"; empty for most others
	TradingClass    string  `json:"tradingClass"`    // "NMS" on NASDAQ, else the symbol
	StockType       string  `json:"stockType,omitempty"`
	Industry        string  `json:"industry,omitempty"`
	Category        string  `json:"category,omitempty"`
	Subcategory     string  `json:"subcategory,omitempty"`
	ISIN            string  `json:"isin,omitempty"`
	CUSIP           string  `json:"cusip,omitempty"`
	FIGI            string  `json:"figi,omitempty"`

	LastTradeDate string          `json:"lastTradeDate,omitempty"` // "20261218"
	ContractMonth string          `json:"contractMonth,omitempty"` // "202612"
	Strike        decimal.Decimal `json:"strike,omitzero"`
	Right         string          `json:"right,omitempty"` // "C" or "P"
	Multiplier    int64           `json:"multiplier"`      // of a price, to the value of one unit

	UnderConID   int     `json:"underConId,omitempty"`
	UnderSymbol  string  `json:"underSymbol,omitempty"`
	UnderSecType SecType `json:"underSecType,omitempty"`

	// MinTick is a Tick in the currency: divided by the magnifier.
	MinTick        decimal.Decimal `json:"minTick"`
	MarketRuleIDs  string          `json:"marketRuleIds"` // one for each valid exchange
	ValidExchanges string          `json:"validExchanges"`
	OrderTypes     string          `json:"orderTypes"`
	// PriceMagnifier is how many of a price's units are one of the currency: 100 for pence, else 1.
	PriceMagnifier         int             `json:"priceMagnifier"`
	AggGroup               int             `json:"aggGroup"`
	MinSize                decimal.Decimal `json:"minSize"`
	SizeIncrement          decimal.Decimal `json:"sizeIncrement"`
	SuggestedSizeIncrement decimal.Decimal `json:"suggestedSizeIncrement"`
	ZoneID                 string          `json:"timeZoneId"` // "US/Eastern"

	// Coupon, in percent a year, and the day on which a bond was issued: "20180815".
	Coupon    decimal.Decimal `json:"coupon,omitzero"`
	IssueDate string          `json:"issueDate,omitempty"`

	kind      *kind  // what instruments of its kind have in common
	source    string // names the path of its prices, or of its underlying's
	baseTicks int64  // the price around which that path wanders
	lastDay   int64  // the last trading day, in days of UTC since 1970; 0 without one
	ends      int64  // when trading ends for ever, in seconds since 1970; 0 if it does not
}

// Zone is the time zone of the instrument's sessions.
func (i Instrument) Zone() *time.Location { return i.of().sessions.zone }

// Tradable reports whether orders can be placed. They cannot on an index, nor on a continuous
// future, which is only a series of data.
func (i Instrument) Tradable() bool { return i.SecType != Index && i.SecType != ContinuousFuture }

// Rerouted reports whether Gateways send a client that asks for market data on to the underlying, as
// they do for CFDs on stocks and on currencies; those on indices and metals have data of their own
// (TWS API documentation, "Re-routing CFDs").
func (i Instrument) Rerouted() bool {
	return i.SecType == CFD && (i.UnderSecType == Stock || i.UnderSecType == Cash)
}

// QuotesOnly reports kinds of which no trades are published, only quotes: currencies and metals.
func (t SecType) QuotesOnly() bool { return t == Cash || t == Commodity }

// FreeData reports kinds whose live data every login has, without a subscription: currencies.
func (t SecType) FreeData() bool { return t == Cash }

// Venue names the listing as Gateways do in messages: "NASDAQ.NMS", "ARCA", "NYSE", "CME".
func (i Instrument) Venue() string {
	switch {
	case i.TradingClass == "NMS":
		return i.PrimaryExchange + ".NMS"
	case i.PrimaryExchange != "":
		return i.PrimaryExchange
	}
	return i.Exchange
}

// Tick is the smallest step of prices, as they are quoted: of a stock in pence it is in pence.
func (i Instrument) Tick() decimal.Decimal { return i.Price(1) }

// Value is what units are worth at a price, in the instrument's currency: a price that is quoted in
// hundredths of it, like the pence of London, is divided by the magnifier.
func (i Instrument) Value(price decimal.Decimal, units int64) decimal.Decimal {
	v := mul(price, whole(units*max(i.Multiplier, 1)))
	if i.PriceMagnifier > 1 {
		return quo(v, whole(int64(i.PriceMagnifier)))
	}
	return v
}

// Price returns a number of an instrument's ticks as a price.
func (i Instrument) Price(ticks int64) decimal.Decimal {
	k := i.of()
	return must(decimal.New(ticks*k.unit, k.scale))
}

// Ticks returns a price in the instrument's smallest ticks. ok is false for a price that does not
// conform to the variation that its market rule asks for at that price.
func (i Instrument) Ticks(price decimal.Decimal) (ticks int64, ok bool) {
	ticks, ok = i.wholeTicks(price)
	return ticks, ok && i.of().rule.conforms(ticks)
}

func (i Instrument) wholeTicks(price decimal.Decimal) (ticks int64, ok bool) {
	k := i.of()
	whole, frac, ok := price.Int64(k.scale)
	if !ok || !price.Trunc(k.scale).Equal(price) {
		return 0, false
	}
	units := whole*pow10(k.scale) + frac
	return units / k.unit, units%k.unit == 0
}

// half returns a number of halves of a tick as a price.
func (i Instrument) half(halves int64) decimal.Decimal {
	k := i.of()
	return must(decimal.New(halves*k.unit*5, k.scale+1))
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// root is the instrument whose prices this one's follow, as far as prices need it: itself, or the
// underlying of a derivative.
func (i Instrument) root() Instrument {
	k := i.of()
	if k.root == nil {
		return i
	}
	return Instrument{
		ConID: i.UnderConID, Symbol: i.UnderSymbol, SecType: i.UnderSecType,
		kind: k.root, source: i.source, baseTicks: i.baseTicks,
	}
}

// of is the kind of an instrument; a literal without one is taken for a US stock.
func (i Instrument) of() *kind {
	if i.kind == nil {
		return &usStock
	}
	return i.kind
}
