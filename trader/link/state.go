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

// The system messages that change the state (IBKR's message codes).
const (
	codeClientIDInUse   = 326
	codeConnectionLost  = 1100
	codeRestoredLost    = 1101
	codeRestoredKept    = 1102
	codePortMoved       = 1300
	codeNotYetConnected = 2110
)

// After is the state once a system message arrived, and whether IBKR lost this client's
// subscriptions, so that they must be made again. Other codes change nothing.
func (s State) After(code int) (next State, resubscribe bool) {
	switch code {
	case codeConnectionLost, codeNotYetConnected:
		return Degraded, false
	case codeRestoredLost:
		return Ready, true
	case codeRestoredKept:
		return Ready, false
	default:
		return s, false
	}
}
