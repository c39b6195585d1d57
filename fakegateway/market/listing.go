package market

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"
)

// Listing is a contract of the universe as a row of a table: those in this package, and those that
// a settings file adds under universe. What is left out has the default of its kind.
type Listing struct {
	// ConID is the contract id. 0: one is made from the place in the list.
	ConID  int    `yaml:"conId"`
	Symbol string `yaml:"symbol"`
	// SecType is STK, CASH, IND, CFD, CMDTY, CRYPTO, BOND, FUND, FUT, WAR or IOPT. "": STK.
	SecType SecType `yaml:"secType"`
	// Currency is what prices, or with PriceMagnifier hundredths of prices, are in. "": USD.
	Currency string `yaml:"currency"`
	// Exchange is the listing of a stock, and where anything else is routed. "": NASDAQ for a stock,
	// IDEALPRO, PAXOS, FUNDSERV or SMART for the kinds that trade there.
	Exchange     string `yaml:"exchange"`
	LocalSymbol  string `yaml:"localSymbol"`  // "": the symbol; of a pair "EUR.USD"
	TradingClass string `yaml:"tradingClass"` // "": the local symbol; NMS of a stock on NASDAQ
	Name         string `yaml:"name"`
	StockType    string `yaml:"stockType"` // "": COMMON
	ISIN         string `yaml:"isin"`
	CUSIP        string `yaml:"cusip"`
	FIGI         string `yaml:"figi"`
	// Price is the price around which the seeded one wanders, by at most a third.
	Price decimal.Decimal `yaml:"price"`
	// Tick is the smallest step of prices, in the units in which they are quoted.
	Tick       decimal.Decimal `yaml:"tick"`
	Multiplier int64           `yaml:"multiplier"` // 0: 1
	// PriceMagnifier is 100 for what is quoted in hundredths of its currency: pence. 0: 1.
	PriceMagnifier int `yaml:"priceMagnifier"`
	// Hours names the exchange's hours: newyork, toronto, mexico, london, frankfurt, zurich,
	// helsinki, hongkong, eurex, globex, nymex, interbank, metals, bonds, coins or indices.
	Hours string `yaml:"hours"`
	// Expiry is the last trading day, "20261218", of a kind that has one, and a bond's maturity.
	Expiry string          `yaml:"expiry"`
	Strike decimal.Decimal `yaml:"strike"` // of a warrant
	Right  string          `yaml:"right"`  // of a warrant: C or P
	// UnderConID is the contract that a CFD is on. Its prices and hours are the CFD's.
	UnderConID int `yaml:"underConId"`

	follows int  // whose prices it has if that is not UnderConID; 0: UnderConID's
	options bool // options are listed on it
}

// Universe is what is listed beside what always is: the contracts of a settings file. A contract
// takes the place of one with the same symbol, kind and currency, which is then found by its
// contract id alone.
type Universe struct{ instruments []Instrument }

// firstOwnConID is where contract ids of a Universe begin that its listings leave out.
const firstOwnConID = 1_250_000_000

// NewUniverse makes instruments of listings. Problem is called with the place of each listing that
// cannot be one, the key of the value that is wrong, and what is wrong and wanted; the universe is
// then without it.
func NewUniverse(listings []Listing, problem func(n int, key string, err error)) *Universe {
	if len(listings) == 0 {
		return nil
	}
	u := &Universe{}
	for n, l := range listings {
		l.ConID = cmp.Or(l.ConID, firstOwnConID+n)
		key, err := l.check()
		if _, taken := (Market{Universe: u}).Lookup(l.ConID); err == nil && taken {
			key, err = "conId", fmt.Errorf("%d is another contract's: leave it out, or want one that is free", l.ConID)
		}
		if err != nil {
			problem(n, key, err)
			continue
		}
		under, _ := (Market{Universe: u}).Lookup(l.UnderConID)
		u.instruments = append(u.instruments, l.instrument(under))
	}
	return u
}

func (u *Universe) list() []Instrument {
	if u == nil {
		return nil
	}
	return u.instruments
}

func (u *Universe) lookup(conID int) (Instrument, bool) {
	for _, i := range u.list() {
		if i.ConID == conID {
			return i, true
		}
	}
	return Instrument{}, false
}

// replaces reports whether a listing of the universe takes an instrument's place.
func (u *Universe) replaces(i Instrument) bool {
	return slices.ContainsFunc(u.list(), func(own Instrument) bool {
		return own.ConID != i.ConID && own.Symbol == i.Symbol && own.SecType == i.SecType &&
			own.Currency == i.Currency
	})
}

