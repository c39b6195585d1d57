package doctor

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"ibsoak/internal/wire"
	"ibsoak/trader/exit"
	"ibsoak/trader/link"
)

// sentence is what a handshake's failure means, and what to do about it.
type sentence struct {
	code      exit.Code
	found, do string
}

// failures are the sentences that need no more than the reason.
var failures = map[link.Reason]sentence{
	link.Refused: {
		exit.Refused, "the port refuses connections",
		"start the Gateway, or wait until it has started; enable its API socket and check --port",
	},
	link.DialTimeout: {
		exit.DialTimeout, "TCP is not accepted: the Gateway's accept queue is full, or a firewall drops packets",
		"restart the Gateway if its port is listened on; else look at the firewall",
	},
	link.Unreachable: {exit.DialTimeout, "there is no way to that host", "check --host and the network to it"},
	link.Closed: {
		exit.HandshakeClosed, "the Gateway closes the connection during the handshake",
		"add this host to the Gateway's trusted IPs, close other API clients (32 at most), and look at its API log",
	},
	link.Reset: {
		exit.HandshakeReset, "the Gateway resets the connection during the handshake",
		"wait until the Gateway has finished starting, then try again",
	},
	link.BadHello: {
		exit.Malformed, "what answers does not speak the TWS API: its version reply makes no sense",
		"check that --port is the API's port, not a proxy's or another program's",
	},
	link.Malformed: {
		exit.Malformed, "what the Gateway sends cannot be read",
		"check what is between here and the Gateway, and report the Gateway's version",
	},
	link.UnsupportedVersion: {
		exit.UnsupportedVersion, "no API version in common",
		"install a Gateway of a supported version",
	},
	link.ClientIDInUse: {
		exit.ClientIDInUse, "the doctor's client id is in use (326)",
		"wait a minute, for a Gateway that gives ids back late, or give another --doctor-client-id",
	},
	link.WrongAccount: {
		exit.WrongAccount, "the Gateway has another account, or several and none was named",
		"log in to the right account, or give the account to use with --account",
	},
	link.NoNextValidID: {
		exit.NoNextValidID, "the Gateway never sent the next order id",
		"wait until the Gateway has finished its login, then restart it if this stays so",
	},
	link.Stalled: {exit.NoHandshakeReply, "the Gateway has stopped reading", "restart the Gateway"},
}

// failed says why there is no session.
func (x *examination) failed(err error) {
	e, ok := errors.AsType[*link.Error](err)
	if !ok {
		x.bad(exit.Incomplete, "handshake", "", "%v", err)
		return
	}
	s, ok := failures[e.Reason]
	switch {
	case e.Phase == link.PhaseDial && errors.Is(err, syscall.ECONNRESET): // as it begins to refuse
		s = failures[link.Refused]
	case e.Reason == link.NoHandshakeReply:
		s = x.mute()
	case e.Reason == link.NoAccounts:
		s = x.unfinished()
	case !ok:
		s = sentence{exit.Incomplete, string(e.Reason), "run the doctor again"}
	}
	detail := ""
	if e.Err != nil && s.code != exit.NoHandshakeReply {
		detail = fmt.Sprintf(" (%v)", e.Err)
	}
	x.bad(s.code, "handshake", s.do, "%s%s, in phase %s after %s",
		s.found, detail, e.Phase, e.After.Round(time.Millisecond))
}

// mute is a Gateway that accepted and never said its version.
func (x *examination) mute() sentence {
	if n := x.closeWait; n > 0 {
		return sentence{
			exit.NoHandshakeReply,
			fmt.Sprintf("the Gateway accepts and answers nothing, "+
				"and holds %d sockets in CLOSE_WAIT: they block it", n),
			"restart the Gateway; never kill -9 by port",
		}
	}
	return sentence{
		exit.NoHandshakeReply, "the Gateway accepts and answers nothing",
		"look at its screen: a dialog about an incoming connection, or an unfinished login; with neither, restart it",
	}
}

// unfinished is a Gateway that said its version and no account.
func (x *examination) unfinished() sentence {
	if x.heard[wire.ManagedAccounts] > 0 {
		return sentence{
			exit.WrongAccount, "the Gateway is connected and names no account",
			"finish the login on the Gateway's screen",
		}
	}
	return sentence{
		exit.WrongAccount, "the Gateway says its version and does not answer START_API",
		"look at its screen: a login that waits for its second factor, or a dialog about this client id; after many " +
			"attempts in a minute, wait ten: it lets clients wait then",
	}
}
