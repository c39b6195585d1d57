package recording

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi"

	"ibsoak/fakegateway"
	"ibsoak/internal/testkit"
)

// hearer is a stock client's user who writes down what he is told. Ids of requests and orders are
// written as distances from his own first ones, and private words as "perm#1", in the order in
// which they first appear: the same lines are the same conversation.
type hearer struct {
	ibapi.Wrapper
	lines   chan string
	account chan string
	next    chan int64

	request int64 // the first id of a request
	order   int64 // the first id of an order; of the callbacks' goroutine once it is heard
	seen    map[string][]string
}

const heardLines = 4096

func newHearer(request int64) *hearer {
	return &hearer{
		lines: make(chan string, heardLines), account: make(chan string, 1),
		next: make(chan int64, 1), request: request, seen: make(map[string][]string),
	}
}

func (h *hearer) say(format string, args ...any) { h.lines <- fmt.Sprintf(format, args...) }

// private numbers a word of a sort.
func (h *hearer) private(sort string, word any) string {
	text := fmt.Sprint(word)
	if text == "" || text == "0" {
		return sort + ":" + text
	}
	at := slices.Index(h.seen[sort], text)
	if at < 0 {
		h.seen[sort] = append(h.seen[sort], text)
		at = len(h.seen[sort]) - 1
	}
	return sort + "#" + strconv.Itoa(at+1)
}

func (h *hearer) ManagedAccounts(accounts []string) {
	h.say("accounts %d %s", len(accounts), h.private("account", accounts[0]))
	h.account <- accounts[0]
}

func (h *hearer) NextValidID(id int64) {
	h.order = id
	h.say("next")
	h.next <- id
}

func (h *hearer) Error(id, _, code int64, text, _ string) {
	switch {
	case id >= h.order && id < h.order+100:
		id -= h.order
	case id >= h.request:
		id -= h.request
	}
	h.say("error %d %d %s", id, code, text)
}

func (h *hearer) ContractDetails(id int64, d *ibapi.ContractDetails) {
	h.say("details %d %d %s %s %s %v %s", id-h.request, d.Contract.ConID, d.Contract.Symbol,
		d.Contract.Exchange, d.Contract.PrimaryExchange, d.MinTick, d.LiquidHours)
}
func (h *hearer) ContractDetailsEnd(id int64) { h.say("details end %d", id-h.request) }

func (h *hearer) HistoricalData(id int64, b *ibapi.Bar) {
	h.say("bar %d %s %v %v %s", id-h.request, b.Date, b.Open, b.Close, b.Volume)
}

func (h *hearer) HistoricalDataEnd(id int64, _, to string) {
	h.say("bars end %d %s", id-h.request, to)
}

func (h *hearer) AccountSummary(id int64, account, tag, _, currency string) {
	h.say("summary %d %s %s %s", id-h.request, h.private("account", account), tag, currency)
}
func (h *hearer) AccountSummaryEnd(id int64) { h.say("summary end %d", id-h.request) }

func (h *hearer) Position(account string, c *ibapi.Contract, q ibapi.Decimal, _ float64) {
	h.say("position %s %s %s", h.private("account", account), c.Symbol, q)
}
func (h *hearer) PositionEnd() { h.say("positions end") }

func (h *hearer) OpenOrder(id int64, c *ibapi.Contract, o *ibapi.Order, s *ibapi.OrderState) {
	h.say("open %d %s %s %s %s %s %s %s %s", id-h.order, c.Symbol, o.Action, o.TotalQuantity,
		o.OrderType, h.private("ref", o.OrderRef), h.private("perm", o.PermID),
		h.private("account", o.Account), s.Status)
}

func (h *hearer) OrderStatus(id int64, status string, filled, left ibapi.Decimal, _ float64,
	permID, _ int64, _ float64, _ int64, _ string, _ float64,
) {
	h.say("status %d %s %s/%s %s", id-h.order, status, filled, left, h.private("perm", permID))
}
func (h *hearer) OpenOrderEnd() { h.say("orders end") }

