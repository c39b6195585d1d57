package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Accounts are those that the Gateway is logged in to, without an advisor's own.
func (l *Login) Accounts() []string { return l.advisor.ClientAccounts() }

// MayLogIn says why a Restart must not log in to accounts: an advisor's login has the accounts of its
// settings, and an empty list is none.
func (l *Login) MayLogIn(accounts []string) error {
	switch {
	case l.cfg.Advisor.Account != "":
		return errors.New("log in: an advisor's login has the accounts of its settings")
	case len(accounts) == 0:
		return errors.New("log in: name an account")
	}
	if err := checkAccounts(accounts); err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	return nil
}

// checkAccounts says what managedAccounts could not tell: a list with commas between the names.
func checkAccounts(accounts []string) error {
	unfit := func(r rune) bool { return r == ',' || !unicode.IsPrint(r) }
	for i, name := range accounts {
		switch {
		case name == "" || strings.ContainsFunc(name, unfit):
			return fmt.Errorf("account %q: want a name in printable characters and no comma, like %s",
				name, defaultAccount)
		case slices.Contains(accounts[:i], name):
			return fmt.Errorf("account %q is there twice", name)
		}
	}
	return nil
}
