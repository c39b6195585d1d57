package scenarios

import (
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

// heldFor is how long orders are held at the exchange before they fill.
const heldFor = 12 * time.Minute

// orderHeld is apart from order-faults because Inactive is the word that traders most often take for
// an end, the bundled one among them.
func orderHeld() harness.Scenario {
	const why = "IBKR holds the orders for a locate: they are alive, and among the open orders"
	most := decimal.MustNew(1, 0)
	return harness.Scenario{
		Name:    "order-held",
		Summary: "An order that is held (Inactive) and fills later is not sent again meanwhile.",
		Why: "Inactive is no end: IBKR holds orders for a locate, for margin or until a session begins, " +
			"lists them among the open orders, and lets them go. A trader that takes the word for a " +
			"rejection has bought once more for every cycle when they fill. What it wants to hold must " +
			"be said, for each of its orders has an orderRef of its own.",
		Labels: []string{"short", "orders"},
		Gateway: harness.Gateway{
			Faults: []fault.Fault{
				operateAt("held", why, 0, fault.HoldOrders, ""),
				operateAt("released", why, heldFor, fault.ReleaseOrders, ""),
			},
		},
		Subject: harness.Subject{
			Mode: harness.Continuous, Interval: interval, Cycles: 40, // eight minutes past the release
			Args: []string{"--strategy", "hold", "--order-deadline", "2s", "--absence-wait", "3s"},
			// What these arguments ask for; another trader must say what it wants.
			Trader: harness.Trader{Positions: []harness.WantedPosition{{Symbol: "AAPL", Max: &most}}},
		},
		Checks: with(
			harness.Check{Name: "exposure", Evidence: 1},
			harness.Check{Name: "faults-delivered"},
			harness.Check{Name: "cycles", Want: 40},
			harness.Check{Name: "sigterm", Within: 3 * time.Second},
		),
		Limit: 40 * time.Minute,
	}
}
