package history

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/aclements/go-moremath/stats"

	"ibsoak/harness"
)

// compareChance is the largest probability of such ranks without a difference, over all phases together
// (Holm's correction).
const compareChance = 0.01

// Comparison is what differs between two runs of one scenario.
type Comparison struct {
	A, B   harness.Verdict
	Other  []string // conditions that differ: what is found may be theirs
	Checks []CheckChange
	Phases []PhaseChange
}

// CheckChange is a check that has another outcome, "" where a run does not have it.
type CheckChange struct {
	Check  string
	A, B   harness.Outcome
	Detail string // of B, or of A where B does not have it
	// Informational is set when the verdict does not rest on it.
	Informational bool
}

// Worse reports that it passed and does not any more.
func (c CheckChange) Worse() bool {
	return !c.Informational && (c.B == harness.Fail || c.A == harness.Pass && c.B != harness.Pass)
}

// The verdicts on a phase.
const (
	Same   = "the same"
	Slower = "slower"
	Faster = "faster"
	TooFew = "too few"
)

// PhaseChange is one phase of the handshake in both runs.
type PhaseChange struct {
	Phase   string
	NA, NB  int
	A, B    time.Duration // medians
	Verdict string
	P       float64 // two-sided, corrected for the number of phases; 1 where it could not be tested
	// Effect is the share of pairs, one connection of each run, in which B's took longer; a half is no
	// effect.
	Effect float64
}

// Compare compares two runs. They must be of one scenario at one time scale.
func Compare(a, b *harness.Record) (Comparison, error) {
	ha, hb := a.Header, b.Header
	switch {
	case ha.Scenario.Name != hb.Scenario.Name:
		return Comparison{}, fmt.Errorf("they are of two scenarios, %s and %s: compare runs of one",
			ha.Scenario.Name, hb.Scenario.Name)
	case ha.TimeScale != hb.TimeScale:
		return Comparison{}, fmt.Errorf("their time scales are %g and %g: what a phase takes is not the same thing",
			ha.TimeScale, hb.TimeScale)
	}
	out := Comparison{A: harness.Judge(a), B: harness.Judge(b)}
	for _, c := range []struct{ what, a, b string }{
		{"subject", subject(ha.Command), subject(hb.Command)},
		{"seed", fmt.Sprint(ha.Seed), fmt.Sprint(hb.Seed)},
		{"machine", fmt.Sprintf("%+v", ha.Host), fmt.Sprintf("%+v", hb.Host)},
		{"lives", fmt.Sprint(len(a.Lives)), fmt.Sprint(len(b.Lives))},
		{"end", string(a.Footer.Stop), string(b.Footer.Stop)},
	} {
		if c.a != c.b {
			out.Other = append(out.Other, fmt.Sprintf("%s: %s and %s", c.what, c.a, c.b))
		}
	}
	out.Checks = checkChanges(out.A, out.B)
	pa, pb := a.PhaseTimes(), b.PhaseTimes()
	for i := range pa {
		out.Phases = append(out.Phases, phaseChange(pa[i].Phase, pa[i].Took, pb[i].Took))
	}
	correct(out.Phases)
	return out, nil
}

func checkChanges(a, b harness.Verdict) []CheckChange {
	var out []CheckChange
	find := func(v harness.Verdict, name string) (harness.Finding, bool) {
		i := slices.IndexFunc(v.Findings, func(f harness.Finding) bool { return f.Check == name })
		if i < 0 {
			return harness.Finding{}, false
		}
		return v.Findings[i], true
	}
	for _, f := range a.Findings {
		other, there := find(b, f.Check)
		switch {
		case !there:
			out = append(out, CheckChange{f.Check, f.Outcome, "", f.Detail, f.Informational})
		case other.Outcome != f.Outcome:
			out = append(out, CheckChange{f.Check, f.Outcome, other.Outcome, other.Detail, other.Informational})
		}
	}
	for _, f := range b.Findings {
		if _, there := find(a, f.Check); !there {
			out = append(out, CheckChange{f.Check, "", f.Outcome, f.Detail, f.Informational})
		}
	}
	return out
}

// leastEach is how many connections of each run it takes: with fewer, no ranks of six phases are rare
// enough.
const leastEach = 7

func phaseChange(phase string, a, b []time.Duration) PhaseChange {
	c := PhaseChange{Phase: phase, NA: len(a), NB: len(b), Verdict: TooFew, P: 1, Effect: 0.5}
	xa, xb := inSeconds(a), inSeconds(b)
	if len(xa) > 0 {
		c.A = seconds(median(xa))
	}
	if len(xb) > 0 {
		c.B = seconds(median(xb))
	}
	if len(a) < leastEach || len(b) < leastEach {
		return c
	}
	c.Verdict = Same
	test, err := stats.MannWhitneyUTest(xb, xa, stats.LocationDiffers)
	if err != nil {
		return c // all of them are equal
	}
	c.P, c.Effect = test.P, test.U/float64(len(a)*len(b))
	return c
}

// correct applies Holm's correction over the phases that were tested, and names those that differ by
// enough to matter.
func correct(phases []PhaseChange) {
	var tested []*PhaseChange
	for i := range phases {
		if phases[i].Verdict != TooFew {
			tested = append(tested, &phases[i])
		}
	}
	slices.SortStableFunc(tested, func(a, b *PhaseChange) int {
		switch {
		case a.P < b.P:
			return -1
		case a.P > b.P:
			return 1
		}
		return 0
	})
	highest := 0.0
	for i, c := range tested {
		highest = max(highest, min(c.P*float64(len(tested)-i), 1))
		c.P = highest
		shift := (c.B - c.A).Abs()
		if c.P > compareChance || shift < leastShift || float64(shift) < leastShare*float64(c.A) {
			continue
		}
		c.Verdict = Slower
		if c.B < c.A {
			c.Verdict = Faster
		}
	}
}

func inSeconds(values []time.Duration) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v.Seconds()
	}
	return out
}

// Worse reports that B is worse than A: a check does not pass any more, or a phase is slower.
func (c Comparison) Worse() bool {
	return slices.ContainsFunc(c.Checks, CheckChange.Worse) ||
		slices.ContainsFunc(c.Phases, func(p PhaseChange) bool { return p.Verdict == Slower })
}

// Shown reports that both runs show something, and that at least one phase had enough connections to be
// compared.
func (c Comparison) Shown() bool {
	return c.A.Outcome != harness.HarnessError && c.B.Outcome != harness.HarnessError &&
		slices.ContainsFunc(c.Phases, func(p PhaseChange) bool { return p.Verdict != TooFew })
}

// Pairs is the effect: in how many of 100 pairs B's connection took longer.
func (p PhaseChange) Pairs() string {
	return fmt.Sprintf("%.0f of 100", math.Round(100*p.Effect))
}
