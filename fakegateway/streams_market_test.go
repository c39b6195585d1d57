package fakegateway

import (
	"fmt"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

// screen is what a client knows of a line of live market data, by IBKR's number of tick. Sizes of
// prices are those that clients take from them.
type screen map[int32]string

// sizeTicks are the ticks of sizes that come with prices: bid, ask and last.
var sizeTicks = map[int32]int32{1: 0, 2: 3, 4: 5}

func (s screen) apply(messages []wire.Message) {
	for _, m := range messages {
		switch b := m.Body.(type) {
		case *protobuf.TickPrice:
			s[b.GetTickType()] = fmt.Sprint(b.GetPrice())
			if size, ok := sizeTicks[b.GetTickType()]; ok {
				s[size] = b.GetSize()
			}
		case *protobuf.TickSize:
			s[b.GetTickType()] = b.GetSize()
		case *protobuf.TickString:
			s[b.GetTickType()] = b.GetValue()
		}
	}
}

// shows compares a screen with the market at a time.
func (s screen) shows(t *testing.T, i market.Instrument, at time.Time) {
	t.Helper()
	m := market.Market{Seed: 7}
	q, day := m.Quote(i, at), m.Session(i, at)
	for tick, want := range map[int32]string{
		1: priceText(q.Bid), 2: priceText(q.Ask), 4: priceText(q.Last),
		0: fmt.Sprint(q.BidSize), 3: fmt.Sprint(q.AskSize), 5: fmt.Sprint(q.LastSize),
		6: priceText(day.High), 7: priceText(day.Low), 14: priceText(day.Open),
		9: priceText(day.PreviousClose), 8: fmt.Sprint(day.Volume), 45: fmt.Sprint(q.LastAt.Unix()),
	} {
		if s[tick] != want {
			t.Fatalf("at %s the screen shows %s in tick %d, the market is %s", at, s[tick], tick, want)
		}
	}
}

// priceText is a price as the double that a client reads.
func priceText(d decimal.Decimal) string {
	f, _ := d.Float64()
	return fmt.Sprint(f)
}

// wanted is the market's book, with its market makers, as a client would write it.
func wanted(i market.Instrument, at time.Time, rows int) (b testkit.DepthBook) {
	bids, asks := market.Market{Seed: 7}.Depth(i, at, rows)
	for side, levels := range [][]market.Level{asks, bids} {
		for _, l := range levels {
			b[side] = append(b[side], fmt.Sprint(priceText(l.Price), " ", l.Size, " ", l.Maker))
		}
	}
	return b
}
