package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	// maxGarbageBytes and maxCopies bound what one fault may write.
	maxGarbageBytes = 16 << 20
	maxCopies       = 10_000
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
	r, known := rules[f.What.Do]
	if !known {
		report("what.do", "%q is no action: want one of %s", f.What.Do, list(Actions()))
		return
	}
	f.Where.validate(report)
	if at := f.When.validate(report); at != "" {
		f.validateTrigger(report, r, at)
	}
	f.What.validate(report, r)
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

func (w What) validate(report reporter, r rule) {
	for _, p := range w.params() {
		path := "what." + p.name
		switch {
		case p.given && !slices.Contains(r.params, p.name):
			report(path, "%s does not use it: it takes %s", w.Do, orNothing(r.params))
		case !p.given && slices.Contains(r.required, p.name):
			report(path, "%s needs it", w.Do)
		case p.given && p.wrong != "":
			report(path, "%s", p.wrong)
		}
	}
	w.validateOperation(report)
	if w.Then != "" && r.then != nil && !slices.Contains(r.then, w.Then) {
		report("what.then", "%q: want one of %s", w.Then, list(r.then[1:]))
	}
}

// param is one parameter of What: whether it was given, and what is wrong with its value.
type param struct {
	name  string
	given bool
	wrong string
}

func (w What) params() []param {
	return []param{
		{"for", w.For != 0, unless(w.For > 0, "%s is not above 0", w.For)},
		{"every", w.Every != 0, unless(w.Every > 0, "%s is not above 0", w.Every)},
		{
			"times", w.Times != 0,
			unless(w.Times >= 2 && w.Times <= maxCopies, "%d: want 2..%d", w.Times, maxCopies),
		},
		{"release", w.Release != nil, ""},
		{"set", len(w.Set) > 0, ""},
		{"field", w.Field != "", ""},
		{"with", w.With != nil, ""},
		{
			"bytes", w.Bytes != 0,
			unless(w.Bytes >= 1 && w.Bytes <= maxGarbageBytes, "%d: want 1..%d", w.Bytes,
				maxGarbageBytes),
		},
		{
			"length", w.Length != 0,
			unless(w.Length >= -1<<31 && w.Length < 1<<32, "%d does not fit in 32 bits", w.Length),
		},
		{"code", w.Code != 0, ""},
		{"message", w.Message != "", ""},
		{"then", w.Then != "", ""},
		{"operation", w.Operation != "", ""},
		{"farm", w.Farm != "", ""},
		{"trade", w.Trade != nil, w.Trade.wrong()},
		{"accounts", len(w.Accounts) > 0, ""},
		{"downtime", w.Downtime != nil, w.Downtime.wrong()},
	}
}

func (d *Downtime) wrong() string {
	if d != nil && (d.Refused < 0 || d.AcceptMute < 0 || d.VersionOnly < 0) {
		return "a phase lasts less than 0"
	}
	return ""
}

func unless(ok bool, format string, args ...any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf(format, args...)
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
