package trader_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway"
	"ibsoak/trader"
	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/link"
	"ibsoak/trader/strategy"
)

// TestAHundredSymbolsKeepTheLimits on a Gateway whose clock is thirty times as fast. Judged
// by the Gateway's ledger and transcript: never more than 50 messages in a second, 60 requests for history
// in ten minutes, one of a contract in 15 s, 50 subscriptions; and nine tenths of the messages and of the
// requests while there is work, which is always, for half of the symbols have no place among the subscriptions.
func TestAHundredSymbolsKeepTheLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("takes three quarters of a minute")
	}
	const symbols, scale = 100, 30
	begin := time.Date(2036, time.December, 1, 15, 0, 2, 0, time.UTC)
	gw, err := fakegateway.Start(fakegateway.Config{Seed: 1, Clock: fakegateway.Clock{Start: begin, Scale: scale}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = gw.Close() }()
	j, err := journal.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	hold, err := strategy.New(strategy.Hold, strategy.Params{Shares: decimal.One})
	if err != nil {
		t.Fatal(err)
	}
	cfg := trader.Config{ClientID: 1, Strategy: hold, Interval: 100 * time.Millisecond, MaxClockSkew: 1 << 62}
	for i := range symbols {
		cfg.Symbols = append(cfg.Symbols, fmt.Sprintf("T%c%c", 'A'+i/26, 'A'+i%26))
	}
	e, err := trader.New(cfg, func(ctx context.Context) (trader.Broker, error) {
		return broker.Connect(ctx, broker.Config{Link: link.Config{Addr: gw.Addr(), ClientID: 1}})
	}, j)
	if err != nil {
		t.Fatal(err)
	}
	const minutes = 22
	ctx, cancel := context.WithTimeout(t.Context(), minutes*time.Minute/scale)
	defer cancel()
	if code, _ := exit.Of(e.Run(ctx)); code != exit.OK {
		t.Errorf("ended with %d %s", code, code)
	}
	if n := gw.TranscriptDropped(); n > 0 {
		t.Fatalf("%d frames were dropped: nothing can be said", n)
	}
	judge(t, gw, scale)
}

// asked is a request for history as the Gateway had it.
type asked struct {
	at     time.Duration // on its clock, since the first message
	symbol string
}

func judge(t *testing.T, gw *fakegateway.Server, scale int) {
	t.Helper()
	rows := gw.Connections()
	if len(rows) != 1 {
		t.Errorf("%d connections, want one", len(rows))
	}
	if n := rows[0].BusiestReal.Messages; n > 50 || n < 45 {
		t.Errorf("%d messages in the busiest second, want 45 to 50", n)
	}
	var all []asked
	subscribed, canceled := 0, 0
	frames := gw.Transcript()
	for _, f := range frames {
		switch f.Kind {
		case "reqHistoricalData":
			var q struct {
				Contract     struct{ Symbol string }
				KeepUpToDate bool
			}
			if err := json.Unmarshal(f.Body, &q); err != nil || q.Contract.Symbol == "" {
				t.Fatalf("%s: %v", f.Body, err)
			}
			all = append(all, asked{time.Duration(scale) * f.At.Sub(frames[0].At), q.Contract.Symbol})
			if q.KeepUpToDate {
				subscribed++
			}
		case "errMsg":
			ended := bytes.Contains(f.Body, []byte("query cancelled")) // the answer to a cancel
			if !ended && !bytes.Contains(f.Body, []byte(`"id":-1,`)) {
				t.Errorf("the Gateway refused: %s", f.Body)
			}
		case "cancelHistoricalData":
			canceled++
		}
	}
	// One of fifty is left for what is asked for. A stop has a second for cancels, of 45 at most.
	if subscribed != 49 || canceled < 25 || canceled > 49 {
		t.Errorf("%d subscriptions, %d cancelled at the end, want 49, and most of them", subscribed, canceled)
	}
	// On its way a request may be late by a part of a real second, and so be nearer to the next one.
	late := time.Duration(scale) * time.Second / 5
	for i := range all {
		window, same := 0, 0
		for _, other := range all[i:] {
			if other.at-all[i].at < 10*time.Minute-late {
				window++
			}
			if other.symbol == all[i].symbol && other.at-all[i].at < 15*time.Second-late {
				same++
			}
		}
		if window > 60 || same > 1 {
			t.Fatalf("from %s on %d requests in ten minutes, %d of %s in 15 s", all[i].at, window, same, all[i].symbol)
		}
	}
	used := 0
	for _, a := range all {
		if a.at >= 10*time.Minute && a.at < 20*time.Minute {
			used++
		}
	}
	// A quiet machine uses all 60. Each real second by which a busy one is late costs three of them.
	if used < 45 {
		t.Errorf("%d requests in ten minutes of work, of 60 that are allowed", used)
	}
	t.Logf("%d messages in the busiest second; %d requests from minute 10 to 20, %d in all, %d of them subscriptions, of which %d were cancelled",
		rows[0].BusiestReal.Messages, used, len(all), subscribed, canceled)
}
