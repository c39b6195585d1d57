package trader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/link"
)

// connectCodes is how a failed attempt to connect ends a trader that makes only one.
var connectCodes = map[link.Reason]exit.Code{
	link.BadConfig:          exit.Usage,
	link.Refused:            exit.Refused,
	link.DialTimeout:        exit.DialTimeout,
	link.Unreachable:        exit.DialTimeout,
	link.NoHandshakeReply:   exit.NoHandshakeReply,
	link.Closed:             exit.HandshakeClosed,
	link.Reset:              exit.HandshakeReset,
	link.Stalled:            exit.NoHandshakeReply,
	link.Silent:             exit.NoHandshakeReply,
	link.UnsupportedVersion: exit.UnsupportedVersion,
	link.ClientIDInUse:      exit.ClientIDInUse,
	link.NoAccounts:         exit.WrongAccount,
	link.WrongAccount:       exit.WrongAccount,
	link.NoNextValidID:      exit.NoNextValidID,
	link.BadHello:           exit.Malformed,
	link.Malformed:          exit.Malformed,
}

// connectError gives a failed attempt its exit code.
func connectError(err error) error {
	if _, ok := exit.Of(err); ok {
		return err
	}
	le, ok := errors.AsType[*link.Error](err)
	if !ok {
		return &exit.Error{Code: exit.Incomplete, Err: err}
	}
	code, ok := connectCodes[le.Reason]
	if !ok {
		code = exit.Incomplete
	}
	return &exit.Error{Code: code, What: describe(le), Err: err}
}

// sessionError gives the end of a session its exit code: lost, unless the bytes were wrong.
func sessionError(err error) error {
	if _, ok := exit.Of(err); ok && err != nil {
		return err
	}
	le, ok := errors.AsType[*link.Error](err)
	switch {
	case ok && le.Reason == link.Malformed:
		return &exit.Error{Code: exit.Malformed, What: describe(le), Err: err}
	case ok && le.Reason == link.ClientIDInUse:
		return &exit.Error{Code: exit.ClientIDInUse, What: describe(le), Err: err}
	case ok:
		return &exit.Error{Code: exit.SessionLost, What: describe(le), Err: err}
	case err == nil:
		return exit.Because(exit.SessionLost, errors.New("the session ended without a reason"))
	default:
		return exit.Because(exit.SessionLost, err)
	}
}

// describe is a link's error without its advice: the exit table has that.
func describe(e *link.Error) string {
	s := fmt.Sprintf("%s: %s in phase %s after %s", e.Addr, e.Reason, e.Phase,
		e.After.Round(time.Millisecond))
	if e.Err != nil {
		s += fmt.Sprintf(" (%v)", e.Err)
	}
	return s
}

// permanent says whether another attempt could end no differently.
func permanent(err error) bool {
	code, ok := exit.Of(err)
	if !ok {
		return false
	}
	switch code {
	case exit.UnsupportedVersion, exit.Zombies, exit.Interlock, exit.State, exit.Usage:
		return true
	case exit.WrongAccount:
		return link.ReasonOf(err) != link.NoAccounts // a login that is not finished names none
	default:
		return false
	}
}

// answerError gives a request's failure its exit code. A session that ended under it says so
// itself.
func answerError(what string, err error) error {
	if _, ok := exit.Of(err); ok && err != nil {
		return err
	}
	if errors.Is(err, broker.ErrOver) {
		return exit.Because(exit.SessionLost, fmt.Errorf("%s: %w", what, err))
	}
	return exit.Because(exit.Incomplete, fmt.Errorf("%s: %w", what, err))
}

// stopped says whether ctx was ended from outside, which is a clean stop.
func stopped(ctx context.Context) bool { return ctx.Err() != nil }
