package exchange

import (
	"slices"
	"time"
)

// LogIn changes whose accounts the Gateway is logged in to: from now on views and events are of
// these alone. Those that are new begin with the cash that all do. The others stay in the books,
// with their orders at work.
func (x *Exchange) LogIn(now time.Time, accounts []string) {
	defer x.begin(now, NoClient)()
	for _, id := range accounts {
		if x.account(id) == nil {
			x.accounts = append(x.accounts, newAccount(id, x.cfg.StartCash))
		}
	}
	x.visible = slices.Clone(accounts)
}

func (x *Exchange) sees(account string) bool { return slices.Contains(x.visible, account) }

// concerns reports an event of an account that the Gateway is logged in to, or of none.
func (x *Exchange) concerns(e Event) bool {
	switch {
	case e.Position != nil:
		return x.sees(e.Position.Account)
	case e.Kind == Woken:
		return true
	}
	return x.sees(e.Order.Account)
}
