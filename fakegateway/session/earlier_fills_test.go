package session

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/orders"
	"ibsoak/internal/wire"
)

func fillBefore(symbol string, n int64, before time.Duration) EarlierFill {
	return EarlierFill{
		OpeningPosition: OpeningPosition{
			Symbol: symbol, Quantity: n, Price: decimal.MustParse("250"),
		},
		Before: before,
	}
}

// told lists the sizes of the executions that a filter finds.
func (l *line) told(f *protobuf.ExecutionFilter) string {
	l.t.Helper()
	var sizes []string
	got := l.ask(wire.ReqExecutions, &protobuf.ExecutionRequest{ReqId: num(3), ExecutionFilter: f})
	for _, e := range all[*protobuf.ExecutionDetails](got, wire.ExecutionDetails) {
		sizes = append(sizes, e.GetExecution().GetShares())
	}
	return strings.Join(sizes, " ")
}

// A Gateway tells the executions of the day that began at midnight; of the seven days before, those
// that lastNDays and specificDates of ExecutionFilter ask for, which clients have from version 200
// on. Below that they cannot be asked for (the text of reqExecutions ends with the side).
func TestExecutionsOfEarlierDays(t *testing.T) {
	fills := []EarlierFill{
		fillBefore("AAPL", 3, 2*time.Hour), // today, sunday at 10:30 in New York
		fillBefore("AAPL", 2, 20*time.Hour),
		fillBefore("AAPL", 1, 3*24*time.Hour),
	}
	for v, want := range map[wire.Version][2]string{
		173: {"3", "3"}, 199: {"3", "3"}, 200: {"2 3", "2"}, 225: {"2 3", "2"},
	} {
		shared := newLogin(t, Config{Seed: 7, Start: sunday, Semantics: Semantics{EarlierFills: fills}})
		l := login(t, shared, v, 0)
		if got := l.told(&protobuf.ExecutionFilter{}); got != "3" {
			t.Errorf("version %d: today %q, want 3", v, got)
		}
		if got := l.told(&protobuf.ExecutionFilter{LastNDays: proto.Int32(1)}); got != want[0] {
			t.Errorf("version %d: the last day %q, want %q", v, got, want[0])
		}
		yesterday := &protobuf.ExecutionFilter{SpecificDates: []int32{20261121}}
		if got := l.told(yesterday); got != want[1] {
			t.Errorf("version %d: yesterday %q, want %q", v, got, want[1])
		}
		l.now = sunday.Add(14 * time.Hour) // past midnight
		if got := l.told(&protobuf.ExecutionFilter{}); got != "" {
			t.Errorf("version %d: the next day %q, want nothing", v, got)
		}
		b := shared.exchange.Books()
		if err := b.Check(); err != nil || b.Holding("DU9000001", "AAPL") != 6 {
			t.Errorf("books: %v, %+v", err, b.Positions)
		}
	}
}

// The day ends at midnight of the accounts' zone: at 10:30 of a Sunday in New York it is half past
// midnight in Tokyo.
func TestTheDayOfExecutionsEndsInTheAccountsZone(t *testing.T) {
	for zone, want := range map[string]string{"": "2 1", "Asia/Tokyo": "1", "Europe/London": "2 1"} {
		shared := newLogin(t, Config{Seed: 7, Start: sunday, Semantics: Semantics{
			AccountZone:  zone,
			EarlierFills: []EarlierFill{fillBefore("AAPL", 1, time.Minute), fillBefore("AAPL", 2, time.Hour)},
		}})
		l := login(t, shared, 225, 0)
		if got := l.told(&protobuf.ExecutionFilter{}); got != want {
			t.Errorf("%q: %q, want %q", zone, got, want)
		}
		if n := len(all[*protobuf.CompletedOrder](l.ask(wire.ReqCompletedOrders,
			&protobuf.CompletedOrdersRequest{}), wire.CompletedOrder)); n != len(strings.Fields(want)) {
			t.Errorf("%q: %d completed orders", zone, n)
		}
	}
}

func TestEarlierFillsThatCannotBe(t *testing.T) {
	for want, f := range map[string]EarlierFill{
		"before 0s":       fillBefore("AAPL", 1, 0),
		"before 200h":     fillBefore("AAPL", 1, 200*time.Hour),
		"contracts match": fillBefore("ZZZ", 1, time.Hour),
		"want above 0":    {OpeningPosition{Symbol: "AAPL", Quantity: 1}, time.Hour},
		"price variation": {OpeningPosition{
			Symbol: "AAPL", Quantity: 1, Price: decimal.MustParse("1.005"),
		}, time.Hour},
	} {
		_, err := NewLogin(Config{Start: sunday, Semantics: Semantics{EarlierFills: []EarlierFill{f}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", f, err, want)
		}
	}
}

// A report of a commission that is not known yet is unset, as IBKR's clients read it (1.797e308 in
// text, absent in protobuf), or -1; the amount follows under the same execution id.
func TestCommissionsThatAreNotKnownYet(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		for _, unknown := range []orders.UnknownCommission{orders.CommissionUnset, orders.CommissionMinusOne} {
			shared := testLogin(t, Semantics{
				CommissionLatency: time.Minute, UnknownCommission: unknown,
			})
			l := login(t, shared, v, 1)
			report := func(messages []wire.Message) *protobuf.CommissionAndFeesReport {
				t.Helper()
				return body[*protobuf.CommissionAndFeesReport](t, messages, wire.CommissionReport)
			}
			first := report(l.ask(wire.PlaceOrder, order(1, "BUY", 10, "MKT", 0)))
			set := first.CommissionAndFees != nil
			if set == (unknown == orders.CommissionUnset) || set && first.GetCommissionAndFees() != -1 {
				t.Errorf("%q at once: %v", unknown, first)
			}
			text, err := wire.Payload(wire.Message{Kind: wire.CommissionReport, Body: first}, v)
			spelled := bytes.Count(text, []byte("1.7976931348623157E308")) == 3 // and profit and yield
			if err != nil || wire.FormAt(wire.CommissionReport, v) != wire.Protobuf && spelled == set {
				t.Errorf("%q is written %q, %v", unknown, text, err)
			}
			asked := report(l.ask(wire.ReqExecutions, &protobuf.ExecutionRequest{ReqId: num(2)}))
			if (asked.CommissionAndFees != nil) != set {
				t.Errorf("%q when asked: %v", unknown, asked)
			}
			l.now = l.now.Add(time.Minute)
			shared.exchange.Advance(l.now)
			later := report(l.take())
			if later.GetCommissionAndFees() != 1 || later.GetExecId() != first.GetExecId() {
				t.Errorf("%q later: %v", unknown, later)
			}
			shared.exchange.View(l.now.Add(time.Hour), func(*exchange.View) {})
			if n := len(all[*protobuf.CommissionAndFeesReport](l.take(), wire.CommissionReport)); n != 0 {
				t.Errorf("%q: %d more reports", unknown, n)
			}
		}
	})
}
