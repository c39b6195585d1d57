package exchange

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

// Every way of using the exchange leaves books that add up; and books are a function of the calls
// alone: the same calls on another exchange, with time passing in smaller steps, give the same.
func TestBooksAlwaysAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			Seed: rapid.Uint64Range(0, 1000).Draw(t, "seed"), Accounts: []string{"DU1", "DU2"},
			Hours:         market.Hours{SessionsOnly: rapid.Bool().Draw(t, "sessions")},
			FillLatency:   time.Duration(rapid.IntRange(0, 3).Draw(t, "fill")) * 10 * time.Second,
			CancelLatency: time.Duration(rapid.IntRange(0, 3).Draw(t, "cancel")) * 10 * time.Second,
			MaxFillShares: rapid.SampledFrom([]int64{0, 7, 100}).Draw(t, "clip"),
			AllowShort:    rapid.Bool().Draw(t, "short"),
		}
		cfg.Opening = []OpeningPosition{
			{"DU1", aapl, 50, decimal.MustParse("201.37")},
			{"DU2", emini, 2, decimal.MustParse("6000.25")},
			{"DU1", euro, 3_000, decimal.MustParse("1.1")},
			{"DU1", aaplCall, 3, decimal.MustParse("12.34")},
		}
		m := &machine{desk: open(t, cfg), twin: open(t, cfg)}
		t.Repeat(map[string]func(*rapid.T){
			"place": m.place, "modify": m.modify, "cancel": m.cancel, "wait": m.wait,
			"combine": m.combine, "hold": m.hold, "without a client": m.withoutClient, "revise": m.revise, "by hand": m.byHand, "exercise": m.exercise, "bind": m.bind,
			"": func(t *rapid.T) {
				if err := m.Books().Check(); err != nil {
					t.Fatalf("books: %v", err)
				}
				checkSums(t, m.Exchange)
			},
		})
		if a, b := m.Books(), m.twin.Books(); !reflect.DeepEqual(a, b) {
			t.Fatalf("two exchanges with the same calls differ:\n%+v\n%+v", a, b)
		}
		for n, e := range stripEcho(m.events) {
			if twins := stripEcho(m.twin.events); n >= len(twins) || !reflect.DeepEqual(e, twins[n]) {
				t.Fatalf("two exchanges with the same calls tell different events: the %d-th is\n"+
					"%+v, of %d\n%+v", n, e, len(twins), twins[min(n, len(twins)-1)])
			}
		}
	})
}

func stripEcho(events []Event) []Event {
	for i := range events {
		events[i].Order.Echo = nil
	}
	return events
}

// checkSums adds up what orders reserve, and compares what accounts are shown to have with what
// orders are measured by.
func checkSums(t failer, x *Exchange) {
	t.Helper()
	reserved := make(map[purse]decimal.Decimal)
	selling := make(map[holdingKey]int64)
	for _, o := range x.live {
		key := purse{o.Account, o.reservedIn}
		reserved[key] = add(reserved[key], o.reserved)
		selling[holdingKey{o.Account, o.ConID}] += o.selling
	}
	for _, a := range x.accounts {
		for _, b := range a.balances() {
			if sum := reserved[purse{a.ID, b.Currency}]; !sum.Equal(b.reserved) {
				t.Fatalf("%s %s: %s reserved, orders say %s", a.ID, b.Currency, b.reserved, sum)
			}
		}
		b, s := x.view.Balances(a.ID), x.standing(a.ID)
		cent := decimal.MustParse("0.5") // a rounding of each part, in currencies with small units
		if off := sub(b.NetLiquidation, s.equity).Abs(); cent.Less(off) {
			t.Fatalf("%s is shown %s, orders are measured by %s", a.ID, b.NetLiquidation, s.equity)
		}
		if !b.NetLiquidation.Equal(sum(b.Cash, b.PositionValue)) {
			t.Fatalf("%s: net liquidation %s, cash %s, positions %s",
				a.ID, b.NetLiquidation, b.Cash, b.PositionValue)
		}
	}
	for key, p := range x.held {
		if p.selling != selling[key] {
			t.Fatalf("%s %s: %d on sale, orders say %d", key.account, p.Symbol, p.selling, selling[key])
		}
	}
	if len(x.queue) > len(x.live)-x.ended {
		t.Fatalf("%d orders are queued, %d are live", len(x.queue), len(x.live)-x.ended)
	}
}

type machine struct {
	*desk
	twin   *desk
	placed []OrderRequest
}

// listed finds an instrument of a kind.
func listed(kind market.SecType, symbol, currency string) market.Instrument {
	found := market.Market{}.Find(monday, market.Query{
		SecType: string(kind), Symbol: symbol, Currency: currency,
	})
	if len(found) == 0 {
		panic("no " + string(kind) + " " + symbol)
	}
	return found[len(found)/2]
}

