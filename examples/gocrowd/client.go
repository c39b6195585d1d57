package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/scmhub/ibapi"
)

const (
	// stepWithin is how long any answer may take in a crowd.
	stepWithin = time.Minute
	// pause between two orders keeps a crowd on one machine from being a load test.
	pause = 100 * time.Millisecond
	// eventsMax is how many callbacks may wait for a client's loop.
	eventsMax = 1 << 12
)

// report is what a client was told in all.
type report struct {
	ClientID   int64   `json:"clientId"`
	Orders     int     `json:"orders"`
	Executions int     `json:"executions"`
	Bought     float64 `json:"bought"`
	Sold       float64 `json:"sold"`
	Commission float64 `json:"commission"`
}

// The callbacks that matter, as values.
type (
	nextID int64
	status struct {
		id   int64
		name string
	}
	failure struct {
		id   int64
		code int64
		text string
	}
	closed struct{}
)

// crowdClient is one member. Its callbacks become events for its own goroutine.
type crowdClient struct {
	ibapi.Wrapper
	ib     *ibapi.EClient
	id     int64
	events chan any

	executions  map[string]*ibapi.Execution
	commissions map[string]float64
	done        map[int64]bool // orders that have ended
}

func (c *crowdClient) NextValidID(id int64) { c.events <- nextID(id) }

func (c *crowdClient) OrderStatus(id int64, name string, _, _ ibapi.Decimal, _ float64, _, _ int64,
	_ float64, _ int64, _ string, _ float64,
) {
	c.events <- status{id, name}
}

func (c *crowdClient) ExecDetails(_ int64, _ *ibapi.Contract, e *ibapi.Execution) { c.events <- e }

func (c *crowdClient) CommissionAndFeesReport(r ibapi.CommissionAndFeesReport) { c.events <- r }

func (c *crowdClient) Error(id, _, code int64, text, _ string) { c.events <- failure{id, code, text} }

func (c *crowdClient) ConnectionClosed() { c.events <- closed{} }

// trade is the whole life of a member.
func trade(host string, port int, id int64, stop <-chan struct{}) (report, error) {
	c := &crowdClient{
		id: id, events: make(chan any, eventsMax), executions: make(map[string]*ibapi.Execution),
		commissions: make(map[string]float64), done: make(map[int64]bool),
	}
	c.ib = ibapi.NewEClient(c)
	if err := c.ib.Connect(host, port, id); err != nil {
		return report{}, fmt.Errorf("client %d: connect: %w", id, err)
	}
	r, err := c.work(stop)
	if err != nil {
		return r, fmt.Errorf("client %d: %w", id, err)
	}
	return r, c.ib.Disconnect()
}

func (c *crowdClient) work(stop <-chan struct{}) (report, error) {
	next := int64(0)
	if err := c.await("the next order id", func(event any) bool {
		id, ok := event.(nextID)
		next = int64(id)
		return ok
	}); err != nil {
		return report{}, err
	}
	orders := 0
	for ; ; next++ {
		if err := c.order(next, orders); err != nil {
			return report{}, err
		}
		orders++
		select {
		case <-stop:
			return c.settle(orders)
		case <-time.After(pause):
		}
	}
}

// order buys or sells at the market, or places a limit order that rests and is cancelled.
func (c *crowdClient) order(id int64, n int) error {
	o := ibapi.NewOrder()
	o.Action, o.OrderType, o.TIF = "BUY", "MKT", "GTC"
	if (n+int(c.id))%2 == 1 {
		o.Action = "SELL"
	}
	o.TotalQuantity = ibapi.StringToDecimal(strconv.Itoa(1 + n%5))
	rests := n%3 == 2
	if rests {
		o.Action, o.OrderType, o.LmtPrice = "BUY", "LMT", 1
	}
	stock := ibapi.NewContract()
	stock.Symbol, stock.SecType, stock.Exchange, stock.Currency = "AAPL", "STK", "SMART", "USD"
	c.ib.PlaceOrder(id, stock, o)
	if rests {
		if err := c.await("a resting order", func(event any) bool {
			s, ok := event.(status)
			return ok && s.id == id && s.name == "Submitted"
		}); err != nil {
			return err
		}
		c.ib.CancelOrder(id, ibapi.CancelOrderEmpty())
	}
	return c.await("the end of order "+strconv.FormatInt(id, 10), func(any) bool { return c.done[id] })
}

// settle waits until every execution has its commission.
func (c *crowdClient) settle(orders int) (report, error) {
	r := report{ClientID: c.id, Orders: orders}
	for len(c.commissions) < len(c.executions) {
		if err := c.await("a commission", func(any) bool { return true }); err != nil {
			return r, err
		}
	}
	r.Executions = len(c.executions)
	for id, e := range c.executions {
		r.Commission += c.commissions[id]
		if e.Side == "BOT" {
			r.Bought += e.Shares.Float()
		} else {
			r.Sold += e.Shares.Float()
		}
	}
	return r, nil
}

// await takes events until one satisfies the test.
func (c *crowdClient) await(what string, is func(any) bool) error {
	late := time.After(stepWithin)
	for {
		select {
		case event := <-c.events:
			switch e := event.(type) {
			case *ibapi.Execution:
				c.executions[e.ExecID] = e
			case ibapi.CommissionAndFeesReport:
				c.commissions[e.ExecID] = e.CommissionAndFees
			case status:
				c.done[e.id] = c.done[e.id] || e.name == "Filled" || e.name == "Cancelled"
			case failure:
				if e.id > 0 && e.code != 202 { // 202 says that a cancel was heard
					return fmt.Errorf("error %d for %d: %s", e.code, e.id, e.text)
				}
			case closed:
				return fmt.Errorf("the Gateway ended the connection while %s was due", what)
			}
			if is(event) {
				return nil
			}
		case <-late:
			return fmt.Errorf("%s did not come in %s", what, stepWithin)
		}
	}
}
