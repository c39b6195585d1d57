package history

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ibsoak/harness"
)

// Key is what runs have in common that can be compared.
type Key struct {
	Scenario, Subject, Machine string
	TimeScale                  float64
}

// Series are comparable runs in the order of time.
type Series struct {
	Key
	Runs []Entry
}

// Group sorts entries into series, in the order of their first runs. An entry that is there twice, as
// where two histories were put together, counts once.
func Group(entries []Entry) []Series {
	sorted := slices.Clone(entries)
	slices.SortStableFunc(sorted, func(a, b Entry) int { return a.Started.Compare(b.Started) })
	var out []Series
	at := map[Key]int{}
	type identity struct {
		Key
		started time.Time
		seed    uint64
	}
	seen := map[identity]bool{}
	for _, e := range sorted {
		k := Key{e.Scenario, e.Subject, e.Machine, e.TimeScale}
		id := identity{k, e.Started, e.Seed}
		if seen[id] {
			continue
		}
		seen[id] = true
		i, known := at[k]
		if !known {
			i = len(out)
			at[k] = i
			out = append(out, Series{Key: k})
		}
		out[i].Runs = append(out[i].Runs, e)
	}
	return out
}

// outcomeMarks are one character for each outcome.
var outcomeMarks = map[harness.Outcome]string{
	harness.Pass: ".", harness.Fail: "F", harness.Inconclusive: "?", harness.HarnessError: "E",
}

// Outcomes are the last n outcomes, one character each: "." for a pass, F, ? and E.
func (s Series) Outcomes(n int) string {
	var out strings.Builder
	for _, e := range s.Runs[max(len(s.Runs)-n, 0):] {
		mark, known := outcomeMarks[e.Outcome]
		if !known {
			mark = "E"
		}
		out.WriteString(mark)
	}
	return out.String()
}

// Count is how many runs have the outcome.
func (s Series) Count(o harness.Outcome) int {
	n := 0
	for _, e := range s.Runs {
		if e.Outcome == o {
			n++
		}
	}
	return n
}

// Medians are those of a phase, in the order of time, with the index of each one's run. Runs in which
// nobody passed through the phase have none.
func (s Series) Medians(phase string) (medians []float64, runs []int) {
	for i, e := range s.Runs {
		if p, ok := e.Phases[phase]; ok && p.N > 0 {
			medians, runs = append(medians, time.Duration(p.P50).Seconds()), append(runs, i)
		}
	}
	return medians, runs
}

// Phases are the names of all phases, in the order of the handshake; unknown ones follow.
func (s Series) Phases() []string {
	known := map[string]bool{}
	var out, others []string
	for _, e := range s.Runs {
		for name := range e.Phases {
			known[name] = true
		}
	}
	for _, p := range (&harness.Record{}).PhaseTimes() {
		if known[p.Phase] {
			out = append(out, p.Phase)
			delete(known, p.Phase)
		}
	}
	for name := range known {
		others = append(others, name)
	}
	slices.Sort(others)
	return append(out, others...)
}

// Sparkline draws the last n values between the least and the greatest of them.
func Sparkline(values []float64, n int) string {
	bars := []rune("▁▂▃▄▅▆▇█")
	values = values[max(len(values)-n, 0):]
	if len(values) == 0 {
		return ""
	}
	low, high := slices.Min(values), slices.Max(values)
	var out strings.Builder
	for _, v := range values {
		i := 0
		if high > low {
			i = int((v - low) / (high - low) * float64(len(bars)-1))
		}
		out.WriteRune(bars[i])
	}
	return out.String()
}

// Name is the series in words. Only what tells it from others is said.
func (s Series) Name(all []Series) string {
	same := 0
	for _, other := range all {
		if other.Scenario == s.Scenario {
			same++
		}
	}
	if same < 2 {
		return s.Scenario
	}
	return fmt.Sprintf("%s (%s; %s; time scale %g)", s.Scenario, s.Subject, s.Machine, s.TimeScale)
}
