package backtest

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"
	"github.com/guptarohit/asciigraph"

	"ibsoak/fakegateway/market"
	"ibsoak/trader/journal"
)

// Result is what a run came to. Money is in dollars.
type Result struct {
	File     string
	Strategy string
	Symbols  []string
	From, To time.Time // ends of the first and the last bar
	Bars     int
	Days     int

	Start, End decimal.Decimal // the equity
	Return     float64         // 0.01 is 1 %
	Drawdown   float64         // the deepest fall of the equity from a high, as a part of that
	FellFrom   time.Time
	FellTo     time.Time
	Sharpe     float64 // of daily returns, for a year
	HasSharpe  bool
	InMarket   float64 // part of the bars with shares held
	Exposure   float64 // mean part of the equity in shares
	Fees       decimal.Decimal
	Orders     int
	Trades     []Trade // closed ones in the order of their ends, then those that are still held
	Won        int     // closed trades with a profit
	Closed     int
	Curve      []Point // at most 2000
	// Outcomes are those of the decisions that the journal keeps, which are the newest 20,160 cycles'.
	Outcomes []journal.Outcome
}

func (m *meter) result(cfg Config) *Result {
	r := &Result{
		File: cfg.Bars, Strategy: cfg.Settings.Strategy.Name, Symbols: cfg.Settings.Symbols,
		From: m.curve[0].At, To: m.last.At, Bars: m.bars, Days: len(m.days), Start: m.capital,
		End: m.last.Equity, Return: ratio(m.last.Equity, m.capital) - 1, Drawdown: m.drop,
		FellFrom: m.highAt, FellTo: m.lowAt, InMarket: float64(m.invested) / float64(m.moments),
		Exposure: m.used / float64(m.moments), Fees: m.fees, Orders: m.orders, Outcomes: m.outcomes, Trades: m.trades,
		Closed: len(m.trades), Curve: append(slices.Clone(m.curve), m.last),
	}
	r.Sharpe, r.HasSharpe = sharpe(m.capital, m.days)
	for _, t := range m.trades {
		if t.Profit.IsPos() {
			r.Won++
		}
	}
	for _, conID := range slices.Sorted(maps.Keys(m.open)) {
		for _, t := range m.open[conID] {
			t.Got = m.closes[conID]
			r.Trades = append(r.Trades, m.settled(t, decimal.Zero))
		}
	}
	return r
}

// Figures are the numbers with their names, in the order of a report.
func (r *Result) Figures() [][2]string {
	percent := func(v float64) string { return fmt.Sprintf("%.2f %%", 100*v) }
	fell := percent(-r.Drawdown)
	if r.Drawdown > 0 {
		fell += fmt.Sprintf(" from %s to %s", clockTime(r.FellFrom), clockTime(r.FellTo))
	} else {
		fell = "none"
	}
	ratio := "needs three days, one of which moved"
	if r.HasSharpe {
		ratio = fmt.Sprintf("%.2f", r.Sharpe)
	}
	won := "no closed trade"
	if r.Closed > 0 {
		won = fmt.Sprintf("%d, of which %d with a profit", r.Closed, r.Won)
	}
	var decisions []string
	refused := "none"
	for _, o := range r.Outcomes {
		decisions = append(decisions, fmt.Sprintf("%s %d", o.Name, o.Count))
		if o.Name == "refused" {
			refused = fmt.Sprintf("%d, the last: %s", o.Count, o.Last)
		}
	}
	return [][2]string{
		{"bars", fmt.Sprintf("%d on %d days, %s to %s", r.Bars, r.Days, clockTime(r.From), clockTime(r.To))},
		{"strategy", r.Strategy + " on " + strings.Join(r.Symbols, ", ")},
		{"equity", money(r.Start) + " to " + money(r.End)},
		{"return", percent(r.Return)},
		{"deepest drawdown", fell},
		{"Sharpe ratio", ratio},
		{"in the market", percent(r.InMarket) + " of the bars"},
		{"mean exposure", percent(r.Exposure) + " of the equity"},
		{"fees", money(r.Fees)},
		{"orders", fmt.Sprint(r.Orders)},
		{"closed trades", won},
		{"newest decisions", strings.Join(decisions, ", ")},
		{"refused by limits", refused},
	}
}

func money(d decimal.Decimal) string { return d.Round(2).Pad(2).String() }

// clockTime is in New York, where the stocks trade.
func clockTime(t time.Time) string { return t.In(market.Eastern).Format("2006-01-02 15:04") }

// mostShown bounds the trades that are printed; the page has them all.
const mostShown = 20

// Print writes trades, the chart and the figures for a terminal.
func (r *Result) Print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s %8s  %-16s %12s  %-16s %12s %10s %12s\n", "symbol", "shares", "bought", "at", "sold", "at",
		"fees", "profit")
	if len(r.Trades) > mostShown {
		fmt.Fprintf(&b, "... %d earlier trades\n", len(r.Trades)-mostShown)
	}
	for _, t := range r.Trades[max(0, len(r.Trades)-mostShown):] {
		fmt.Fprintf(&b, "%-8s %8d  %-16s %12s  %-16s %12s %10s %12s\n", t.Symbol, t.Shares, clockTime(t.Bought), t.Paid,
			t.soldAt(), t.Got, money(t.Fees), money(t.Profit))
	}
	if len(r.Trades) == 0 {
		b.WriteString("no trades\n")
	}
	b.WriteString("\n" + r.chart() + "\n\n")
	for _, f := range r.Figures() {
		fmt.Fprintf(&b, "%-18s %s\n", f[0], f[1])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t Trade) soldAt() string {
	if t.Sold.IsZero() {
		return "held"
	}
	return clockTime(t.Sold)
}

// chart is the equity in characters.
func (r *Result) chart() string {
	const width, height = 70, 10
	values := make([]float64, len(r.Curve))
	for i, p := range r.Curve {
		values[i], _ = p.Equity.Float64()
	}
	return asciigraph.Plot(values, asciigraph.Width(width), asciigraph.Height(height), asciigraph.Precision(2),
		asciigraph.Caption(fmt.Sprintf("equity in dollars, %s to %s in New York", clockTime(r.From), clockTime(r.To))))
}
