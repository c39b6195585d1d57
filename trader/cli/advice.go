package cli

import (
	"errors"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/link"
)

// advise gives an error the advice of its nearest cause where the exit code's own would mislead.
func advise(err error) error {
	e, ok := errors.AsType[*exit.Error](err)
	if !ok || e.Do != "" {
		return err
	}
	for _, a := range advices {
		if a.fits(err) {
			return &exit.Error{Code: e.Code, What: err.Error(), Do: a.do, Err: err}
		}
	}
	return err
}

// advices are the causes that several exit codes have in common with others, the nearest first.
var advices = []struct {
	fits func(error) bool
	do   string
}{
	{isErr(journal.ErrLocked), "stop the other trader, or give this one a --state of its own"},
	{
		isErr(journal.ErrEmptied),
		"bring it back with trader restore, or begin anew with another --state and empty hands",
	},
	{isErr(journal.ErrNone), "give the --state or --config that the trader was started with"},
	{isErr(syscall.ENOSPC), fullDisk},
	{says("disk is full"), fullDisk},
	{isErr(journal.ErrBackup), "give a file that trader backup wrote"},
	{isErr(journal.ErrBooks), "the journal was changed from outside: move it away and trader restore a backup"},
	{says("not a database", "malformed"), "the journal is damaged: move it away and trader restore a backup"},
	{isErr(fs.ErrPermission), "let this user write in the directory that --state names"},
	{says("readonly database", "unable to open database"), "let this user write in the directory that --state names"},
	{unknownSymbol, "check how --symbols spells it: IBKR knows no such stock there"},
	{badName, "check --host: there is no host of that name"},
	{isErr(syscall.EHOSTUNREACH), unreachable},
	{isErr(syscall.ENETUNREACH), unreachable},
	{noAccounts, "finish the login, or answer the dialog on the Gateway's screen"},
}

const (
	fullDisk    = "free space on the disk that --state is on"
	unreachable = "check --host and the network to it"
)

func isErr(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// says is for causes that have no value to compare with.
func says(texts ...string) func(error) bool {
	return func(err error) bool {
		for _, text := range texts {
			if strings.Contains(err.Error(), text) {
				return true
			}
		}
		return false
	}
}

func unknownSymbol(err error) bool {
	const noDefinition = 200 // IBKR's message code list
	e, ok := errors.AsType[*broker.Error](err)
	return ok && e.Code == noDefinition
}

func badName(err error) bool {
	_, ok := errors.AsType[*net.DNSError](err)
	return ok
}

func noAccounts(err error) bool { return link.ReasonOf(err) == link.NoAccounts }
