package harness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ibsoak/fakegateway/fault"
)

// VerdictVersion is the version of the verdict's form.
const VerdictVersion = 1

// Judge gives the verdict on a record. It is a pure function: it looks at nothing else, so the
// same record gives the same verdict, byte for byte, on any machine at any time.
//
// Errors of the harness come first, for they void everything else; then one failed check fails
// the run; then one inconclusive check leaves it inconclusive, informational ones apart; only a
// run whose every check concluded and passed is a pass.
func Judge(whole *Record) Verdict {
	r := whole.UpToCut().indexed()
	h := r.Header
	v := Verdict{
		Version: VerdictVersion, Scenario: h.Scenario.Name, Summary: h.Scenario.Summary,
		Seed: h.Seed, TimeScale: h.TimeScale, Command: h.Command,
		Started: h.Started.UTC().Format(time.RFC3339), Took: whole.Footer.Ended, Host: h.Host,
		Stop: r.Footer.Stop, Cycles: len(r.readCycles()), Sabotage: h.Sabotage,
		Timings: r.timings(), Sockets: r.socketCounts(), Faults: r.deliveries(),
		Oracles: r.oracles(), Recovery: r.recoveries(r.losses()), Keeper: h.Keeper,
	}
	v.Harness = slices.Clone(r.Footer.Errors)
	for _, c := range h.Scenario.Checks {
		f := r.lossy(r.cutShort(find(r, c)))
		if f.Harness != "" {
			v.Harness = append(v.Harness, f.Check+": "+f.Harness)
		}
		v.Findings = append(v.Findings, f)
	}
	v.Harness = append(slices.Concat(v.Harness, r.mismatches(v.Findings)), r.unasked(v.Findings)...)
	v.Outcome = outcome(v)
	v.Lives = r.lifeVerdicts(v.Findings)
	for _, l := range v.Lives {
		if l.Outcome == Pass {
			v.Passed++
		}
	}
	v.Bound = 1
	if v.Passed == len(v.Lives) {
		v.Bound = FailureRateBound(v.Passed)
	}
	v.Sentence = v.sentence() + r.cutReason()
	if why := r.Footer.Why; why != "" && v.Outcome != HarnessError {
		v.Sentence += " The run ended early: " + why + "."
	}
	if v.Sabotage != "" {
		v.Sentence = fmt.Sprintf("the harness was sabotaged (%s). %s", v.Sabotage, v.Sentence)
	}
	return v
}

// unasked are disagreements of the oracles in a run whose scenario does not ask about them:
// nothing that is said about its sockets can be trusted either way.
func (r *Record) unasked(findings []Finding) []string {
	if r.gatewayHarmed() || slices.ContainsFunc(findings, func(f Finding) bool { return f.Check == "oracles-agree" }) {
		return nil
	}
	var out []string
	for _, e := range r.disagreements() {
		out = append(out, "oracles-agree: "+e.What)
	}
	return out
}

// mismatches are the faults and hooks, a line each, that did not do what they were told to, except those that
// the check faults-delivered has judged: no scenario can be trusted whose Gateway did something else.
func (r *Record) mismatches(findings []Finding) []string {
	said := map[string]bool{}
	if slices.ContainsFunc(findings, func(f Finding) bool { return f.Check == "faults-delivered" }) {
		for _, p := range r.Header.Schedule.Faults {
			said[p.ID] = true
		}
	}
	var out []string
	for _, receipt := range r.Receipts {
		if receipt.Mismatch == "" || said[receipt.Fault] {
			continue
		}
		said[receipt.Fault] = true
		out = append(out, fmt.Sprintf("%s on connection %d did not go out as planned: %s",
			receipt.Fault, receipt.Connection, strings.Join(strings.Fields(receipt.Mismatch), " ")))
	}
	return out
}

func outcome(v Verdict) Outcome {
	has := func(o Outcome) bool {
		return slices.ContainsFunc(v.Findings, func(f Finding) bool {
			return f.Outcome == o && !f.Informational
		})
	}
	switch {
	case len(v.Harness) > 0:
		return HarnessError
	case has(Fail):
		return Fail
	case has(Inconclusive) || !has(Pass):
		return Inconclusive
	}
	return Pass
}

