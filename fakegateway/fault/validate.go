package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with a schedule.
type Problem struct {
	Fault int    // index in Schedule.Faults
	Path  string // of the offending value, as in YAML: "what.every"
	Text  string // what is wrong and what is allowed
}

// Error names the fault by its position, from 1, and the value by its path.
func (p *Problem) Error() string { return fmt.Sprintf("fault %d: %s: %s", p.Fault+1, p.Path, p.Text) }

// Validate checks every fault and returns all problems, joined, each a *Problem.
func (s Schedule) Validate() error {
	var problems []error
	ids := make(map[string]int)
	for i, f := range s.Faults {
		report := func(path, format string, args ...any) {
			problems = append(problems, &Problem{i, path, fmt.Sprintf(format, args...)})
		}
		if first, taken := ids[f.ID]; taken && f.ID != "" {
			report("id", "%q is the id of fault %d already", f.ID, first+1)
		}
		ids[f.ID] = i
		f.validate(report)
	}
	return errors.Join(problems...)
}

type reporter func(path, format string, args ...any)

func (f Fault) validate(report reporter) {
	a, known := table[f.What.Do]
	if !known {
		report("what.do", "%q is no action: want one of %s", f.What.Do, list(Actions()))
		return
	}
	f.Where.validate(report)
	if at := f.When.validate(report); at != "" {
		f.validateTrigger(report, a, at)
	}
	f.What.validate(report, a)
	f.What.validateTelling(report, f.When.Outbound)
	if f.Until.Count < 0 {
		report("until.count", "%d is below 0", f.Until.Count)
	}
	if f.Until.Elapsed < 0 {
		report("until.elapsed", "%s is below 0", f.Until.Elapsed)
	}
}

func (w Where) validate(report reporter) {
	if w.Connection < 0 {
		report("where.connection", "%d is below 1", w.Connection)
	}
	if w.FromConnection < 0 {
		report("where.fromConnection", "%d is below 1", w.FromConnection)
	}
	if w.Connection > 0 && w.FromConnection > 0 {
		report("where", "connection and fromConnection exclude each other")
	}
}

func list[S ~string](values []S) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
}

func orNothing(params []string) string {
	if len(params) == 0 {
		return "no parameter"
	}
	return strings.Join(params, ", ")
}
