package session

import (
	"slices"
	"strings"
	"testing"

	"ibsoak/internal/wire"
)

// silentRequests have no answer by their nature, beside those that end something.
var silentRequests = []wire.Kind{
	wire.SetServerLogLevel,
	wire.ReqMarketDataType, // speaks of later requests
	wire.ReqAccountUpdates, // without subscribe it ends the subscription
	wire.ReqGlobalCancel,   // of no orders
	wire.ReqNewsBulletins,  // speaks of those to come
}

func mayBeSilent(k wire.Kind) bool {
	name := k.String()
	return strings.HasPrefix(name, "cancel") || strings.HasPrefix(name, "unsubscribe") ||
		slices.Contains(silentRequests, k)
}

// Whatever a client may ask for, it hears of it, under the id that it waits for.
func TestNoRequestIsMetWithSilence(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		asked := 0
		for _, k := range wire.Kinds() {
			if k.Direction() != wire.FromClient || wire.Since(k) > v {
				continue
			}
			asked++
			if got := l.ask(k, wire.NewBody(k)); len(got) == 0 && !mayBeSilent(k) {
				t.Errorf("%s: no answer", k)
			}
		}
		if asked < 60 {
			t.Errorf("asked only %d kinds of requests", asked)
		}
	})
}

// Every request of the API has a handler of its own. What a Gateway refuses is refused by one, with
// the error that it would send.
func TestEveryRequestIsServed(t *testing.T) {
	served := 0
	for _, k := range wire.Kinds() {
		if k.Direction() != wire.FromClient {
			continue
		}
		served++
		if requests[k].answer == nil {
			t.Errorf("%s (%d) falls through to the answer for what is not served", k, k.ID())
		}
	}
	if len(requests) != served || served < 85 {
		t.Errorf("%d handlers for %d kinds of requests", len(requests), served)
	}
}