func (h *hearer) ExecDetails(id int64, _ *ibapi.Contract, e *ibapi.Execution) {
	if id > 0 {
		id -= h.request
	}
	h.say("execution %d %s order %d %s %s %s %s %s", id, h.private("exec", e.ExecID),
		e.OrderID-h.order, h.private("perm", e.PermID), h.private("ref", e.OrderRef), e.Side,
		e.Shares, h.private("account", e.AcctNumber))
}
func (h *hearer) ExecDetailsEnd(id int64) { h.say("executions end %d", id-h.request) }

func (h *hearer) CommissionAndFeesReport(r ibapi.CommissionAndFeesReport) {
	h.say("commission %s %v", h.private("exec", r.ExecID), r.CommissionAndFees)
}

func (h *hearer) CompletedOrder(c *ibapi.Contract, o *ibapi.Order, s *ibapi.OrderState) {
	h.say("completed %s %s %s %s %s", c.Symbol, o.Action, h.private("ref", o.OrderRef),
		h.private("perm", o.PermID), s.Status)
}
func (h *hearer) CompletedOrdersEnd()      { h.say("completed end") }
func (h *hearer) CurrentTime(at int64)     { h.say("time %d", at) }
func (h *hearer) ConnectionClosed()        { h.say("closed") }
func (h *hearer) UpdateAccountTime(string) {}

func (h *hearer) UpdateAccountValue(key, _, currency, account string) {
	h.say("value %s %s %s", key, currency, h.private("account", account))
}

func (h *hearer) UpdatePortfolio(c *ibapi.Contract, q ibapi.Decimal, _, _, _, _, _ float64, account string) {
	h.say("portfolio %s %s %s", c.Symbol, q, h.private("account", account))
}
func (h *hearer) AccountDownloadEnd(string) { h.say("account end") }

// until waits for a line and gives all up to it.
func (h *hearer) until(t *testing.T, prefix string) (all []string) {
	t.Helper()
	limit := time.After(testkit.Patience)
	for {
		select {
		case l := <-h.lines:
			all = append(all, l)
			if strings.HasPrefix(l, prefix) {
				return all
			}
		case <-limit:
			t.Fatalf("no %q after %s", prefix, strings.Join(all, "\n"))
		}
	}
}

