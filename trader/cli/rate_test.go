package cli

import (
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
)

// TestNoReconnectStorm, by the Gateway's ledger: one that takes every connection and ends it at once is dialled
// at growing intervals.
func TestNoReconnectStorm(t *testing.T) {
	const base = 100 * time.Millisecond
	for name, c := range map[string]struct {
		when fault.When
		end  fault.Action
	}{
		"FIN in the handshake": {fault.When{Phase: fault.PreambleRead}, fault.FIN},
		"RST in the handshake": {fault.When{Phase: fault.StartAPIRead}, fault.RST},
		"FIN when it is ready": {fault.When{Inbound: "reqAllOpenOrders"}, fault.FIN},
		"RST at the contract":  {fault.When{Inbound: "reqContractDetails"}, fault.RST},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, on(c.when, fault.What{Do: c.end}))
			run := r.start("--reconnect-base", base.String())
			const dials = 5
			r.await("the dials", func(v *fakegateway.View) bool { return len(v.Connections()) >= dials })
			run.stop()
			all := r.gw.Connections()
			least := base
			for i := 1; i < dials; i++ {
				const jitter = 0.8 // a wait is drawn from there on
				if gap := all[i].Accepted.Sub(all[i-1].Accepted); gap < time.Duration(jitter*float64(least)) {
					t.Errorf("dial %d came %s after the one before, want %s at least", i+1, gap, least)
				}
				least *= 2
			}
		})
	}
}
