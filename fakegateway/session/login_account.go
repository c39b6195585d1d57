package session

import (
	"errors"
	"slices"
)

// Accounts are those that the Gateway is logged in to, without an advisor's own.
func (l *Login) Accounts() []string { return l.advisor.ClientAccounts() }

// MayLogIn says why a Restart must not log in to accounts: an advisor's login has the accounts of its
// settings, and an empty list is none.
func (l *Login) MayLogIn(accounts []string) error {
	switch {
	case l.cfg.Advisor.Account != "":
		return errors.New("log in: an advisor's login has the accounts of its settings")
	case len(accounts) == 0 || slices.Contains(accounts, ""):
		return errors.New("log in: name an account")
	}
	return nil
}
