package trader

import (
	"context"
	"strings"
	"testing"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
)

// TestOneMisspeltSymbolFailsAlone: the others are traded, the cycles count, and IBKR is not asked for what
// it does not know in every cycle.
func TestOneMisspeltSymbolFailsAlone(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cfg.Symbols = []string{"APPL", "NVDA"}
		r.w.unknown = "APPL"
		asked := 0
		r.w.ask = func(_ context.Context, what string) error {
			if what == "contract" {
				asked++
			}
			return nil
		}
		l := r.start()
		r.later(10 * time.Minute)
		if r.w.count() != 1 || r.w.orders[0].Contract.Symbol != "NVDA" {
			t.Errorf("orders %+v, want one of NVDA", r.w.orders)
		}
		if n := l.engine.Cycles(); n < 19 {
			t.Errorf("%d cycles counted in ten minutes", n)
		}
		if asked > 4 {
			t.Errorf("%d questions for two contracts", asked)
		}
		r.wantCode(l.stop(), exit.OK)
		err := r.once() // and a single run says so
		r.wantCode(err, exit.Incomplete)
		if !strings.Contains(err.Error(), "APPL") {
			t.Errorf("%v does not name the symbol", err)
		}
	})
}

// TestARefusalEndsWithTheOutage: a Gateway that has lost IBKR knows no contract, and says so as if there
// were none.
func TestARefusalEndsWithTheOutage(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.unknown = "AAPL"
		l := r.start()
		r.later(time.Second)
		r.w.say(broker.StateChange{State: broker.Degraded, Code: 1100})
		r.w.knowAll()
		r.w.say(broker.StateChange{State: broker.Ready, Code: 1102})
		r.later(time.Minute)
		if r.w.count() != 1 {
			t.Errorf("%d orders a minute after the outage, want 1", r.w.count())
		}
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestSymbolsAreWrittenWithTheirMarket: class shares have a blank at IBKR, and a stock may trade elsewhere
// and in another currency.
func TestSymbolsAreWrittenWithTheirMarket(t *testing.T) {
	for text, want := range map[string]broker.Contract{
		"AAPL":        {Symbol: "AAPL", Exchange: "SMART", Currency: "USD"},
		"BRK B":       {Symbol: "BRK B", Exchange: "SMART", Currency: "USD"},
		"VOD:LSE:GBP": {Symbol: "VOD", Exchange: "LSE", Currency: "GBP"},
		"SAP::EUR":    {Symbol: "SAP", Exchange: "SMART", Currency: "EUR"},
		"IBM:NYSE":    {Symbol: "IBM", Exchange: "NYSE", Currency: "USD"},
	} {
		want.SecType = "STK"
		if got, err := ParseSymbol(text, "SMART", "USD"); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", " ", ":LSE", "A:B:C:D", "A  B", " A", "A ", "Ä", "A\tB", strings.Repeat("A", 40)} {
		if got, err := ParseSymbol(text, "SMART", "USD"); err == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
	inBubble(t, func(r *rig) {
		r.cfg.Symbols = []string{"BRK B", "VOD:LSE:GBP"}
		if _, err := New(r.cfg, nil, nil); err == nil {
			t.Error("losses in pounds and in dollars are added up")
		}
		r.cfg.Limits.MaxDailyLoss, r.cfg.Limits.MaxDrawdown = d("-1"), d("-1")
		r.wantCode(r.once(), exit.OK)
		if r.w.count() != 2 || r.w.orders[0].Contract.Symbol != "BRK B" || r.w.orders[1].Contract.Exchange != "LSE" ||
			r.w.orders[1].Contract.Currency != "GBP" {
			t.Errorf("orders %+v", r.w.orders)
		}
	})
}
