package scenarios

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"ibsoak/harness"
)

var nameForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Validate says everything that is wrong with a scenario, or nil. It knows what can be known
// without a Gateway: names, modes, counts and durations.
func Validate(s harness.Scenario) error {
	var faults []error
	add := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	if !nameForm.MatchString(s.Name) {
		add("name %q: want lower-case words joined by hyphens, like consecutive-10", s.Name)
	}
	if strings.TrimSpace(s.Summary) == "" {
		add("summary: say in one sentence what is claimed")
	}
	if s.Limit <= 0 {
		add("limit %s: want how long the whole run may take, like 5m", s.Limit)
	}
	if s.Gateway.PlantedZombies < 0 {
		add("gateway.plantedZombies %d: want 0 or more", s.Gateway.PlantedZombies)
	}
	faults = append(faults, subjectFaults(s.Subject)...)
	faults = append(faults, checkFaults(s.Checks)...)
	return errors.Join(faults...)
}

func subjectFaults(s harness.Subject) []error {
	var faults []error
	add := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	switch s.Mode {
	case harness.Once:
		if s.Runs < 1 {
			add("subject.runs %d: want at least one life in mode once", s.Runs)
		}
		if s.Interval != 0 || s.Cycles != 0 || s.For != 0 {
			add("subject: interval, cycles and for belong to mode continuous")
		}
	case harness.Continuous:
		if s.Interval <= 0 {
			add("subject.interval %s: want the time between cycles, like 30s", s.Interval)
		}
		if s.Cycles <= 0 && s.For <= 0 {
			add("subject: want cycles or for, else a continuous run has no end")
		}
		if s.Runs != 0 || s.KillAt != nil || s.LifeLimit != 0 {
			add("subject: runs, killAt and lifeLimit belong to mode once")
		}
	default:
		add("subject.mode %q: want %q or %q", s.Mode, harness.Once, harness.Continuous)
	}
	return faults
}

func checkFaults(checks []harness.Check) []error {
	if len(checks) == 0 {
		return []error{errors.New("checks: want at least one, else nothing is judged")}
	}
	var faults []error
	seen := make(map[string]bool)
	for _, c := range checks {
		if seen[c.Name] {
			faults = append(faults, fmt.Errorf("checks: %q is there twice", c.Name))
		}
		seen[c.Name] = true
		if _, err := harness.DetectorNamed(c.Name); err != nil {
			faults = append(faults, fmt.Errorf("checks: %w", err))
		}
	}
	return faults
}
