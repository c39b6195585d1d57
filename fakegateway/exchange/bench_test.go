package exchange

import (
	"testing"
	"time"

	"ibsoak/fakegateway/market"
)

const restingOrders = 1_000

// resting is an exchange with orders that all fill at one step of the market, which it returns.
func resting(b *testing.B) (*Exchange, time.Time) {
	b.Helper()
	x := New(Config{Seed: 1, StartCash: shares(1_000_000_000)})
	limit := aapl.Price(ticksOf(aapl, x.Market().Quote(aapl, monday).Ask) - 40)
	for n := range restingOrders {
		_, err := x.Place(monday, OrderRequest{
			ClientID: 1, OrderID: n + 1, Account: DefaultAccount, Instrument: aapl, Action: Buy,
			Type: LimitOrder, TIF: GTC, Quantity: 10, Terms: Terms{LimitPrice: limit},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	at, ok := x.NextEvent()
	if !ok {
		b.Fatal("nothing is planned")
	}
	x.Advance(at.Add(-market.Step))
	return x, at
}

// fastest is the shortest of several times: the one that the machine disturbed least.
type fastest time.Duration

func (f *fastest) since(began time.Time) {
	if took := fastest(time.Since(began)); *f == 0 || took < *f {
		*f = took
	}
}

// BenchmarkThousandOrdersCrossed fills 1,000 resting orders by one tick, and compares with telling
// a subscriber of as many events: a fill is four events, the booking of a position and of cash,
// and an execution.
func BenchmarkThousandOrdersCrossed(b *testing.B) {
	var filling, telling fastest
	for b.Loop() {
		b.StopTimer()
		x, at := resting(b)
		events := 0
		x.Subscribe(func(*View, Event) { events++ })
		b.StartTimer()
		began := time.Now()
		x.Advance(at)
		filling.since(began)
		b.StopTimer()
		if events != 4*restingOrders {
			b.Fatalf("%d events, want %d", events, 4*restingOrders)
		}
		began = time.Now()
		for _, o := range x.orders {
			for range 4 {
				x.emit(StatusChanged, o)
			}
		}
		telling.since(began)
		b.StartTimer()
	}
	b.ReportMetric(float64(filling)/float64(time.Millisecond), "ms/1000-fills")
	b.ReportMetric(float64(filling)/float64(telling), "x-telling")
}

// BenchmarkPlaceBesideThousand places and cancels an order beside 1,000 resting ones, and beside
// none: what it costs is not to depend on them.
func BenchmarkPlaceBesideThousand(b *testing.B) {
	alone, _ := New(Config{Seed: 1}), monday
	crowd, _ := resting(b)
	var took [2]fastest
	id := restingOrders
	for b.Loop() {
		id++
		for n, x := range []*Exchange{alone, crowd} {
			began := time.Now()
			r := OrderRequest{
				ClientID: 1, OrderID: id, Account: DefaultAccount, Instrument: aapl, Action: Buy,
				Type: LimitOrder, TIF: GTC, Quantity: 1, Terms: Terms{LimitPrice: shares(1)},
			}
			if _, err := x.Place(monday, r); err != nil {
				b.Fatal(err)
			}
			if err := x.Cancel(monday, 1, id, false); err != nil {
				b.Fatal(err)
			}
			took[n].since(began)
		}
	}
	b.ReportMetric(float64(took[1])/float64(took[0]), "x-alone")
}