// listable are the kinds that a listing can have, with what is usual for them.
var listable = map[SecType]struct {
	kind     kind
	exchange string
	expires  bool // must have an expiry
}{
	Stock:      {kind: usStock, exchange: nasdaq},
	Cash:       {kind: cashKind, exchange: "IDEALPRO"},
	Index:      {kind: indexKind},
	CFD:        {kind: cfdKind, exchange: smart},
	Commodity:  {kind: commodityKind, exchange: smart},
	Crypto:     {kind: cryptoKind, exchange: "PAXOS"},
	Bond:       {kind: bondKind, exchange: smart, expires: true},
	Fund:       {kind: fundKind, exchange: "FUNDSERV"},
	Future:     {kind: futureKind(1, 2, centRule, globex, nil, 300), expires: true},
	Warrant:    {kind: warrantKind, exchange: smart, expires: true},
	Structured: {kind: warrantKind, exchange: smart, expires: true},
}

var (
	commodityKind = kind{
		unit: 1, scale: 2, rule: centRule, sessions: metals, spread: 20, volume: 300, lot: 10,
		orderTypes: cashOrders, aggGroup: 4, minSize: parse("1"), suggested: parse("1"),
	}
	fundKind = kind{
		unit: 1, scale: 2, rule: centRule, sessions: listedOptions, spread: 2, volume: 200, lot: 1,
		orderTypes: "CASHQTY,DAY,GTC,LMT,MKT,WHATIF", minSize: parse("0.001"), suggested: parse("1"),
	}
	warrantKind = kind{
		unit: 1, scale: 2, rule: centRule, sessions: newYork, spread: 2, volume: 200, lot: 100,
		orderTypes: stockOrders, minSize: parse("1"), suggested: parse("1"), aggGroup: 1,
	}
)

// check is the first value of a listing that is wrong, by its key, and what is wanted there.
func (l Listing) check() (key string, err error) {
	base, known := listable[l.secType()]
	_, hours := calendars[l.Hours]
	_, expiry := time.Parse(dateForm, l.Expiry)
	switch {
	case l.Symbol == "":
		return "symbol", errors.New("is missing: want the contract's symbol")
	case !known:
		return "secType", fmt.Errorf("%q cannot be listed: want one of %s", l.SecType, kindNames())
	case l.Hours != "" && !hours:
		return "hours", fmt.Errorf("%q: want one of %s", l.Hours, calendarNames())
	case l.exchange() == "":
		return "exchange", fmt.Errorf("is missing: a %s has no usual one, want its name", l.secType())
	case l.ConID < 0 || l.ConID > maxConID:
		return "conId", fmt.Errorf("%d: want 1..%d, or none", l.ConID, maxConID)
	case base.expires && l.Expiry == "":
		return "expiry", fmt.Errorf("is missing: a %s has one, want its last day like 20261218", l.secType())
	case l.Expiry != "" && expiry != nil:
		return "expiry", fmt.Errorf("%q: want a day like 20261218", l.Expiry)
	case l.Expiry != "" && !base.expires:
		return "expiry", fmt.Errorf("%q: a %s has none, leave it out", l.Expiry, l.secType())
	case l.Multiplier < 0 || l.Multiplier > maxMultiplier:
		return "multiplier", fmt.Errorf("%d: want 1..%d", l.Multiplier, maxMultiplier)
	case l.PriceMagnifier != 0 && l.PriceMagnifier != 1 && l.PriceMagnifier != 100:
		return "priceMagnifier", fmt.Errorf("%d: want 1 or 100", l.PriceMagnifier)
	case l.Right != "" && l.Right != Call && l.Right != Put:
		return "right", fmt.Errorf("%q: want C or P", l.Right)
	case l.UnderConID != 0:
		return l.checkUnder()
	}
	return l.checkPrice()
}

const (
	maxConID      = 1<<31 - 1
	maxMultiplier = 1_000_000
)

func (l Listing) checkUnder() (key string, err error) {
	if l.secType() != CFD {
		return "underConId", fmt.Errorf("a %s has none, leave it out", l.secType())
	}
	if under, ok := LookupConID(l.UnderConID); !ok || under.LastTradeDate != "" {
		return "underConId", fmt.Errorf("%d is not listed, or expires: want the contract that the "+
			"CFD is on, by an id that always exists", l.UnderConID)
	}
	return "", nil
}

func (l Listing) checkPrice() (key string, err error) {
	k := l.kind(Instrument{})
	most := Instrument{kind: &k}.Price(maxTicks)
	unit, scale, ok := unitOf(l.Tick)
	switch {
	case !l.Tick.IsZero() && (!ok || unit > maxTickUnit || scale > maxTickScale):
		return "tick", fmt.Errorf("%s: want 0.00000001..%d, with at most %d digits "+
			"behind the point", l.Tick, maxTickUnit, maxTickScale)
	case !l.Price.IsPos() || most.Less(l.Price):
		return "price", fmt.Errorf("%s: want the usual price, above 0 and at most %s", l.Price, most)
	case l.ticks(&k) < leastUsual:
		return "price", fmt.Errorf("%s: want at least %d ticks of %s", l.Price, leastUsual,
			Instrument{kind: &k}.Price(1))
	}
	return "", nil
}

// leastUsual keeps the lowest price, two thirds of the usual one, above the widest spread.
const leastUsual = 200

