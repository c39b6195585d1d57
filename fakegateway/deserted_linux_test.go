package fakegateway

import (
	"testing"

	"ibsoak/fakegateway/fault"
)

// A client that was reset away and comes back at once must not meet itself (326), even when the
// Gateway has not read its end yet: here it reads nothing for a moment.
func TestAClientThatWasResetComesBackAtOnce(t *testing.T) {
	s := startServer(t, faults(fault.Fault{
		ID: "deaf", Where: fault.Where{Connection: 1}, When: fault.When{Phase: fault.BootstrapSent},
		What: fault.What{Do: fault.StopReading, For: ms(50)},
	}))
	first := dial(t, s)
	first.hello()
	first.startAPI(1)
	await(t, s, "the fault", func(v *View) bool { return len(v.Receipts()) == 1 })
	first.abort()
	dial(t, s).connect(1)
}
