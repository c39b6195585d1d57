package scenarios

import (
	"slices"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

func orderFaults() harness.Scenario {
	// What a session is told of earlier orders, unasked or asked, is not what is to be lost.
	ordered := &fault.Moment{Inbound: "placeOrder"}
	losses := []fault.Fault{
		{
			ID: "never-arrived", Why: "the order was read and nobody acted on it",
			When: fault.When{Inbound: "placeOrder", Nth: 1},
		},
		{
			ID: "unacknowledged", Why: "the order works, and its acknowledgement is lost",
			When: fault.When{Outbound: "openOrder", After: ordered},
		},
		{
			ID: "unreported", Why: "the order was acknowledged, and its status is lost",
			When: fault.When{Outbound: "orderStatus", After: ordered},
		},
		{
			ID: "filled-while-away", Why: "the order was reported at work, and its fill is lost",
			When: fault.When{Outbound: "execDetails", After: ordered, Of: fault.Values{"reqId": int64(-1)}},
		},
	}
	for i := range losses {
		losses[i].Where.Connection = i + 1
		losses[i].What.Do = fault.RST
	}
	return harness.Scenario{
		Name: "order-faults",
		Summary: "Connections lost around an order, before, at and after its acknowledgement and its " +
			"fill, and a cancel that crosses a fill, never make it two.",
		Why: "A trader cannot tell the first three apart when they happen: in each its order was sent " +
			"and nothing came back. Sending it again is right in the first and buys twice in the others. " +
			"Only the broker's own record can say. On the last connection an order is told as cancelled " +
			"and has filled: whoever believes the word buys again. The next order id comes late, after " +
			"the session seems ready. The trader has an order for every cycle, so each connection has " +
			"one to lose.",
		Labels:  []string{"short", "orders", "recovery"},
		Gateway: harness.Gateway{Faults: slices.Concat(losses, cancelCrossesFill(len(losses)+1), lateID())},
		Subject: harness.Subject{
			Mode: harness.Continuous, Interval: interval, Cycles: 14,
			Args: []string{"--strategy", "alternate", "--absence-wait", "2s"},
		},
		Checks: recoveryChecks(len(losses), firstTry+interval, 14, append(orderClaims(),
			// One order of each connection but the first reached the books, or the run shows nothing.
			harness.Check{Name: "no-duplicate-orders", Evidence: len(losses) - 1})...),
		Limit: 20 * time.Minute,
	}
}

// cancelCrossesFill makes the connection's first purchase cross a cancel of the broker's: the order is
// told as cancelled, and its execution only afterwards. The books and the answer to reqExecutions have
// it at once. A sale would show nothing: sent again, of what is not held any more, it is rejected.
func cancelCrossesFill(connection int) []fault.Fault {
	const toldAfter = fault.Duration(3 * time.Second)
	late := fault.What{Do: fault.Withhold, Release: &fault.Moment{Delay: toldAfter}}
	bought := &fault.Moment{Inbound: "placeOrder", Of: fault.Values{"order.action": "BUY"}}
	faults := []fault.Fault{
		{
			ID: "fill-after-cancel", Why: "the fill is told when the order was told as cancelled",
			When: fault.When{Outbound: "execDetails", Of: fault.Values{"reqId": int64(-1), "execution.side": "BOT"}},
			What: late,
		},
		{
			ID: "cancelled", Why: "the broker's cancel overtakes the fill",
			When: fault.When{Outbound: "orderStatus", Of: fault.Values{"status": "Filled"}},
			What: fault.What{Do: fault.Replace, Set: fault.Values{"status": "Cancelled", "filled": "0"}},
		},
		{
			ID: "cancelled-order", Why: "and so says the order",
			When: fault.When{Outbound: "openOrder", Of: fault.Values{"orderState.status": "Filled"}},
			What: fault.What{Do: fault.Replace, Set: fault.Values{
				"orderState.status": "Cancelled", "order.filledQuantity": "0",
			}},
		},
	}
	for i := range faults {
		faults[i].Where.Connection, faults[i].Until.Count = connection, 1
		faults[i].When.After = bought
	}
	return faults
}

// lateID keeps nextValidId back a little in every session but the first: an order that does not wait
// for it comes before it for certain.
func lateID() []fault.Fault {
	return []fault.Fault{{
		ID: "late-id", Why: "the next order id comes when the session seems ready",
		Where: fault.Where{FromConnection: 2}, When: fault.When{Outbound: "nextValidId"},
		What: fault.What{Do: fault.Delay, For: fault.Duration(300 * time.Millisecond)},
	}}
}

// orderClaims are the checks of a scenario that claims something about orders: each must have seen
// what it is about.
func orderClaims() []harness.Check {
	var out []harness.Check
	for _, name := range []string{
		"no-blind-resend", "orders-after-ready", "order-ids-rise", "reconciled-before-orders", "right-account",
	} {
		out = append(out, harness.Check{Name: name, Evidence: 1})
	}
	return out
}
