package trader

import (
	"context"
	"time"

	"ibsoak/trader/broker"
)

// Broker is what the engine needs of a session with a Gateway; *broker.Session has it. Every
// request returns a complete answer or an error.
type Broker interface {
	Generation() uint64
	Epoch() uint64
	ServerVersion() int
	Account() string
	NextOrderID() int64

	CurrentTime(ctx context.Context) (time.Time, error)
	ContractDetails(ctx context.Context, c broker.Contract) ([]broker.ContractDetails, error)
	Bars(ctx context.Context, r broker.BarsRequest) ([]broker.Bar, error)
	SubscribeBars(ctx context.Context, r broker.BarsRequest) (int64, []broker.Bar, error)
	CancelBars(ctx context.Context, id int64)
	Positions(ctx context.Context) ([]broker.Position, error)
	OpenOrders(ctx context.Context) ([]broker.OpenOrder, error)
	Executions(ctx context.Context) ([]broker.Execution, error)
	CompletedOrders(ctx context.Context) ([]broker.CompletedOrder, error)
	AccountValues(ctx context.Context) (broker.AccountReport, error)
	// PlaceOrder asks the order's Permit right before it sends it.
	PlaceOrder(ctx context.Context, o broker.Order) error
	CancelOrder(ctx context.Context, orderID int64) error

	Events() <-chan broker.Event
	State() broker.State
	Done() <-chan struct{}
	Err() error
	Close(ctx context.Context) error
}

var _ Broker = (*broker.Session)(nil)

// Connector opens one session. It returns soon after ctx ends, and leaves no socket behind when
// it fails.
type Connector func(ctx context.Context) (Broker, error)
