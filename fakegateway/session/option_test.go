package session

import (
	"math"
	"slices"
	"testing"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

func TestOptionChain(t *testing.T) {
	apple, option := listed(t, market.Query{Symbol: "AAPL", SecType: "STK"}), nearTheMoney(t)
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		ask := func(conID int, venue string) []wire.Message {
			return l.ask(wire.ReqSecDefOptParams, &protobuf.SecDefOptParamsRequest{
				ReqId: num(3), UnderlyingSymbol: new("AAPL"), UnderlyingSecType: new("STK"),
				UnderlyingConId: num(conID), FutFopExchange: new(venue),
			})
		}
		got := ask(apple.ConID, "")
		if got[len(got)-1].Kind != wire.SecurityDefinitionOptionParameterEnd || len(got) < 10 {
			t.Fatalf("flow of %d messages ends with %s", len(got), got[len(got)-1].Kind)
		}
		rows := all[*protobuf.SecDefOptParameter](got, wire.SecurityDefinitionOptionParameter)
		if !slices.ContainsFunc(rows, func(r *protobuf.SecDefOptParameter) bool {
			return r.GetExchange() == "SMART" && r.GetTradingClass() == option.TradingClass &&
				slices.Contains(r.GetExpirations(), option.LastTradeDate) &&
				slices.Contains(r.GetStrikes(), client.PriceOf(option.Strike)) &&
				r.GetMultiplier() == "100" && int(r.GetUnderlyingConId()) == apple.ConID
		}) {
			t.Errorf("no row has %s", option.LocalSymbol)
		}
		if one := ask(apple.ConID, "CBOE"); len(one) >= len(got) || len(one) < 2 {
			t.Errorf("%d messages for one exchange, %d for all", len(one), len(got))
		}
		wantFlow(t, ask(1, ""), "errMsg:3 200")
	})
}

func TestCalculations(t *testing.T) {
	option := nearTheMoney(t)
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		price := body[*protobuf.TickOptionComputation](t,
			l.ask(wire.CalculateOptionPrice, &protobuf.CalculateOptionPriceRequest{
				ReqId: num(3), Contract: at(option, "SMART"), Volatility: new(0.3), UnderPrice: new(230.0),
			}), wire.TickOptionComputation)
		if price.GetTickType() != customOption || price.GetOptPrice() <= 0 || price.GetDelta() <= 0 {
			t.Fatalf("price %v", price)
		}
		back := body[*protobuf.TickOptionComputation](t,
			l.ask(wire.CalculateImpliedVolatility, &protobuf.CalculateImpliedVolatilityRequest{
				ReqId: num(4), Contract: at(option, "SMART"), OptionPrice: price.OptPrice, UnderPrice: new(230.0),
			}), wire.TickOptionComputation)
		if math.Abs(back.GetImpliedVol()-0.3) > 1e-6 || back.GetReqId() != 4 {
			t.Errorf("volatility %v, want 0.3 again", back)
		}
		none := body[*protobuf.TickOptionComputation](t,
			l.ask(wire.CalculateImpliedVolatility, &protobuf.CalculateImpliedVolatilityRequest{
				ReqId: num(5), Contract: at(option, "SMART"), OptionPrice: new(500.0), UnderPrice: new(230.0),
			}), wire.TickOptionComputation)
		if v >= 206 && (none.GetImpliedVol() != -1 || none.GetDelta() != -2) {
			t.Errorf("an option above its underlying: %v", none)
		}
		for _, odd := range []float64{0, -1, math.Inf(1), math.MaxFloat64} {
			wantFlow(t, l.ask(wire.CalculateOptionPrice, &protobuf.CalculateOptionPriceRequest{
				ReqId: num(6), Contract: at(option, "SMART"), Volatility: new(0.3), UnderPrice: new(odd),
			}), "tickOptionComputation")
			wantFlow(t, l.ask(wire.CalculateImpliedVolatility, &protobuf.CalculateImpliedVolatilityRequest{
				ReqId: num(6), Contract: at(option, "SMART"), OptionPrice: new(odd), UnderPrice: new(odd),
			}), "tickOptionComputation")
		}
		wantFlow(t, l.ask(wire.CalculateOptionPrice, &protobuf.CalculateOptionPriceRequest{
			ReqId: num(6), Contract: stock("AAPL"), Volatility: new(0.3), UnderPrice: new(230.0),
		}), "errMsg:6 321")
		wantFlow(t, l.ask(wire.CancelCalculateOptionPrice, &protobuf.CancelCalculateOptionPrice{ReqId: num(3)}))
		wantFlow(t, l.ask(wire.CancelCalculateImpliedVolatility,
			&protobuf.CancelCalculateImpliedVolatility{ReqId: num(4)}))
	})
}
