package session

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// The codes of "Available Market Scanners" in the TWS API's documentation that prices, volumes and
// volatilities decide, and the code of the documentation's samples (HotUSStkByVolume).
func TestDocumentedScanCodesAreServed(t *testing.T) {
	nights := login(t, testLogin(t, Semantics{SessionsOnly: true}), 200, 1)
	never := login(t, testLogin(t, Semantics{}), 200, 1)
	for n, code := range []string{
		"TOP_PERC_GAIN", "TOP_PERC_LOSE", "MOST_ACTIVE", "HOT_BY_VOLUME", "HOT_BY_PRICE", "TOP_TRADE_COUNT",
		"TOP_TRADE_RATE", "TOP_PRICE_RANGE", "HOT_BY_PRICE_RANGE", "TOP_VOLUME_RATE", "HIGH_OPT_IMP_VOLAT",
		"LOW_OPT_IMP_VOLAT", "TOP_OPT_IMP_VOLAT_GAIN", "TOP_OPT_IMP_VOLAT_LOSE",
		"HIGH_OPT_IMP_VOLAT_OVER_HIST", "LOW_OPT_IMP_VOLAT_OVER_HIST", "TOP_OPEN_PERC_GAIN",
		"TOP_OPEN_PERC_LOSE", "HIGH_OPEN_GAP", "LOW_OPEN_GAP", "HIGH_VS_13W_HL", "LOW_VS_13W_HL",
		"HIGH_VS_26W_HL", "LOW_VS_26W_HL", "HIGH_VS_52W_HL", "LOW_VS_52W_HL",
	} {
		t.Run(code, func(t *testing.T) {
			l := never
			if strings.Contains(code, "GAP") { // a market that never closes opens where it closed
				l = nights
			}
			wantFlow(t, l.ask(wire.ReqScannerSubscription, scanFor(n, code, 5)), "scannerData")
			wantFlow(t, l.ask(wire.CancelScannerSubscription, &protobuf.CancelScannerSubscription{ReqId: num(n)}),
				fmt.Sprintf("errMsg:%d 162", n))
		})
	}
	wantFlow(t, never.ask(wire.ReqScannerSubscription, scanFor(90, "NOT_OPEN", 5)), "errMsg:90 165", "scannerData")
}

// gainersAndLosers are the stocks that scans look at, as a client finds them: none is where it closed.
func gainersAndLosers(t *testing.T, m market.Market) (list []market.Instrument) {
	l := login(t, testLogin(t, Semantics{SessionsOnly: true}), 200, 1)
	for n, code := range []string{"TOP_PERC_GAIN", "TOP_PERC_LOSE"} {
		for _, r := range body[*protobuf.ScannerData](t, l.ask(wire.ReqScannerSubscription, scanFor(n, code, 50)),
			wire.ScannerData).GetScannerDataElement() {
			i, _ := m.Lookup(int(r.GetContract().GetConId()))
			list = append(list, i)
		}
	}
	if len(list) < 50 {
		t.Fatalf("%d stocks have moved", len(list))
	}
	return list
}

