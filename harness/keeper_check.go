package harness

import (
	"fmt"
	"strings"
	"time"
)

// What the checks make of a run through a keeper. Each judges one leg or both, and says which.

// The legs, as a finding names them.
const (
	gatewayLeg = "the Gateway leg: the keeper's sockets"
	subjectLeg = "the subject"
	bothLegs   = "both legs: the keeper's sockets at the Gateway, " +
		"the subject's towards the keeper by the kernel's table"
	throughLeg = "what came through the keeper"
)

// legs are what each check judges in a run through a keeper, where it is not its group's.
var legs = map[string]string{
	"no-zombies-at-trader": bothLegs, "nothing-left": "the subject, and its sockets towards the keeper",
	"recovery":             throughLeg + ", from the keeper's reconnect on",
	"steady-subscriptions": throughLeg, "message-rate": gatewayLeg + ", all clients and the keeper together",
	"oracles-agree": gatewayLeg, "faults-delivered": gatewayLeg, "gateway-unharmed": "the Gateway's process",
}

// hidden are the checks that a keeper keeps from seeing, with the reason.
var hidden = map[string]string{
	"orders-after-ready": "a keeper reads a client's orders when nextValidId is out, and hands out its own",
}

// met are the checks of what a subject makes of the Gateway's faults: whatever they find, it may be the
// keeper's doing.
var met = map[string]string{
	"classified": "the Gateway's faults meet the keeper, and its zombies are on no port that the subject sees",
}

func legOf(name string, g Group) string {
	if leg, known := legs[name]; known {
		return leg
	}
	switch g {
	case GroupSockets, GroupHarness:
		return gatewayLeg
	case GroupOrders, GroupWork:
		return throughLeg
	case GroupProcesses, GroupLeaks:
	}
	return subjectLeg
}

// onLegs names the leg of a finding on a run through a keeper. Where the keeper's own requests could
// not be told from the subject's, nothing about what came through, orders or processes passes.
func (r *Record) onLegs(f Finding) Finding {
	keeper := r.Header.Keeper
	if keeper == nil {
		return f
	}
	d, err := DetectorNamed(f.Check)
	if err != nil {
		return f
	}
	f.Leg = legOf(d.Name, d.Group)
	mixed := strings.HasPrefix(f.Leg, throughLeg) || d.Group == GroupOrders || d.Group == GroupProcesses
	if !keeper.Told && mixed && f.Outcome != Inconclusive {
		f.Outcome, f.Lives, f.Examples = Inconclusive, nil, nil
		f.Detail = "the keeper's own requests could not be told from the subject's: " + f.Detail
	}
	if why := met[d.Name]; why != "" && f.Outcome != Inconclusive {
		f.Outcome, f.Lives, f.Examples = Inconclusive, nil, nil
		f.Detail = "cannot be judged through a keeper: " + why
		return f
	}
	if why := hidden[d.Name]; why != "" && f.Outcome == Pass {
		f.Outcome, f.Informational = Inconclusive, true
		f.Detail = "cannot be seen through a keeper: " + why
		return f
	}
	f.Detail += "; judged: " + f.Leg
	return f
}

// exchanged are the messages, and those of the keeper's own in between by their times.
func (r *Record) exchanged() []Message {
	if len(r.KeeperMessages) == 0 {
		return r.Messages
	}
	all, rest := make([]Message, 0, len(r.Messages)+len(r.KeeperMessages)), r.KeeperMessages
	for _, m := range r.Messages {
		for len(rest) > 0 && rest[0].At < m.At {
			all, rest = append(all, rest[0]), rest[1:]
		}
		all = append(all, m)
	}
	return append(all, rest...)
}

// own are the connections that the subject made by itself: none where a keeper made them.
func (r *Record) own() []Connection {
	if r.Header.Keeper != nil {
		return nil
	}
	return r.subjects()
}

// leftTowards finds what a life has left open towards the keeper.
func (r *Record) leftTowards(f *Finding) (unclear []string) {
	keeper := r.Header.Keeper
	if keeper == nil {
		return nil
	}
	if keeper.Kernel != "" {
		unclear = append(unclear, "the subject's sockets towards the keeper are not known: "+keeper.Kernel)
	}
	for _, look := range r.Looks {
		for _, s := range look.Open {
			if s.Connection != 0 || r.cut(r.lifeNumber(look.Life)) {
				continue
			}
			what := fmt.Sprintf("its socket %s towards the keeper was not over %s after its end: %s",
				s.Client, round(look.At.Since(r.lifeNumber(look.Life).Exited)), s.State)
			if s.Holder != "" {
				what += ", held by " + s.Holder
			}
			f.violated(Example{Life: look.Life, At: look.At, What: what})
		}
	}
	return unclear
}

// zombiesTowards finds the sockets on the keeper's port that stayed in CLOSE_WAIT at one side:
// TraderSide is the subject's end, and GatewaySide the keeper's. why says why that is not known.
func (r *Record) zombiesTowards(f *Finding, side Side, bound time.Duration) (why string) {
	keeper := r.Header.Keeper
	if keeper == nil {
		return ""
	}
	whose := "the subject's end"
	if side == GatewaySide {
		whose = "the keeper's end"
	}
	for _, s := range r.KeeperSightings {
		least, _ := s.dwell(r.Footer.Ended)
		if s.Side != side {
			continue
		}
		f.late(r.lateness(least, bound, s.First, s.Last), Example{
			Life: r.lifeDuring(s.First), At: s.First,
			What: fmt.Sprintf("%s of %s -> %s, on the subject leg: CLOSE_WAIT for %s (kernel's table)",
				whose, s.Client, s.Gateway, round(least)),
		})
	}
	switch gap := time.Duration(keeper.LongestGap); {
	case keeper.Kernel != "":
		return "the subject leg could not be seen: " + keeper.Kernel
	case keeper.Looks == 0:
		return "the subject leg was never looked at"
	case gap > OracleFloor:
		return fmt.Sprintf("the subject leg was not looked at for %s (%s at most)", round(gap), OracleFloor)
	}
	return ""
}
