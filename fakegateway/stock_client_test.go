package fakegateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/scmhub/ibapi"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// told is a stock client's user who writes down what the client decodes. The channel holds all
// that one test can hear.
type told struct {
	ibapi.Wrapper
	lines chan string
}

const toldLines = 4096

func (w *told) say(format string, args ...any) { w.lines <- fmt.Sprintf(format, args...) }

func (w *told) ManagedAccounts(accounts []string)       { w.say("accounts %v", accounts) }
func (w *told) NextValidID(id int64)                    { w.say("next %d", id) }
func (w *told) ContractDetailsEnd(int64)                { w.say("details end") }
func (w *told) OpenOrderEnd()                           { w.say("orders end") }
func (w *told) ExecDetailsEnd(int64)                    { w.say("executions end") }
func (w *told) PositionEnd()                            { w.say("positions end") }
func (w *told) AccountSummaryEnd(int64)                 { w.say("summary end") }
func (w *told) AccountDownloadEnd(string)               { w.say("account end") }
func (w *told) CompletedOrdersEnd()                     { w.say("completed end") }
func (w *told) ConnectionClosed()                       { w.say("closed") }
func (w *told) HistoricalDataEnd(int64, string, string) { w.say("bars end") }
func (w *told) UpdateAccountTime(string)                {}
func (w *told) UpdateAccountValue(_, _, _, _ string)    {}
func (w *told) Error(id, _, code int64, text, _ string) { w.say("error %d %d %s", id, code, text) }

func (w *told) HistoricalData(_ int64, b *ibapi.Bar)        { w.say("bar %s %v", b.Date, b.Close > 0) }
func (w *told) AccountSummary(_ int64, _, tag, v, _ string) { w.say("summary %s %s", tag, v) }

func (w *told) ContractDetails(_ int64, d *ibapi.ContractDetails) {
	w.say("details %d %s %s %s %v", d.Contract.ConID, d.Contract.Symbol, d.Contract.PrimaryExchange,
		d.TimeZoneID, d.MinTick)
}

func (w *told) OpenOrder(id int64, c *ibapi.Contract, o *ibapi.Order, s *ibapi.OrderState) {
	w.say("open %d %s %s %s %s %s %s", id, c.Symbol, o.Action, o.TotalQuantity, o.OrderType,
		o.OrderRef, s.Status)
}

func (w *told) OrderStatus(id int64, status string, filled, left ibapi.Decimal, _ float64,
	_, _ int64, _ float64, clientID int64, _ string, _ float64,
) {
	w.say("status %d %s %s/%s of client %d", id, status, filled, left, clientID)
}

func (w *told) ExecDetails(id int64, c *ibapi.Contract, e *ibapi.Execution) {
	w.say("execution %d %s %s %s %s %v", id, c.Symbol, e.Side, e.Shares, e.OrderRef, e.Price > 0)
}

func (w *told) CommissionAndFeesReport(r ibapi.CommissionAndFeesReport) {
	w.say("commission %v %s", r.CommissionAndFees, r.Currency)
}

func (w *told) Position(_ string, c *ibapi.Contract, n ibapi.Decimal, cost float64) {
	w.say("position %s %s %v", c.Symbol, n, cost > 0)
}

func (w *told) UpdatePortfolio(c *ibapi.Contract, n ibapi.Decimal, _, value, _, _, _ float64,
	account string,
) {
	w.say("portfolio %s %s %s %v", account, c.Symbol, n, value > 0)
}

func (w *told) CompletedOrder(c *ibapi.Contract, o *ibapi.Order, s *ibapi.OrderState) {
	w.say("completed %s %s %s %s", c.Symbol, o.Action, o.FilledQuantity, s.Status)
}

