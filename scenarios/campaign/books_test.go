package campaign_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/trader/journal"
)

// identity compares orders and intents: what must hold at every moment, also while an order is in flight
// or its execution has not been told yet.
func identity(truth exchange.Books, mine journal.Books) (bad []string) {
	intents := map[string]journal.IntentBooks{}
	for _, in := range mine.Intents {
		intents[in.ID] = in
	}
	alive := map[string]int{}
	filled := map[string]int64{}
	for _, o := range truth.Orders {
		if o.Manual || o.OrderID == 0 {
			continue
		}
		if _, known := intents[o.OrderRef]; !known {
			bad = append(bad, fmt.Sprintf("orphan: order %d (%s %d %s, %s) names intent %q, which is not in the journal",
				o.OrderID, o.Action, o.Quantity, o.Symbol, o.Status, o.OrderRef))
		}
		if o.Filled > 0 || o.DoneAt.IsZero() || o.Status == exchange.Filled {
			alive[o.OrderRef]++
		}
		filled[o.OrderRef] += o.Filled
	}
	for id, n := range alive {
		if n > 1 {
			bad = append(bad, fmt.Sprintf("duplicate: %d orders that live or have filled for intent %s", n, id))
		}
	}
	for id, shares := range filled {
		if in, known := intents[id]; known && in.Quantity.Cmp(whole(shares)) < 0 {
			bad = append(bad, fmt.Sprintf("beyond the intent: %d shares filled for %s, which wanted %s", shares, id, in.Quantity))
		}
	}
	for _, e := range mine.Executions {
		if !slices.ContainsFunc(truth.Executions, func(x exchange.Execution) bool { return x.ExecID == e.ExecID }) &&
			!slices.ContainsFunc(truth.Superseded, func(x exchange.Execution) bool { return x.ExecID == e.ExecID }) {
			bad = append(bad, fmt.Sprintf("invented: execution %s (%s %s %s) never happened", e.ExecID, e.Side, e.Shares, e.Symbol))
		}
	}
	slices.Sort(bad)
	return bad
}

// differences compares everything, to the cent. They are empty only when nothing is in flight.
func differences(truth exchange.Books, mine journal.Books) []string {
	bad := identity(truth, mine)
	bad = append(bad, states(truth, mine)...)
	bad = append(bad, executions(truth, mine)...)
	return append(bad, holdings(truth, mine)...)
}

// states compares each intent with the end of its order.
func states(truth exchange.Books, mine journal.Books) (bad []string) {
	for _, in := range mine.Intents {
		var filled int64
		status := exchange.Status("")
		working := false
		for _, o := range truth.Orders {
			if o.OrderRef == in.ID {
				filled += o.Filled
				status, working = o.Status, working || o.DoneAt.IsZero()
			}
		}
		switch {
		case working && (in.State == journal.Working || in.State == journal.Unknown):
			// A stop is there to stay, and an order that came after the close waits for the next day. When its
			// session has ended, nobody knows until the next one.
		case !in.State.Closed():
			bad = append(bad, fmt.Sprintf("unsettled: intent %s is %s (%s), its order %q", in.ID, in.State, in.Reason, status))
		case working:
			bad = append(bad, fmt.Sprintf("state: intent %s is %s, its order works (%s)", in.ID, in.State, status))
		case in.State == journal.Filled && status != exchange.Filled:
			bad = append(bad, fmt.Sprintf("state: intent %s is filled, its order %q", in.ID, status))
		}
		if in.Executed.Cmp(whole(filled)) != 0 {
			bad = append(bad, fmt.Sprintf("fill: intent %s has executed %s, its order %d", in.ID, in.Executed, filled))
		}
	}
	return bad
}