// The instruments of the tests beside aapl, of all kinds and in several currencies.
var (
	ford     = listed(market.Stock, "F", "USD")
	emini    = listed(market.Future, "ES", "USD")
	aaplCall = appleCall()
	euro     = listed(market.Cash, "EUR", "USD")
	yen      = listed(market.Cash, "USD", "JPY")
	aaplCFD  = listed(market.CFD, "AAPL", "USD")
	bond     = listed(market.Bond, "AAPL", "USD")

	pence   = listed(market.Stock, "GAW", "GBP")
	gold    = listed(market.Commodity, "XAUUSD", "USD")
	euroCFD = listed(market.CFD, "EUR", "USD")
	esCall  = esOption("ESZ6 C6600")

	traded = []market.Instrument{
		aapl, aapl, ford, emini, aaplCall, euro, yen, aaplCFD, bond, pence, gold, euroCFD, esCall,
	}
)

// esOption is an option on an E-mini.
func esOption(local string) market.Instrument {
	found := market.Market{}.Find(monday, market.Query{SecType: "FOP", Symbol: "ES", LocalSymbol: local})
	if len(found) != 1 {
		panic("no option " + local)
	}
	return found[0]
}

// appleCall is a call with a strike near the market.
func appleCall() market.Instrument {
	strike := decimal.MustParse("250")
	found := market.Market{}.Find(monday, market.Query{
		SecType: "OPT", Symbol: "AAPL", Right: "C", Strike: &strike,
	})
	return found[len(found)-1]
}

func (m *machine) draw(t *rapid.T, r *OrderRequest) {
	i := r.Instrument
	last := ticksOf(i, m.Market().Quote(i, m.now).Last)
	near := func(name string) decimal.Decimal {
		return i.Price(max(1, last+rapid.Int64Range(-60, 60).Draw(t, name)))
	}
	r.Quantity = rapid.Int64Range(1, 400).Draw(t, "quantity")
	r.LimitPrice, r.StopPrice = near("limit"), near("stop")
	if r.Type == TrailOrder || r.Type == TrailLimitOrder {
		r.StopPrice = decimal.Decimal{}
		r.TrailAmount, r.TrailPercent = decimal.Decimal{}, decimal.Decimal{}
		if rapid.Bool().Draw(t, "percent") {
			r.TrailPercent = decimal.MustParse("0.37")
		} else {
			r.TrailAmount = i.Price(rapid.Int64Range(1, 40).Draw(t, "trail"))
		}
		r.LimitOffset = i.Price(rapid.Int64Range(0, 5).Draw(t, "offset"))
	}
	if r.Type == RelativeOrder || r.Type == MidpriceOrder {
		r.LimitPrice = decimal.Decimal{}
		r.Offset = i.Price(rapid.Int64Range(0, 3).Draw(t, "offset"))
	}
}

func soon(t *rapid.T, now time.Time, name string) time.Time {
	return now.Add(time.Duration(rapid.Int64Range(1, int64(8*time.Hour)).Draw(t, name)))
}

func (m *machine) conditions(t *rapid.T) []Condition {
	var list []Condition
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3}).Draw(t, "conditions") {
		c := Condition{
			Kind: rapid.SampledFrom([]ConditionKind{
				PriceCondition, TimeCondition, MarginCondition, ExecutionCondition,
				VolumeCondition, PercentCondition,
			}).Draw(t, "kind"),
			More: rapid.Bool().Draw(t, "more"), Or: rapid.Bool().Draw(t, "or"),
			Instrument: aapl, Symbol: "AAPL", Time: soon(t, m.now, "at"),
			Volume:  rapid.Int64Range(0, 20_000_000).Draw(t, "volume"),
			Percent: decimal.MustParse("0.5"),
		}
		if c.Kind == MarginCondition {
			c.Percent = shares(rapid.Int64Range(0, 100).Draw(t, "cushion"))
		}
		c.Price = m.Market().Quote(aapl, m.now).Last
		list = append(list, c)
	}
	return list
}

var machineTypes = []OrderType{
	MarketOrder, LimitOrder, StopOrder, StopLimitOrder, TrailOrder, TrailLimitOrder,
	MarketIfTouched, LimitIfTouched, MarketOnClose, LimitOnClose, RelativeOrder, MidpriceOrder,
	MarketToLimit,
}

