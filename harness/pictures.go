package harness

import (
	"slices"
	"time"
)

// What the pictures of a report draw, from the same functions as the checks: a picture that measures
// by itself could contradict the verdict under it. So they end where the judge does, at a run's cut.

// PhaseTimes are all durations of one phase of the handshake, on the Gateway's clock.
type PhaseTimes struct {
	Phase, From, To string
	Took            []time.Duration // of the subject's connections that passed through it, sorted
}

// PhaseTimes are the durations behind Verdict.Timings, in its order.
func (r *Record) PhaseTimes() []PhaseTimes {
	seen := r.UpToCut()
	out := make([]PhaseTimes, len(phases))
	for i, p := range phases {
		out[i] = PhaseTimes{Phase: p.name, From: p.from, To: p.to, Took: seen.took(p)}
	}
	return out
}

// Timing is what a verdict says of the durations.
func (p PhaseTimes) Timing() PhaseTiming {
	return timing(phase{name: p.Phase, from: p.From, to: p.To}, p.Took)
}

// Quantile is the least of the durations that a share of them does not exceed; 0 of none.
func (p PhaseTimes) Quantile(share float64) time.Duration {
	return time.Duration(quantile(p.Took, share))
}

// InCloseWait is the stay of one end of a connection in CLOSE_WAIT by the Gateway's timing. A stay that
// was not over ends at end. ok is false when the end was never there, and for the trader's end also
// when only the kernel can know.
func (c Connection) InCloseWait(side Side, end Moment) (from, to Moment, ok bool) {
	d, ok := c.closeWait(side, end)
	return d.From, d.To, ok
}

// Knocks are the connects of the subject's lives that nobody accepted, in the order of time.
func (r *Record) Knocks() []Moment {
	var out []Moment
	for _, at := range r.UpToCut().indexed().knocks() {
		out = append(out, at...)
	}
	slices.Sort(out)
	return out
}

// Seen says how many things the check looked at: "1 life", "3 lives".
func (f Finding) Seen() string { return count(f.Evidence, f.Unit) }

// Growth is what one of the leak checks looks at: a value for each cycle of the last life, without its
// warm-up.
type Growth struct {
	What   string // "open descriptors"
	Cycles []int
	Values []float64
	Show   func(float64) string // a value with its unit
	Unit   float64              // what its axis counts in: 1, or a MiB

	// Judged is false when there are too few cycles for anything below.
	Judged bool
	// From is the first value of the window that decided, Start and End the levels at its ends: the
	// least of the values there.
	From       int
	Start, End float64
	Leaks      bool
	// Limit is the leak a cycle that may be hidden in the last Late cycles.
	Limit float64
	Late  int
}

// Growths are descriptors, threads and resident memory, as the leak checks judge them.
func (r *Record) Growths() []Growth {
	samples := r.UpToCut().cycleSamples()
	out := make([]Growth, 0, 3)
	for _, u := range []struct {
		resourceUse
		value func(Sample) float64
		unit  float64
	}{
		{descriptors, func(s Sample) float64 { return float64(s.FDs) }, 1},
		{threads, func(s Sample) float64 { return float64(s.Threads) }, 1},
		{resident, func(s Sample) float64 { return float64(s.RSSBytes) }, 1 << 20},
	} {
		g := Growth{What: u.what, Show: u.show, Unit: u.unit}
		for _, s := range samples {
			g.Cycles, g.Values = append(g.Cycles, s.Cycle), append(g.Values, u.value(s))
		}
		if len(g.Values) >= leakLateCycles {
			found := growthOf(g.Values, u.slack)
			g.Judged, g.Leaks, g.From = true, found.Leaks, len(g.Values)-found.Cycles
			g.Start, g.End = levels(g.Values[g.From:])
			g.Limit, g.Late = found.Limit, found.Late
		}
		out = append(out, g)
	}
	return out
}
