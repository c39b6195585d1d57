package trader

import (
	"context"
	"regexp"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/market"
)

// intentForm is what newIntentID makes: symbol, time, 80 random bits. With our client id beside it, an
// order of that reference was placed by a life of this trader.
var intentForm = regexp.MustCompile(`^.+-(\d{8}T\d{6})-[A-Z2-7]{16}$`)

// adopt takes over the orders of this trader that the journal does not know: it was lost, or restored
// from before them. Without that their fills would be a stranger's, and would be bought again.
func (s *session) adopt(ctx context.Context, ev evidence, executions []broker.Execution) error {
	found := map[string]journal.Intent{}
	for _, x := range executions {
		in := found[x.OrderRef]
		sum, err := in.Quantity.Add(x.Shares)
		if err != nil {
			return exit.Because(exit.State, err)
		}
		in = journal.Intent{
			ID: x.OrderRef, Account: x.Account, Symbol: x.Symbol, ConID: x.ConID, ClientID: int(x.ClientID),
			OrderID: x.OrderID, PermID: x.PermID, Action: journal.Buy, Quantity: sum, ReferencePrice: x.Price,
		}
		if x.Side == string(journal.Sold) {
			in.Action = journal.Sell
		}
		in.Role = roleOf(in.ID)
		found[in.ID] = in
	}
	for _, o := range ev.completed { // they name no client, and so only complete what an execution named
		if in, ok := found[o.IntentID]; ok && o.Quantity.Cmp(in.Quantity) > 0 {
			in.Quantity = o.Quantity
			found[o.IntentID] = in
		}
	}
	for _, o := range ev.open {
		found[o.IntentID] = intentOfOrder(o)
	}
	for _, in := range found {
		if err := s.adoptOne(ctx, in); err != nil {
			return exit.Because(exit.State, err)
		}
	}
	return nil
}

// intentOfOrder is the intent that an order of the broker must have come from.
func intentOfOrder(o broker.OpenOrder) journal.Intent {
	return journal.Intent{
		ID: o.IntentID, Account: o.Account, Symbol: o.Contract.Symbol, ConID: o.Contract.ConID,
		ClientID: int(o.ClientID), OrderID: o.OrderID, PermID: o.PermID, Action: journal.Action(o.Action),
		Quantity: o.Quantity, Type: o.Type, Role: roleOf(o.IntentID), Group: o.OCAGroup,
	}
}

func (s *session) adoptOne(ctx context.Context, in journal.Intent) error {
	form := intentForm.FindStringSubmatch(in.ID)
	foreign := in.ClientID != s.e.cfg.ClientID || (in.Account != "" && in.Account != s.account)
	if form == nil || foreign {
		return nil
	}
	durable := context.WithoutCancel(ctx)
	if _, known, err := s.e.journal.Intent(durable, in.ID); known || err != nil {
		return err
	}
	at, err := time.Parse("20060102T150405", form[1])
	if err != nil {
		return nil // not ours after all
	}
	in.Account, in.BarEnd, in.Day = s.account, at, market.Day(at, nil)
	in.Reason = "taken over: the broker's record names it, the journal did not"
	s.log.Warn("an order of this trader that the journal does not know is taken over", "intent", in.ID,
		"symbol", in.Symbol, "action", in.Action, "quantity", in.Quantity,
		"do", "if --state names the wrong directory, stop and correct it; if it was lost, "+
			"trader restore brings back what a backup has")
	return s.e.journal.Adopt(durable, in)
}
