package fault

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Operation is what an operator, IBKR's servers or a login do to a Gateway as a whole.
type Operation string

// The operations of the action operate.
const (
	ConnectionLost     Operation = "connection-lost"      // 1100, and the farms are broken
	ConnectionRestored Operation = "connection-restored"  // 1102: data maintained
	ConnectionDataLost Operation = "connection-data-lost" // 1101: subscriptions are gone
	PortReset          Operation = "port-reset"           // 1300, every client is dropped
	CompetingSession   Operation = "competing-session"    // 10197: the login is used elsewhere
	CompetingOver      Operation = "competing-over"
	FarmOK             Operation = "farm-ok" // of one farm: 2104, 2106, 2158
	FarmBroken         Operation = "farm-broken"
	FarmInactive       Operation = "farm-inactive"
	FarmConnecting     Operation = "farm-connecting"
	DialogAccept       Operation = "dialog-accept" // the incoming connection dialog on show
	DialogReject       Operation = "dialog-reject"
	DialogDismiss      Operation = "dialog-dismiss"
	ApproveLogin       Operation = "approve-2fa" // the second factor that a login waits for
	EnableAPI          Operation = "enable-api"  // the port opens
	DisableAPI         Operation = "disable-api" // the port closes; sessions live on

	// On the orders and accounts of the login.
	HoldOrders      Operation = "hold-orders"       // those placed from now on read Inactive and wait
	ReleaseOrders   Operation = "release-orders"    // all that are held, and later ones are not
	SplitNextChange Operation = "split-next-change" // of an order: it works on beside a second one
	LiquidateAll    Operation = "liquidate"         // IBKR cancels every order and closes all positions

	FillByHand       Operation = "fill-by-hand" // a trade in TWS
	TransferPosition Operation = "transfer"     // units come or leave without a trade
	LogIn            Operation = "log-in"       // a restart with other accounts
)

// operations are the sentences of Fault.String, by operation.
var operations = map[Operation]string{
	ConnectionLost:     "lose the connection to IBKR's servers (1100)",
	ConnectionRestored: "restore the connection to IBKR's servers, data maintained (1102)",
	ConnectionDataLost: "restore the connection to IBKR's servers, data lost (1101)",
	PortReset:          "reset the API port (1300) and drop every client",
	CompetingSession:   "let another session take the login's market data (10197)",
	CompetingOver:      "end the competing session",
	FarmOK:             "connect farm %s",
	FarmBroken:         "break farm %s",
	FarmInactive:       "let farm %s become inactive",
	FarmConnecting:     "let farm %s be connecting",
	DialogAccept:       "accept the incoming connection dialog",
	DialogReject:       "reject the incoming connection dialog",
	DialogDismiss:      "dismiss the incoming connection dialog",
	ApproveLogin:       "approve the login's second factor",
	EnableAPI:          "open the API port",
	DisableAPI:         "close the API port to new clients",

	HoldOrders:      "hold every order that is placed from now on (Inactive, locate)",
	ReleaseOrders:   "release the orders that are held",
	SplitNextChange: "make two orders of the next one that is changed, both at work",
	LiquidateAll:    "cancel all orders and close all positions, as IBKR does without margin",

	FillByHand:       "book a trade by hand of %d %s",
	TransferPosition: "move %d %s into an account without a trade, or out of it below 0",
	LogIn:            "restart with a login to %s",
}

// Operations lists every operation, in the order in which they are declared.
func Operations() []Operation {
	return []Operation{
		ConnectionLost, ConnectionRestored, ConnectionDataLost, PortReset,
		CompetingSession, CompetingOver, FarmOK, FarmBroken, FarmInactive, FarmConnecting,
		DialogAccept, DialogReject, DialogDismiss, ApproveLogin, EnableAPI, DisableAPI,
		HoldOrders, ReleaseOrders, SplitNextChange, LiquidateAll,
		FillByHand, TransferPosition, LogIn,
	}
}

// OnFarm reports whether the operation is on one farm, which must be named.
func (o Operation) OnFarm() bool {
	return slices.Contains([]Operation{FarmOK, FarmBroken, FarmInactive, FarmConnecting}, o)
}

func (w What) operationSentence() string {
	sentence, known := operations[w.Operation]
	switch {
	case !known:
		return "do nothing: there is no such operation"
	case w.Operation.OnTrade() && w.Trade != nil:
		return fmt.Sprintf(sentence, w.Trade.Quantity, cmp.Or(w.Trade.Symbol, strconv.Itoa(w.Trade.ConID)))
	case w.Operation == LogIn:
		return fmt.Sprintf(sentence, strings.Join(w.Accounts, ", "))
	case w.Operation.OnFarm():
		return fmt.Sprintf(sentence, w.Farm)
	default:
		return sentence
	}
}

// validateOperation checks what the table of parameters cannot say.
func (w What) validateOperation(report reporter) {
	_, known := operations[w.Operation]
	switch {
	case w.Operation == "" || !w.Do.action().takes("operation"):
	case !known:
		report("what.operation", "%q: want one of %s", w.Operation, list(Operations()))
	case w.Operation.OnFarm() != (w.Farm != ""):
		report("what.farm", "farm-* operations, and only those, need the name of a farm")
	default:
		w.validateTrade(report)
	}
}