// executions compares each execution in its latest revision: id, shares, price and commission.
func executions(truth exchange.Books, mine journal.Books) (bad []string) {
	booked := map[string]journal.ExecutionBooks{}
	for _, e := range mine.Executions {
		booked[e.ExecID] = e
	}
	for _, x := range truth.Executions {
		e, found := booked[x.ExecID]
		switch {
		case x.Shares == 0: // a bust
		case !found:
			bad = append(bad, fmt.Sprintf("lost: execution %s (%s %d %s) is not in the journal", x.ExecID, x.Action, x.Shares, x.Symbol))
		case e.Shares.Cmp(whole(x.Shares)) != 0 || e.Price.Cmp(x.Price) != 0:
			bad = append(bad, fmt.Sprintf("execution %s is %s at %s in the journal, %d at %s in truth",
				x.ExecID, e.Shares, e.Price, x.Shares, x.Price))
		case x.OrderRef != "" && e.Intent != x.OrderRef:
			bad = append(bad, fmt.Sprintf("execution %s is booked to %q, it was of %q", x.ExecID, e.Intent, x.OrderRef))
		case x.OrderRef != "" && (e.Commission == nil || e.Commission.Cmp(x.Commission) != 0):
			bad = append(bad, fmt.Sprintf("commission of %s is %v in the journal, %s in truth", x.ExecID, e.Commission, x.Commission))
		}
	}
	return bad
}

// holdings compares positions, and the cash that the trader's own executions have moved.
func holdings(truth exchange.Books, mine journal.Books) (bad []string) {
	for _, account := range truth.Accounts {
		cash, total := decimal.Zero, map[int64]decimal.Decimal{}
		for _, a := range mine.Accounts {
			if a.Account != account.ID {
				continue
			}
			cash = a.Cash
			for _, p := range a.Positions {
				total[p.ConID] = p.Total
			}
		}
		moved, err := movedBy(truth, account.ID)
		if err != nil || cash.Cmp(moved) != 0 {
			bad = append(bad, fmt.Sprintf("cash of %s: %s in the journal, %s in truth (%v)", account.ID, cash, moved, err))
		}
		for _, p := range truth.Positions {
			if p.Account == account.ID && total[int64(p.ConID)].Cmp(whole(p.Quantity)) != 0 {
				bad = append(bad, fmt.Sprintf("position in %s: %s in the journal, %d in truth", p.Symbol, total[int64(p.ConID)], p.Quantity))
			}
		}
	}
	return bad
}

// movedBy is what an account's cash has changed by through orders of the API.
func movedBy(truth exchange.Books, account string) (moved decimal.Decimal, err error) {
	for _, x := range truth.Executions {
		if x.Account != account || x.OrderRef == "" {
			continue
		}
		value, err := x.Price.Mul(whole(x.Shares))
		if err != nil {
			return moved, err
		}
		if x.Action == exchange.Buy {
			value = value.Neg()
		}
		if value, err = value.Sub(x.Commission); err != nil {
			return moved, err
		}
		if moved, err = moved.Add(value); err != nil {
			return moved, err
		}
	}
	return moved, nil
}

// equity compares the account's own cash, which the exchange keeps apart from executions, with what they
// have moved. Trades by hand are the exchange's own.
func equity(truth exchange.Books) (bad []string) {
	for _, a := range truth.Accounts {
		moved, err := movedBy(truth, a.ID)
		change, cerr := a.Cash.Sub(a.StartCash)
		byHand := slices.ContainsFunc(truth.Executions, func(x exchange.Execution) bool {
			return x.Account == a.ID && x.OrderRef == ""
		})
		if err != nil || cerr != nil || (!byHand && moved.Cmp(change) != 0) {
			bad = append(bad, fmt.Sprintf("the exchange's cash of %s changed by %s, its executions moved %s", a.ID, change, moved))
		}
	}
	return bad
}

func whole(n int64) decimal.Decimal { return decimal.MustNew(n, 0) }

// few shortens a list for a message.
func few(lines []string) string {
	const most = 12
	if len(lines) > most {
		lines = append(slices.Clone(lines[:most]), fmt.Sprintf("and %d more", len(lines)-most))
	}
	return strings.Join(lines, "\n\t")
}
