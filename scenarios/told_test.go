package scenarios_test

import (
	"slices"

	"ibsoak/trader/config"
)

// toldClaims are about what the trader makes of what it is told, and about how much it sends.
func toldClaims() {
	for _, name := range []string{
		"fills-told-badly", "no-positions", "market-halt", "late-answers", "outage", "ids-roll-back", "many-symbols",
	} {
		holds(name, func(c *claim) { c.scale = recoveryScale })
	}
	if slices.ContainsFunc(config.Options(), func(o config.Option) bool { return o.Flag == "stop" }) {
		holds("position-protected", func(c *claim) { c.scale = recoveryScale })
	}
	holds("limit-over-restarts", func(c *claim) { c.scale = 2 * recoveryScale })
}
