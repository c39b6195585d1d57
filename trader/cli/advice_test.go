package cli

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/link"
)

// TestAdviceIsTheNearestCausesOwn: an exit code has several causes, and what helps against one misleads
// with another.
func TestAdviceIsTheNearestCausesOwn(t *testing.T) {
	for _, c := range []struct {
		code  exit.Code
		cause error
		want  string
		not   string
	}{
		{exit.Incomplete, &broker.Error{Code: 200, Message: "no definition"}, "--symbols", "connection to IBKR"},
		{exit.Incomplete, &broker.Error{Code: 162, Message: "no data"}, "connection to IBKR", "--symbols"},
		{exit.DialTimeout, &link.Error{Reason: link.Unreachable, Err: &net.DNSError{Name: "gw"}}, "no host of that name", "accept queue"},
		{exit.DialTimeout, &link.Error{Reason: link.Unreachable, Err: syscall.EHOSTUNREACH}, "check --host", "accept queue"},
		{exit.DialTimeout, &link.Error{Reason: link.DialTimeout}, "accept queue", "--host"},
		{exit.WrongAccount, &link.Error{Reason: link.NoAccounts}, "dialog", "right account"},
		{exit.WrongAccount, &link.Error{Reason: link.WrongAccount}, "right account", "dialog"},
		{exit.State, syscall.ENOSPC, "free space", "other trader"},
		{exit.State, errors.New("commit: database or disk is full (13)"), "free space", "other trader"},
		{exit.State, journal.ErrLocked, "other trader", "free space"},
		{exit.State, journal.ErrBooks, "restore", "other trader"},
		{exit.State, journal.ErrEmptied, "restore", "other trader"},
	} {
		err := advise(exit.Because(c.code, fmt.Errorf("do it: %w", c.cause)))
		line := exit.Line(err)
		if !strings.Contains(line, c.want) || strings.Contains(line, c.not) || !errors.Is(err, c.cause) {
			t.Errorf("%s", line)
		}
		if code, _ := exit.Of(err); code != c.code {
			t.Errorf("%v: code %d became %d", c.cause, c.code, code)
		}
	}
	own := &exit.Error{Code: exit.State, Err: syscall.ENOSPC, Do: "what is known there"}
	if line := exit.Line(advise(own)); !strings.Contains(line, "what is known there") {
		t.Errorf("advice that is there was replaced: %s", line)
	}
}
