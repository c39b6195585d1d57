package link

// State says whether the Gateway has its own connection to IBKR.
type State uint8

// The states.
const (
	// Ready carries orders.
	Ready State = iota
	// Degraded is a Gateway that lost IBKR. Orders are refused; the link stays up.
	Degraded
)

// String names the state.
func (s State) String() string { return [...]string{"ready", "degraded"}[s] }

// The system messages that change the state, or end a link (IBKR's message codes).
const (
	codeClientIDInUse   = 326
	codeConnectionLost  = 1100
	codeRestoredLost    = 1101
	codeRestoredKept    = 1102
	codePortMoved       = 1300
	codeNotYetConnected = 2110
)

// fatalCodes are the system messages after which the Gateway closes.
var fatalCodes = map[int]Reason{
	codeClientIDInUse: ClientIDInUse,
	codePortMoved:     PortMoved,
}

// Connectivity follows the system messages about the Gateway's connection to IBKR. The zero value
// is Ready.
type Connectivity struct {
	State State
	last  int // the last message that was about it
}

// Apply takes a message's code. changed says whether the state is another one; resubscribe, that
// IBKR lost this client's subscriptions: true for a 1101, but not for one that merely repeats it.
func (c *Connectivity) Apply(code int) (changed, resubscribe bool) {
	before := c.State
	switch code {
	case codeConnectionLost, codeNotYetConnected:
		c.State = Degraded
	case codeRestoredLost:
		c.State, resubscribe = Ready, c.last != codeRestoredLost
	case codeRestoredKept:
		c.State = Ready
	default:
		return false, false
	}
	c.last = code
	return c.State != before, resubscribe
}
