package link

import (
	"errors"
	"fmt"
	"time"
)

// Reason is why a link could not be made, or why it ended.
type Reason string

// The reasons.
const (
	BadConfig          Reason = "bad configuration"
	Canceled           Reason = "canceled"
	Refused            Reason = "refused"
	DialTimeout        Reason = "dial timeout"
	Unreachable        Reason = "unreachable"
	NoHandshakeReply   Reason = "no handshake reply"
	BadHello           Reason = "bad version reply"
	UnsupportedVersion Reason = "unsupported server version"
	ClientIDInUse      Reason = "client id in use"
	NoAccounts         Reason = "no accounts"
	WrongAccount       Reason = "wrong account"
	NoNextValidID      Reason = "no next valid id"
	Closed             Reason = "closed by the Gateway"
	Reset              Reason = "reset by the Gateway"
	Stalled            Reason = "stalled"
	Malformed          Reason = "malformed message"
	Silent             Reason = "silent"
	PortMoved          Reason = "port moved"
	ClientFailed       Reason = "API client failed"
	Overrun            Reason = "events not consumed"
	LocalClose         Reason = "closed by us"
)

// advice says what to do about a reason.
var advice = map[Reason]string{
	BadConfig: "correct the configuration",
	Refused: "nothing listens there: start the Gateway, enable its API, and check the port " +
		"(4002 paper, 4001 live)",
	DialTimeout: "the Gateway is not accepting: its accept queue may be full or a firewall drops " +
		"packets; restart the Gateway if its port is listed as LISTEN",
	Unreachable: "check the host name and the route to it",
	NoHandshakeReply: "the Gateway accepted and said nothing: look for a login or \"accept " +
		"incoming connection\" dialog on its screen, and for CLOSE_WAIT sockets on its port",
	BadHello:           "whatever listens there does not speak the TWS API: check the port",
	UnsupportedVersion: "install a Gateway of a supported version",
	ClientIDInUse: "another session has this client id, or the Gateway has not yet released the " +
		"last one: wait, or use another client id",
	NoAccounts: "the Gateway has not finished its login: look at its screen",
	WrongAccount: "the Gateway is logged in to another account: check the login, or name the " +
		"account to use",
	NoNextValidID: "the Gateway has not finished its login, or its API is blocked: look at its " +
		"screen",
	Closed:  "the Gateway may be restarting, or does not trust this address",
	Reset:   "the Gateway may be restarting",
	Stalled: "the Gateway stopped reading: if it stays so, restart it",
	Malformed: "the stream is no longer trustworthy: reconnect; if it recurs, keep the transcript " +
		"and report the Gateway's version",
	Silent:       "the connection or the Gateway is dead: reconnect",
	PortMoved:    "the Gateway's API port was changed: use the new one",
	Overrun:      "the trader was too slow to take its events: reconnect and reconcile",
	ClientFailed: "this is a defect of the trader: report it with its log",
}

// Phase is what the link was doing.
type Phase string

// The phases of a link, in order.
const (
	PhaseConfig   Phase = "config"
	PhaseDial     Phase = "dial"
	PhaseVersion  Phase = "version"
	PhaseStartAPI Phase = "start api"
	PhaseReady    Phase = "ready"
	PhaseAttach   Phase = "attach"
	PhaseSession  Phase = "session"
	PhaseClose    Phase = "close"
)

// Error is the end of a link or of the attempt to make one.
type Error struct {
	Reason Reason
	Phase  Phase
	Addr   string
	After  time.Duration // since Connect began
	Err    error         // the cause; nil if the reason says it all
}

// Error is one line that ends with what to do.
func (e *Error) Error() string {
	s := fmt.Sprintf("link to %s: %s in phase %s after %s", e.Addr, e.Reason, e.Phase,
		e.After.Round(time.Microsecond))
	if e.Err != nil {
		s += fmt.Sprintf(" (%v)", e.Err)
	}
	if todo := advice[e.Reason]; todo != "" {
		s += ": " + todo
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// ReasonOf digs the reason out of an error; "" if there is none in it.
func ReasonOf(err error) Reason {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Reason
	}
	return ""
}
