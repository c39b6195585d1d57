package trader

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
)

const paper = "DU9000001"

// answer is how the world treats an order.
type answer int

const (
	fill              answer = iota // acknowledge, fill, report
	acknowledge                     // acknowledge, then nothing
	withhold                        // accept and work it, say nothing
	fillSilently                    // fill, say nothing
	swallow                         // lose the order inside the Gateway
	fillAndDrop                     // fill, say nothing, end the session
	fillAndSayAndDrop               // fill, report, end the session at once
	fillLate                        // fill and report, after half of stopAck
	withholdAndDrop                 // accept, say nothing, end the session
	swallowAndDrop                  // lose the order with the session
	refuse                          // error 201
	cancelInPart                    // half is filled, the rest cancelled; the fill is told last
	doubt                           // accept and work it, but the send reports an unknown outcome
	leave                           // nothing leaves this process
)

// historyRequest is one request for bars.
type historyRequest struct {
	symbol string
	at     time.Time
}

// worldOrder is an order as the broker has it.
type worldOrder struct {
	broker.Order
	permID int64
	client int64
	status string
	filled decimal.Decimal
	// forgotten leaves the order out of every answer.
	forgotten bool
}

// said is the status that is told of the order.
func (w *world) said(o *worldOrder) string {
	if w.word != "" && live(o.status) {
		return w.word
	}
	return o.status
}

// world is the broker's truth over every session: orders, executions, positions. Its clock is the
// bubble's.
type world struct {
	mu                       sync.Mutex
	account                  string
	orders                   []*worldOrder
	executions               []broker.Execution
	positions                map[string]decimal.Decimal
	cash                     decimal.Decimal
	marks                    map[string]decimal.Decimal // by symbol, of the account's portfolio
	falling                  bool                       // prices, so that the strategy wants to be flat
	requests                 []historyRequest
	subscribed, unsubscribed int
	refuseStream             int             // the code that subscriptions are refused with; 0 is none
	silent                   int64           // subscriptions up to this one send nothing
	unknown                  string          // a symbol that IBKR does not know
	hours                    string          // of every contract
	frozen                   bool            // the newest bar is ten minutes old
	behind                   time.Duration   // how far the Gateway's clock and bars are behind
	scale                    decimal.Decimal // of every price
	nextID                   int64
	rollback                 bool // nextValidId starts at 1 on every session
	answers                  []answer
	word                     string // told of every live order in place of its status
	stubborn                 bool   // cancels change nothing
	// refuseCancel is the code that a cancel is refused with; 0 is none.
	refuseCancel   int
	forgets        bool // executions and completed orders are of another day
	cancels        int
	changes        int  // of live orders
	deaf           bool // changes of live orders change nothing
	oversold       decimal.Decimal
	refuseResting  bool     // 201 for every order that would rest
	restingAnswers []answer // to orders that rest, before answers
	beforeCancel   func(o *worldOrder)

	ask        func(ctx context.Context, what string) error // before each answer
	dial       func(ctx context.Context) error
	dials      []time.Time
	generation uint64
	live       int
	mostLive   int
	session    *fakeSession
}

func newWorld() *world {
	return &world{account: paper, positions: map[string]decimal.Decimal{}, nextID: 1, scale: decimal.One}
}

func (w *world) conID(symbol string) int64 {
	id := int64(0)
	for _, c := range symbol {
		id = 131*id + int64(c)
	}
	return id
}

// connect is the engine's Connector. The floor of order ids is what the caller persisted.
func (w *world) connect(floor func() int64) Connector {
	return func(ctx context.Context) (Broker, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.dials = append(w.dials, time.Now())
		if dial := w.dial; dial != nil {
			w.mu.Unlock()
			err := dial(ctx)
			w.mu.Lock()
			if err != nil {
				return nil, err
			}
		}
		w.generation++
		w.live++
		w.mostLive = max(w.mostLive, w.live)
		next := w.nextID
		if w.rollback {
			next = 1
		}
		w.session = &fakeSession{
			w: w, generation: w.generation, next: max(next, floor()+1),
			events: make(chan broker.Event, broker.EventQueue), done: make(chan struct{}),
		}
		return w.session, nil
	}
}

// fall says which way the prices of the last hour went.
func (w *world) fall(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.falling = down
}

func (w *world) setStubborn(stubborn bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stubborn = stubborn
}

// cancelled is how many cancels were asked for.
func (w *world) cancelled() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cancels
}

// refs is how many orders carry each reference.
func (w *world) refs() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]int{}
	for _, o := range w.orders {
		out[o.IntentID]++
	}
	return out
}

func (w *world) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.orders)
}

// held is the position in AAPL.
func (w *world) held() decimal.Decimal {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.positions["AAPL"]
}

// execute fills shares of an order in the world's books.
func (w *world) execute(o *worldOrder, shares decimal.Decimal) broker.Execution {
	side, signed := "BOT", shares
	if o.Action == broker.Sell {
		side, signed = "SLD", shares.Neg()
	}
	commission := decimal.One
	x := broker.Execution{
		ExecID: fmt.Sprintf("0001.%d.01", len(w.executions)+1), OrderID: o.ID, PermID: o.permID,
		ClientID: o.client, OrderRef: o.IntentID, ConID: o.Contract.ConID, Symbol: o.Contract.Symbol,
		Side: side, Shares: shares, Price: decimal.MustNew(100, 0), Time: time.Now(), Account: w.account,
		Commission: &commission, CommissionCur: "USD",
	}
	w.executions = append(w.executions, x)
	paid, _ := signed.Mul(x.Price)
	w.cash, _ = w.cash.Sub(paid)
	w.cash, _ = w.cash.Sub(commission)
	left, _ := o.Quantity.Sub(o.filled)
	o.filled, _ = o.filled.Add(shares)
	w.reduceGroup(o, left)
	w.positions[o.Contract.Symbol], _ = w.positions[o.Contract.Symbol].Add(signed)
	if o.filled.Cmp(o.Quantity) == 0 {
		o.status = "Filled"
	}
	return x
}
