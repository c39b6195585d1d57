package harness

import (
	"errors"
	"fmt"
	"regexp"

	"ibsoak/fakegateway/fault"
)

// scenarioName is what a scenario may be called: its name becomes a directory.
var scenarioName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// Validate reports everything about the scenario that cannot be run or judged.
func (s Scenario) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !scenarioName.MatchString(s.Name) {
		bad("name %q: want lower-case letters, digits and dashes, at most 64", s.Name)
	}
	if len(s.Checks) == 0 {
		bad("no checks: nothing would be judged")
	}
	for _, c := range s.Checks {
		if _, err := DetectorNamed(c.Name); err != nil {
			errs = append(errs, err)
		}
		if c.Want < 0 || c.Within < 0 || c.Evidence < 0 {
			bad("check %s: want, within and evidence are 0 or more", c.Name)
		}
	}
	if s.Gateway.PlantedZombies < 0 || s.Gateway.PlantedZombies > maxPlanted {
		bad("planted zombies %d: want 0..%d", s.Gateway.PlantedZombies, maxPlanted)
	}
	if err := (fault.Schedule{Faults: s.Gateway.Faults}).Validate(); err != nil {
		errs = append(errs, err)
	}
	if s.Limit < 0 {
		bad("limit %s: want 0 (none) or more", s.Limit)
	}
	return errors.Join(append(errs, s.Subject.validate())...)
}

// maxPlanted bounds Gateway.PlantedZombies: each is two descriptors of the harness.
const maxPlanted = 256

// maxRuns bounds Subject.Runs: at three lives a second it is an hour.
const maxRuns = 10_000

func (s Subject) validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("subject: "+format, args...))
	}
	switch s.Mode {
	case Once:
		if s.Runs < 1 || s.Runs > maxRuns {
			bad("runs %d: want 1..%d", s.Runs, maxRuns)
		}
	case Continuous:
		if s.Interval <= 0 {
			bad("interval %s: want above 0", s.Interval)
		}
		if s.Cycles <= 0 && s.For <= 0 {
			bad("neither cycles nor for: the run would not end")
		}
	default:
		bad("mode %q: want %q or %q", s.Mode, Once, Continuous)
	}
	if s.KillAt != nil {
		if err := killable(*s.KillAt); err != nil {
			errs = append(errs, err)
		}
	}
	if s.Cycles < 0 || s.For < 0 || s.LifeLimit < 0 {
		bad("cycles, for and life limit are 0 or more")
	}
	return errors.Join(errs...)
}
