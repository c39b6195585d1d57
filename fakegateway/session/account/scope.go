package account

import (
	"slices"
	"strings"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
)

const (
	// groupAll names each account of the login.
	groupAll = "All"
	// allOfAdvisor after an advisor's own account names all accounts of the login together.
	allOfAdvisor = "A"

	textAccountRequired = "The account code is required for this operation."
	textBadAccount      = "Invalid account code '%s'."
)

// scope are the accounts that a request names: one, an advisor's group, or all of his.
type scope struct {
	name     string
	accounts []string
}

func (c scope) has(account string) bool { return slices.Contains(c.accounts, account) }

// scope resolves a request's account: the only one may be left out. It answers with an error and
// returns false when there is no such account.
func (s *Session) scope(id int, name string) (scope, bool) {
	clients, adviser := s.login.accounts.ClientAccounts(), s.login.accounts.Account()
	switch {
	case name == "" && len(clients) == 1 && adviser == "":
		return scope{clients[0], clients}, true
	case name == "":
		s.client.Refuse(id, client.Invalid(textAccountRequired))
		return scope{}, false
	case slices.Contains(clients, name):
		return scope{name, []string{name}}, true
	case adviser != "" && name == adviser:
		return scope{name, nil}, true
	case adviser != "" && name == adviser+allOfAdvisor:
		return scope{name, clients}, true
	}
	if accounts, ok := s.login.accounts.Group(name); ok {
		return scope{name, accounts}, true
	}
	s.client.Refuse(id, client.Invalid(strings.Replace(textBadAccount, "%s", name, 1)))
	return scope{}, false
}

// summaryScopes are the accounts of a summary, each for itself.
func (s *Session) summaryScopes(id int, group string) ([]scope, bool) {
	names := s.login.accounts.AllAccounts()
	if group != "" && !strings.EqualFold(group, groupAll) {
		named, ok := s.scope(id, group)
		if !ok {
			return nil, false
		}
		if names = named.accounts; len(names) == 0 {
			return []scope{named}, true
		}
	}
	var scopes []scope
	for _, name := range names {
		one := scope{name: name}
		if name != s.login.accounts.Account() {
			one.accounts = []string{name}
		}
		scopes = append(scopes, one)
	}
	return scopes, true
}

// balances are those of all accounts of a scope together.
func (c scope) balances(v *exchange.View) exchange.Balances {
	var sum exchange.Balances
	for _, account := range c.accounts {
		b := v.Balances(account)
		addAll(
			term{&sum.Cash, b.Cash},
			term{&sum.PositionValue, b.PositionValue},
			term{&sum.GrossPositionValue, b.GrossPositionValue},
			term{&sum.NetLiquidation, b.NetLiquidation},
			term{&sum.InitialMargin, b.InitialMargin},
			term{&sum.MaintenanceMargin, b.MaintenanceMargin},
			term{&sum.AvailableFunds, b.AvailableFunds},
			term{&sum.ExcessLiquidity, b.ExcessLiquidity},
			term{&sum.BuyingPower, b.BuyingPower},
			term{&sum.UnrealizedPnL, b.UnrealizedPnL},
			term{&sum.RealizedPnL, b.RealizedPnL},
		)
		for _, c := range b.Currencies {
			addCurrency(&sum, c)
		}
	}
	if len(sum.Currencies) == 0 {
		sum.Currencies = []exchange.CurrencyBalance{{Currency: contract.USD, Rate: decimal.One}}
	}
	return sum
}

func addCurrency(b *exchange.Balances, c exchange.CurrencyBalance) {
	i := slices.IndexFunc(b.Currencies, func(have exchange.CurrencyBalance) bool {
		return have.Currency == c.Currency
	})
	if i < 0 {
		b.Currencies = append(b.Currencies, c)
		return
	}
	to := &b.Currencies[i]
	addAll(
		term{&to.Cash, c.Cash},
		term{&to.StockValue, c.StockValue},
		term{&to.OptionValue, c.OptionValue},
		term{&to.FuturesPnL, c.FuturesPnL},
		term{&to.NetValue, c.NetValue},
		term{&to.UnrealizedPnL, c.UnrealizedPnL},
		term{&to.RealizedPnL, c.RealizedPnL},
	)
}

// term is a part of a sum.
type term struct {
	to   *decimal.Decimal
	part decimal.Decimal
}

func addAll(terms ...term) {
	for _, t := range terms {
		*t.to = client.Must(t.to.Add(t.part))
	}
}