func receive[T any](t *testing.T, what string, from chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(testkit.Patience):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

// converse is a day of a stock client in small: what he hears.
func converse(t *testing.T, addr string, h *hearer, ref string) []string {
	t.Helper()
	const logDisabled = 7
	ibapi.SetLogLevel(logDisabled)
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(port)
	client := ibapi.NewEClient(h)
	if err := client.Connect(host, n, 4); err != nil {
		t.Fatal(err)
	}
	account, next := receive(t, "account", h.account), receive(t, "order id", h.next)
	var heard []string
	ask := func(end string, request func()) {
		t.Helper()
		request()
		heard = append(heard, h.until(t, end)...)
	}
	heard = append(heard, h.until(t, "error -1 2158")...)
	aapl := &ibapi.Contract{Symbol: "AAPL", SecType: "STK", Exchange: "SMART", Currency: "USD"}
	id := h.request
	ask("time", func() { client.ReqCurrentTime() })
	ask("details end", func() { client.ReqContractDetails(id, aapl) })
	ask("bars end", func() {
		client.ReqHistoricalData(id+1, aapl, "", "1 D", "1 hour", "TRADES", true, 1, false, nil)
	})
	ask("summary end", func() { client.ReqAccountSummary(id+2, "All", "NetLiquidation,TotalCashValue") })
	order := &ibapi.Order{}
	*order = *ibapi.NewOrder()
	order.Action, order.TotalQuantity, order.OrderType = "BUY", ibapi.StringToDecimal("3"), "MKT"
	order.TIF, order.Account, order.OrderRef = "DAY", account, ref+"-one"
	ask("commission", func() { client.PlaceOrder(next, aapl, order) })
	resting := *order
	resting.OrderType, resting.LmtPrice, resting.OrderRef = "LMT", 1.5, ref+"-two"
	ask("status 1 Submitted", func() { client.PlaceOrder(next+1, aapl, &resting) })
	resting.LmtPrice = 1.75
	ask("status 1 Submitted", func() { client.PlaceOrder(next+1, aapl, &resting) })
	ask("orders end", func() { client.ReqAllOpenOrders() })
	ask("error 1 202", func() { client.CancelOrder(next+1, ibapi.NewOrderCancel()) })
	ask("positions end", func() { client.ReqPositions() })
	ask("executions end", func() { client.ReqExecutions(id+3, ibapi.NewExecutionFilter()) })
	ask("completed end", func() { client.ReqCompletedOrders(false) })
	ask("account end", func() { client.ReqAccountUpdates(true, account) })
	return heard
}

// record lets a stock client converse with a fake through a Tap.
func record(t *testing.T, version int) (*Recording, []byte, []string) {
	t.Helper()
	fake, err := fakegateway.Start(fakegateway.Config{
		MaxServerVersion: version, Accounts: []string{"DU7654321"},
		Clock: fakegateway.Clock{Start: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)},
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	tap, err := NewTap(TapConfig{Upstream: fake.Addr(), Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	ln := loopback(t)
	served := make(chan error, 1)
	go func() { served <- tap.Serve(ln) }()
	h := newHearer(100)
	heard := converse(t, ln.Addr().String(), h, "alpha-strategy")
	if err := fake.Close(); err != nil { // the stock client cannot safely disconnect itself
		t.Fatal(err)
	}
	h.until(t, "closed")
	if err := tap.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	r, err := Read(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return r, out.Bytes(), heard
}

// play serves a recording until the test ends.
func play(t *testing.T, r *Recording, cfg PlayerConfig) (p *Player, addr string) {
	t.Helper()
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	p, err := NewPlayer(r, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln := loopback(t)
	served := make(chan error, 1)
	go func() { served <- p.Serve(ln) }()
	t.Cleanup(func() {
		p.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return p, ln.Addr().String()
}

// A stock client hears from a recording what it heard from the Gateway, at any version, with other
// ids, order references and starting order id.
func TestReplayIsTheSameConversation(t *testing.T) {
	r, file, want := record(t, 225)
	for _, secret := range []string{"DU7654321", "alpha-strategy"} {
		if bytes.Contains(file, []byte(secret)) {
			t.Errorf("%s is in the file", secret)
		}
	}
	if len(want) < 60 {
		t.Fatalf("only %d lines were heard: %s", len(want), strings.Join(want, "\n"))
	}
	for _, version := range []int{178, 193, 200, 206, 213, 225} {
		t.Run(strconv.Itoa(version), func(t *testing.T) {
			p, addr := play(t, r, PlayerConfig{MaxServerVersion: version, Speed: -1, NextOrderID: 7000})
			h := newHearer(2000)
			got := converse(t, addr, h, fmt.Sprint("beta-", version))
			s := p.Summary()
			if len(s.Missing) > 0 || s.Answered != s.Requests || len(s.Dropped) > 0 {
				t.Errorf("summary %+v", s)
			}
			if h.order != 7000 {
				t.Errorf("the first order id is %d, want 7000", h.order)
			}
			sameLines(t, got, want)
		})
	}
}

// What was recorded at an old version, in text, is the same conversation at a new one. Only the
// end of the bars has no times then: they were part of the bars.
func TestReplayOfAnOldVersion(t *testing.T) {
	r, _, want := record(t, 178)
	for i, l := range want {
		if strings.HasPrefix(l, "bars end") {
			want[i] = "bars end 1 "
		}
	}
	for _, version := range []int{178, 206, 225} {
		t.Run(strconv.Itoa(version), func(t *testing.T) {
			p, addr := play(t, r, PlayerConfig{MaxServerVersion: version, Speed: -1})
			got := converse(t, addr, newHearer(2000), "gamma")
			for i, l := range got {
				if strings.HasPrefix(l, "bars end") {
					got[i] = "bars end 1 "
				}
			}
			if s := p.Summary(); len(s.Missing) > 0 || len(s.Dropped) > 0 {
				t.Errorf("summary %+v", s)
			}
			sameLines(t, got, want)
		})
	}
}

// sameLines shows the first line in which two conversations differ.
func sameLines(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("line %d\n got %s\nwant %s", i+1, g, w)
		}
	}
}
