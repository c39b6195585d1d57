package main

import (
	"fmt"
	"time"

	"github.com/scmhub/ibapi"
)

// eventsMax is how many callbacks may wait for the program; the client's decoder waits beyond.
const eventsMax = 4096

// The callbacks as values, one type each.
type (
	accounts    []string
	orderID     int64
	position    string
	positionEnd struct{}
	conID       int64
	contractEnd struct{}
	lastClose   float64
	barsEnd     struct{}
	status      string
	closed      struct{}
)

// wrapper turns the stock client's callbacks into events for one goroutine.
type wrapper struct {
	ibapi.Wrapper
	events  chan any
	orderID int64
}

// next is the next callback. An error from the Gateway, the connection's end and silence are
// errors; what the Gateway calls a warning is passed over.
func (w *wrapper) next() (any, error) {
	select {
	case event := <-w.events:
		switch e := event.(type) {
		case error:
			return nil, e
		case closed:
			return nil, fmt.Errorf("the Gateway ended the connection")
		}
		return event, nil
	case <-time.After(stepWithin):
		return nil, fmt.Errorf("no answer in %s", stepWithin)
	}
}

// count collects events of one type until the answer's end.
func count[Event, End any](w *wrapper) ([]Event, error) {
	var got []Event
	for {
		event, err := w.next()
		if err != nil {
			return nil, err
		}
		switch e := event.(type) {
		case Event:
			got = append(got, e)
		case End:
			return got, nil
		}
	}
}

func (w *wrapper) ManagedAccounts(list []string) { w.events <- accounts(list) }
func (w *wrapper) NextValidID(id int64)          { w.events <- orderID(id) }
func (w *wrapper) PositionEnd()                  { w.events <- positionEnd{} }
func (w *wrapper) ContractDetailsEnd(int64)      { w.events <- contractEnd{} }
func (w *wrapper) ConnectionClosed()             { w.events <- closed{} }

func (w *wrapper) Position(_ string, c *ibapi.Contract, _ ibapi.Decimal, _ float64) {
	w.events <- position(c.Symbol)
}

func (w *wrapper) ContractDetails(_ int64, details *ibapi.ContractDetails) {
	w.events <- conID(details.Contract.ConID)
}

func (w *wrapper) HistoricalData(_ int64, bar *ibapi.Bar) { w.events <- lastClose(bar.Close) }

func (w *wrapper) HistoricalDataEnd(int64, string, string)                           { w.events <- barsEnd{} }
func (w *wrapper) OpenOrder(int64, *ibapi.Contract, *ibapi.Order, *ibapi.OrderState) {}

func (w *wrapper) ExecDetails(_ int64, _ *ibapi.Contract, e *ibapi.Execution) { w.events <- e }

func (w *wrapper) CommissionAndFeesReport(report ibapi.CommissionAndFeesReport) { w.events <- report }

func (w *wrapper) OrderStatus(_ int64, value string, _, _ ibapi.Decimal, _ float64,
	_, _ int64, _ float64, _ int64, _ string, _ float64,
) {
	w.events <- status(value)
}

// Error passes on what concerns a request; 2100 to 2199 are the Gateway's notices about itself.
func (w *wrapper) Error(reqID, _, code int64, message, _ string) {
	if code >= 2100 && code < 2200 {
		return
	}
	w.events <- fmt.Errorf("error %d for request %d: %s", code, reqID, message)
}
