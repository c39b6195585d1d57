package backtest

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/trader/journal"
)

// Point is the equity at an instant.
type Point struct {
	At     time.Time
	Equity decimal.Decimal
}

// Trade is shares that were bought and sold again, first in, first out.
type Trade struct {
	Symbol        string
	Shares        int64
	Bought, Sold  time.Time // Sold is zero while they are held
	Paid, Got     decimal.Decimal
	Fees          decimal.Decimal // of both sides, in proportion to the shares
	Profit        decimal.Decimal // after fees; of shares that are held, at the last close
	boughtForEach decimal.Decimal // of fees
}

// meter measures a run, bar by bar. What it keeps does not grow with the number of bars, only with days
// and trades.
type meter struct {
	tape    *tape
	capital decimal.Decimal
	cash    decimal.Decimal
	fees    decimal.Decimal
	shares  map[int]int64
	closes  map[int]decimal.Decimal
	open    map[int][]Trade // shares that are held, the oldest first
	trades  []Trade

	bars, moments, invested int
	orders                  int
	outcomes                []journal.Outcome
	high                    decimal.Decimal // of the equity
	drop                    float64         // the deepest fall from it, as a part of it
	highAt, lowAt, peakAt   time.Time       // of the deepest fall
	used                    float64         // sum of the parts of the equity that were in shares
	curve                   []Point         // every stride-th moment
	stride                  int
	last                    Point
	days                    []Point // the last of each day
	err                     error
}

func newMeter(capital decimal.Decimal, t *tape) *meter {
	return &meter{
		tape: t, capital: capital, cash: capital, high: capital, stride: 1, shares: map[int]int64{},
		closes: map[int]decimal.Decimal{}, open: map[int][]Trade{},
	}
}

// note keeps the first error.
func (m *meter) note(err error) {
	if m.err == nil {
		m.err = err
	}
}

// sum is a+b, or a-b.
func (m *meter) sum(a, b decimal.Decimal) decimal.Decimal {
	v, err := a.Add(b)
	m.note(err)
	return v
}

func (m *meter) times(a decimal.Decimal, n int64) decimal.Decimal {
	v, err := a.Mul(decimal.MustNew(n, 0))
	m.note(err)
	return v
}

// filled takes an execution and its commission.
func (m *meter) filled(x exchange.Execution) {
	value := m.times(x.Price, x.Shares)
	m.fees = m.sum(m.fees, x.Commission)
	m.cash = m.sum(m.cash, x.Commission.Neg())
	each, err := x.Commission.Quo(decimal.MustNew(x.Shares, 0))
	m.note(err)
	if x.Action == exchange.Buy {
		m.cash = m.sum(m.cash, value.Neg())
		m.shares[x.ConID] += x.Shares
		m.open[x.ConID] = append(m.open[x.ConID], Trade{
			Symbol: x.Symbol, Shares: x.Shares, Bought: x.At, Paid: x.Price, boughtForEach: each,
		})
		return
	}
	m.cash = m.sum(m.cash, value)
	m.shares[x.ConID] -= x.Shares
	for left := x.Shares; left > 0 && len(m.open[x.ConID]) > 0; {
		oldest := &m.open[x.ConID][0]
		t := *oldest
		t.Shares = min(left, t.Shares)
		t.Sold, t.Got = x.At, x.Price
		m.trades = append(m.trades, m.settled(t, each))
		left -= t.Shares
		if oldest.Shares -= t.Shares; oldest.Shares == 0 {
			m.open[x.ConID] = m.open[x.ConID][1:]
		}
	}
}

// settled fills in fees and profit, of shares that are sold at Got for each in fees.
func (m *meter) settled(t Trade, each decimal.Decimal) Trade {
	t.Fees = m.times(m.sum(t.boughtForEach, each), t.Shares)
	t.Profit = m.sum(m.times(m.sum(t.Got, t.Paid.Neg()), t.Shares), t.Fees.Neg())
	return t
}

// mostPoints bounds the curve: a screen has no more columns.
const mostPoints = 2000