func kindNames() string {
	names := make([]string, 0, len(listable))
	for t := range listable {
		names = append(names, string(t))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func calendarNames() string {
	names := make([]string, 0, len(calendars))
	for name := range calendars {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (l Listing) secType() SecType { return cmp.Or(l.SecType, Stock) }

func (l Listing) exchange() string { return cmp.Or(l.Exchange, listable[l.secType()].exchange) }

func (l Listing) currency() string { return cmp.Or(l.Currency, "USD") }

// american reports a stock that trades at the exchanges of US stocks.
func (l Listing) american() bool {
	return l.secType() == Stock && l.currency() == "USD" && l.Hours == "" &&
		strings.Contains(","+stockExchanges+",", ","+l.exchange()+",")
}

// kind is what is usual for the listing's kind, changed by what the listing says and by what it is
// on.
func (l Listing) kind(under Instrument) kind {
	k := listable[l.secType()].kind
	if l.secType() == Stock && !l.american() {
		k.exchanges, k.makers = smart+","+l.exchange(), []string{l.exchange()}
		if l.exchange() == "SEHK" { // which has no SMART routing
			k.exchanges = l.exchange()
		}
	}
	if u := under.kind; u != nil {
		sessions := u.sessions
		if u.root != nil { // the index that a product's is made of
			u = u.root
		}
		k.unit, k.scale, k.rule, k.sessions, k.spread = u.unit, u.scale, u.rule, sessions, u.spread
	}
	if unit, scale, ok := unitOf(l.Tick); ok {
		k.unit, k.scale, k.rule = unit, scale, everyTick(unit, scale)
	}
	if l.PriceMagnifier > 1 {
		k = k.inHundredths()
	}
	if s := calendars[l.Hours]; s != nil {
		k.sessions = s
	}
	return k
}

// inHundredths is a kind that is quoted in hundredths of its currency, as the pence of London: market
// data, orders and executions are in them, the smallest tick and the money in the currency. Seen by
// clients of Gateways: https://github.com/bankroll-py/bankroll/issues/31.
func (k kind) inHundredths() kind {
	k.magnifier, k.rule = 100, everyTick(k.unit, k.scale+2)
	return k
}

func (l Listing) ticks(k *kind) int64 {
	ticks, _ := Instrument{kind: k}.nearestTick(l.Price)
	return ticks
}

// instrument is the listing's. under is what it follows; of no kind for none.
func (l Listing) instrument(under Instrument) Instrument {
	k := l.kind(under)
	i := Instrument{
		ConID: l.ConID, Symbol: l.Symbol, SecType: l.secType(), Currency: l.currency(),
		LocalSymbol: cmp.Or(l.LocalSymbol, l.Symbol), LongName: cmp.Or(l.Name, l.Symbol),
		Exchange: l.exchange(), ISIN: l.ISIN, CUSIP: l.CUSIP, FIGI: l.FIGI,
		LastTradeDate: l.Expiry, Strike: l.Strike, Right: l.Right, Multiplier: l.Multiplier,
		UnderConID: l.UnderConID, UnderSymbol: under.Symbol, UnderSecType: under.SecType,
		source: under.source, baseTicks: under.baseTicks,
	}
	if len(l.Expiry) == len(dateForm) {
		i.ContractMonth = l.Expiry[:len("200601")]
	}
	if l.UnderConID != under.ConID { // an index of IBKR's own, which is not listed
		i.UnderSymbol, i.UnderSecType = l.Symbol, cmp.Or(under.SecType, Index)
	}
	if under.kind == nil {
		i.source = string(i.SecType) + ":" + l.Symbol + "@" + l.exchange() + "." + i.Currency + l.Expiry
		i.baseTicks = l.ticks(&k)
	}
	switch {
	case i.SecType == Cash || i.SecType == CFD && i.UnderSecType == Cash:
		i.LocalSymbol = l.Symbol + "." + i.Currency
	case i.SecType == Crypto:
		i.LocalSymbol = l.Symbol + "." + i.Currency
	case i.SecType == Stock:
		l.asStock(&i)
	}
	i.TradingClass = cmp.Or(l.TradingClass, i.TradingClass, i.LocalSymbol)
	return k.dress(i)
}

// asStock is what is different about a stock: it is routed by SMART and listed at the exchange. One
// that exists in the seeded market by its symbol alone keeps the price that it has there.
func (l Listing) asStock(i *Instrument) {
	i.PrimaryExchange, i.StockType = l.exchange(), cmp.Or(l.StockType, "COMMON")
	if l.exchange() != "SEHK" {
		i.Exchange = smart
	}
	if !l.american() {
		return
	}
	i.source = l.Symbol
	if l.Price.IsZero() {
		i.baseTicks = usualOf(l.Symbol)
	}
	if l.exchange() == nasdaq {
		i.TradingClass = "NMS"
	}
	if i.CUSIP == "" && strings.HasPrefix(i.ISIN, "US") {
		i.CUSIP = i.ISIN[2:11]
	}
}
