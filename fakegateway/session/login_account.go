package session

import (
	"errors"
	"slices"
	"time"
)

// Accounts are those that the Gateway is logged in to, without an advisor's own.
func (l *Login) Accounts() []string { return l.advisor.ClientAccounts() }

// LogIn changes whose accounts the Gateway is logged in to. A login is one of a process: its
// sessions have ended by then. Accounts that are new begin with StartCash.
func (l *Login) LogIn(now time.Time, accounts []string) error {
	if err := l.MayLogIn(accounts); err != nil {
		return err
	}
	accounts = slices.Clone(accounts)
	l.exchange.LogIn(now, accounts)
	l.advisor.SetClientAccounts(accounts)
	return nil
}

// MayLogIn says why the Gateway cannot be logged in to accounts.
func (l *Login) MayLogIn(accounts []string) error {
	switch {
	case l.cfg.Advisor.Account != "":
		return errors.New("log in: an advisor's login has the accounts of its settings")
	case len(accounts) == 0 || slices.Contains(accounts, ""):
		return errors.New("log in: name an account")
	}
	return nil
}
