package fault_test

import (
	"strings"
	"testing"

	"ibsoak/fakegateway/fault"
)

func TestEveryOperationReadsAsASentence(t *testing.T) {
	for _, o := range fault.Operations() {
		what := "{do: operate, operation: " + string(o)
		if o.OnFarm() {
			what += ", farm: usfarm"
		}
		if o.OnTrade() {
			what += ", trade: {symbol: AAPL, quantity: 3, price: 260}"
		}
		if o == fault.LogIn {
			what += ", accounts: [DU9000002]"
		}
		s, err := fault.Parse("s.yaml", []byte("faults:\n- when: {at: 1s}\n  what: "+what+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		text := s.Faults[0].String()
		if strings.Contains(text, "%") || o.OnFarm() != strings.Contains(text, "usfarm") ||
			!strings.HasPrefix(text, "At 1s after the Gateway's start, ") || len(text) < 50 {
			t.Errorf("%s reads %q", o, text)
		}
	}
}

func TestOperationsAreChecked(t *testing.T) {
	for what, want := range map[string]string{
		"{do: operate}":                                            "what.operation: operate needs it",
		"{do: operate, operation: coffee}":                         "s.yaml:3:34",
		"{do: operate, operation: farm-ok}":                        "need the name of a farm",
		"{do: operate, operation: approve-2fa, farm: usfarm}":      "need the name of a farm",
		"{do: operate, operation: transfer}":                       "need a trade",
		"{do: operate, operation: log-in}":                         "needs the names of accounts",
		"{do: operate, operation: enable-api, accounts: [DU2]}":    "needs the names of accounts",
		"{do: operate, operation: transfer, trade: {quantity: 1}}": "needs a symbol or a conId",
		"{do: fin, operation: approve-2fa}":                        "fin does not use it",
		"{do: restart, downtime: {approval: maybe}}":               "s.yaml:3",
		"{do: operate, operation: connection-lost, until: never}":  "unknown key",
	} {
		_, err := fault.Parse("s.yaml", []byte("faults:\n- when: {at: 1s}\n  what: "+what+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", what, err, want)
		}
	}
}
