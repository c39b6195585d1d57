// Command goibapi is an ordinary trader on plain github.com/scmhub/ibapi: it asks for a day of bars,
// buys a share when the last price is below their mean and it holds none, at most once a run, and
// does that once or every interval until SIGTERM. A lost session is made anew after a pause.
//
//	goibapi --host 127.0.0.1 --port 4002 --client-id 7 --once
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/scmhub/ibapi"
)

const (
	answerWithin   = 5 * time.Second
	reconnectAfter = 2 * time.Second
)

// wrapper hands the stock client's callbacks to the trader's goroutine.
type wrapper struct {
	ibapi.Wrapper
	ready  chan int64         // the next order id
	closes []float64          // of the bars so far
	bars   chan []float64     // all of them
	held   map[string]float64 // shares by symbol so far
	shares chan map[string]float64
	status chan string
	lost   chan struct{}
}

func newWrapper() *wrapper {
	return &wrapper{
		ready: make(chan int64, 1), bars: make(chan []float64, 1), held: map[string]float64{},
		shares: make(chan map[string]float64, 1), status: make(chan string, 100),
		lost: make(chan struct{}, 1),
	}
}

// offer drops what nobody waits for.
func offer[T any](to chan T, value T) {
	select {
	case to <- value:
	default:
	}
}

func (w *wrapper) NextValidID(id int64)                   { offer(w.ready, id) }
func (w *wrapper) ManagedAccounts([]string)               {}
func (w *wrapper) ConnectionClosed()                      { offer(w.lost, struct{}{}) }
func (w *wrapper) HistoricalData(_ int64, bar *ibapi.Bar) { w.closes = append(w.closes, bar.Close) }

func (w *wrapper) ExecDetails(int64, *ibapi.Contract, *ibapi.Execution)              {}
func (w *wrapper) OpenOrder(int64, *ibapi.Contract, *ibapi.Order, *ibapi.OrderState) {}
func (w *wrapper) CommissionAndFeesReport(ibapi.CommissionAndFeesReport)             {}

func (w *wrapper) HistoricalDataEnd(int64, string, string) {
	offer(w.bars, w.closes)
	w.closes = nil
}

func (w *wrapper) PositionEnd() {
	offer(w.shares, w.held)
	w.held = map[string]float64{}
}

func (w *wrapper) Position(_ string, c *ibapi.Contract, n ibapi.Decimal, _ float64) {
	w.held[c.Symbol] = n.Float()
}

func (w *wrapper) OrderStatus(_ int64, status string, _, _ ibapi.Decimal, _ float64,
	_, _ int64, _ float64, _ int64, _ string, _ float64,
) {
	offer(w.status, status)
}

func (w *wrapper) Error(reqID, _, code int64, message, _ string) {
	log.Printf("error %d for request %d: %s", code, reqID, message)
}

// trader lives as long as the process; a session's client and wrapper do not.
type trader struct {
	host     string
	port     int
	clientID int64
	interval time.Duration
	once     bool
	ordered  bool // in this run
	requests int64
}

func main() {
	ibapi.SetLogLevel(int(zerolog.Disabled))
	var t trader
	flag.StringVar(&t.host, "host", "127.0.0.1", "the Gateway's host")
	flag.IntVar(&t.port, "port", 4002, "the Gateway's port")
	flag.Int64Var(&t.clientID, "client-id", 7, "client id")
	flag.DurationVar(&t.interval, "interval", 30*time.Second, "pause between cycles")
	flag.BoolVar(&t.once, "once", false, "one cycle, then exit")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	for {
		err := t.session(ctx)
		switch {
		case ctx.Err() != nil || err == nil:
			return
		case t.once:
			log.Fatal(err)
		}
		log.Printf("%v; again in %s", err, reconnectAfter)
		if wait(ctx, reconnectAfter) != nil {
			return
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// session connects and trades until the session is lost or the trader is asked to stop.
func (t *trader) session(ctx context.Context) error {
	w := newWrapper()
	ib := ibapi.NewEClient(w)
	connected := make(chan error, 1) // Connect has no deadline of its own
	go func() { connected <- ib.Connect(t.host, t.port, t.clientID) }()
	if err, ok := next(ctx, w, connected); ok != nil || err != nil {
		return fmt.Errorf("connect: %w", errors.Join(err, ok))
	}
	defer func() { _ = ib.Disconnect() }() // the session is over whatever it says
	orderID, err := next(ctx, w, w.ready)
	if err != nil {
		return fmt.Errorf("await the next order id: %w", err)
	}
	for {
		if err := t.cycle(ctx, ib, w, orderID); err != nil || t.once {
			return err
		}
		select {
		case <-time.After(t.interval):
		case <-w.lost:
			return errors.New("the connection was lost")
		case <-ctx.Done():
			return nil
		}
	}
}

// next is an answer, or why there is none.
func next[T any](ctx context.Context, w *wrapper, from chan T) (answer T, err error) {
	select {
	case answer = <-from:
		return answer, nil
	case <-w.lost:
		return answer, errors.New("the connection was lost")
	case <-time.After(answerWithin):
		return answer, fmt.Errorf("no answer in %s", answerWithin)
	case <-ctx.Done():
		return answer, ctx.Err()
	}
}

func (t *trader) cycle(ctx context.Context, ib *ibapi.EClient, w *wrapper, orderID int64) error {
	aapl := ibapi.NewContract()
	aapl.Symbol, aapl.SecType, aapl.Exchange, aapl.Currency = "AAPL", "STK", "SMART", "USD"
	t.requests++
	ib.ReqHistoricalData(t.requests, aapl, "", "1 D", "1 min", "TRADES", true, 1, false, nil)
	closes, err := next(ctx, w, w.bars)
	if err != nil || len(closes) == 0 {
		return fmt.Errorf("await %d bars: %w", len(closes), err)
	}
	var sum float64
	for _, c := range closes {
		sum += c
	}
	last, mean := closes[len(closes)-1], sum/float64(len(closes))
	log.Printf("%d bars, last %.2f, mean %.2f", len(closes), last, mean)
	if last > mean || t.ordered {
		return nil
	}
	ib.ReqPositions()
	held, err := next(ctx, w, w.shares)
	ib.CancelPositions()
	if err != nil || held["AAPL"] != 0 {
		return err
	}
	order := ibapi.NewOrder()
	order.Action, order.OrderType, order.TIF = "BUY", "MKT", "DAY"
	order.TotalQuantity = ibapi.StringToDecimal("1")
	order.OrderRef = fmt.Sprintf("goibapi-%d", time.Now().UnixNano())
	t.ordered = true
	ib.PlaceOrder(orderID, aapl, order)
	status, err := next(ctx, w, w.status)
	log.Printf("order %s: %s", order.OrderRef, status)
	return err
}
