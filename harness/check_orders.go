package harness

import "fmt"

// orderDetectors are the checks of orders and books. Three of them are layers of one claim, that no
// intent becomes two orders, each with evidence of its own; the others are about when and how an
// order may be sent.
var orderDetectors = []Detector{
	{
		Name: "no-duplicate-orders", Group: GroupOrders, judge: noDuplicateOrders,
		Doc: "Identity: two orders of one orderRef move one account's position in one contract the same " +
			"way, and the second is neither for what a cancelled or rejected one left open, nor a bracket's or " +
			"an OCA group's that moves no more than the parent or the largest of them was for. A strategy's name in " +
			"orderRef is no identity; it is inferred from orders that followed each other in undisturbed sessions, " +
			"or said by subject.reference. Equal " +
			"orders at once in a calm session, each acknowledged before the next, leave that open. An order " +
			"that came after one told as cancelled, though it had filled, is one too many as well. " +
			"Informational without such an order, unless the scenario sets Evidence and no other layer " +
			"can speak.",
		Least: "one order whose orderRef is one intent's",
		Do: "Give each intent an orderRef of its own, store it before the order is sent, and never " +
			"send it again before the broker's record says that the first is dead.",
		Page: "your-trader.md#orders",
	},
	{
		Name: "no-blind-resend", Group: GroupOrders, judge: noBlindResend,
		Doc: "An order whose acknowledgement was lost was sent again in a later session, equal in " +
			"account, contract, side, type and size and whatever its orderRef, before open orders, " +
			"executions and completed orders were asked for and answered in full. Inconclusive, unless " +
			"an orderRef or the wanted positions tell, when an order of the same side came after one that " +
			"could be meant by it: one that is there although its acknowledgement was lost, one that " +
			"worked when its session was lost and was not looked for, one told as cancelled that had " +
			"filled, one without a word for " + ackWithin.String() + ", or, without a look, one of another " +
			"size or type. Informational when no acknowledgement was lost.",
		Least: "one order whose acknowledgement was lost, and a session after it",
		Do: "After a reconnect ask for open orders, executions and completed orders, wait for the end " +
			"of each, and only then decide whether an order that nobody acknowledged is there.",
		Page: "your-trader.md#orders",
	},
	{
		Name: "exposure", Group: GroupOrders, judge: exposure,
		Doc: "The position, with the rest of every working order on one side, could exceed the most that " +
			"is wanted of a symbol or get to the other side of zero, unless that is wanted too, or at the " +
			"end is not what is wanted. Of a bracket's children and " +
			"an OCA group the largest counts, a child when its parent has filled. Informational when " +
			"nothing is said to be wanted.",
		Least: "one order in a symbol of subject.positions",
		Do: "Count what works and what is unknown as if it were held before you send more of the same " +
			"side.",
		Page: "your-trader.md#orders",
	},
	{
		Name: "orders-after-ready", Group: GroupOrders, judge: ordersAfterReady,
		Doc: "An order came before nextValidId had been written on its connection. Informational " +
			"without an order.",
		Least: "one order",
		Do:    "Wait for nextValidId on every new connection before the first order.",
		Page:  "your-trader.md#orders",
	},
	{
		Name: "order-ids-rise", Group: GroupOrders, judge: orderIDsRise,
		Doc: "A new order's id was below the last nextValidId of its connection, or not above the ids " +
			"sent since. Informational without an order.",
		Least: "one order",
		Do:    "Take ids from nextValidId upwards, one after the other, from one place.",
		Page:  "your-trader.md#orders",
	},
	{
		Name: "reconciled-before-orders", Group: GroupOrders, judge: reconciledBeforeOrders,
		Doc: "After a session was lost in the middle, a new one began with an order, or one beside it sent the next " +
			"although the lost one had left an order open: neither open " +
			"orders nor executions, completed orders or positions had been asked for and answered since. " +
			"Informational when no order came after a lost session.",
		Least: "one order after a lost session",
		Do: "After a reconnect, ask for open orders, executions and positions and wait for their ends " +
			"before the first order.",
		Page: "your-trader.md#orders",
	},
	{
		Name: "no-orders-in-outage", Group: GroupOrders, judge: noOrdersInOutage,
		Doc: fmt.Sprintf("An order came more than %s after error 1100 and before 1101 or 1102, on that "+
			"connection or on another of the life while that one was open. Informational when no 1100 was "+
			"written.", outageNotice),
		Least: "one error 1100",
		Do:    "Close the order gate at 1100 and open it after 1101 or 1102 when you have reconciled.",
		Page:  "your-trader.md#orders",
	},
	{
		Name: "right-account", Group: GroupOrders, judge: rightAccount,
		Doc: "An order named an account that the Gateway does not manage, or none where it manages " +
			"several. Informational without an order.",
		Least: "one order",
		Do: "Compare the configured account with managedAccounts before the first order, and stop if " +
			"it is not there.",
		Page: "your-trader.md#orders",
	},
	{
		Name: "message-rate", Group: GroupOrders, judge: messageRateKept,
		Doc: fmt.Sprintf("A client sent more than Want messages (default %d, IBKR's limit) in any one "+
			"second of the Gateway's clock.", messageRate),
		Least: "one connection that asked for something",
		Do:    "Send through one queue with a token bucket below the limit, cancels first.",
		Page:  "your-trader.md#orders",
	},
	{
		Name: "no-order-beyond-intent", Group: GroupOrders, judge: noOrderBeyondIntent,
		Doc: "A working order was changed to another contract, account or side, or to more shares or money " +
			"than it was first for, unless it only reduces the position. Informational when no order was changed.",
		Least: "one changed order",
		Do:    "Never use an order id for something else; for more, send an order of its own.",
		Page:  "your-trader.md#orders",
	},
	{
		Name: "no-orders-after-end", Group: GroupOrders, judge: noOrdersAfterEnd,
		Doc: fmt.Sprintf("An order came more than the grace (default %s) after SIGTERM, or an order or a new "+
			"session more than %s after the life's end.", TermWithin, afterEnd),
		Least: fmt.Sprintf("one life that connected, and %s of the Gateway after its end", afterEnd),
		Do:    "Stop everything that can send before the process exits, its children included.",
		Page:  "your-trader.md#orders",
	},
	{
		Name: "books-add-up", Group: GroupOrders, judge: booksAddUp, Ledger: true,
		Doc: "The Gateway's positions or cash, in any currency, are not the sum of its fills and of what was " +
			"transferred, or an order is filled beyond its quantity: a harness error, for the books are the " +
			"exchange's.",
		Least: "one account",
		Do:    "Nothing: the fake exchange is at fault, please report it with the record.",
		Page:  "your-trader.md#record",
	},
}

// booksAddUp checks the exchange, not the subject: every other statement about orders rests on
// these books.
func booksAddUp(r *Record, c Check) Finding {
	f := open(c, "accounts", 1)
	if !r.Books.Taken {
		return f.undecided("the Gateway's books were not read")
	}
	accounts := map[string]bool{}
	for _, held := range r.Books.Cash {
		accounts[held.Account] = true
	}
	f.Evidence = len(accounts)
	wrong, err := r.Books.wrong()
	if err != nil {
		return f.broken("add up the Gateway's books: %v", err)
	}
	if len(wrong) > 0 {
		for _, w := range wrong {
			f.violated(Example{What: w})
		}
		return f.broken("the Gateway's books do not add up: %s", wrong[0])
	}
	return f.conclude("%s, %s, %s", count(len(r.Books.Orders), "orders"),
		count(len(r.Books.Fills), "fills"), count(len(r.Books.Positions), "positions"))
}