// sentence says in words what the verdict rests on: how much of it, and the first reason.
func (v Verdict) sentence() string {
	switch v.Outcome {
	case HarnessError:
		return v.Harness[0] + ". Nothing was learnt about the trader."
	case Fail:
		f := v.first(Fail)
		reason := f.Detail
		if len(f.Examples) > 0 {
			reason = f.Examples[0].What
		}
		if more := v.failed() - 1; more > 0 {
			reason += fmt.Sprintf("; %s failed", count(more, "more checks"))
		}
		return fmt.Sprintf("%s: %s. %s", f.Check, reason, v.tally())
	case Inconclusive:
		if len(v.Findings) == 0 {
			return "the scenario asks for no check."
		}
		f := v.first(Inconclusive)
		return fmt.Sprintf("%s: %s. Nothing failed, and the claim is not shown.", f.Check, f.Detail)
	case Pass:
		return v.tally()
	}
	return string(v.Outcome)
}

// failed is the number of checks that failed.
func (v Verdict) failed() int {
	n := 0
	for _, f := range v.Findings {
		if f.Outcome == Fail && !f.Informational {
			n++
		}
	}
	return n
}

func (v Verdict) first(o Outcome) Finding {
	for _, f := range v.Findings {
		if f.Outcome == o && !f.Informational {
			return f
		}
	}
	return Finding{Check: "checks", Detail: "none of them says anything about the claim"}
}

// tally says how many lives passed and what that proves.
func (v Verdict) tally() string {
	if len(v.Lives) == 1 {
		return fmt.Sprintf("One life, %s in %s.", count(v.Cycles, "cycles"), round(time.Duration(v.Took)))
	}
	if v.Passed < len(v.Lives) {
		return fmt.Sprintf("%d/%d lives passed.", v.Passed, len(v.Lives))
	}
	return fmt.Sprintf("%d/%d; failure rate <= %.1f %% at 95 %%.", v.Passed, len(v.Lives), 100*v.Bound)
}

// lifeVerdicts attribute the findings to lives: a life fails by a violation that names it, and
// passes only if it connected or exited as the scenario asks.
func (r *Record) lifeVerdicts(findings []Finding) []LifeVerdict {
	exits := allExits(r.Header.Scenario)
	out := make([]LifeVerdict, 0, len(r.Lives))
	for _, l := range r.Lives {
		lv := LifeVerdict{
			Number: l.Number, Outcome: Inconclusive, Took: l.Exited - l.Started,
			ExitCode: l.ExitCode, End: l.ended(),
		}
		if len(l.Leftovers) > 0 {
			lv.End += ", leaving " + strings.Join(l.Leftovers, ", ")
		}
		if l.EndedBy != EndedCut && speaks(r, l, exits) {
			lv.Outcome = Pass
		}
		for _, f := range findings {
			if _, named := slices.BinarySearch(f.Lives, l.Number); named && f.Outcome == Fail {
				lv.Outcome = Fail
				lv.Reasons = append(lv.Reasons, f.reason(l.Number))
			}
		}
		if lv.Outcome != Pass {
			lv.Stderr = lastOf(l.Stderr)
		}
		out = append(out, lv)
	}
	return out
}

// reason is what the finding says about one life.
func (f Finding) reason(life int) string {
	for _, e := range f.Examples {
		if e.Life == life {
			return f.Check + ": " + e.What
		}
	}
	return f.Check + ": as in the lives shown"
}

// socketCounts sums up CLOSE_WAIT at both ends.
func (r *Record) socketCounts() []SocketCount {
	var out []SocketCount
	for _, side := range []Side{GatewaySide, TraderSide} {
		n := SocketCount{Side: side, Zombies: r.countZombies(side), States: r.peaks(side)}
		for _, c := range r.Connections {
			d, ok := c.closeWait(side, r.Footer.Ended)
			switch {
			case ok && c.Planted:
				n.Planted++
			case ok:
				n.Passed++
				n.Longest = max(n.Longest, fault.Duration(d.length()))
			}
		}
		for _, s := range r.Sightings {
			if s.Side == side && !s.Planted {
				least, _ := s.dwell(r.Footer.Ended)
				n.Seen++
				n.SeenLongest = max(n.SeenLongest, fault.Duration(least))
			}
		}
		out = append(out, n)
	}
	return out
}

