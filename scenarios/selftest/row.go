// Package selftest is the kill matrix: which check must fail which broken trader under which
// scenario, which traders no check may fail, and which defects of the harness itself it must notice.
// The command soak selftest and the Ginkgo suite run the same rows.
package selftest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
	"ibsoak/scenarios"
	"ibsoak/scenarios/mutants"
)

// Row is one subject under one scenario, and what its verdict must be.
type Row struct {
	Subject  string // a name of package mutants
	Scenario string // a built-in scenario's name
	Shorter  Shorter
	// Killers are the checks that must all fail the subject. None: it is good, or the harness is
	// sabotaged.
	Killers []string
	// Open lets the run be inconclusive: a good subject's work cannot be told in this scenario, or a
	// broken one hides so well that the killers can only say that they could not have seen it.
	Open bool
	// Sabotage breaks the harness: the run must neither pass nor fail.
	Sabotage harness.Sabotage
	// Alone keeps other rows away: the run measures times that a busy machine would bend.
	Alone bool
	// Through puts a keeper between the subject and the Gateway.
	Through bool
}

// Shorter is how a scenario is made shorter, or meets a subject with more to say about it. A zero
// field leaves the scenario as it is.
type Shorter struct {
	Scale     float64       // the time scale; 0: 1
	Runs      int           // lives; checks that want as many as the scenario has want these
	Cycles    int           // likewise
	For       time.Duration // in real time, at which a continuous subject is told to end
	LifeLimit time.Duration
	Faults    []fault.Fault   // besides the scenario's, and tried before them
	Trader    *harness.Trader // what its author would say of the subject
}

// Name is the row's, unique in the matrix.
func (r Row) Name() string {
	name := r.Subject + "/" + r.Scenario
	if r.Sabotage != "" {
		name += "/" + string(r.Sabotage)
	}
	if r.Through {
		name += "/through-keeper"
	}
	return name
}

// TimeScale is how many times faster than real time the row runs.
func (r Row) TimeScale() float64 { return cmp.Or(r.Shorter.Scale, 1) }

// Planned is the scenario as the row runs it.
func (r Row) Planned() (harness.Scenario, error) {
	s, err := scenarios.Named(r.Scenario)
	if err != nil {
		return harness.Scenario{}, fmt.Errorf("row %s: %w", r.Name(), err)
	}
	short := r.Shorter
	for i, c := range s.Checks {
		switch {
		case short.Runs > 0 && c.Want == s.Subject.Runs:
			s.Checks[i].Want = short.Runs
		case short.Cycles > 0 && c.Want == s.Subject.Cycles:
			s.Checks[i].Want = short.Cycles
		}
	}
	s.Subject.Runs = cmp.Or(short.Runs, s.Subject.Runs)
	s.Subject.Cycles = cmp.Or(short.Cycles, s.Subject.Cycles)
	s.Subject.LifeLimit = cmp.Or(short.LifeLimit, s.Subject.LifeLimit)
	if short.For > 0 {
		s.Subject.For = time.Duration(float64(short.For) * r.TimeScale())
	}
	s.Gateway.Faults = slices.Concat(short.Faults, s.Gateway.Faults)
	if short.Trader != nil {
		s.Subject.Trader = *short.Trader
	}
	s.Subject.Exits = make(map[harness.ExitClass][]int)
	for class, codes := range mutants.Exits() {
		s.Subject.Exits[harness.ExitClass(class)] = codes
	}
	return s, nil
}

// Want says in words what the row's verdict must be.
func (r Row) Want() string {
	switch {
	case r.Sabotage != "":
		return "noticed by the harness"
	case len(r.Killers) > 0 && r.Open:
		return "fail or inconclusive by " + strings.Join(r.Killers, ", ")
	case len(r.Killers) > 0:
		return "fail by " + strings.Join(r.Killers, ", ")
	case r.Open:
		return "pass or inconclusive"
	default:
		return "pass"
	}
}

// Wrong says how a verdict differs from what it must be; "" is as wanted.
func (r Row) Wrong(v harness.Verdict) string {
	switch {
	case r.Sabotage != "":
		if v.Outcome == harness.Pass || v.Outcome == harness.Fail {
			return fmt.Sprintf("%s, and the harness noticed nothing", v.Outcome)
		}
	case len(r.Killers) == 0:
		if v.Outcome != harness.Pass && (!r.Open || v.Outcome != harness.Inconclusive) {
			return fmt.Sprintf("%s by a good subject", v.Outcome)
		}
	case v.Outcome == harness.Inconclusive && r.Open:
		return r.missing(named(v, harness.Inconclusive))
	case v.Outcome != harness.Fail:
		return "survived: " + string(v.Outcome)
	default:
		return r.missing(Failed(v))
	}
	return ""
}

// missing are the killers that are not among the checks, as what is wrong with the row.
func (r Row) missing(checks []string) string {
	var missing []string
	for _, check := range r.Killers {
		if !slices.Contains(checks, check) {
			missing = append(missing, check)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "survived " + strings.Join(missing, ", ")
}

// Failed are the checks that failed a run.
func Failed(v harness.Verdict) []string { return named(v, harness.Fail) }

// named are the checks that came to an outcome and count.
func named(v harness.Verdict, o harness.Outcome) []string {
	var names []string
	for _, f := range v.Findings {
		if f.Outcome == o && !f.Informational {
			names = append(names, f.Check)
		}
	}
	return names
}