// until collects lines up to the last one wanted, and compares. Farm notices are left out.
func (w *told) until(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for len(got) == 0 || got[len(got)-1] != want[len(want)-1] {
		text := hear(t, fmt.Sprintf("%q after %q", want[len(want)-1], got), w.lines)
		if !strings.HasPrefix(text, "error -1 2") {
			got = append(got, text)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("heard\n %s\nwant\n %s", strings.Join(got, "\n "), strings.Join(want, "\n "))
	}
}

// The stock client is the judge of everything that a trader needs, in each form of the wire.
func TestStockClientTrades(t *testing.T) {
	const logDisabled = 7
	ibapi.SetLogLevel(logDisabled)
	for _, v := range []wire.Version{178, 200, 212, 225} {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			s := startServer(t, Config{MaxServerVersion: int(v), Clock: Clock{Start: sunday}, Seed: 5})
			host, port := s.HostPort()
			heard := &told{lines: make(chan string, toldLines)}
			client := ibapi.NewEClient(heard)
			if err := client.Connect(host, port, 3); err != nil {
				t.Fatal(err)
			}
			heard.until(t, "accounts [DU9000001]", "next 1")
			tradeAsStockClient(t, client, heard)
			if err := s.Books().Check(); err != nil {
				t.Error(err)
			}
			if err := s.Restart(fault.Downtime{}, fault.FIN); err != nil {
				t.Fatal(err)
			}
			heard.until(t, "closed")
		})
	}
}

func tradeAsStockClient(t *testing.T, client *ibapi.EClient, heard *told) {
	t.Helper()
	aapl := &ibapi.Contract{Symbol: "AAPL", SecType: "STK", Exchange: "SMART", Currency: "USD"}
	client.ReqContractDetails(1, aapl)
	heard.until(t, "details 265598 AAPL NASDAQ US/Eastern 0.01", "details end")

	client.ReqHistoricalData(2, aapl, "20261122-15:00:00", "10 S", "5 secs", "TRADES", true, 1, false, nil)
	heard.until(t, "bar 20261122 09:59:50 US/Eastern true", "bar 20261122 09:59:55 US/Eastern true",
		"bars end")

	buy := ibapi.MarketOrder("BUY", ibapi.StringToDecimal("10"))
	buy.OrderRef, buy.TIF = "intent-1", "DAY"
	client.PlaceOrder(1, aapl, buy)
	heard.until(t, "open 1 AAPL BUY 10 MKT intent-1 Submitted", "status 1 Submitted 0/10 of client 3",
		"execution -1 AAPL BOT 10 intent-1 true", "open 1 AAPL BUY 10 MKT intent-1 Filled",
		"status 1 Filled 10/0 of client 3", "commission 1 USD")

	rest := ibapi.LimitOrder("BUY", ibapi.StringToDecimal("2"), 10)
	rest.TIF = "GTC"
	client.PlaceOrder(2, aapl, rest)
	heard.until(t, "open 2 AAPL BUY 2 LMT  PreSubmitted", "status 2 PreSubmitted 0/2 of client 3",
		"open 2 AAPL BUY 2 LMT  Submitted", "status 2 Submitted 0/2 of client 3")
	client.CancelOrder(2, ibapi.NewOrderCancel())
	heard.until(t, "status 2 PendingCancel 0/2 of client 3", "status 2 Cancelled 0/2 of client 3",
		"error 2 202 Order Canceled - reason:")

	client.ReqPositions()
	heard.until(t, "position AAPL 10 true", "positions end")
	client.ReqExecutions(3, ibapi.NewExecutionFilter())
	heard.until(t, "execution 3 AAPL BOT 10 intent-1 true", "commission 1 USD", "executions end")
	client.ReqAllOpenOrders()
	heard.until(t, "orders end")
	client.ReqCompletedOrders(true)
	heard.until(t, "completed AAPL BUY 10 Filled", "completed AAPL BUY 0 Cancelled", "completed end")
	client.ReqAccountSummary(4, "All", "AccountType,AccruedCash")
	heard.until(t, "summary AccountType INDIVIDUAL", "summary AccruedCash 0.00", "summary end")
	client.ReqAccountUpdates(true, "DU9000001")
	heard.until(t, "portfolio DU9000001 AAPL 10 true", "account end")
}
