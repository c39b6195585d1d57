package exchange

import (
	"errors"
	"reflect"
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
		m := &machine{desk: open(t, cfg), twin: open(t, cfg)}
		t.Repeat(map[string]func(*rapid.T){
			"place": m.place, "modify": m.modify, "cancel": m.cancel, "wait": m.wait,
			"": func(t *rapid.T) {
				if err := m.Books().Check(); err != nil {
					t.Fatalf("books: %v", err)
				}
			},
		})
		if a, b := m.Books(), m.twin.Books(); !reflect.DeepEqual(a, b) {
			t.Fatalf("two exchanges with the same calls differ:\n%+v\n%+v", a, b)
		}
		if !reflect.DeepEqual(stripEcho(m.events), stripEcho(m.twin.events)) {
			t.Fatalf("two exchanges with the same calls tell different events")
		}
	})
}

func stripEcho(events []Event) []Event {
	for i := range events {
		events[i].Order.Echo = nil
	}
	return events
}

type machine struct {
	*desk
	twin   *desk
	placed []OrderRequest
}

func (m *machine) draw(t *rapid.T, r *OrderRequest) {
	last, _ := r.Instrument.Ticks(m.Market().Quote(r.Instrument, m.now).Last)
	near := func(name string) decimal.Decimal {
		return r.Instrument.Price(last + rapid.Int64Range(-60, 60).Draw(t, name))
	}
	r.Quantity = rapid.Int64Range(1, 400).Draw(t, "quantity")
	r.LimitPrice, r.StopPrice = near("limit"), near("stop")
}

func (m *machine) place(t *rapid.T) {
	i, _ := market.LookupSymbol(rapid.SampledFrom([]string{"AAPL", "F", "SPY"}).Draw(t, "symbol"))
	r := OrderRequest{
		ClientID: rapid.IntRange(0, 2).Draw(t, "client"), OrderID: m.nextID, Instrument: i,
		Account: rapid.SampledFrom([]string{"DU1", "DU2"}).Draw(t, "account"),
		Action:  rapid.SampledFrom([]Action{Buy, Buy, Sell}).Draw(t, "action"),
		Type: rapid.SampledFrom([]OrderType{MarketOrder, LimitOrder, StopOrder, StopLimitOrder}).
			Draw(t, "type"),
		TIF:        rapid.SampledFrom([]TIF{DAY, GTC, IOC, FOK}).Draw(t, "tif"),
		OutsideRTH: rapid.Bool().Draw(t, "outside"),
		OCAGroup:   rapid.SampledFrom([]string{"", "", "g"}).Draw(t, "group"),
		OCAType:    rapid.IntRange(1, 3).Draw(t, "oca"),
		Staged:     rapid.IntRange(0, 4).Draw(t, "staged") == 0,
	}
	if n := len(m.placed); n > 0 && rapid.IntRange(0, 3).Draw(t, "child") == 0 {
		parent := m.placed[n-1]
		r.ClientID, r.ParentID, r.Instrument = parent.ClientID, parent.OrderID, parent.Instrument
		r.Account = parent.Account
	}
	m.nextID++
	m.draw(t, &r)
	m.placed = append(m.placed, r)
	m.both(t, func(d *desk) error { _, err := d.Place(m.now, r); return err })
}

func (m *machine) modify(t *rapid.T) {
	if len(m.placed) == 0 {
		return
	}
	r := rapid.SampledFrom(m.placed).Draw(t, "order")
	m.draw(t, &r)
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