// mark takes the closes of a moment, and what everything is worth at them.
func (m *meter) mark(at moment) {
	for _, e := range at.bars {
		m.closes[e.conID] = e.bar.Close
		m.bars++
	}
	stock := decimal.Zero
	for conID, n := range m.shares {
		stock = m.sum(stock, m.times(m.closes[conID], n))
	}
	equity := m.sum(m.cash, stock)
	if stock.IsPos() {
		m.invested++
		m.used += ratio(stock, equity)
	}
	if m.peakAt.IsZero() {
		m.peakAt = at.at
	}
	if equity.Cmp(m.high) > 0 {
		m.high, m.peakAt = equity, at.at
	}
	if drop := 1 - ratio(equity, m.high); drop > m.drop {
		m.drop, m.highAt, m.lowAt = drop, m.peakAt, at.at
	}
	m.remember(Point{at.at, equity})
}

func (m *meter) remember(p Point) {
	if n := len(m.days); n > 0 && midnight(m.days[n-1].At).Equal(midnight(p.At)) {
		m.days[n-1] = p
	} else {
		m.days = append(m.days, p)
	}
	m.last = p
	if m.moments%m.stride == 0 {
		m.curve = append(m.curve, p)
	}
	m.moments++
	if len(m.curve) < mostPoints {
		return
	}
	for i := range len(m.curve) / 2 {
		m.curve[i] = m.curve[2*i]
	}
	m.curve, m.stride = m.curve[:len(m.curve)/2], 2*m.stride
}

func ratio(a, b decimal.Decimal) float64 {
	x, _ := a.Float64()
	y, _ := b.Float64()
	if y == 0 {
		return 0
	}
	return x / y
}

// agrees is nil when the exchange's books, the trader's journal and what was measured are the same, to the
// last digit: a result that they do not agree on is none.
func (m *meter) agrees(ctx context.Context, j *journal.Journal, books exchange.Books) error {
	if m.err != nil {
		return fmt.Errorf("measure: %w", m.err)
	}
	if err := books.Check(); err != nil {
		return fmt.Errorf("the exchange's books: %w", err)
	}
	cash, err := j.Cash(ctx, exchange.DefaultAccount)
	if err != nil {
		return err
	}
	if journal := m.sum(m.capital, cash); !journal.Equal(m.cash) || !books.Cash().Equal(m.cash) {
		return fmt.Errorf("books differ: cash is %s by the exchange, %s by the trader's journal, %s by the report",
			books.Cash(), journal, m.cash)
	}
	m.orders = len(books.Orders)
	if m.outcomes, err = j.Outcomes(ctx); err != nil {
		return err
	}
	for _, i := range m.tape.instruments {
		p, err := j.Position(ctx, exchange.DefaultAccount, int64(i.ConID))
		if err != nil {
			return err
		}
		want := decimal.MustNew(m.shares[i.ConID], 0)
		if held := books.Holding(exchange.DefaultAccount, i.Symbol); !p.Own.Equal(want) || held != m.shares[i.ConID] {
			return fmt.Errorf("books differ: %d %s by the exchange, %s by the trader's journal, %s by the report",
				held, i.Symbol, p.Own, want)
		}
	}
	return nil
}

// tradingDays are those of a year in New York.
const tradingDays = 252

// sharpe is the mean of the daily returns over their standard deviation, for a year of trading days,
// without a riskless rate. It takes three days at least, of which one moved.
func sharpe(start decimal.Decimal, days []Point) (v float64, ok bool) {
	const least = 3
	if len(days) < least {
		return 0, false
	}
	var returns []float64
	before := start
	sum := 0.0
	for _, d := range days {
		r := ratio(d.Equity, before) - 1
		returns = append(returns, r)
		sum += r
		before = d.Equity
	}
	mean, squares := sum/float64(len(returns)), 0.0
	for _, r := range returns {
		squares += (r - mean) * (r - mean)
	}
	deviation := math.Sqrt(squares / float64(len(returns)-1))
	if deviation == 0 {
		return 0, false
	}
	return mean / deviation * math.Sqrt(tradingDays), true
}
