// Package exit names every way in which the trader ends: its code, its name, what it means and
// what to do about it. It is the trader's outermost contract, read by supervisors and by people.
//
// Codes never change their meaning; new ones take unused numbers.
package exit

import (
	"errors"
	"fmt"
)

// Code is a process exit status.
type Code int

// The codes. Table says what each means.
const (
	OK                 Code = 0
	Refused            Code = 10
	DialTimeout        Code = 11
	NoHandshakeReply   Code = 12
	HandshakeClosed    Code = 13
	HandshakeReset     Code = 14
	UnsupportedVersion Code = 15
	ClientIDInUse      Code = 16
	WrongAccount       Code = 17
	NoNextValidID      Code = 18
	Malformed          Code = 19
	Zombies            Code = 20
	Exhausted          Code = 21
	SessionLost        Code = 22
	Incomplete         Code = 23
	OrderUnknown       Code = 24
	Interlock          Code = 25
	State              Code = 26
	NotFlat            Code = 27
	Usage              Code = 64
)

// Row explains one code.
type Row struct {
	Code    Code
	Name    string // short and stable, for supervisors and exit.json
	Meaning string // what happened, one clause
	Do      string // what an operator does about it, one clause
}

// Table holds every code, in order.
var Table = []Row{
	{OK, "ok", "a clean end", "nothing"},
	{
		Refused, "refused", "nothing listens on the Gateway's port",
		"start the Gateway, enable its API socket and check --host and --port",
	},
	{
		DialTimeout, "dial-timeout", "TCP was not accepted in time",
		"the Gateway's accept queue is full or a firewall drops packets: look at the Gateway",
	},
	{
		NoHandshakeReply, "no-handshake-reply", "TCP was accepted, but the version never came",
		"look for a dialog or an unfinished login on the Gateway's screen, else restart it",
	},
	{
		HandshakeClosed, "handshake-closed", "the Gateway closed during the handshake",
		"add this host to the Gateway's trusted IPs and look at its API log",
	},
	{
		HandshakeReset, "handshake-reset", "the Gateway reset during the handshake",
		"wait until the Gateway has finished starting, then try again",
	},
	{
		UnsupportedVersion, "unsupported-version", "no API version in common",
		"install a Gateway of a supported version",
	},
	{
		ClientIDInUse, "client-id-in-use", "another client holds this client id (326)",
		"stop the other client, wait a minute, or choose another --client-id",
	},
	{
		WrongAccount, "wrong-account", "the Gateway is logged in to another account, or to none",
		"log in to the right account or correct --account",
	},
	{
		NoNextValidID, "no-next-valid-id", "the Gateway never sent nextValidId",
		"wait until the Gateway has finished its login; check that its API is not read-only",
	},
	{
		Malformed, "malformed-data", "the Gateway sent data that is not the TWS API",
		"check that --port is the API's port, not a proxy's or another program's",
	},
	{
		Zombies, "zombies", "the Gateway holds sockets in CLOSE_WAIT",
		"restart the Gateway; never kill -9 by port, that kills the Gateway itself",
	},
	{
		Exhausted, "reconnects-exhausted", "every reconnect allowed by --max-reconnects failed",
		"repair what the last attempt names, then start the trader again",
	},
	{
		SessionLost, "session-lost", "the session ended during the cycle",
		"run it again; the journal reconciles first",
	},
	{
		Incomplete, "incomplete-answer", "the Gateway refused or did not complete an answer",
		"look at the Gateway's connection to IBKR, then run it again",
	},
	{
		OrderUnknown, "order-unknown", "an order's state is not known",
		"look at the order in the Gateway, then run it again: nothing is sent twice",
	},
	{
		Interlock, "interlock", "a risk limit or the live/paper interlock refused",
		"change the limit on purpose, or give --live and --account for a live account",
	},
	{
		State, "state-unusable", "the state directory or journal cannot be used",
		"stop the other trader or repair the directory that --state names",
	},
	{
		NotFlat, "not-flat", "--at-stop flatten could not sell all own shares",
		"look at the positions in TWS; a stop that gave way was put back if there was time; the log says why",
	},
	{Usage, "usage", "the command line or the configuration is wrong", "see trader --help"},
}

// Row is the code's row of Table. A code that is not there gets an empty name.
func (c Code) Row() Row {
	for _, r := range Table {
		if r.Code == c {
			return r
		}
	}
	return Row{Code: c}
}

// String is the code's name.
func (c Code) String() string { return c.Row().Name }

// Error ends the process with a code.
type Error struct {
	Code Code
	// What replaces the cause's text in Line. Empty: the error's own.
	What string
	// Do replaces the table's advice when more is known here. Empty: the table's.
	Do  string
	Err error
}

// Because wraps err so that it ends the process with code.
func Because(code Code, err error) *Error { return &Error{Code: code, Err: err} }

// Errorf is Because over fmt.Errorf.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Err: fmt.Errorf(format, args...)}
}

// Error is what happened; Line adds what to do.
func (e *Error) Error() string {
	switch {
	case e.What != "":
		return e.What
	case e.Err != nil:
		return e.Err.Error()
	default:
		return e.Code.Row().Meaning
	}
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Of is the code that err ends the process with: OK for nil, the outermost Error's otherwise.
// ok is false when err carries none.
func Of(err error) (code Code, ok bool) {
	if err == nil {
		return OK, true
	}
	if e, found := errors.AsType[*Error](err); found {
		return e.Code, true
	}
	return 0, false
}

// Line is the one line that the process leaves on stderr:
// "<what happened>: <what to do> (exit 12, no-handshake-reply)".
func Line(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = Because(State, err)
	}
	do := e.Do
	if do == "" {
		do = e.Code.Row().Do
	}
	return fmt.Sprintf("%s: %s (exit %d, %s)", oneLine(err.Error()), do, e.Code, e.Code)
}

// oneLine keeps a cause that spans lines from breaking the contract of one line.
func oneLine(s string) string {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		switch r {
		case '\r':
		case '\n', '\t':
			out = append(out, ' ')
		default:
			out = append(out, r)
		}
	}
	return string(out)
}
