package mutants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"github.com/scmhub/ibapi"
)

// stockWrapper hands on the two answers that these mutants wait for.
type stockWrapper struct {
	ibapi.Wrapper
	ready chan struct{}
	bars  chan struct{}
}

func newStockWrapper() *stockWrapper {
	ibapi.SetLogLevel(int(zerolog.Disabled))
	return &stockWrapper{ready: make(chan struct{}, 1), bars: make(chan struct{}, 1)}
}

// NextValidID is the stock client's word for a completed handshake.
func (w *stockWrapper) NextValidID(int64) { offer(w.ready) }

// HistoricalDataEnd ends a cycle's answer.
func (w *stockWrapper) HistoricalDataEnd(int64, string, string) { offer(w.bars) }

// Error is a notice or an error; these mutants heed none.
func (w *stockWrapper) Error(int64, int64, int64, string, string) {}

// offer never blocks the client's decoder.
func offer(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

var errStuck = errors.New("the stock client did not come back")

// naive is the client as its examples use it, with a watch over it so that a stuck one ends the
// process: people put theirs under a supervisor.
func naive(ctx context.Context, p params) int {
	const watch = 3 * time.Second
	for {
		done := make(chan error, 1)
		go func() { done <- naiveCycle(p) }()
		select {
		case err := <-done:
			if p.once || err != nil {
				return exitCode(err)
			}
		case <-ctx.Done():
			return exitOK
		case <-time.After(watch):
			p.say("mutant: %v", errStuck)
			return exitStuck
		}
		if !pause(ctx, p.interval) {
			return exitOK
		}
	}
}

func naiveCycle(p params) error {
	w := newStockWrapper()
	client := ibapi.NewEClient(w)
	if err := client.Connect(p.host, p.port, int64(p.clientID)); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	<-w.ready
	contract := ibapi.NewContract()
	contract.Symbol, contract.SecType, contract.Exchange, contract.Currency = "AAPL", "STK", "SMART", "USD"
	client.ReqHistoricalData(1, contract, "", "1 D", "1 min", "TRADES", true, 1, false, nil)
	<-w.bars
	return client.Disconnect()
}

func noDeadline(ctx context.Context, p params) int {
	done := make(chan error, 1)
	go func() { done <- naiveCycle(p) }()
	select {
	case err := <-done:
		return exitCode(err)
	case <-ctx.Done():
		return exitStuck
	}
}
