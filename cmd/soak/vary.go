package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"ibsoak/harness"
)

// varyFlags change how long a scenario is and what it trades.
type varyFlags struct {
	runs               int
	duration, interval time.Duration
	symbols            []string
	given              func(flag string) bool
}

func (f *varyFlags) add(cmd *cobra.Command, duration, interval time.Duration) {
	flags := cmd.Flags()
	f.given = func(name string) bool { return flags.Changed(name) }
	flags.DurationVar(&f.duration, "for", duration, "how long a continuous trader runs, a `TIME` at time scale 1")
	flags.DurationVar(&f.interval, "interval", interval,
		"`TIME` between cycles of a continuous trader, at time scale 1")
	flags.StringSliceVar(&f.symbols, "symbols", nil, "`LIST` for {symbols}, with commas (default AAPL)")
}

func (f *varyFlags) addRuns(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.runs, "runs", 0, "how many `LIVES` a trader that exits by itself has")
}

// vary is the scenario as the flags change it. What a check wants of every life or cycle follows
// their number, and so does the limit.
func (f *varyFlags) vary(s harness.Scenario) (harness.Scenario, error) {
	s.Checks = slices.Clone(s.Checks)
	if len(f.symbols) > 0 {
		s.Subject.Symbols = f.symbols
	}
	if f.given("runs") {
		if s.Subject.Mode != harness.Once {
			return s, fmt.Errorf("--runs: %s has one life; use --for", s.Name)
		}
		if f.runs < 1 {
			return s, fmt.Errorf("--runs %d: want 1 or more", f.runs)
		}
		resize(&s, s.Subject.Runs, f.runs)
		s.Limit = longer(s.Limit, time.Duration(s.Subject.Runs), time.Duration(f.runs))
		s.Subject.Runs = f.runs
	}
	for _, flag := range []string{"for", "interval"} {
		if f.given(flag) && s.Subject.Mode != harness.Continuous {
			return s, fmt.Errorf("--%s: the lives of %s end by themselves; use --runs", flag, s.Name)
		}
	}
	if f.given("interval") && f.interval <= 0 || f.given("for") && f.duration <= 0 {
		return s, fmt.Errorf("--for and --interval must be above 0")
	}
	before := length(s.Subject)
	if f.given("interval") {
		s.Subject.Interval = f.interval
	}
	switch {
	case f.given("for") && s.Subject.Cycles > 0:
		cycles := max(1, int(f.duration/s.Subject.Interval))
		resize(&s, s.Subject.Cycles, cycles)
		s.Subject.Cycles = cycles
	case f.given("for"):
		s.Subject.For = f.duration
	}
	s.Limit = longer(s.Limit, before, length(s.Subject))
	return s, nil
}

// length is how long a continuous subject runs, at time scale 1.
func length(s harness.Subject) time.Duration {
	return max(s.For, s.Interval*time.Duration(s.Cycles))
}

// resize lets what the checks want follow the number of lives or cycles.
func resize(s *harness.Scenario, from, to int) {
	for i := range s.Checks {
		c := &s.Checks[i]
		for _, count := range []*int{&c.Want, &c.Evidence} {
			if *count == from {
				*count = to
			}
		}
	}
}

// longer stretches a limit by as much as a run grows; it never shrinks. 0 is no limit.
func longer(limit, from, to time.Duration) time.Duration {
	if from <= 0 || to <= from {
		return limit
	}
	return time.Duration(float64(limit) * float64(to) / float64(from))
}
