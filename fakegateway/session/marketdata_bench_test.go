package session

import (
	"testing"
	"time"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

// encoder is a client's end that does what a connection does: it encodes and forgets.
type encoder struct {
	now   time.Time
	frame []byte
	sent  int
}

func (e *encoder) Send(m wire.Message) {
	e.frame, _ = wire.Append(e.frame[:0], m, 225)
	e.sent++
}
func (e *encoder) Now() time.Time { return e.now }

// BenchmarkQuotes is a minute of a client's line of market data, from the market to the frames.
func BenchmarkQuotes(b *testing.B) {
	shared := newLogin(b, Config{Seed: 7, Semantics: Semantics{LiveMarketData: true}})
	e := &encoder{now: sunday}
	s := New(shared, e, 225)
	s.Start(1)
	s.Handle(wire.Message{Kind: wire.ReqMktData, Body: quoteRequest(6, stock("AAPL"), "")})
	e.sent = 0
	b.ReportAllocs()
	for b.Loop() {
		for range time.Minute / market.Step {
			e.now = e.now.Add(market.Step)
			shared.exchange.Advance(e.now)
		}
	}
	b.ReportMetric(float64(e.sent)/float64(b.N), "ticks/op")
}

// BenchmarkTenThousandLines is one step of the market for ten thousand clients that watch it.
func BenchmarkTenThousandLines(b *testing.B) {
	const clients = 10_000
	shared := newLogin(b, Config{
		Seed: 7, Semantics: Semantics{LiveMarketData: true, MarketDataLines: clients},
	})
	e := &encoder{now: sunday}
	for id := range clients {
		s := New(shared, e, 225)
		s.Start(id)
		s.Handle(wire.Message{Kind: wire.ReqMktData, Body: quoteRequest(6, stock("AAPL"), "")})
	}
	e.sent = 0
	b.ReportAllocs()
	for b.Loop() {
		e.now = e.now.Add(market.Step)
		shared.exchange.Advance(e.now)
	}
	b.ReportMetric(float64(e.sent)/float64(b.N)/clients, "ticks/client")
}