// countZombies leaves out what a busy machine left open.
func (r *Record) countZombies(side Side) int {
	found := r.zombies(side, ZombieBound)
	return len(slices.DeleteFunc(found, func(z zombie) bool { return z.perhaps }))
}

// peaks is the largest number of sockets at once by state.
func (r *Record) peaks(side Side) map[string]int {
	peaks := map[string]int{}
	for _, t := range r.Tables {
		states := t.Gateway
		if side == TraderSide {
			states = t.Trader
		}
		for state, n := range states {
			peaks[state] = max(peaks[state], n)
		}
	}
	return peaks
}

// deliveries set the faults planned beside what went out.
func (r *Record) deliveries() []FaultDelivery {
	var out []FaultDelivery
	for _, p := range r.Header.Schedule.Faults {
		d := FaultDelivery{ID: p.ID, Planned: p.What.Do, When: when(p)}
		for _, receipt := range r.receipts(p) {
			d.Times++
			if d.Wire == "" || d.Wire == wireNothing {
				d.Wire = receipt.Wire
			}
			if d.Mismatch == "" {
				d.Mismatch = receipt.Mismatch
			}
		}
		out = append(out, d)
	}
	return append(r.needed(out), r.unplanned()...)
}

// needed leaves out the faults that had no occasion, when enough others went out for what the scenario
// asks: they were planned for traders of another kind.
func (r *Record) needed(planned []FaultDelivery) []FaultDelivery {
	unmet := func(d FaultDelivery) bool { return d.Times == 0 }
	met := slices.DeleteFunc(slices.Clone(planned), unmet)
	for _, c := range r.Header.Scenario.Checks {
		if c.Name == "faults-delivered" && c.Want > 0 && len(met) >= c.Want {
			return met
		}
	}
	return planned
}

// unplanned are the faults that acted without being the scenario's: its profile's.
func (r *Record) unplanned() []FaultDelivery {
	var out []FaultDelivery
	at := map[string]int{}
	for _, p := range r.Header.Schedule.Faults {
		at[p.ID] = -1
	}
	for _, receipt := range r.Receipts {
		i, known := at[receipt.Fault]
		switch {
		case !known:
			at[receipt.Fault] = len(out)
			out = append(out, FaultDelivery{
				ID: receipt.Fault, Planned: receipt.Planned, Wire: receipt.Wire, Times: 1,
				When: "profile " + r.Header.Scenario.Gateway.Profile, Mismatch: receipt.Mismatch,
			})
		case i >= 0:
			out[i].Times++
			out[i].Mismatch = cmp.Or(out[i].Mismatch, receipt.Mismatch)
		}
	}
	return out
}

// when says in words where and when a fault was planned.
func when(f fault.Fault) string {
	var words []string
	switch {
	case f.Where.Connection > 0:
		words = append(words, fmt.Sprintf("connection %d", f.Where.Connection))
	case f.Where.FromConnection > 0:
		words = append(words, fmt.Sprintf("from connection %d", f.Where.FromConnection))
	}
	if f.Where.ClientID != nil {
		words = append(words, fmt.Sprintf("client id %d", *f.Where.ClientID))
	}
	nth := ""
	if f.When.Nth > 0 {
		nth = fmt.Sprintf(" #%d", f.When.Nth)
	}
	switch {
	case f.When.Phase != "":
		words = append(words, string(f.When.Phase))
	case f.When.Inbound != "":
		words = append(words, "inbound "+f.When.Inbound+nth)
	case f.When.Outbound != "":
		words = append(words, fmt.Sprintf("outbound %s%s", f.When.Outbound, nth))
	case f.When.BytesOut != nil:
		words = append(words, "after "+count(int(*f.When.BytesOut), "bytes"))
	case f.When.At != nil:
		words = append(words, fmt.Sprintf("at %s", *f.When.At))
	}
	return strings.Join(words, ", ")
}