// Scans rank by what a client sees itself: each code's order is checked with the market's own numbers.
func TestScansRankByTheMarketsOwnNumbers(t *testing.T) {
	m := market.Market{Seed: 7, Hours: market.Hours{SessionsOnly: true}}
	days := market.Span{Count: 1, Unit: market.Day}
	history := func(i market.Instrument, n int, unit market.Unit, series market.Series) []market.Bar {
		h, err := m.History(sunday, market.HistoryRequest{
			Instrument: i, Duration: market.Span{Count: n, Unit: unit}, BarSize: days, Series: series,
		})
		if err != nil {
			t.Fatal(err)
		}
		return h.Bars
	}
	for code, value := range map[string]func(i market.Instrument) float64{
		"MOST_ACTIVE": func(i market.Instrument) float64 { return float64(m.Session(i, sunday).Volume) },
		"HIGH_OPEN_GAP": func(i market.Instrument) float64 {
			day := m.Session(i, sunday)
			return client.PriceOf(day.Open) / client.PriceOf(day.PreviousClose)
		},
		"TOP_OPEN_PERC_LOSE": func(i market.Instrument) float64 {
			return -client.PriceOf(m.Quote(i, sunday).Last) / client.PriceOf(m.Session(i, sunday).Open)
		},
		"HIGH_OPT_IMP_VOLAT": func(i market.Instrument) float64 {
			bars := history(i, 1, market.Day, market.OptionImpliedVolatility)
			return client.PriceOf(bars[len(bars)-1].Close)
		},
		// The bars of 30 days before today, exponentially averaged, as the documentation says.
		"HOT_BY_VOLUME": func(i market.Instrument) float64 {
			bars := history(i, 31, market.Day, market.Trades)
			average := float64(bars[0].Volume)
			for _, b := range bars[1 : len(bars)-1] {
				average += (float64(b.Volume) - average) * 2 / 31
			}
			return float64(m.Session(i, sunday).Volume) / average
		},
	} {
		t.Run(code, func(t *testing.T) {
			l := login(t, testLogin(t, Semantics{SessionsOnly: true}), 200, 1)
			rows := body[*protobuf.ScannerData](t, l.ask(wire.ReqScannerSubscription, scanFor(8, code, 8)),
				wire.ScannerData).GetScannerDataElement()
			if len(rows) < 2 {
				t.Fatalf("%d rows", len(rows))
			}
			listed := make(map[int]bool)
			least := 0.0
			for rank, r := range rows {
				i, _ := m.Lookup(int(r.GetContract().GetConId()))
				now := value(i)
				if rank > 0 && now > least {
					t.Errorf("rank %d, %s: %f is more than %f", rank, i.Symbol, now, least)
				}
				listed[i.ConID], least = true, now
			}
			for _, i := range gainersAndLosers(t, m) {
				if v := value(i); len(rows) == 8 && !listed[i.ConID] && v > least {
					t.Errorf("%s with %f is missing, the last has %f", i.Symbol, v, least)
				}
			}
		})
	}
}

// A code that is not served is refused with the words that two clients have recorded: 162 "Scanner
// type with code 27 is disabled.", and so is a filter: "Scanner filter usdMarketCapAbove is disabled."
func TestUnknownScansAreRefused(t *testing.T) {
	const service = "Historical Market Data Service error message:"
	l := login(t, testLogin(t, Semantics{}), 200, 1)
	filtered := func(tag, value string) *protobuf.ScannerSubscriptionRequest {
		m := scanFor(3, "MOST_ACTIVE", 50)
		m.ScannerSubscription.ScannerSubscriptionFilterOptions = map[string]string{tag: value}
		return m
	}
	for want, m := range map[string]*protobuf.ScannerSubscriptionRequest{
		service + "Scanner type with code 27 is disabled.":        scanFor(3, "27", 5),
		service + "Scanner filter usdMarketCapAbove is disabled.": filtered("usdMarketCapAbove", "10000"),
	} {
		got := l.ask(wire.ReqScannerSubscription, m)
		if e := body[*protobuf.ErrorMessage](t, got, wire.ErrorMessage); len(got) != 1 || e.GetErrorMsg() != want {
			t.Errorf("got %s %q, want %q", summary(got), e.GetErrorMsg(), want)
		}
	}
	got := l.ask(wire.ReqScannerSubscription, filtered("priceAbove", "400"))
	for _, r := range body[*protobuf.ScannerData](t, got, wire.ScannerData).GetScannerDataElement() {
		i, _ := market.Market{Seed: 7}.Lookup(int(r.GetContract().GetConId()))
		if price := client.PriceOf(market.Market{Seed: 7}.Quote(i, sunday).Last); price < 400 {
			t.Errorf("%s at %f", i.Symbol, price)
		}
	}
}

// A scan that goes on ranks as one that begins, over the opening of a day.
func TestARepeatedScanIsANewOne(t *testing.T) {
	for _, code := range []string{"HOT_BY_VOLUME", "HIGH_VS_13W_HL"} {
		l := login(t, testLogin(t, Semantics{SessionsOnly: true}), 200, 1)
		l.now = sunday.Add(16 * time.Hour) // Monday, before trading begins
		l.ask(wire.ReqScannerSubscription, scanFor(1, code, 50))
		for range 3 {
			l.pass(2 * time.Hour)
			repeated := all[*protobuf.ScannerData](l.take(), wire.ScannerData)
			fresh := body[*protobuf.ScannerData](t, l.ask(wire.ReqScannerSubscription, scanFor(2, code, 50)), wire.ScannerData)
			l.ask(wire.CancelScannerSubscription, &protobuf.CancelScannerSubscription{ReqId: num(2)})
			if len(repeated) != 1 || fmt.Sprint(repeated[0].GetScannerDataElement()) != fmt.Sprint(fresh.GetScannerDataElement()) {
				t.Fatalf("%s at %v: %d repeated scans, not the new one", code, l.now, len(repeated))
			}
		}
	}
}
