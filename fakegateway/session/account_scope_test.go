package session

import (
	"slices"
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

func follow(account string) *protobuf.AccountDataRequest {
	return &protobuf.AccountDataRequest{
		Subscribe: proto.Bool(true), AcctCode: proto.String(account),
	}
}

func unfollow() *protobuf.AccountDataRequest {
	return &protobuf.AccountDataRequest{Subscribe: proto.Bool(false)}
}

// wantDownload wants an account's values, to their end.
func wantDownload(t *testing.T, got []wire.Message) {
	t.Helper()
	if len(got) == 0 || got[len(got)-1].Kind != wire.AccountDownloadEnd {
		t.Errorf("got %s, want it to end with %s", summary(got), wire.AccountDownloadEnd)
	}
}

func TestOneAccountIsFollowedByAllClients(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		shared := advisorServer(t)
		a, b := login(t, shared, v, 1), login(t, shared, v, 2)
		wantDownload(t, a.ask(wire.ReqAccountUpdates, follow("DU1")))
		wantDownload(t, b.ask(wire.ReqAccountUpdates, follow("DU1")))
		wantFlow(t, b.ask(wire.ReqAccountUpdates, follow("DU2")), "errMsg:-1 2101")
		b.ask(wire.ReqAccountUpdates, unfollow())
		a.ask(wire.ReqAccountUpdates, unfollow())
		wantDownload(t, b.ask(wire.ReqAccountUpdates, follow("DU2")))
		got := b.ask(wire.ReqAccountUpdates, follow("DU3"))
		if e := body[*protobuf.ErrorMessage](t, got, wire.ErrorMessage); e.GetErrorCode() != 2100 {
			t.Errorf("another account: %v", e)
		}
		wantDownload(t, got)
		for _, r := range all[*protobuf.AccountValue](got, wire.AccountValue) {
			if r.GetAccountName() != "DU3" {
				t.Fatalf("value of %s", r.GetAccountName())
			}
		}
		b.session.End() // frees the account
		wantDownload(t, a.ask(wire.ReqAccountUpdates, follow("DU1")))
	})
}

func TestAccountsThatARequestCanName(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, advisorServer(t), v, 1)
		worth := func(account string) string {
			got := l.ask(wire.ReqAccountUpdates, follow(account))
			defer l.ask(wire.ReqAccountUpdates, unfollow())
			for _, r := range all[*protobuf.AccountValue](got, wire.AccountValue) {
				if r.GetKey() == "NetLiquidation" {
					return r.GetAccountName() + " " + r.GetValue()
				}
			}
			return summary(got)
		}
		for account, want := range map[string]string{
			"DU1":  "DU1 1000000.00",
			"DF9":  "DF9 0.00",        // the advisor's own holds nothing
			"DF9A": "DF9A 3000000.00", // all of them
			"Tech": "Tech 2000000.00", // two of them
			"":     "errMsg:-1 321",   // which?
			"U1":   "errMsg:-1 321",
		} {
			if got := worth(account); got != want {
				t.Errorf("account %q: %s, want %s", account, got, want)
			}
		}
	})
}

func TestSummaryOfGroups(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, advisorServer(t), v, 1)
		for group, want := range map[string][]string{
			"All": {"DF9", "DU1", "DU2", "DU3"}, "Tech": {"DU1", "DU3"}, "DU2": {"DU2"}, "DF9": {"DF9"},
		} {
			request := summaryOf(5, "NetLiquidation")
			request.Group = proto.String(group)
			var accounts []string
			for _, r := range all[*protobuf.AccountSummary](
				l.ask(wire.ReqAccountSummary, request), wire.AccountSummary) {
				accounts = append(accounts, r.GetAccount())
			}
			if !slices.Equal(accounts, want) {
				t.Errorf("group %s: %v, want %v", group, accounts, want)
			}
			l.ask(wire.CancelAccountSummary, &protobuf.CancelAccountSummary{ReqId: num(5)})
		}
	})
}

