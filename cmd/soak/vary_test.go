package main

import (
	"slices"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"ibsoak/harness"
	"ibsoak/scenarios"
)

// TestVary holds what follows the length of a run: cycles, what the checks want of each, the limit.
func TestVary(t *testing.T) {
	once := harness.Scenario{
		Subject: harness.Subject{Mode: harness.Once, Runs: 10}, Limit: time.Minute,
		Checks: []harness.Check{{Name: "a", Want: 10, Evidence: 10}, {Name: "b", Want: 1}},
	}
	hour := harness.Scenario{
		Subject: harness.Subject{Mode: harness.Continuous, Interval: 30 * time.Second, Cycles: 120},
		Limit:   80 * time.Minute, Checks: []harness.Check{{Name: "a", Want: 120}, {Name: "b", Want: 1}},
	}
	timed := hour
	timed.Subject.Cycles, timed.Subject.For = 0, time.Minute
	for name, c := range map[string]struct {
		scenario harness.Scenario
		args     []string
		want     func(harness.Scenario) bool
	}{
		"fewer lives": {once, []string{"--runs", "3"}, func(s harness.Scenario) bool {
			return s.Subject.Runs == 3 && s.Checks[0].Want == 3 && s.Checks[0].Evidence == 3 && s.Limit == time.Minute
		}},
		"more lives": {once, []string{"--runs", "30"}, func(s harness.Scenario) bool {
			return s.Subject.Runs == 30 && s.Checks[1].Want == 1 && s.Limit == 3*time.Minute
		}},
		"a shorter time": {hour, []string{"--for", "10m"}, func(s harness.Scenario) bool {
			return s.Subject.Cycles == 20 && s.Checks[0].Want == 20 && s.Limit == 80*time.Minute
		}},
		"a longer interval": {hour, []string{"--interval", "1m"}, func(s harness.Scenario) bool {
			return s.Subject.Cycles == 120 && s.Subject.Interval == time.Minute && s.Limit == 160*time.Minute
		}},
		"both": {hour, []string{"--for", "2h", "--interval", "1m"}, func(s harness.Scenario) bool {
			return s.Subject.Cycles == 120 && s.Limit == 160*time.Minute
		}},
		"a run that only time ends": {timed, []string{"--for", "2m"}, func(s harness.Scenario) bool {
			return s.Subject.For == 2*time.Minute && s.Subject.Cycles == 0 && s.Limit == 160*time.Minute
		}},
		"symbols": {once, []string{"--symbols", "NVDA,AAPL"}, func(s harness.Scenario) bool {
			return len(s.Subject.Symbols) == 2 && s.Subject.Runs == 10
		}},
	} {
		var f varyFlags
		cmd := &cobra.Command{}
		f.add(cmd, 0, 0)
		f.addRuns(cmd)
		if err := cmd.ParseFlags(c.args); err != nil {
			t.Fatal(err)
		}
		before := c.scenario.Checks[0]
		got, err := f.vary(c.scenario)
		if err != nil || !c.want(got) {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
		if c.scenario.Checks[0].Want != before.Want {
			t.Errorf("%s: the scenario that it was made of has changed", name)
		}
	}
}

// What built-in scenarios say is to be held is the bundled trader's: another one wants something else.
func TestPositionsOfABuiltInScenario(t *testing.T) {
	for _, foreign := range []bool{false, true} {
		all, err := chosen([]string{"order-held"}, "orders", foreign)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(all, func(s harness.Scenario) bool { return s.Name == "order-held" }) {
			t.Error("order-held is not among them")
		}
		for _, s := range all {
			built, err := scenarios.Named(s.Name)
			if err != nil {
				t.Fatal(err)
			}
			if said := len(s.Subject.Positions) > 0; said != (len(built.Subject.Positions) > 0 && !foreign) {
				t.Errorf("%s, foreign %v: positions said: %v", s.Name, foreign, said)
			}
		}
	}
}