func (m *machine) place(t *rapid.T) {
	r := OrderRequest{
		ClientID: rapid.IntRange(0, 2).Draw(t, "client"), OrderID: m.nextID,
		Instrument: rapid.SampledFrom(traded).Draw(t, "instrument"),
		Account:    rapid.SampledFrom([]string{"DU1", "DU2"}).Draw(t, "account"),
		Action:     rapid.SampledFrom([]Action{Buy, Buy, Sell}).Draw(t, "action"),
		Type:       rapid.SampledFrom(machineTypes).Draw(t, "type"),
		TIF:        rapid.SampledFrom([]TIF{DAY, DAY, DAY, GTC, IOC, FOK, GTD, OPG}).Draw(t, "tif"),
		OutsideRTH: rapid.Bool().Draw(t, "outside"),
		OCAGroup:   rapid.SampledFrom([]string{"", "", "g"}).Draw(t, "group"),
		OCAType:    rapid.IntRange(1, 3).Draw(t, "oca"),
		Staged:     rapid.IntRange(0, 4).Draw(t, "staged") == 0,
		Conditions: m.conditions(t), IgnoreRTH: rapid.Bool().Draw(t, "ignore hours"),
		CancelOnConditions: rapid.IntRange(0, 3).Draw(t, "cancels") == 0,
	}
	r.GoodTill = soon(t, m.now, "till")
	r.AllOrNone = rapid.IntRange(0, 9).Draw(t, "all or none") == 0
	if rapid.IntRange(0, 9).Draw(t, "after") == 0 {
		r.GoodAfter = soon(t, m.now, "good after")
	}
	if n := len(m.placed); n > 0 && rapid.IntRange(0, 3).Draw(t, "child") == 0 {
		parent := m.placed[n-1]
		r.ClientID, r.ParentID, r.Instrument = parent.ClientID, parent.OrderID, parent.Instrument
		r.Account = parent.Account
	}
	m.nextID++
	m.draw(t, &r)
	if rapid.IntRange(0, 9).Draw(t, "by cash") == 0 {
		r.CashQuantity = shares(rapid.Int64Range(1, 50_000).Draw(t, "cash"))
	}
	m.placed = append(m.placed, r)
	m.both(t, func(d *desk) error { _, err := d.Place(m.now, r); return err })
}

// combine places an order for a combination, whose modifications are then the others'.
func (m *machine) combine(t *rapid.T) {
	legs := rapid.SampledFrom([][]Leg{covered, married, calendar}).Draw(t, "legs")
	r := m.combination(rapid.SampledFrom([]Action{Buy, Sell}).Draw(t, "action"),
		rapid.Int64Range(1, 9).Draw(t, "quantity"), legs,
		rapid.SampledFrom([]OrderType{MarketOrder, LimitOrder}).Draw(t, "type"), "")
	r.Account = rapid.SampledFrom([]string{"DU1", "DU2"}).Draw(t, "account")
	r.TIF = rapid.SampledFrom([]TIF{DAY, GTC, IOC, FOK}).Draw(t, "tif")
	r.OCAGroup, r.OCAType = rapid.SampledFrom([]string{"", "g"}).Draw(t, "group"), 2
	var near decimal.Decimal
	for _, leg := range legs {
		near = add(near, mul(m.Market().Quote(leg.Instrument, m.now).Last, shares(leg.Ratio)))
	}
	r.LimitPrice = add(near, cents(dec(rapid.SampledFrom([]string{"-9", "-0.5", "0", "0.5", "9"}).
		Draw(t, "away")))).Round(2)
	m.placed = append(m.placed, r)
	m.both(t, func(d *desk) error { _, err := d.Place(m.now, r); return err })
}

// hold holds or releases orders, or lets the next change split its order.
func (m *machine) hold(t *rapid.T) {
	what := rapid.IntRange(0, 4).Draw(t, "what")
	orders := m.Books().Orders
	m.both(t, func(d *desk) error {
		switch what {
		case 0:
			d.HoldNew(m.now)
		case 1:
			d.ReleaseAll(m.now)
		case 2:
			d.SplitNext(m.now)
		case 3:
			for _, o := range orders {
				_, _ = d.Hold(m.now, o.PermID) // those at work
			}
		default:
			for _, o := range orders {
				_, _ = d.Release(m.now, o.PermID)
			}
		}
		return nil
	})
}

// withoutClient transfers something, or lets IBKR liquidate an account.
func (m *machine) withoutClient(t *rapid.T) {
	account := rapid.SampledFrom([]string{"DU1", "DU2"}).Draw(t, "account")
	move := Transfer{
		Account: account, Instrument: rapid.SampledFrom(traded).Draw(t, "instrument"),
		Quantity: rapid.Int64Range(-20, 20).Draw(t, "quantity"), Price: dec("12.5"),
	}
	if move.Quantity == 0 {
		move = Transfer{
			Account: account, Currency: rapid.SampledFrom([]string{"USD", "EUR"}).Draw(t, "currency"),
			Cash: shares(rapid.Int64Range(-500, 500).Draw(t, "cash")),
		}
	}
	liquidates := rapid.IntRange(0, 4).Draw(t, "liquidates") == 0
	m.both(t, func(d *desk) error {
		if liquidates {
			_, _ = d.Liquidate(m.now, account, 0)
			return nil
		}
		_, _ = d.Transfer(m.now, move) // when it can be
		return nil
	})
}

