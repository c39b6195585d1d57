package advisor

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"ibsoak/fakegateway/session/client"
)

// Advisor is the login of a financial advisor, whose accounts are his clients'.
type Advisor struct {
	// Account is the advisor's own, "F9000001" or, on paper, "DF9000001". It holds nothing. With
	// an "A" after it, it names all accounts together. "": the login is no advisor's.
	Account string `yaml:"account"`
	// Groups are those that there are when the Gateway starts.
	Groups []Group `yaml:"groups"`
	// Aliases are other names of accounts. Accounts without one are their own.
	Aliases map[string]string `yaml:"aliases"`
}

// Group is some of an advisor's accounts, and how an order for them is shared out.
type Group struct {
	Name string `yaml:"name"`
	// Method is IBKR's: AvailableEquity, Equal, NetLiq, MonetaryAmount, Percent, Ratio or
	// ContractsOrShares.
	Method string `yaml:"method"`
	// Accounts are in order; Amounts, for the last four methods, are theirs.
	Accounts []string `yaml:"accounts"`
	Amounts  []string `yaml:"amounts"`
}

// allocationMethods are the names of IBKR's methods.
var allocationMethods = []string{
	"AvailableEquity", "Equal", "NetLiq", "MonetaryAmount", "Percent", "Ratio", "ContractsOrShares",
}

// Login is what all clients share: whose accounts the login has, and the advisor's groups as they
// are now. Its methods may be called from any goroutine.
type Login struct {
	cfg      Advisor
	accounts []string
	groups   atomic.Pointer[[]Group] // a list is replaced, never changed
}

// NewLogin has the accounts of the settings, and an advisor's groups as the Gateway starts with them.
func NewLogin(cfg Advisor, accounts []string) *Login {
	l := &Login{cfg: cfg, accounts: accounts}
	l.groups.Store(&cfg.Groups)
	return l
}

// Session is one client's part.
type Session struct {
	client *client.Client
	login  *Login
}

// New is the part of a client.
func New(l *Login, c *client.Client) *Session { return &Session{client: c, login: l} }

// Account is the advisor's own account; "" for a login that is no advisor's.
func (l *Login) Account() string { return l.cfg.Account }

// ClientAccounts are the accounts that hold something: all but an advisor's own.
func (l *Login) ClientAccounts() []string { return l.accounts }

// AllAccounts are all accounts of the login, an advisor's own first.
func (l *Login) AllAccounts() []string {
	if l.cfg.Account == "" {
		return l.accounts
	}
	return append([]string{l.cfg.Account}, l.accounts...)
}

// Group lists the accounts of an advisor's group.
func (l *Login) Group(name string) (accounts []string, ok bool) {
	groups := *l.groups.Load()
	i := slices.IndexFunc(groups, func(g Group) bool { return g.Name == name })
	if i < 0 {
		return nil, false
	}
	return groups[i].Accounts, true
}

// listOfGroups is IBKR's XML of groups. Clients of before 2022 name accounts in String, newer ones
// in Account; it is written as the newer one.
type listOfGroups struct {
	XMLName xml.Name   `xml:"ListOfGroups"`
	Groups  []groupXML `xml:"Group"`
}

type groupXML struct {
	Name     string `xml:"name"`
	Method   string `xml:"defaultMethod"`
	Accounts struct {
		Kind    string       `xml:"varName,attr"`
		Strings []string     `xml:"String"`
		Members []accountXML `xml:"Account"`
	} `xml:"ListOfAccts"`
}

type accountXML struct {
	ID     string `xml:"acct"`
	Amount string `xml:"amount,omitempty"`
}

// formatGroups writes groups as IBKR's XML.
func formatGroups(groups []Group) (string, error) {
	var list listOfGroups
	for _, g := range groups {
		x := groupXML{Name: g.Name, Method: g.Method}
		x.Accounts.Kind = "list"
		for i, id := range g.Accounts {
			member := accountXML{ID: id}
			if i < len(g.Amounts) {
				member.Amount = g.Amounts[i]
			}
			x.Accounts.Members = append(x.Accounts.Members, member)
		}
		list.Groups = append(list.Groups, x)
	}
	return formatXML(list)
}

func formatXML(v any) (string, error) {
	text, err := xml.MarshalIndent(v, "", " ")
	if err != nil {
		return "", fmt.Errorf("write XML: %w", err)
	}
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + string(text), nil
}

// foreignAccounts is an error: groups with accounts that are not the login's.
type foreignAccounts []string

// Error is the text of IBKR's error 10231.
func (f foreignAccounts) Error() string {
	return "The following Groups and/or Profiles contain invalid accounts: " + strings.Join(f, ",")
}

// parseGroups reads IBKR's XML. Accounts that are not among those known are foreignAccounts.
func parseGroups(text string, known []string) ([]Group, error) {
	var list listOfGroups
	if err := xml.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("read XML: %w", err)
	}
	var groups []Group
	var foreign foreignAccounts
	for _, x := range list.Groups {
		g := Group{Name: strings.TrimSpace(x.Name), Method: strings.TrimSpace(x.Method)}
		g.Accounts = append(g.Accounts, x.Accounts.Strings...)
		for _, member := range x.Accounts.Members {
			g.Accounts = append(g.Accounts, strings.TrimSpace(member.ID))
			if member.Amount != "" {
				g.Amounts = append(g.Amounts, strings.TrimSpace(member.Amount))
			}
		}
		if slices.ContainsFunc(g.Accounts, func(id string) bool { return !slices.Contains(known, id) }) {
			foreign = append(foreign, g.Name)
		}
		groups = append(groups, g)
	}
	if len(foreign) > 0 {
		return nil, foreign
	}
	return groups, checkGroups(groups)
}

// checkGroups says what is wrong with a list of groups.
func checkGroups(groups []Group) error {
	seen := make(map[string]bool)
	for _, g := range groups {
		switch {
		case g.Name == "":
			return errors.New("group without a name")
		case seen[g.Name]:
			return fmt.Errorf("two groups named %s", g.Name)
		case len(g.Accounts) == 0:
			return fmt.Errorf("group %s has no accounts", g.Name)
		case !slices.Contains(allocationMethods, g.Method):
			return fmt.Errorf("group %s: method %q: want one of %s", g.Name, g.Method,
				strings.Join(allocationMethods, ", "))
		case len(g.Amounts) > 0 && len(g.Amounts) != len(g.Accounts):
			return fmt.Errorf("group %s has %d accounts and %d amounts", g.Name, len(g.Accounts),
				len(g.Amounts))
		}
		seen[g.Name] = true
	}
	return nil
}

// Validate checks an advisor's settings against the login's accounts.
func (a Advisor) Validate(accounts []string) error {
	if a.Account == "" {
		if len(a.Groups)+len(a.Aliases) > 0 {
			return errors.New("Advisor.Groups or Advisor.Aliases without Advisor.Account")
		}
		return nil
	}
	if slices.Contains(accounts, a.Account) {
		return fmt.Errorf("Advisor.Account %s is among Accounts: those are his clients'", a.Account)
	}
	for _, g := range a.Groups {
		for _, id := range g.Accounts {
			if !slices.Contains(accounts, id) {
				return fmt.Errorf("Advisor.Groups: %s: account %s is not among Accounts", g.Name, id)
			}
		}
	}
	if err := checkGroups(a.Groups); err != nil {
		return fmt.Errorf("Advisor.Groups: %w", err)
	}
	return nil
}
