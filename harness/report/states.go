package report

import (
	"fmt"
	"strings"
	"time"

	"ibsoak/harness"
)

// The states that a lane shows. Those of TCP are as in RFC 9293, figure 5; FIN_WAIT is both
// FIN-WAIT-1 and FIN-WAIT-2, which the Gateway cannot tell apart.
const (
	stateHandshake = "handshake" // ESTABLISHED, before the first request
	stateOpen      = "established"
	stateFinWait   = "fin-wait"
	stateBriefly   = "close-wait"  // not longer than harness.ZombieBound
	stateZombie    = "close-wait2" // longer
	stateLastAck   = "last-ack"
	stateUnknown   = "unknown" // the Gateway had let go before it could see
)

// span is a time in one state.
type span struct {
	State    string
	From, To harness.Moment
}

// ends are the states of both ends of a connection over time, from the moments at which the Gateway
// saw a FIN or a reset.
func ends(c harness.Connection, end harness.Moment) (gateway, trader []span) {
	gone := orEnd(end, c.GatewayRST, c.ClientRST, c.Closed)
	fin := orEnd(gone, c.ClientFIN, c.GatewayFIN)
	fin = min(fin, gone)
	open := opening(c, fin)
	switch {
	case fin >= gone:
		return open, open
	case c.ClientFIN == fin:
		answered := min(orEnd(gone, c.GatewayFIN), gone)
		gateway = append(gateway, open...)
		gateway = append(gateway,
			waiting(c, harness.GatewaySide, fin, answered, end), span{stateLastAck, answered, gone})
		trader = append(trader, open...)
		return kept(gateway), kept(append(trader, span{stateFinWait, fin, answered}))
	}
	answered := min(orEnd(gone, c.ClientFIN), gone)
	gateway = append(append(gateway, open...), span{stateFinWait, fin, answered})
	trader = append(append(trader, open...), waiting(c, harness.TraderSide, fin, answered, end))
	return kept(gateway), kept(trader)
}

// opening is the time before the first FIN.
func opening(c harness.Connection, fin harness.Moment) []span {
	first := min(orEnd(fin, c.FirstRequested), fin)
	return kept([]span{{stateHandshake, c.Accepted, first}, {stateOpen, first, fin}})
}

// waiting is a stay in CLOSE_WAIT as the checks time it.
func waiting(c harness.Connection, side harness.Side, from, to, end harness.Moment) span {
	_, out, ok := c.InCloseWait(side, end)
	if !ok {
		return span{stateUnknown, from, to}
	}
	state := stateBriefly
	if out.Since(from) > harness.ZombieBound {
		state = stateZombie
	}
	return span{state, from, out}
}

// kept drops the spans that have no length.
func kept(spans []span) []span {
	var out []span
	for _, s := range spans {
		if s.To > s.From {
			out = append(out, s)
		}
	}
	return out
}

// orEnd is the earliest of the moments that came, else end.
func orEnd(end harness.Moment, moments ...harness.Moment) harness.Moment {
	out := end
	for _, m := range moments {
		if m != 0 {
			out = min(out, m)
		}
	}
	return out
}

// milestones are the handshake's moments that a lane marks.
func milestones(c harness.Connection) []harness.Moment {
	var out []harness.Moment
	for _, m := range []harness.Moment{
		c.PreambleRead, c.VersionSent, c.StartAPIRead, c.BootstrapSent, c.FirstRequested,
	} {
		if m != 0 {
			out = append(out, m)
		}
	}
	return out
}

// kind is what connections are alike by: how far they came, what met them and how both ends left.
func kind(c harness.Connection, end harness.Moment) string {
	var words []string
	if c.Planted {
		words = append(words, "planted")
	}
	words = append(words, []string{
		"no preamble", "preamble only", "no START_API", "no accounts", "no request", "served",
	}[len(milestones(c))])
	if len(c.Faults) > 0 {
		words = append(words, "met "+strings.Join(c.Faults, ", "))
	}
	gateway, trader := ends(c, end)
	for _, s := range append(gateway, trader...) {
		if s.State == stateZombie {
			words = append(words, "long in CLOSE_WAIT")
			break
		}
	}
	switch {
	case c.ClientRST != 0:
		words = append(words, "reset by the trader")
	case c.GatewayRST != 0:
		words = append(words, "reset by the Gateway")
	case c.ClosedFirst == "client":
		words = append(words, "closed by the trader")
	case c.ClosedFirst == "gateway":
		words = append(words, "closed by the Gateway")
	case c.Held:
		words = append(words, "held")
	}
	return strings.Join(words, ", ")
}

// story is a connection in words.
func story(c harness.Connection, end harness.Moment) string {
	var out strings.Builder
	fmt.Fprintf(&out, "Connection %d, %s", c.ID, c.Remote)
	if c.Life != 0 {
		fmt.Fprintf(&out, ", life %d", c.Life)
	}
	fmt.Fprintf(&out, "\naccepted at %s", moment(c.Accepted))
	for _, p := range []struct {
		what string
		at   harness.Moment
	}{
		{"preamble read", c.PreambleRead},
		{"version sent", c.VersionSent},
		{"START_API read", c.StartAPIRead},
		{"accounts and id sent", c.BootstrapSent},
		{"first request", c.FirstRequested},
		{"trader's FIN", c.ClientFIN},
		{"trader's RST", c.ClientRST},
		{"Gateway's FIN", c.GatewayFIN},
		{"Gateway's RST", c.GatewayRST},
		{"closed", c.Closed},
	} {
		if p.at != 0 {
			fmt.Fprintf(&out, "\n%s after %s", p.what, brief(p.at.Since(c.Accepted)))
		}
	}
	for _, side := range []harness.Side{harness.GatewaySide, harness.TraderSide} {
		if from, to, ok := c.InCloseWait(side, end); ok {
			fmt.Fprintf(&out, "\n%s's end in CLOSE_WAIT for %s", side, brief(to.Since(from)))
		}
	}
	if len(c.Faults) > 0 {
		fmt.Fprintf(&out, "\nfaults: %s", strings.Join(c.Faults, ", "))
	}
	if c.End != "" {
		fmt.Fprintf(&out, "\nended: %s", clip(c.End))
	}
	return out.String()
}

// handshakeTook is from accept to the first request; 0 when it did not come.
func handshakeTook(c harness.Connection) time.Duration {
	if c.FirstRequested == 0 {
		return 0
	}
	return c.FirstRequested.Since(c.Accepted)
}