// revise corrects or busts some execution.
func (m *machine) revise(t *rapid.T) {
	executions := m.Books().Executions
	if len(executions) == 0 {
		return
	}
	e := executions[rapid.IntRange(0, len(executions)-1).Draw(t, "execution")]
	if e.Exercise != NotExercised || e.Leg > 0 || e.Summary() {
		return
	}
	if slices.ContainsFunc(m.Books().Transfers, func(t Transfer) bool { return t.ConID == e.ConID }) {
		return
	}
	if rapid.Bool().Draw(t, "bust") {
		m.both(t, func(d *desk) error { _, err := d.Bust(m.now, e.ExecID); return err })
		return
	}
	n := rapid.Int64Range(1, e.Shares).Draw(t, "shares")
	m.both(t, func(d *desk) error {
		_, err := d.Correct(m.now, e.ExecID, add(e.Price, e.Instrument.Tick()), n)
		return err
	})
}

func (m *machine) byHand(t *rapid.T) {
	r := OrderRequest{
		Account: "DU2", Instrument: rapid.SampledFrom(traded).Draw(t, "instrument"),
		Action: Buy, Type: LimitOrder, TIF: GTC,
	}
	m.draw(t, &r)
	if rapid.Bool().Draw(t, "fill") {
		m.both(t, func(d *desk) error { _, err := d.ManualFill(m.now, r, r.LimitPrice); return err })
		return
	}
	m.both(t, func(d *desk) error { _, err := d.ManualOrder(m.now, r); return err })
}

func (m *machine) bind(t *rapid.T) {
	on := rapid.Bool().Draw(t, "auto")
	m.both(t, func(d *desk) error { d.BindManual(m.now); d.AutoBind(m.now, on); return nil })
}

func (m *machine) exercise(t *rapid.T) {
	r := ExerciseRequest{
		ClientID: 1, OrderID: m.nextID, Account: "DU1", Instrument: aaplCall,
		Action:   rapid.SampledFrom([]Exercised{WasExercised, HasLapsed}).Draw(t, "exercise"),
		Quantity: 1, Override: rapid.Bool().Draw(t, "override"),
	}
	m.nextID++
	m.both(t, func(d *desk) error { _, err := d.Exercise(m.now, r); return err })
}

func (m *machine) modify(t *rapid.T) {
	if len(m.placed) == 0 {
		return
	}
	r := m.placed[rapid.IntRange(0, len(m.placed)-1).Draw(t, "order")]
	if rapid.IntRange(0, 3).Draw(t, "retype") == 0 {
		r.Type = rapid.SampledFrom(machineTypes).Draw(t, "type")
	}
	if len(r.Legs) == 0 {
		m.draw(t, &r)
	} else {
		r.Quantity = rapid.Int64Range(1, 12).Draw(t, "quantity")
	}
	r.Staged = false
	m.both(t, func(d *desk) error { _, err := d.Place(m.now, r); return err })
}

func (m *machine) cancel(t *rapid.T) {
	if rapid.IntRange(0, 9).Draw(t, "all") == 0 {
		m.both(t, func(d *desk) error { d.CancelAll(m.now, 0); return nil })
		return
	}
	id := rapid.IntRange(1, m.nextID).Draw(t, "id")
	m.both(t, func(d *desk) error { return d.Cancel(m.now, 1, id, true) })
}

// wait lets time pass: at once, and for the twin from one event to the next.
func (m *machine) wait(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.Int64Range(0, int64(30*time.Hour)).Draw(t, "pass")))
	m.Advance(m.now)
	for at, ok := m.twin.NextEvent(); ok && !at.After(m.now); at, ok = m.twin.NextEvent() {
		m.twin.Advance(at)
	}
	m.twin.Advance(m.now)
}

func (m *machine) both(t *rapid.T, f func(*desk) error) {
	var rejects [2]Reject
	for i, err := range []error{f(m.desk), f(m.twin)} {
		var r *Reject
		if err != nil && !errors.As(err, &r) {
			t.Fatalf("an error that is no *Reject: %v", err)
		}
		if r != nil {
			rejects[i] = *r
		}
	}
	if rejects[0] != rejects[1] {
		t.Fatalf("one exchange says %v, the other %v", rejects[0], rejects[1])
	}
}
