package session

import (
	"errors"
	"slices"
	"time"
)

// Accounts are those that the Gateway is logged in to, without an advisor's own.
func (l *Login) Accounts() []string { return l.advisor.ClientAccounts() }

// LogInNext says whose accounts the Gateway will be logged in to from the next Restart on: a login
// is one of a process. Accounts that are new begin with StartCash. An advisor's login has the
// accounts of its settings, and an empty list is none.
func (l *Login) LogInNext(accounts []string) error {
	switch {
	case l.cfg.Advisor.Account != "":
		return errors.New("log in: an advisor's login has the accounts of its settings")
	case len(accounts) == 0 || slices.Contains(accounts, ""):
		return errors.New("log in: name an account")
	}
	accounts = slices.Clone(accounts)
	l.next.Store(&accounts)
	return nil
}

// logIn carries out LogInNext.
func (l *Login) logIn(now time.Time) {
	if accounts := l.next.Swap(nil); accounts != nil {
		l.exchange.LogIn(now, *accounts)
		l.advisor.SetClientAccounts(*accounts)
	}
}