func TestPositionsOfGroups(t *testing.T) {
	shared := advisorServer(t)
	l := login(t, shared, 225, 1)
	buy := func(id int, account string) {
		o := order(id, "BUY", 10, "MKT", 0)
		o.Order.Account = proto.String(account)
		l.ask(wire.PlaceOrder, o)
	}
	buy(1, "DU1")
	buy(2, "DU2")
	ask := func(account string) []string {
		var accounts []string
		for _, p := range all[*protobuf.PositionMulti](l.ask(wire.ReqPositionsMulti,
			&protobuf.PositionsMultiRequest{ReqId: num(3), Account: proto.String(account)}),
			wire.PositionMulti) {
			accounts = append(accounts, p.GetAccount())
		}
		return accounts
	}
	for account, want := range map[string][]string{
		"DU1": {"DU1"}, "Tech": {"DU1"}, "DF9A": {"DU1", "DU2"}, "DU3": nil, "DF9": nil,
	} {
		if got := ask(account); !slices.Equal(got, want) {
			t.Errorf("positions of %s are in %v, want %v", account, got, want)
		}
	}
}

func TestModelPortfoliosAreNotThere(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		account, model := proto.String("DU9000001"), proto.String("Core")
		wantFlow(t, l.ask(wire.ReqPositionsMulti, &protobuf.PositionsMultiRequest{
			ReqId: num(1), Account: account, ModelCode: model,
		}), "errMsg:1 321")
		wantFlow(t, l.ask(wire.ReqAccountUpdatesMulti, &protobuf.AccountUpdatesMultiRequest{
			ReqId: num(2), Account: account, ModelCode: model,
		}), "errMsg:2 321")
		wantFlow(t, l.ask(wire.ReqPnL, &protobuf.PnLRequest{
			ReqId: num(3), Account: account, ModelCode: model,
		}), "errMsg:3 321")
	})
}

// The order of what is told: tags by name, then the ledgers, the sums last; in updates all by name
// and currency.
func TestOrderOfAccountValues(t *testing.T) {
	l := login(t, testLogin(t, Semantics{AllowShort: true}), 225, 1)
	buy := order(1, "BUY", 20_000, "MKT", 0)
	buy.Contract = traded["currency"]
	l.ask(wire.PlaceOrder, buy)
	var keys, updates []string
	var currencies []string
	for _, r := range all[*protobuf.AccountUpdateMulti](l.ask(wire.ReqAccountUpdatesMulti,
		&protobuf.AccountUpdatesMultiRequest{ReqId: num(1)}), wire.AccountUpdateMulti) {
		keys = append(keys, r.GetKey())
		if r.GetKey() == "Currency" {
			currencies = append(currencies, r.GetCurrency())
		}
	}
	first := slices.Index(keys, "Currency")
	if first < 30 || !slices.IsSorted(keys[:first]) || keys[first+1] != "CashBalance" {
		t.Errorf("keys %v", keys)
	}
	if !slices.Equal(currencies, []string{"EUR", "USD", "BASE"}) {
		t.Errorf("ledgers of %v", currencies)
	}
	for _, r := range all[*protobuf.AccountValue](
		l.ask(wire.ReqAccountUpdates, follow("DU9000001")), wire.AccountValue) {
		updates = append(updates, r.GetKey()+" "+r.GetCurrency())
	}
	if !slices.IsSorted(updates) || slices.Contains(updates, "TotalCashBalance") ||
		!slices.Contains(updates, "CashBalance EUR") || !slices.Contains(updates, "CashBalance BASE") {
		t.Errorf("updates %v", updates)
	}
	if len(slices.Compact(slices.Clone(updates))) != len(updates) {
		t.Errorf("a value twice: %v", updates)
	}
}

func TestLedgersByTag(t *testing.T) {
	l := login(t, testLogin(t, Semantics{AllowShort: true}), 225, 1)
	buy := order(1, "BUY", 20_000, "MKT", 0)
	buy.Contract = traded["currency"]
	l.ask(wire.PlaceOrder, buy)
	for tag, want := range map[string][]string{
		"$LEDGER": {"BASE"}, "$LEDGER:EUR": {"EUR"}, "$LEDGER:ALL": {"EUR", "USD", "BASE"},
		"$LEDGER:CHF": nil, "$LEDGERS": nil,
	} {
		var currencies []string
		for _, r := range all[*protobuf.AccountSummary](
			l.ask(wire.ReqAccountSummary, summaryOf(1, tag)), wire.AccountSummary) {
			if r.GetTag() == "CashBalance" {
				currencies = append(currencies, r.GetCurrency())
			}
		}
		if !slices.Equal(currencies, want) {
			t.Errorf("%s: ledgers of %v, want %v", tag, currencies, want)
		}
		l.ask(wire.CancelAccountSummary, &protobuf.CancelAccountSummary{ReqId: num(1)})
	}
}
