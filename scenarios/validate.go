package scenarios

import (
	"errors"
	"fmt"
	"strings"

	"ibsoak/harness"
)

// Validate says everything that is wrong with a scenario, or nil: what the harness cannot run,
// and what it would run without saying anything to its reader.
func Validate(s harness.Scenario) error {
	errs := []error{s.Validate()}
	bad := func(path, format string, args ...any) {
		errs = append(errs, &harness.Problem{Path: path, Text: fmt.Sprintf(format, args...)})
	}
	if strings.TrimSpace(s.Summary) == "" {
		bad("summary", "summary: say in one sentence what is claimed")
	}
	if s.Limit == 0 {
		bad("limit", "limit: say how long the whole run may take, like 5m")
	}
	asked := s.Subject.For
	if len(s.Subject.KillPoints) == 0 {
		asked += s.Subject.Interval
	}
	if s.Subject.Mode == harness.Once && asked != 0 {
		bad("subject.mode", "subject: interval and for belong to mode continuous, and interval to killPoints")
	}
	if s.Subject.Mode == harness.Continuous && s.Subject.Runs != 0 {
		bad("subject.runs", "subject: runs belong to mode once; a continuous subject has one life")
	}
	seen := make(map[string]bool)
	for i, c := range s.Checks {
		if seen[c.Name] {
			bad(fmt.Sprintf("checks[%d]", i), "checks: %s is there twice", c.Name)
		}
		seen[c.Name] = true
	}
	return errors.Join(errs...)
}
