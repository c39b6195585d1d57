// Command goclient is a TWS API client as a Go program has it, on the stock client: accounts,
// positions, a contract's details, historical bars, a market order, its fill and its commission,
// a line for each. main_test.go runs it against a fake Gateway in a few lines.
//
//	IB_HOST=127.0.0.1 IB_PORT=41234 IB_CLIENT_ID=7 goclient
//
// It exits 0, or says which step failed and exits 1. Nothing in it knows that the Gateway may be
// a fake.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/scmhub/ibapi"
)

// stepWithin is how long each step may take.
const stepWithin = 5 * time.Second

func main() {
	ibapi.SetLogLevel(int(zerolog.Disabled)) // stderr is for what fails
	port, _ := strconv.Atoi(os.Getenv("IB_PORT"))
	clientID, _ := strconv.ParseInt(os.Getenv("IB_CLIENT_ID"), 10, 64)
	if err := run(os.Getenv("IB_HOST"), port, clientID, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(host string, port int, clientID int64, stdout io.Writer) error {
	w := &wrapper{events: make(chan any, eventsMax)}
	ib := ibapi.NewEClient(w)
	// Connect has no deadline of its own, so it waits its turn in a goroutine. A program that
	// must survive a stuck Gateway needs more than that: see trader/link.
	connected := make(chan error, 1)
	go func() { connected <- ib.Connect(host, port, clientID) }()
	select {
	case err := <-connected:
		if err != nil {
			return fmt.Errorf("connect to %s port %d: %w", host, port, err)
		}
	case <-time.After(stepWithin):
		return fmt.Errorf("connect to %s port %d: no version reply in %s", host, port, stepWithin)
	}
	steps := []struct {
		name string
		do   func(*ibapi.EClient, *wrapper, io.Writer) error
	}{
		{"await accounts and order id", greet},
		{"request positions", positions},
		{"request contract details", contractDetails},
		{"request historical bars", bars},
		{"place market order", marketOrder},
	}
	for _, s := range steps {
		if err := s.do(ib, w, stdout); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if err := ib.Disconnect(); err != nil {
		return fmt.Errorf("disconnect: %w", err)
	}
	_, err := fmt.Fprintln(stdout, "disconnected")
	return err
}

func greet(ib *ibapi.EClient, w *wrapper, stdout io.Writer) error {
	var names accounts
	for w.orderID == 0 || names == nil {
		event, err := w.next()
		if err != nil {
			return err
		}
		switch e := event.(type) {
		case accounts:
			names = e
		case orderID:
			w.orderID = int64(e)
		}
	}
	_, err := fmt.Fprintf(stdout, "connected serverVersion=%d accounts=%s nextValidId=%d\n",
		ib.ServerVersion(), strings.Join(names, ","), w.orderID)
	return err
}

func positions(ib *ibapi.EClient, w *wrapper, stdout io.Writer) error {
	ib.ReqPositions()
	n, err := count[position, positionEnd](w)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "positions count=%d\n", len(n))
	return err
}

func contractDetails(ib *ibapi.EClient, w *wrapper, stdout io.Writer) error {
	ib.ReqContractDetails(101, apple())
	got, err := count[conID, contractEnd](w)
	if err != nil {
		return err
	}
	if len(got) != 1 {
		return fmt.Errorf("%d contracts named AAPL, want 1", len(got))
	}
	_, err = fmt.Fprintf(stdout, "contract AAPL conId=%d\n", got[0])
	return err
}

func bars(ib *ibapi.EClient, w *wrapper, stdout io.Writer) error {
	ib.ReqHistoricalData(102, apple(), "", "1 D", "1 min", "TRADES", true, 1, false, nil)
	got, err := count[lastClose, barsEnd](w)
	if err != nil {
		return err
	}
	if len(got) == 0 {
		return fmt.Errorf("no bars in a day")
	}
	_, err = fmt.Fprintf(stdout, "bars count=%d lastClose=%v\n", len(got), got[len(got)-1])
	return err
}

// marketOrder buys three shares. They may come in several executions; the order is done when its
// status, executions of all shares and a commission for each have arrived, in whatever order.
func marketOrder(ib *ibapi.EClient, w *wrapper, stdout io.Writer) error {
	const shares = 3
	order := ibapi.NewOrder()
	order.Action, order.OrderType, order.TIF = "BUY", "MKT", "DAY"
	order.TotalQuantity = ibapi.StringToDecimal(strconv.Itoa(shares))
	order.OrderRef = "go-example"
	ib.PlaceOrder(w.orderID, apple(), order)

	filled := false
	executions := make(map[string]*ibapi.Execution)
	commissions := make(map[string]float64)
	for {
		event, err := w.next()
		if err != nil {
			return err
		}
		switch e := event.(type) {
		case *ibapi.Execution:
			executions[e.ExecID] = e
		case status:
			filled = filled || e == "Filled"
		case ibapi.CommissionAndFeesReport:
			commissions[e.ExecID] = e.CommissionAndFees
		}
		bought, paid := 0.0, 0.0
		for id, e := range executions {
			commission, known := commissions[id]
			if known {
				bought += e.Shares.Float()
				paid += commission
			}
		}
		if filled && bought == shares {
			_, err := fmt.Fprintf(stdout, "filled orderId=%d shares=%v executions=%d\ncommission %.4f\n",
				w.orderID, bought, len(executions), paid)
			return err
		}
	}
}

func apple() *ibapi.Contract {
	c := ibapi.NewContract()
	c.Symbol, c.SecType, c.Exchange, c.Currency = "AAPL", "STK", "SMART", "USD"
	return c
}
